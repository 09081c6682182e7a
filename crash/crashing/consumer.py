"""Somebody at the P1 port, who remembers what telegrams tell: how much was used, or the counter of a ciphered one.

And somebody who counts pulses.
"""

import json
import re
from typing import Any

from crashing.ledger import Ledger, Told
from softmeter.meter.clients import CONSUMER
from softmeter.runtime.p1_port import Telegrams
from softmeter.runtime.pulse_feed import PulseFeed, Subscription
from softmeter.wire.telegram import CIPHERED_BEGIN

_TITLE_OCTETS, _LENGTH_OCTETS, _CONTROL_OCTETS, _COUNTER_OCTETS = 8, 3, 1, 4
_USED = re.compile(rb"1-0:1\.8\.[1-4]\((\d+)\.(\d{3})\*kWh\)")


class Consumer:
    """Takes every telegram while he listens, as soon as it may leave."""

    def __init__(self, telegrams: Telegrams, ledger: Ledger) -> None:
        self.listens = False
        self._telegrams = telegrams
        self._ledger = ledger
        self._due = False
        telegrams.barrier.passed.connect(self._take)

    def tick(self) -> None:
        """The visible state is another one."""
        self._telegrams.renew()
        self._due = self.listens
        self._take()

    def _take(self) -> None:
        if self._due and (telegram := self._telegrams.current()) is not None:
            self._due = False
            self._ledger.tell(told(telegram))


class Counter:
    """Takes every line of the stream of pulses while he listens, as soon as it may leave."""

    def __init__(self, feed: PulseFeed, ledger: Ledger) -> None:
        self._feed = feed
        self._ledger = ledger
        self._reading: Subscription | None = None

    def listen(self, *, listens: bool) -> None:
        """Come or go."""
        if self._reading is not None and not listens:
            self._feed.unsubscribe(self._reading)
            self._reading = None
        if self._reading is None and listens:
            self._reading = self._feed.subscribe(self._take)
            self._take()

    def _take(self) -> None:
        while self._reading is not None and (octets := self._reading.taken(1 << 20)):
            for record in map(json.loads, octets.splitlines()):
                self._ledger.tell(Told(pulses=counted(record)))


def counted(record: dict[str, Any]) -> int:
    """How many pulses of the active output a line says there were."""
    match record["type"]:
        case "meter":
            return int(record["outputs"]["active"]["count"])
        case "reached":
            return int(record["counts"]["active"])
        case "pulse" if record["output"] == "active":
            return int(record["number"])
    return 0


def told(telegram: bytes) -> Told:
    """What a telegram says that the meter has to hold to."""
    if telegram.startswith(CIPHERED_BEGIN):
        at = len(CIPHERED_BEGIN) + _TITLE_OCTETS + _LENGTH_OCTETS + _CONTROL_OCTETS
        return Told(own_counter=(CONSUMER, int.from_bytes(telegram[at : at + _COUNTER_OCTETS], "big")))
    return Told(energy=sum(int(kwh + wh) for kwh, wh in _USED.findall(telegram)))
