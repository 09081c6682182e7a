"""Meters in this process, for what is measured without a server."""

from __future__ import annotations

from typing import Any

from softmeter.apps import configuration
from softmeter.bench.journal import Journal
from softmeter.bench.supply import Supply
from softmeter.device.device import Device
from softmeter.device.display import Display
from softmeter.dlms.host import Keys
from softmeter.instant import SECOND, Instant, LinkTime, parse_instant, whole_second
from softmeter.meter.actor import Actor
from softmeter.meter.factory import Factory
from softmeter.meter.identity import Identity
from softmeter.meter.keys import KeyRing
from softmeter.meter.meter import Meter
from softmeter.runtime.entropy import SystemEntropy
from softmeter.signal.specification import parse_source

START = parse_instant("2024-01-01T00:00:00Z")
ROWS = 5280
FULL = Instant(START + (ROWS + 20) * 900 * SECOND)
SAPS = (1, 2, 6)


class Fleet:
    """Meters of one type: they share model, configuration and source; all else is each meter's own."""

    def __init__(self) -> None:
        self._settings = configuration.read("factory")
        self._source = parse_source("constant:u=230,i=5,pf=0.8,f=50", start_second=whole_second(START), open_file=open)
        self._entropy = SystemEntropy()
        self._serial = 0
        full = self.fresh()
        full.jump(FULL)
        changes = full.changes()
        self._values: dict[str, dict[str, Any]] = {}
        for (part, name), value in changes.values.items():
            if part not in {"factory", "keys"}:
                self._values.setdefault(part, {})[name] = value
        self._rings = {name: StoredRows(first, rows) for name, (first, rows) in changes.appended.items()}
        self._without_quality = {name: rows for name, rows in self._rings.items() if name != "profile.quality"}

    def fresh(self) -> Actor:
        """A new meter with keys of its own."""
        self._serial += 1
        identity = Identity(serial=f"{self._serial:08d}")
        device = Device(self._settings.device, Supply(self._source, Journal()), START)
        display = Display(LinkTime(0.0))
        draw = self._entropy.octets
        keys = KeyRing(draw(16), {sap: Keys(draw(16), draw(16), draw(8)) for sap in SAPS})
        return Actor(Meter(Factory(identity, START), device, display, keys, self._entropy))

    def full(self, *, quality: bool = False) -> Actor:
        """A meter with a full load profile 1, as a store would restore it; with `quality` that profile is full too."""
        actor = self.fresh()
        actor.restore(self._values, self._rings if quality else self._without_quality)
        return actor


class StoredRows:
    """Rows of a ring as a store hands them over."""

    def __init__(self, first: int, rows: Any) -> None:
        self.first = first
        self._rows = rows

    def rows(self, dtype: Any) -> Any:
        return self._rows.astype(dtype)
