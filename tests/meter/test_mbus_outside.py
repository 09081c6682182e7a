"""A meter whose sub-meters are on a line outside: what it wants waits, and what becomes of it comes later or never."""

import pytest

from meter.making import START, Made
from meter.test_alarms import get, live
from meter.test_mbus import HOUR, at, call, client, codes, install, meter_of
from softmeter.bench.journal import Quantity
from softmeter.bench.mbus_line import MBusLine
from softmeter.device.events import Log
from softmeter.device.mbus_channel import Errand, Kind, Moment, Outcome, Task
from softmeter.device.mbus_errands import MOST_WAITING, report, taken
from softmeter.device.surroundings import CALM
from softmeter.errors import AccessError
from softmeter.instant import whole_second
from softmeter.meter.mbus_bus import FramedBus
from softmeter.wire.types import Data, Tag

GAS = meter_of("gas:3")


class Outside:
    """A meter and the line it does not see."""

    def __init__(self) -> None:
        self.made = Made(outside=True)
        self.bus = FramedBus(MBusLine((GAS,)).exchange)
        self.memory = ""

    def taken(self) -> tuple[Errand, ...]:
        return taken(self.made.meter.device)

    def perform(self, *, heard: bool = True) -> list[Task]:
        """Run what waits; without being heard nobody answers."""
        errands = self.taken()
        device = self.made.meter.device
        for errand in errands:
            outcome = Outcome()
            if heard:
                self.memory, outcome = self.bus.perform(self.memory, Moment(whole_second(device.now), CALM), errand)
            report(device, errand.number, outcome)
        return [errand.task for errand in errands]


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def installed(outside: Outside) -> Outside:
    install(outside.made)
    outside.perform()
    return outside


def test_an_installation_is_under_way_until_somebody_answers(outside: Outside) -> None:
    install(outside.made)
    assert client(outside.made, 6) == 0
    assert outside.perform(heard=False) == [Task.INSTALL]
    assert codes(outside.made) == []
    install(outside.made)
    outside.perform()
    assert [client(outside.made, number) for number in (5, 6, 9)] == [1, GAS.identification, 3]
    assert get(outside.made, 4, "0-1:24.2.1").value == GAS.counted(whole_second(START))
    assert codes(outside.made) == [105]


def test_it_is_read_by_schedule_and_once_at_a_time(installed: Outside) -> None:
    made = installed.made
    live(made, 5 * HOUR)
    assert [errand.task for errand in installed.taken()] == [Task.READ]  # five were due, and nobody came for them
    live(made, 6 * HOUR)
    call(made, 1, 3)
    assert installed.taken() == ()  # the one under way is enough
    assert codes(made) == [105]


def test_one_that_does_not_answer_is_missed_and_found_again(installed: Outside) -> None:
    made = installed.made
    live(made, HOUR)
    installed.perform(heard=False)
    live(made, 2 * HOUR)
    installed.perform()
    live(made, 2 * HOUR + 10)
    assert codes(made) == [105, 100, 101]
    assert get(made, 4, "0-1:24.2.1").value == GAS.counted(whole_second(START) + 2 * HOUR)


def test_orders_take_effect_when_they_are_taken(installed: Outside) -> None:
    made = installed.made
    call(made, 1, 1, class_id=70)
    call(made, 1, 5, Data(Tag.INTEGER, 0))
    assert get(made, 70, "0-1:24.4.0", 3).value == 1
    installed.perform()
    assert get(made, 70, "0-1:24.4.0", 3).value == 0
    assert codes(made, Log.M_BUS_CONTROL_1) == [162]
    assert codes(made) == [105, 104]
    call(made, 1, 2, class_id=70)
    installed.perform(heard=False)
    assert get(made, 70, "0-1:24.4.0", 3).value == 0


def test_what_was_under_way_when_power_failed_or_the_channel_changed_does_not_matter(installed: Outside) -> None:
    made = installed.made
    call(made, 1, 3)
    (errand,) = installed.taken()
    made.journal.give(Quantity.VOLTAGE_V, 0, at(10))
    made.journal.give(Quantity.VOLTAGE_V, None, at(20))
    live(made, 30)
    report(made.meter.device, errand.number, Outcome())
    assert codes(made) == [105]
    call(made, 1, 3)
    (errand,) = installed.taken()
    call(made, 1, 2, Data(Tag.INTEGER, 0))
    report(made.meter.device, errand.number, Outcome())
    assert codes(made) == [105]
    (order,) = installed.taken()
    assert order.order is not None
    assert (order.order.kind, order.asked.primary_address) == (Kind.ADDRESS, 1)


def test_a_line_that_is_never_served_fills_no_memory(outside: Outside) -> None:
    for _ in range(MOST_WAITING):
        install(outside.made)
    with pytest.raises(AccessError, match="busy"):
        install(outside.made)
    with pytest.raises(AccessError, match="busy"):
        install(outside.made, 2)
    assert len(outside.taken()) == MOST_WAITING
