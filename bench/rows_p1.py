"""Rows about telegrams of the P1 port: those of each country, in clear and ciphered."""

from __future__ import annotations

import json
import subprocess
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from meters import Fleet
from rows import Alone, Figure
from rows_library import per_second

from interop.environments import interpreter
from softmeter.apps.p1_setup import held_keys, take_keys
from softmeter.meter.p1 import P1Settings, Variant, broadcast
from softmeter.security.ciphering import Cipher
from softmeter.security.suites import Key
from softmeter.wire.telegram import CIPHERED_HEAD_OCTETS, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from softmeter.meter.meter import Meter

DSMR_PARSER = """
import json, sys, time
from dsmr_parser import telegram_specifications
from dsmr_parser.parsers import TelegramParser
told = json.loads(sys.stdin.read())
reader = TelegramParser(getattr(telegram_specifications, told["specification"]))
start, count = time.process_time(), told["count"]
for _ in range(count):
    telegram = reader.parse(told["text"], told["key"], told["auth_key"], throw_ex=True)
print(json.dumps(count / (time.process_time() - start)))
"""
TITLES = {Variant.NL: "", Variant.BE: ", be", Variant.LU: ", lu ciphered", Variant.NL_ENCRYPTED: ", nl ciphered"}
SPECIFICATIONS = {
    Variant.NL: "V5",
    Variant.BE: "BELGIUM_FLUVIUS",
    Variant.LU: "MSN",
    Variant.NL_ENCRYPTED: "MSN",
}


class Port(NamedTuple):
    """A meter with a variant of P1."""

    meter: Meter
    settings: P1Settings

    @classmethod
    def of(cls, variant: Variant) -> Port:
        meter, settings = Fleet().full().meter, P1Settings(variant)
        take_keys(meter, settings)
        return cls(meter, settings)

    def telegram(self) -> bytes:
        return broadcast(self.meter, self.settings)

    def reader(self) -> Callable[[bytes], object]:
        """What takes a telegram apart, and opens it before."""
        keys = held_keys(self.meter)
        if keys is None:
            return parse
        cipher = Cipher(Key(keys.encryption_key), Key(keys.authentication_key))
        title = self.meter.identity.system_title
        return lambda octets: parse(cipher.unprotect(title, octets[CIPHERED_HEAD_OCTETS:]).plain)

    def beside(self, octets: bytes, count: int) -> float:
        """How many of these telegrams dsmr-parser takes apart in a second of processor time."""
        keys = held_keys(self.meter)
        told = {
            "specification": SPECIFICATIONS[self.settings.variant],
            "text": octets.hex() if keys else octets.decode("ascii"),
            "key": keys.encryption_key.hex() if keys else "",
            "auth_key": keys.authentication_key.hex() if keys else "",
            "count": count,
        }
        command = [str(interpreter("dsmr-parser")), "-c", DSMR_PARSER]
        done = subprocess.run(command, input=json.dumps(told), stdout=subprocess.PIPE, check=True, text=True)
        return float(json.loads(done.stdout))


def built(variant: Variant, *, quick: bool) -> Figure:
    return Figure(per_second(Port.of(variant).telegram, 0.2 if quick else 1.0), "/s")


def parsed(variant: Variant, *, quick: bool) -> Figure:
    port = Port.of(variant)
    octets, reader = port.telegram(), port.reader()
    other = port.beside(octets, 50 if quick else 500)
    return Figure(per_second(lambda: reader(octets), 0.2 if quick else 1.0), "/s", f"dsmr-parser {other:,.0f}")


ROWS = tuple(
    row
    for variant, title in TITLES.items()
    for row in (
        Alone(f"P1 telegrams built{title}", ">= 20,000 /s", partial(built, variant)),
        Alone(f"P1 telegrams parsed{title}", ">= 10,000 /s", partial(parsed, variant)),
    )
)
