"""A meter whose sub-meters are on a line outside: what it wants waits, and what becomes of it comes later or never."""

import pytest

from meter.making import START, Made
from meter.test_alarms import get, live
from meter.test_mbus import HOUR, at, call, client, codes, install, meter_of
from softmeter.bench.journal import Quantity
from softmeter.bench.mbus_line import MBusLine
from softmeter.device.events import Log
from softmeter.device.mbus_channel import Asked, Definition, Errand, KeyStatus, Kind, Moment, Outcome, Task
from softmeter.device.mbus_errands import MOST_WAITING, report, taken
from softmeter.device.profile import Status
from softmeter.device.surroundings import CALM
from softmeter.errors import AccessError
from softmeter.instant import whole_second
from softmeter.meter.mbus_bus import FramedBus
from softmeter.meter.mbus_channels import channels
from softmeter.security.mbus import wrap_dsmr4
from softmeter.units import Unit
from softmeter.wire import mbus_writing
from softmeter.wire.mbus import Control, Frame, Header, Information, encode
from softmeter.wire.types import Data, Tag

GAS, WATER = meter_of("gas:3"), meter_of("water:1")


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
        device = self.made.meter.device
        tasks = []
        while errands := self.taken():
            for errand in errands:
                outcome = Outcome()
                if heard:
                    self.memory, outcome = self.bus.perform(self.memory, Moment(whole_second(device.now), CALM), errand)
                report(device, errand.number, outcome)
                tasks.append(errand.task)
        return tasks


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
    assert installed.taken() == ()  # the one under way is enough
    assert codes(made) == [105]


def test_a_capture_asked_while_it_is_read_is_done_afterwards_once(installed: Outside) -> None:
    made = installed.made
    live(made, HOUR)
    (errand,) = installed.taken()
    call(made, 1, 3)
    call(made, 1, 3)
    assert installed.taken() == ()  # one at a time
    report(made.meter.device, errand.number, Outcome())
    assert installed.perform() == [Task.READ]
    call(made, 1, 3)
    live(made, 3 * HOUR)
    assert installed.perform() == [Task.READ]  # what waits is enough
    assert installed.perform() == []


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
    assert codes(made) == [105, 104, 100]


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


def test_an_order_whose_outcome_comes_after_the_sub_meter_has_gone_changes_nothing(installed: Outside) -> None:
    made = installed.made
    call(made, 1, 1, class_id=70)
    (errand,) = installed.taken()
    call(made, 1, 2, Data(Tag.INTEGER, 0))
    report(made.meter.device, errand.number, Outcome(taken=True))
    assert get(made, 70, "0-1:24.4.0", 3).value == 1
    assert codes(made, Log.M_BUS_CONTROL_1) == []


def test_what_was_asked_with_another_key_says_nothing_of_the_sub_meter(installed: Outside) -> None:
    made = installed.made
    call(made, 1, 3)
    (errand,) = installed.taken()
    call(made, 1, 7, Data(Tag.OCTET_STRING, bytes(range(16))))
    report(made.meter.device, errand.number, Outcome())
    assert codes(made) == [105]


def test_a_line_that_is_never_served_fills_no_memory(outside: Outside) -> None:
    for _ in range(MOST_WAITING):
        install(outside.made)
    with pytest.raises(AccessError, match="busy"):
        install(outside.made)
    with pytest.raises(AccessError, match="busy"):
        install(outside.made, 2)
    assert len(outside.taken()) == 1
    assert len(outside.made.meter.device.behaviours.mbus.waiting) == MOST_WAITING - 1


def test_two_channels_that_take_whoever_is_found_find_two(outside: Outside) -> None:
    outside.bus = FramedBus(MBusLine((GAS, WATER)).exchange)
    install(outside.made, 1)
    install(outside.made, 2)
    outside.perform()
    found = {client(outside.made, 6, number) for number in (1, 2)}
    assert found == {GAS.identification, WATER.identification}
    assert codes(outside.made) == [105, 115]
    live(outside.made, HOUR)
    outside.perform()
    assert codes(outside.made) == [105, 115]  # each is where it was put, and answers


def test_a_key_that_the_sub_meter_took_counts_though_the_meter_has_its_own_copy_meanwhile(installed: Outside) -> None:
    made = installed.made
    key = bytes(range(16))
    call(made, 1, 8, Data(Tag.OCTET_STRING, wrap_dsmr4(GAS.default_key, key)))
    call(made, 1, 7, Data(Tag.OCTET_STRING, key))
    installed.perform()
    assert made.meter.device.behaviours.mbus.channel(1).key_status == KeyStatus.SET_AND_TRANSFERRED


def test_who_is_asked_for_other_records_is_asked_again(installed: Outside) -> None:
    made = installed.made
    call(made, 1, 3)
    (before,) = installed.taken()
    call(made, 1, 7, Data(Tag.OCTET_STRING, bytes(16)))
    call(made, 1, 3)
    report(made.meter.device, before.number, Outcome())
    (errand,) = installed.taken()
    assert errand.asked.key == bytes(16)


def test_a_missing_record_leaves_the_others_their_places(outside: Outside) -> None:
    install(outside.made)
    (errand,) = outside.taken()
    missing, volume = Definition(b"\x0c", b"\x06"), Definition(b"\x0c", b"\x13")
    wanted = errand._replace(asked=errand.asked._replace(definitions=(missing, volume)))
    _, outcome = outside.bus.perform("", Moment(whole_second(START), CALM), wanted)
    assert outcome.answer is not None
    assert [one.unit for one in outcome.answer.values] == [Unit.COUNT, Unit.CUBIC_METRE]
    device = outside.made.meter.device
    report(device, errand.number, outcome)
    mbus = device.behaviours.mbus
    assert mbus.status(device, 1) & Status.DATA_NOT_VALID
    assert channels(device)[0].value is None
    mbus.put(device, 1, mbus.channel(1)._replace(values=()))
    assert mbus.status(device, 1) & Status.DATA_NOT_VALID
    mbus.put(device, 1, mbus.channel(1)._replace(values=outcome.answer.values[1:]))
    assert not mbus.status(device, 1) & Status.DATA_NOT_VALID


def test_what_was_stored_for_an_earlier_day_is_no_value_of_now() -> None:
    records = mbus_writing.digits(b"\x13", 5, storage=1) + mbus_writing.digits(b"\x13", 7)
    header = Header(*GAS.identity)
    answer = encode(Frame(Control.RSP_UD, 1, Information.LONG_HEADER, header.octets + records))
    bus = FramedBus(lambda memory, _, __: (memory, answer))
    _, outcome = bus.perform("", Moment(0, CALM), Errand(1, Task.READ, Asked(1, GAS.identity)))
    assert outcome.answer is not None
    assert [one.number for one in outcome.answer.values] == [7]
