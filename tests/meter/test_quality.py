"""Power quality as a head-end reads and sets it: profile, averages, limits, counters, the measurement period."""

import pytest

from meter.making import START, Made, steady
from meter.test_alarms import get, live, place, put, restarted, view
from softmeter.bench.journal import Quantity
from softmeter.device.events import Log
from softmeter.errors import AccessError
from softmeter.instant import SECOND, Instant
from softmeter.wire.types import Data, Tag

PROFILE = "1-0:99.14.0"


def u16(number: int) -> Data:
    return Data(Tag.LONG_UNSIGNED, number)


def u32(number: int) -> Data:
    return Data(Tag.DOUBLE_LONG_UNSIGNED, number)


def give(made: Made, quantity: Quantity, value: float | None, seconds: int) -> None:
    made.journal.give(quantity, value, Instant(START + seconds * SECOND))


def rows(made: Made) -> list[tuple[int, ...]]:
    """Status and values of each row."""
    return [tuple(int(field.value) for field in row.value[1:]) for row in get(made, 7, PROFILE).value]


@pytest.mark.parametrize("step", [7, 100_000])
@pytest.mark.manual("9.3.row")
def test_a_row_has_the_averages_of_the_period_that_ends_with_it(step: int) -> None:
    made = Made(steady(u="230", i="5", pf="1"))
    give(made, Quantity.VOLTAGE_V, 220.0, 600)
    give(made, Quantity.ACTIVE_POWER_W, 2200.0, 900)
    live(made, 1200, step)
    first, second = rows(made)
    assert first == (0, 1150, 0, 0, 0, 2300, 500, 1000, 1000)
    assert second[:1] == (0,)
    assert second[5] == 2200
    assert second[1] == round((1150 * 300 + 2200 * 300) / 600)
    assert int(get(made, 3, "1-0:32.25.0").value) == 2200


def test_half_a_dark_period_does_not_halve_the_voltage() -> None:
    made = Made(steady(u="220", i="5"))
    give(made, Quantity.VOLTAGE_V, 0.0, 300)
    give(made, Quantity.VOLTAGE_V, None, 580)
    live(made, 600)
    ((status, power, *_, voltage, current, _, _),) = rows(made)
    assert status & 0x80
    assert (voltage, current) == (2200, 500)
    assert power == round(1100 * 320 / 600)


@pytest.mark.manual("9.3.extremes")
def test_extremes_of_the_period_are_kept_until_the_next_ends() -> None:
    made = Made(steady(u="230", i="5"))
    give(made, Quantity.VOLTAGE_V, 241.5, 100)
    give(made, Quantity.VOLTAGE_V, 222.0, 101)
    give(made, Quantity.VOLTAGE_V, None, 102)
    live(made, 900)
    assert [int(get(made, 3, f"1-0:32.{d}.0").value) for d in (23, 26)] == [2220, 2415]


@pytest.mark.manual("9.3.one-period")
def test_period_and_capture_period_are_one() -> None:
    made = Made()
    put(made, 3, "1-0:0.8.2", 2, u16(300))
    assert get(made, 7, PROFILE, 4) == u32(300)
    live(made, 900)
    assert len(rows(made)) == 3
    put(made, 7, PROFILE, 4, u32(60))
    assert [int(get(made, 3, f"1-0:0.8.{e}").value) for e in (1, 2)] == [60, 60]
    assert rows(made) == []
    live(made, 1080)
    assert len(rows(made)) == 3
    again = restarted(made)
    assert get(again, 7, PROFILE, 4) == u32(60)
    assert get(again, 3, "1-0:0.8.2") == u16(60)


@pytest.mark.parametrize("period", [0, 30, 120, 601, 7200])
@pytest.mark.manual("9.3.periods")
def test_other_periods_are_refused_everywhere(period: int) -> None:
    made = Made()
    live(made, 700)
    for class_id, obis, attribute, value in (
        (3, "1-0:0.8.2", 2, u16(period)),
        (3, "1-0:0.8.1", 2, u16(period)),
        (7, PROFILE, 4, u32(period)),
    ):
        with pytest.raises(AccessError):
            put(made, class_id, obis, attribute, value)
    assert get(made, 3, "1-0:0.8.2") == u16(600)
    assert get(made, 7, PROFILE, 4) == u32(600)
    assert len(rows(made)) == 1


@pytest.mark.manual("9.2.counters")
def test_a_sag_is_counted_measured_and_logged_from_its_begin() -> None:
    made = Made(steady(u="230", i="5"))
    put(made, 3, "1-0:12.43.0", 2, u16(10))
    give(made, Quantity.VOLTAGE_V, 200.0, 100)
    give(made, Quantity.VOLTAGE_V, None, 150)
    live(made, 300)
    assert get(made, 1, "1-0:32.32.0") == u16(1)
    assert get(made, 3, "1-0:32.33.0") == u32(50)
    assert get(made, 3, "1-0:32.34.0") == u16(2000)
    log = made.meter.device.events.ring(Log.POWER_QUALITY).rows()
    first = START // SECOND
    assert [(int(row["clock"]["second"]) - first, int(row["code"])) for row in log] == [(100, 76), (150, 85)]


LIMITS = (
    ("1-0:12.31.0", (120, 228), (119, 229)),
    ("1-0:12.35.0", (232, 300), (231, 301)),
    ("1-0:12.43.0", (1, 300), (0, 301)),
    ("1-0:12.44.0", (1, 300), (0, 301)),
)


@pytest.mark.parametrize(("obis", "legal", "illegal"), LIMITS)
@pytest.mark.manual("9.2.ranges")
def test_limits_have_the_ranges_of_the_manual(obis: str, legal: tuple[int, ...], illegal: tuple[int, ...]) -> None:
    made = Made()
    before = get(made, 3, obis)
    for value in illegal:
        with pytest.raises(AccessError):
            put(made, 3, obis, 2, u16(value))
        assert get(made, 3, obis) == before
    for value in legal:
        put(made, 3, obis, 2, u16(value))
        assert get(made, 3, obis) == u16(value)
    assert get(restarted(made), 3, obis) == u16(legal[-1])


def test_nobody_writes_a_counter() -> None:
    made = Made()
    assert place(1, "1-0:32.32.0", 2) not in view(made).writers
