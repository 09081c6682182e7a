"""A meter to which much has happened, for the telegrams of every variant: and what they must look like."""

import re

from meter.asking import put
from meter.making import Made, steady
from softmeter.bench.journal import Quantity
from softmeter.clock import Stamp
from softmeter.device.mbus_channel import Channel, Value
from softmeter.instant import SECOND, Instant, parse_instant
from softmeter.units import Unit
from softmeter.wire.types import Data, Tag, encode_data

START = parse_instant("2026-02-28T22:00:00Z")
MESSAGE = b"Low tariff tonight"


def channels() -> dict[int, Channel]:
    """Sub-meters for gas, water, heat and electricity; the last has not been read yet, and has no name."""
    captured = Stamp.of(parse_instant("2026-03-01T10:00:00Z") // SECOND, -60, 0)
    gas, water, heat, electricity = (Channel(device_type=kind, installed=1, captured=captured) for kind in (3, 7, 4, 2))
    return {
        1: gas._replace(identifier=b"G0013020123456789", values=(Value(112_384, -3, Unit.CUBIC_METRE),)),
        2: water._replace(identifier=b"W0001200123456789", values=(Value(98_765, -2, Unit.CUBIC_METRE),)),
        3: heat._replace(identifier=b"H0001200123456789", values=(Value(12_345, 6, Unit.JOULE),)),
        4: electricity._replace(identification=0x12345678, manufacturer=0x1EE9, version=1),
    }


def eventful(config: str) -> Made:
    """A sag, a swell, a short and two long power failures, a month end, export and a message; some hours later."""
    made = Made(source=steady(i="4.26", pf="0.98"), start=START, config=config)

    def at(seconds: int, quantity: Quantity, value: float | None) -> None:
        made.journal.give(quantity, value, Instant(START + seconds * SECOND))

    for begin, end, voltage_v in ((600, 900, 190.0), (1200, 1500, 260.0), (2000, 2030, 0.0), (4000, 4301, 0.0)):
        at(begin, Quantity.VOLTAGE_V, voltage_v)
        at(end, Quantity.VOLTAGE_V, None)
    at(20_000, Quantity.VOLTAGE_V, 0.0)
    at(20_240, Quantity.VOLTAGE_V, None)
    at(30_000, Quantity.ACTIVE_POWER_W, 6543.0)
    at(31_000, Quantity.ACTIVE_POWER_W, -1234.0)
    made.actor.jump(Instant(START + 43_215 * SECOND))
    assert put(made, 1, "0-0:96.13.0", 2, encode_data(Data(Tag.OCTET_STRING, MESSAGE))) == 0
    return made


def with_sub_meters(made: Made) -> Made:
    """The same meter, four sub-meters installed."""
    for number, channel in channels().items():
        made.meter.device.behaviours.mbus.put(made.meter.device, number, channel)
    return made


_TIME = r"\(\d{12}[SW]\)"
_HEX = r"\((?:[0-9A-F]{2}){0,1024}\)"
_ENERGY, _POWER, _COUNT = r"\(\d{6}\.\d{3}\*kWh\)", r"\(\d{2}\.\d{3}\*kW\)", r"\(\d{5}\)"
_VOLUME = r"\((?:\d{5}\.\d{3}|\d{6}\.\d{2})\*m3\)"

_SHARED = {
    r"0-0:1\.0\.0": _TIME,
    r"0-0:96\.1\.1": r"\((?:[0-9A-F]{2}){17}\)",
    r"0-0:96\.14\.0": r"\(000[1-4]\)",
    r"1-0:(?:1|2|21|22)\.7\.0": _POWER,
    r"0-0:96\.13\.0": _HEX,
    r"1-0:32\.7\.0": r"\(\d{3}\.\d\*V\)",
    r"0-[1-4]:24\.1\.0": r"\(\d{3}\)",
}
_FAILURES = {
    r"0-0:96\.7\.21": _COUNT,
    r"0-0:96\.7\.9": _COUNT,
    r"1-0:99\.97\.0": rf"\(\d{{1,2}}\)\(0-0:96\.7\.19\)(?:{_TIME}\(\d{{10}}\*s\)){{0,10}}",
    r"1-0:32\.3[26]\.0": _COUNT,
    r"1-0:31\.7\.0": r"\(\d{3}\*A\)",
    r"0-[1-4]:96\.1\.0": _HEX,
    r"0-[1-4]:24\.2\.1": rf"{_TIME}(?:{_VOLUME}|\(\d{{6}}\.\d{{2}}\*GJ\)|{_ENERGY})",
}
_RATES = {r"1-0:[12]\.8\.[1-4]": _ENERGY}
_DUTCH = {**_SHARED, **_FAILURES, **_RATES, r"1-3:0\.2\.8": r"\(50\)"}
GRAMMAR = {
    "nl": _DUTCH,
    "nl-encrypted": _DUTCH,
    "lu": {
        **_SHARED,
        **_FAILURES,
        r"1-3:0\.2\.8": r"\(42\)",
        r"0-0:42\.0\.0": r"\((?:[0-9A-F]{2}){16}\)",
        r"1-0:[12]\.8\.0": _ENERGY,
        r"1-0:[34]\.8\.0": r"\(\d{6}\.\d{3}\*kvarh\)",
    },
    "be": {
        **_SHARED,
        **_RATES,
        r"0-0:96\.1\.4": r"\(50217\)",
        r"1-0:1\.4\.0": _POWER,
        r"1-0:1\.6\.0": _TIME + _POWER,
        r"0-0:98\.1\.0": rf"(?:\(0\)\(\)|\(\d{{1,2}}\)(?:\(1-0:1\.6\.0\)){{2}}(?:{_TIME}{_TIME}{_POWER}){{1,13}})",
        r"1-0:31\.7\.0": r"\(\d{3}\.\d{2}\*A\)",
        r"0-0:96\.3\.10": r"\([0-2]\)",
        r"0-0:17\.0\.0": r"\(\d{3}\.\d\*kW\)",
        r"1-0:31\.4\.0": r"\(\d{3}\*A\)",
        r"0-[1-4]:96\.1\.1": _HEX,
        r"0-[1-4]:24\.4\.0": r"\([0-2]\)",
        r"0-[1-4]:24\.2\.[13]": rf"{_TIME}(?:{_VOLUME}|\(\d{{6}}\.\d{{2}}\*GJ\)|{_ENERGY})",
    },
}
"""Every line of a variant, code by value: from the tables of the standards, written apart from what makes them."""


def is_known(variant: str, line: str) -> bool:
    """Whether a line is one of the variant's grammar."""
    return any(re.fullmatch(code + value, line) for code, value in GRAMMAR[variant].items())
