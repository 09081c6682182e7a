"""Sub-meters that are swapped, alike, moved by hand; and hours that are no ordinary ones."""

import pytest

from meter.making import Made
from meter.test_alarms import get, live, put, word
from meter.test_mbus import GAS, HOUR, at, call, client, codes, install, installed, meter_of
from meter.test_mbus_outside import Outside
from softmeter.bench.journal import Circumstance
from softmeter.bench.mbus_line import MBusLine
from softmeter.bench.submeters import SubMeter
from softmeter.clock import DateTime
from softmeter.device.adjustment import set_clock
from softmeter.device.events import Log
from softmeter.device.mbus_channel import Moment
from softmeter.device.profile import Status
from softmeter.device.surroundings import CALM
from softmeter.errors import AccessError
from softmeter.instant import SECOND, Instant, parse_instant, whole_second
from softmeter.meter.mbus_bus import FramedBus
from softmeter.wire import mbus_writing
from softmeter.wire.mbus import Control, Frame, Header, Information, encode
from softmeter.wire.types import Data, Tag

ONE, OTHER = meter_of("gas:3"), meter_of("water:4")


class Numbered(SubMeter):
    """A sub-meter with a number that another one has too."""

    @property
    def identification(self) -> int:
        return 0x12345678


def rows(made: Made) -> list[tuple[str, int, int, int]]:
    """Local time, status, value and minute of its capture, of each row of the profile of channel 1."""
    told = []
    for row in get(made, 7, "0-1:24.3.0").value:
        clock, status, value, captured = (one.value for one in row.value)
        told.append((DateTime.decode(clock).iso()[:19], status, value, DateTime.decode(captured).minute))
    return told


@pytest.mark.parametrize(
    ("start", "hours"),
    [
        ("2026-10-24T23:00:00Z", [("02:00", True), ("02:00", False), ("03:00", False)]),
        ("2026-03-29T00:00:00Z", [("03:00", True), ("04:00", True), ("05:00", True)]),
    ],
)
def test_hours_when_summer_time_changes(start: str, hours: list[tuple[str, bool]]) -> None:
    made = Made(sub_meters=GAS, start=parse_instant(start))
    install(made)
    first = whole_second(parse_instant(start))
    made.meter.device.advance(Instant((first + len(hours) * HOUR + 10) * SECOND))
    told = rows(made)
    assert [(time[11:16], bool(status & Status.DAYLIGHT_SAVING)) for time, status, _, _ in told] == hours
    assert [value for _, _, value, _ in told] == [ONE.counted(first + n * HOUR - 300) for n in (1, 2, 3)]
    assert {minute for _, _, _, minute in told} == {55}


@pytest.mark.parametrize("shift_s", [2 * HOUR + 7, -2 * HOUR - 7, 1500, -1500])
def test_a_clock_that_is_set_leaves_the_sub_meter_read_before_each_hour(shift_s: int) -> None:
    made = installed()
    live(made, HOUR + 600)
    device = made.meter.device
    set_clock(device, made.actor.now, DateTime.of(made.actor.now // SECOND + shift_s, -60, 0))
    live(made, 5 * HOUR + 600)
    regular = [minute for time, _, _, minute in rows(made) if time[14:] == "00:00"]
    assert set(regular[-3:]) == {55}
    values = [value for _, _, value, _ in rows(made)]
    assert values == sorted(values)
    assert codes(made) == [105]


def test_two_with_the_same_number_are_two() -> None:
    alike = (Numbered("gas", 1), Numbered("water", 1))
    outside = Outside()
    outside.bus = FramedBus(MBusLine(alike).exchange)
    for number in (1, 2):
        install(outside.made, number)
    outside.perform()
    made = outside.made
    assert [client(made, 6, number) for number in (1, 2)] == [0x12345678] * 2
    assert {client(made, 9, number) for number in (1, 2)} == {3, 7}
    live(made, HOUR)
    outside.perform()
    by_type = {client(made, 9, number): get(made, 4, f"0-{number}:24.2.1").value for number in (1, 2)}
    second = whole_second(made.meter.device.now)
    assert by_type == {3: alike[0].counted(second), 7: alike[1].counted(second)}
    assert codes(made) == [105, 115]


def test_another_one_at_the_same_address_is_not_read_until_it_is_installed() -> None:
    outside = Outside()
    install(outside.made)
    outside.perform()
    made = outside.made
    before = get(made, 4, "0-1:24.2.1")
    line = MBusLine((OTHER,))
    outside.bus, outside.memory = FramedBus(line.exchange), ""
    told = Frame(Control.SND_UD, 0, Information.DATA, mbus_writing.octet(mbus_writing.BUS_ADDRESS, 1))
    outside.memory, _ = line.exchange("", encode(told), Moment(0, CALM))
    live(made, HOUR)
    outside.perform()
    assert codes(made) == [105, 100]
    assert get(made, 4, "0-1:24.2.1") == before
    call(made, 1, 2, Data(Tag.INTEGER, 0))
    install(made, 1)
    outside.perform()
    assert client(made, 6) == OTHER.identification
    live(made, 2 * HOUR)
    outside.perform()
    assert codes(made) == [105, 100, 105]


def test_a_valve_that_somebody_moved_by_hand_is_seen() -> None:
    outside = Outside()
    install(outside.made)
    outside.perform()
    made = outside.made
    line = MBusLine((ONE,))
    for second, (state, code) in enumerate([(0, 160), (1, 161), (2, None)], 1):
        told = Frame(Control.SND_UD, 1, Information.DATA, mbus_writing.octet(mbus_writing.REMOTE_CONTROL, state))
        outside.memory, _ = line.exchange(outside.memory, encode(told), Moment(whole_second(made.actor.now), CALM))
        call(made, 1, 3, Data(Tag.INTEGER, 0))
        outside.perform()
        assert get(made, 70, "0-1:24.4.0", 3).value == state, second
        assert codes(made, Log.M_BUS_CONTROL_1)[-1:] == [code or 161]
    call(made, 1, 1, class_id=70)
    outside.perform()
    call(made, 1, 3, Data(Tag.INTEGER, 0))
    outside.perform()
    assert codes(made, Log.M_BUS_CONTROL_1) == [160, 161, 162]


def test_a_header_of_a_short_answer_takes_over_nothing() -> None:
    made = installed()
    known = Header(ONE.identification, 0x1EE9, 1, 3)

    def exchange(memory: str, frame: bytes, _: Moment) -> tuple[str, bytes]:
        if frame[1] & 0x0F != Control.REQ_UD2 & 0x0F:
            return memory, b"\xe5"
        records = bytes((9, 0, 0, 0)) + mbus_writing.digits(b"\x13", 77)
        return memory, encode(Frame(Control.RSP_UD, 1, Information.SHORT_HEADER, records))

    mbus = made.meter.device.behaviours.mbus
    mbus._settings = mbus._settings._replace(bus=FramedBus(exchange))
    call(made, 1, 3)
    assert get(made, 4, "0-1:24.2.1").value == 77
    assert (client(made, 6), client(made, 7), client(made, 10)) == (known.identification, known.manufacturer, 9)
    call(made, 1, 2)
    with pytest.raises(AccessError, match="no sub-meter answers"):
        install(made, 1, primary=1)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_each_channel_has_alarms_of_its_own(number: int) -> None:
    names = ("gas:3", "water:4", "heat:5", "electricity:6")
    made = Made(sub_meters=",".join(names))
    put(made, 72, f"0-{number}:24.1.0", 6, Data(Tag.DOUBLE_LONG_UNSIGNED, meter_of(names[number - 1]).identification))
    install(made, number)
    place, first = 1 << number - 1, 90 + 10 * number
    made.journal.give(Circumstance.SUB_METERS_OPENED, place, at(100))
    made.journal.give(Circumstance.SUB_METERS_WEAK, place, at(HOUR + 100))
    made.journal.give(Circumstance.SUB_METERS_BROKEN, place, at(2 * HOUR + 100))
    made.journal.give(Circumstance.SUB_METERS_CUT, place, at(3 * HOUR + 100))
    live(made, 5 * HOUR)
    assert [code - first for code in codes(made)] == [5, 3, 2, 6, 0]
    assert word(made, "0-0:97.98.0") == sum(1 << bit + number - 1 for bit in (16, 20, 24, 28))
    assert word(made, "0-0:97.98.1") & 0xF << 19 == 1 << 18 + number
    has_valve = meter_of(names[number - 1]).kind.has_valve
    assert bool(word(made, "0-0:97.98.1") & 1 << 26 + number) == has_valve


def test_who_finds_his_address_taken_is_called_by_his_identity() -> None:
    outside = Outside()
    line = MBusLine((ONE, OTHER))
    outside.bus = FramedBus(line.exchange)
    install(outside.made, 2)
    outside.perform()
    (first,) = [one for one in (ONE, OTHER) if one.identification == client(outside.made, 6, 2)]
    told = Frame(Control.SND_UD, 2, Information.DATA, mbus_writing.octet(mbus_writing.BUS_ADDRESS, 1))
    outside.memory, _ = line.exchange(outside.memory, encode(told), Moment(0, CALM))
    install(outside.made, 1)
    outside.perform()
    made = outside.made
    assert (client(made, 5, 1), client(made, 6, 1)) == (0, (OTHER if first is ONE else ONE).identification)
    call(made, 1, 3, Data(Tag.INTEGER, 0))
    outside.perform()
    assert codes(made) == [115, 105]
