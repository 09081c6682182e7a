"""Setting the clock through its object, also when time runs far ahead of the ticks."""

from pathlib import Path

import pytest

from meter.asking import cut, get, put
from meter.making import START, Made
from softmeter.clock import DateTime
from softmeter.device.events import Log
from softmeter.instant import SECOND, Instant, parse_instant
from softmeter.meter.parts import ClockPart


def local(hour: int, minute: int) -> DateTime:
    return DateTime(2026, 1, 1, hour=hour, minute=minute, second=0, hundredths=0)


def test_seconds_before_the_setting_belong_to_the_old_time() -> None:
    """At a high rate a client's setting comes long after the last tick."""
    made = Made()
    made.actor.jump(Instant(START + 600 * SECOND))
    made.actor.present = lambda: Instant(START + 3000 * SECOND + 500_000_000)
    ClockPart(made.meter).set_time(local(12, 7))
    assert made.meter.device.now >= START + 3000 * SECOND
    made.actor.jump(Instant(START + 5000 * SECOND))
    rows = made.meter.device.profile("load").ring.rows()
    stamps = [DateTime.of(int(row["second"]), -60, 0) for row in rows["8,0-0:1.0.0.255,2,0"]]
    assert [(stamp.hour, stamp.minute) for stamp in stamps] == [(1, 15), (1, 30), (1, 45), (2, 0), (12, 15), (12, 30)]
    energies = rows["3,1-0:1.8.0.255,2,0"].tolist()
    assert energies[:3] == [287, 575, 862]  # quarters of 1150 W from 01:00 on, each whole


def test_shifts_add_up_while_the_clock_is_slewing() -> None:
    made = Made()
    made.actor.jump(Instant(START + 60 * SECOND))
    part = ClockPart(made.meter)
    before = made.meter.device.clock.time(made.actor.now) - made.actor.now
    part.shift(7)
    part.shift(-3)
    made.actor.jump(Instant(START + 120 * SECOND))
    assert made.meter.device.clock.time(made.actor.now) - made.actor.now - before == 4 * SECOND


def test_each_shift_is_judged_by_itself() -> None:
    """Two small ones are slewed, though together they are more than the limit: no event, no row doubled."""
    made = Made()
    made.actor.jump(Instant(START + 60 * SECOND))
    part = ClockPart(made.meter)
    part.shift(7)
    part.shift(7)
    assert made.meter.device.clock.time(made.actor.now) == made.actor.now
    made.actor.jump(Instant(START + 100 * SECOND))
    assert made.meter.device.clock.time(made.actor.now) - made.actor.now == 14 * SECOND
    assert made.meter.device.events.last_code(Log.STANDARD) == 0


@pytest.mark.parametrize("first", [5, 6])
def test_summer_time_is_given_by_two_dates_as_well_as_by_rules(first: int, tmp_path: Path) -> None:
    """Begin and end are two attributes: either may be set first, and both outlive a power cut."""
    made = Made()
    dates = {5: "090C07EA0114FF020000FF8000FF", 6: "090C07EA0201FF030000FF8000FF"}
    for number in (first, 11 - first):
        assert put(made, 8, "0-0:1.0.0", number, bytes.fromhex(dates[number])) == 0
    made.meter.device.advance(parse_instant("2026-01-20T00:58:00Z"))
    made = cut(made, tmp_path, parse_instant("2026-01-20T00:59:00Z"))
    assert [get(made, 8, "0-0:1.0.0", number).hex().upper() for number in (5, 6)] == [dates[5], dates[6]]
    seen = []
    for moment in ("2026-01-20T01:00:00Z", "2026-02-01T00:59:59Z", "2026-02-01T01:00:00Z", "2026-07-01T00:00:00Z"):
        made.meter.device.advance(parse_instant(moment))
        seen.append(ClockPart(made.meter).time.iso())
    assert seen == [
        "2026-01-20T03:00:00+02:00",
        "2026-02-01T02:59:59+02:00",
        "2026-02-01T02:00:00+01:00",
        "2026-07-01T01:00:00+01:00",
    ]
    changes = made.meter.device.events.ring(Log.STANDARD).rows()["code"].tolist()
    assert changes.count(3) == 2
