"""Sub-meters on the bench, one by one: what is done to each of them, and what the meter then reads."""

from itertools import pairwise

import pytest

from meter.making import Made
from meter.test_alarms import get, live
from meter.test_mbus import FIRST, HOUR, at, call, codes, install
from softmeter.bench.bench import Bench
from softmeter.bench.journal import Circumstance, Quantity
from softmeter.bench.mbus_line import MBusLine
from softmeter.bench.shelf import Shelf, ShownSubMeter
from softmeter.bench.submeters import parse_sub_meters
from softmeter.device.events import Log
from softmeter.device.mbus_channel import Channel
from softmeter.errors import ConfigurationError
from softmeter.instant import Instant, LinkTime


class Time:
    """A `Timekeeper` that goes with the meter."""

    rate = 0.0

    def __init__(self, made: Made) -> None:
        self._made = made

    def present(self) -> Instant:
        return self._made.meter.device.now

    def link_now(self) -> LinkTime:
        return LinkTime(0.0)

    def set_rate(self, rate: float) -> None:
        raise AssertionError(rate)

    def move_to(self, instant: Instant) -> None:
        raise AssertionError(instant)


class OnShelf:
    def __init__(self, text: str = "gas:3") -> None:
        self.made = Made(sub_meters=text) if text else Made()
        bench = Bench(self.made.meter, self.made.journal, Time(self.made))
        self.shelf = Shelf(MBusLine(parse_sub_meters(text)), bench, self.made.meter)

    def shown(self, place: int = 1) -> ShownSubMeter:
        return self.shelf.shown()[place - 1]


def test_those_of_the_configuration_are_there_and_one_of_each_other_kind_can_be() -> None:
    one = OnShelf("gas:3")
    assert [(shown.kind, shown.seed, shown.attached) for shown in one.shelf.shown()] == [
        ("gas", 3, True),
        ("water", 1, False),
        ("heat", 1, False),
        ("electricity", 1, False),
    ]
    assert [shown.unit for shown in one.shelf.shown()] == ["m3", "m3", "Wh", "Wh"]
    (gas,) = parse_sub_meters("gas:3")
    assert (one.shown().counted, one.shown().exponent) == (gas.counted(FIRST), -3)
    assert (one.shown().valve, one.shown(4).valve) == ("open", None)
    assert one.shown().secondary_address == "70577503E91E0103"


def test_one_is_plugged_in_installed_and_plugged_out() -> None:
    one = OnShelf("")
    one.shelf.change(2, {"attached": True})
    live(one.made, 10)
    assert [shown.attached for shown in one.shelf.shown()] == [False, True, False, False]
    install(one.made)
    assert one.shown(2).channel == 1
    one.shelf.change(2, {"attached": False})
    live(one.made, HOUR)
    assert codes(one.made) == [105, 100]


def test_alarms_of_two_at_once() -> None:
    one = OnShelf("gas:3,water:4")
    install(one.made, 1)
    install(one.made, 2)
    one.shelf.change(1, {"battery_low": True, "opened": True})
    one.shelf.change(2, {"opened": True, "broken": True})
    one.shelf.change(1, {"battery_low": False})
    live(one.made, HOUR)
    gas, water = one.shown(1), one.shown(2)
    assert (gas.battery_low, gas.opened, water.opened, water.broken) == (False, True, True, True)
    assert gas.channel is not None
    assert water.channel is not None
    tens = {100 + 10 * (shown.channel - 1): shown for shown in (gas, water) if shown.channel}
    expected = [
        code + event for code, shown in tens.items() for event in (5, 3, *([6] if shown.broken else [])) if shown
    ]
    assert sorted(codes(one.made)) == sorted(expected)
    assert codes(one.made, Log(water.channel << 8 | 4)) == [154 + 10 * water.channel]


@pytest.mark.parametrize("step", [600, 7 * HOUR])
def test_a_flow_counts_to_the_second_whatever_the_steps_and_habit_comes_back(step: int) -> None:
    one = OnShelf("gas:3,heat:5")
    live(one.made, 100)
    begun = [one.shown(place).counted for place in (1, 2)]
    one.shelf.change(1, {"flow": 1800})
    one.shelf.change(2, {"flow": 2500})
    live(one.made, 100 + 2 * HOUR, step)
    assert [one.shown(place).counted for place in (1, 2)] == [begun[0] + 3600, begun[1] + 5]
    assert one.shown().flow == 1800
    one.shelf.change(1, {"flow": 0})
    live(one.made, 100 + 4 * HOUR, step)
    assert one.shown().counted == begun[0] + 3600
    one.shelf.change(1, {"flow": None})
    live(one.made, 100 + 7 * HOUR, step)
    (gas,) = parse_sub_meters("gas:3")
    habit = gas.counted(FIRST + 100 + 7 * HOUR) - gas.counted(FIRST + 100 + 4 * HOUR)
    assert one.shown().counted == begun[0] + 3600 + habit
    assert habit > 0


def test_behind_a_closed_valve_nothing_flows() -> None:
    one = OnShelf()
    install(one.made)
    one.shelf.change(1, {"flow": 3600})
    live(one.made, HOUR)
    call(one.made, 1, 1, class_id=70)
    counted = [one.shown().counted]
    for hours in (2, 3):
        live(one.made, hours * HOUR)
        counted.append(one.shown().counted)
    assert len(set(counted)) == 1
    assert one.shown().valve == "closed"
    call(one.made, 1, 2, class_id=70)
    live(one.made, 4 * HOUR)
    assert one.shown().counted == counted[0] + 3600
    assert all(later >= earlier for earlier, later in pairwise(counted))


def test_a_power_cut_of_the_meter_stops_no_gas() -> None:
    one = OnShelf()
    install(one.made)
    live(one.made, 10)
    begun = one.shown().counted
    one.made.journal.give(Quantity.VOLTAGE_V, 0, at(20))
    one.made.journal.give(Circumstance.SUB_METER_FLOW_1, 3600, at(100))
    one.made.journal.give(Quantity.VOLTAGE_V, None, at(200))
    live(one.made, 100 + HOUR, step=37)
    habit = one.shown().counted - begun - 3600
    (gas,) = parse_sub_meters("gas:3")
    assert habit == gas.counted(FIRST + 100) - gas.counted(FIRST + 10)
    call(one.made, 1, 3)
    assert get(one.made, 4, "0-1:24.2.1").value == one.shown().counted


@pytest.mark.parametrize(
    ("place", "changes"),
    [(0, {"opened": True}), (5, {"opened": True}), (1, {"colour": 1}), (1, {"flow": -1}), (1, {"flow": 1e9})],
)
def test_what_cannot_be_done_is_refused(place: int, changes: dict[str, float | None]) -> None:
    one = OnShelf()
    with pytest.raises(ConfigurationError):
        one.shelf.change(place, changes)
    assert len(one.made.journal) == 0


def test_one_that_a_channel_only_names_is_on_no_channel() -> None:
    one = OnShelf("gas:3")
    (gas,) = parse_sub_meters("gas:3")
    device = one.made.meter.device
    device.behaviours.mbus.put(device, 2, Channel(**gas.identity._asdict()))
    assert one.shown().channel is None
    install(one.made, 2)
    assert one.shown().channel == 2
