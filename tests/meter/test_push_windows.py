"""When pushes go: windows, random delays, schedules, and clocks that are set."""

import pytest

from meter.asking import call, get, put
from meter.making import START
from meter.pushing import FIRST, live, name, number, opened, pushing, windowed
from softmeter.clock import DateTime
from softmeter.device.adjustment import set_clock, shift_clock
from softmeter.device.zone import FOREVER
from softmeter.instant import SECOND, Instant
from softmeter.meter.push import Outgoing, outgoing
from softmeter.wire.types import Data, Tag, encode_data


def test_a_push_that_waits_for_its_window_goes_when_there_is_none_any_more() -> None:
    made = pushing(1)
    windowed(made, DateTime(hour=3, minute=0, second=0), DateTime(hour=3, minute=2, second=0))
    call(made, 40, name(1), 1)
    live(made, 10)
    assert put(made, 40, name(1), 4, encode_data(Data(Tag.ARRAY, ()))) == 0
    live(made, 11)
    assert len(outgoing(made.meter)) == 1


def test_a_window_that_is_gone_for_good_by_a_new_time_ends_the_push_and_not_its_setup() -> None:
    made = pushing(1)
    windowed(made, DateTime(2026, 1, 2, 0xFF, 3, 0, 0), DateTime(2026, 1, 2, 0xFF, 4, 0, 0))
    call(made, 40, name(1), 1)
    live(made, 10)
    set_clock(made.meter.device, made.meter.device.now, DateTime.of(made.meter.device.now // SECOND + 10**7, -60, 0))
    live(made, 20)
    assert put(made, 40, name(1), 4, encode_data(Data(Tag.ARRAY, ()))) == 0
    assert outgoing(made.meter) == []
    assert call(made, 40, name(1), 1) == 0
    assert len(outgoing(made.meter)) == 1


def test_a_push_waits_for_its_window() -> None:
    made = pushing(1)
    begin = DateTime(hour=3, minute=0, second=0)
    end = DateTime(hour=4, minute=0, second=0)
    window = Data(Tag.STRUCTURE, (Data(Tag.OCTET_STRING, begin.encode()), Data(Tag.OCTET_STRING, end.encode())))
    assert put(made, 40, name(1), 4, encode_data(Data(Tag.ARRAY, (window,)))) == 0
    assert get(made, 40, name(1), 4) == encode_data(Data(Tag.ARRAY, (window,)))
    live(made, 10)
    call(made, 40, name(1), 1)
    live(made, 2 * 3600 - 1)
    assert outgoing(made.meter) == []
    live(made, 2 * 3600)
    (sent,) = outgoing(made.meter)
    assert DateTime.decode(opened(sent).time).iso() == "2026-01-01T03:00:00+01:00"
    made.meter.device.behaviours.pushes.settle(made.meter.device, sent.number, arrived=True)
    live(made, 2 * 3600 + 60)
    call(made, 40, name(1), 1)
    assert len(outgoing(made.meter)) == 1


def test_a_random_delay_never_leads_out_of_a_window() -> None:
    made = pushing(1)
    windowed(made, DateTime(hour=3, minute=0, second=0), DateTime(hour=3, minute=2, second=0))
    assert put(made, 40, name(1), 5, number(Tag.LONG_UNSIGNED, 36_000)) == 0
    live(made, 10)
    call(made, 40, name(1), 1)
    live(made, 26 * 3600 + 130)
    (sent,) = outgoing(made.meter)
    when = DateTime.decode(opened(sent).time)
    assert (when.hour, when.minute < 2) == (3, True)


def test_a_clock_that_is_set_again_and_again_delays_no_push_for_ever() -> None:
    made = pushing(1)
    assert put(made, 40, name(1), 5, number(Tag.LONG_UNSIGNED, 36_000)) == 0
    live(made, 10)
    call(made, 40, name(1), 1)
    due = made.meter.device.behaviours.pushes.due
    assert due > FIRST + 1000
    sent: list[Outgoing] = []
    for at in range(60, 36_100, 60):
        live(made, at)
        shift_clock(made.meter.device, made.meter.device.now, 10 if at % 120 else -10)
        sent += outgoing(made.meter)
    assert len(sent) == 1
    assert made.meter.device.behaviours.pushes.due == FOREVER


def test_what_was_due_in_the_dark_is_spread_again_and_what_was_not_keeps_its_time() -> None:
    for dark_s in (100, 30_000):
        made = pushing(1)
        assert put(made, 40, name(1), 5, number(Tag.LONG_UNSIGNED, 20_000)) == 0
        live(made, 10)
        call(made, 40, name(1), 1)
        due = made.meter.device.behaviours.pushes.due
        made.meter.device.resume(Instant(START + dark_s * SECOND))
        after = made.meter.device.behaviours.pushes.due
        assert (after == due) is (due > FIRST + dark_s)
        assert FIRST + dark_s <= after <= FIRST + dark_s + 20_000


@pytest.mark.parametrize("step", [37, 100_000])
def test_an_interval_is_pushed_by_its_schedule(step: int) -> None:
    made = pushing(1)
    every_quarter = Data(
        Tag.STRUCTURE, (Data(Tag.OCTET_STRING, b"\xff\x0f\x00\x00"), Data(Tag.OCTET_STRING, b"\xff" * 5))
    )
    assert put(made, 22, "0-1:15.0.4", 4, encode_data(Data(Tag.ARRAY, (every_quarter,)))) == 0
    put(made, 40, name(1), 5, number(Tag.LONG_UNSIGNED, 300))
    device, times = made.meter.device, []
    for second in range(0, 3 * 3600, 1800):
        while device.now < START + second * SECOND:
            device.advance(Instant(min(device.now + step * SECOND, START + second * SECOND)))
        for sent in outgoing(made.meter):
            times.append(DateTime.decode(opened(sent).time).iso())
            device.behaviours.pushes.settle(device, sent.number, arrived=True)
    assert [one[:14] for one in times] == ["2026-01-01T01:", "2026-01-01T02:", "2026-01-01T03:"]
    assert all("15:00" <= one[14:19] <= "20:00" for one in times)
    assert len({one[14:19] for one in times}) > 1


@pytest.mark.parametrize("setting", ["trigger", "clock", "window"])
def test_a_random_delay_that_begins_in_a_window_ends_in_it(setting: str) -> None:
    made = pushing(1)
    device = made.meter.device
    live(made, 10)
    assert put(made, 40, name(1), 5, number(Tag.LONG_UNSIGNED, 36_000)) == 0
    if setting == "window":
        call(made, 40, name(1), 1)
        assert device.behaviours.pushes.due > FIRST + 300
    windowed(made, DateTime(hour=1, minute=0, second=0), DateTime(hour=1, minute=5, second=0))
    if setting != "window":
        call(made, 40, name(1), 1)
    if setting == "clock":
        shift_clock(device, device.now, 200)
    live(made, 300)
    assert len(outgoing(made.meter)) == 1


def test_what_is_triggered_before_a_window_does_not_miss_it_by_a_random_delay() -> None:
    made = pushing(1)
    windowed(made, DateTime(hour=1, minute=10, second=0), DateTime(hour=1, minute=20, second=0))
    assert put(made, 40, name(1), 5, number(Tag.LONG_UNSIGNED, 36_000)) == 0
    live(made, 500)
    call(made, 40, name(1), 1)
    live(made, 599)
    assert outgoing(made.meter) == []
    live(made, 1200)
    (sent,) = outgoing(made.meter)
    assert DateTime.decode(opened(sent).time).iso() > "2026-01-01T01:10:00"
