"""Years in the life of a meter, with outages, both changes of the clock and a new tariff; and what must always hold.

As a script it lives through some: `python tests/scenarios/years.py --years 15`.
"""

import argparse
import hashlib
import sys
import tempfile
import time
from calendar import isleap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softmeter.apps.scenario.doing import put
from softmeter.apps.scenario.script import MeterPart, Set
from softmeter.apps.scenario.stage import Stage
from softmeter.instant import SECOND, Instant, iso
from softmeter.metrology.energy import Quantity
from softmeter.runtime.store import FILE_NAME, Store

METER = "meter"
DAY_S = 86_400
SPAN_DAYS = 30
"""Rows are looked at so often: the daily profile keeps 31."""
START, FIRST_YEAR = "2025-12-31T23:00:00Z", 2026
IMPORT, EXPORT = "3,1-0:1.8.0.255,2,0", "3,1-0:2.8.0.255,2,0"
RATES = ("3,1-0:1.8.1.255,2,0", "3,1-0:1.8.2.255,2,0")
CLOCK = "8,0-0:1.0.0.255,2,0"
PASSIVE = (
    ("6", "text:longer nights"),
    ("7", [["text:all", "0xFFFF0101FF000000FF8000FF", "text:W"]]),
    ("8", [["text:W", 1, 1, 1, 1, 1, 1, 1]]),
    ("9", [[1, [["0x00000000", "obis:0-0:10.0.100", 1], ["0x08000000", "obis:0-0:10.0.100", 2]]]]),
    ("10", "0x07EA070103000000008000FF"),
)
"""A calendar that becomes active on Wednesday, 1 July 2026."""


@dataclass
class Life:
    """A Dutch household's meter with so many `outages` a year, of ten seconds to four hours."""

    source: str = "household:seed=7"
    outages: int = 50
    rows: int = 0
    """Rows that were looked at."""
    stage: Stage = field(init=False)

    def __post_init__(self) -> None:
        self.stage = self._fresh()
        self._ends = {name: self.stage.meter.device.profile(name).ring.end for name in ("load", "daily")}
        self._before: dict[str, Any] = {}

    def programme(self) -> None:
        """The tariff of the second half of the first year."""
        for number, value in PASSIVE:
            outcome = put(self.stage, Set(object=f"0-0:13.0.0:{number}", value=value))
            assert outcome.met, outcome

    def live(self, days: int, looked: Callable[[], None] | None = None) -> None:
        """Live on, `looked` each time the rows of a span are there."""
        first = self.stage.time.present()
        until = Instant(first + days * DAY_S * SECOND)
        for at, voltage_v in cuts(first, until, self.outages):
            self._until(at, looked)
            self.stage.bench.impose({"voltage_v": voltage_v})
        self._until(until, looked)

    def keep(self, store: Store) -> None:
        """Store what is new."""
        store.commit(METER, self.stage.actor.changes(), self.stage.time.present(), durable=False)

    def compare(self, store: Store) -> None:
        """What is stored is the meter, and another process that takes it over has the same one."""
        self.keep(store)
        saved = store.load(METER)
        assert saved is not None
        told = self.stage.digest()
        assert hashlib.sha256("\n".join(saved.canonical()).encode()).hexdigest() == told
        other = self._fresh()
        other.actor.restore(saved.values, saved.rings)
        assert other.digest() == told

    def _fresh(self) -> Stage:
        return Stage(MeterPart(config="nl", source=self.source, start=START), Path())

    def _until(self, until: Instant, looked: Callable[[], None] | None) -> None:
        span = SPAN_DAYS * DAY_S * SECOND
        while (now := self.stage.time.present()) < until:
            self.stage.bench.jump(Instant(min(until, (now // span + 1) * span)))
            if looked is not None:
                looked()

    def look(self) -> None:
        """Check every new row: in order, registers never fall, rates sum to totals, the last shows the registers."""
        device = self.stage.meter.device
        load, daily = self._new("load"), self._new("daily")
        self.rows += len(load) + len(daily)
        for name, rows, columns in (("load", load, (IMPORT, EXPORT)), ("daily", daily, RATES)):
            for column in (*columns, CLOCK):
                values = seconds(rows) if column == CLOCK else rows[column].astype(np.int64)
                told = self._before.get(f"{name} {column}", -1)
                steps = np.diff(np.concatenate([[told], values]))
                fell = np.flatnonzero(steps <= 0 if column == CLOCK else steps < 0)
                assert not len(fell), f"{name}: {column} falls at {moment(rows, fell[0])}"
                self._before[f"{name} {column}"] = values[-1] if len(values) else told
        totals = dict(zip(seconds(load).tolist(), load[IMPORT].tolist(), strict=True))
        for row in daily:
            total = totals[int(row[CLOCK]["second"])]
            sums = sum(int(row[rate]) for rate in RATES)
            assert total - 1 <= sums <= total, f"rates sum to {sums}, not {total}, at {row[CLOCK]}"
        registers = device.registers
        millijoules = [registers.mj(Quantity.ACTIVE_IMPORT, rate=rate) for rate in range(5)]
        assert sum(millijoules[1:]) == millijoules[0]
        if len(load) and seconds(load)[-1] == device.now // SECOND and device.powered:
            assert load[IMPORT][-1] == registers.wh(Quantity.ACTIVE_IMPORT)

    def _new(self, name: str) -> Any:
        ring = self.stage.meter.device.profile(name).ring
        first, self._ends[name] = self._ends[name], ring.end
        assert ring.first <= first, f"{name} forgot rows that nobody has looked at"
        return ring.rows(first)


def cuts(first: Instant, until: Instant, a_year: int) -> list[tuple[Instant, float | None]]:
    """When power goes (0 V) and comes back (None): spread evenly, of ever other length."""
    pause_s = 365 * DAY_S // a_year
    changes: list[tuple[Instant, float | None]] = []
    for number, second in enumerate(range(first // SECOND + pause_s // 2, until // SECOND - 5 * 3600, pause_s)):
        length_s = 10 + (number * 2_147) % (4 * 3600)
        changes += [(Instant(second * SECOND), 0.0), (Instant((second + length_s) * SECOND), None)]
    return changes


def seconds(rows: Any) -> NDArray[np.int64]:
    """The UTC seconds of the clock stamps of rows."""
    return np.asarray(rows[CLOCK]["second"], dtype=np.int64)


def moment(rows: Any, index: int) -> str:
    return iso(Instant(int(seconds(rows)[index]) * SECOND))


def main() -> None:
    """Live through years, and tell of each; an invariant that does not hold ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=15)
    years = parser.parse_args().years
    life = Life()
    life.programme()
    with tempfile.TemporaryDirectory(prefix="softmeter-years-") as directory:
        store = Store.open(Path(directory))

        def looked() -> None:
            life.look()
            life.keep(store)

        for year in range(1, years + 1):
            begun = time.process_time()
            life.live(365 + isleap(FIRST_YEAR + year - 1), looked)
            spent = time.process_time() - begun
            life.compare(store)
            wh = life.stage.meter.device.registers.wh(Quantity.ACTIVE_IMPORT)
            size = (Path(directory) / FILE_NAME).stat().st_size
            sys.stdout.write(
                f"year {year}: {spent:.1f} s, {life.rows} rows, {wh} Wh, file of {size / 1000:,.0f} kB, "
                f"until {iso(life.stage.time.present())}\n"
            )
            sys.stdout.flush()
        store.close()


if __name__ == "__main__":
    main()
