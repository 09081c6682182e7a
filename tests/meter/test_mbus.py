"""Sub-meters as a head-end has them: installed, read by schedule, told things, missed, through frames all the way."""

import pytest

from meter.making import START, Made, values_of
from meter.test_alarms import get, live, place, put, view, word
from softmeter.bench.journal import Circumstance, Quantity
from softmeter.bench.submeters import SubMeter, parse_sub_meters
from softmeter.clock import DateTime
from softmeter.device.events import Log
from softmeter.device.mbus import NUMBERS
from softmeter.errors import AccessError
from softmeter.instant import SECOND, Instant, whole_second
from softmeter.meter.mbus_channels import channels
from softmeter.meter.p1 import P1Settings, Variant, telegram
from softmeter.persistent import Changes
from softmeter.security.mbus import wrap_dsmr4, wrap_smr5
from softmeter.units import Unit
from softmeter.wire.types import Data, Tag, encode_data

GAS = "gas:3"
FIRST = whole_second(START)
HOUR = 3600
USER_KEY = bytes(range(16))


def call(made: Made, number: int, method: int, parameter: Data | None = None, *, class_id: int = 72) -> bytes:
    obis = f"0-{number}:24.1.0" if class_id == 72 else f"0-{number}:24.4.0"
    octets = b"" if parameter is None else encode_data(parameter)
    return view(made).invokers[place(class_id, obis, method)](made.meter, octets)


def install(made: Made, number: int = 1, primary: int = 0) -> None:
    call(made, number, 1, Data(Tag.UNSIGNED, primary))


def client(made: Made, attribute: int, number: int = 1) -> int:
    return int(get(made, 72, f"0-{number}:24.1.0", attribute).value)


def codes(made: Made, log: Log = Log.M_BUS) -> list[int]:
    return [row.value[1].value for row in get(made, 7, log.profile).value]


def at(second: int) -> Instant:
    return Instant(START + second * SECOND)


def meter_of(text: str) -> SubMeter:
    (one,) = parse_sub_meters(text)
    return one


def octets(value: bytes) -> Data:
    return Data(Tag.OCTET_STRING, value)


def installed(text: str = GAS) -> Made:
    made = Made(sub_meters=text)
    install(made)
    return made


def restarted(made: Made, text: str = GAS) -> Made:
    changes: Changes = made.actor.changes()
    saved = values_of(changes)
    again = Made(sub_meters=text)
    again.actor.restore(saved, {})
    for name, (first, rows) in changes.appended.items():
        ring = again.meter.device.ring(name)
        assert ring is not None, name
        ring.load(first, rows)
    return again


def test_whoever_is_on_the_bus_is_found_read_and_shown() -> None:
    made, gas = installed(), meter_of(GAS)
    assert [client(made, number) for number in (5, 6, 7, 8, 9)] == [1, gas.identification, 0x1EE9, 1, 3]
    value = get(made, 4, "0-1:24.2.1")
    assert value == Data(Tag.DOUBLE_LONG_UNSIGNED, gas.counted(FIRST))
    assert [one.value for one in get(made, 4, "0-1:24.2.1", 3).value] == [-3, Unit.CUBIC_METRE]
    assert DateTime.decode(get(made, 4, "0-1:24.2.1", 5).value).iso().startswith("2026-01-01")
    assert codes(made) == [105]
    assert word(made, "0-0:97.98.1") == 1 << 19
    (shown,) = channels(made.meter.device)
    assert shown.value is not None
    assert (shown.device_type, shown.value.number, shown.answers) == (3, gas.counted(FIRST), True)
    assert shown.identifier == f"GWI{gas.identification:08X}0103".encode()


@pytest.mark.parametrize("step", [1800, 100_000])
@pytest.mark.manual("2.4.m-bus-profile")
def test_the_profile_has_the_value_of_every_hour(step: int) -> None:
    made, gas = installed(), meter_of(GAS)
    live(made, 5 * HOUR + 10, step)
    rows = get(made, 7, "0-1:24.3.0").value
    assert [row.value[2].value for row in rows] == [gas.counted(FIRST + n * HOUR - 300) for n in range(1, 6)]
    assert [row.value[1].value for row in rows] == [0] * 5
    (late,) = {DateTime.decode(row.value[3].value).minute for row in rows}
    assert late == 55
    assert get(made, 7, "0-1:24.3.0", 8).value == 240


def test_four_channels_each_with_its_own() -> None:
    text = "gas,water:4,heat:5,electricity:6"
    made = Made(sub_meters=text)
    for number in NUMBERS:
        install(made, number)
    with pytest.raises(AccessError):
        install(made, 1)
    assert {client(made, 6, number) for number in NUMBERS} == {one.identification for one in parse_sub_meters(text)}
    assert {client(made, 9, number) for number in NUMBERS} == {2, 3, 4, 7}
    assert codes(made) == [105, 115, 125, 135]
    heat = next(number for number in NUMBERS if client(made, 9, number) == 4)
    assert get(made, 4, f"0-{heat}:24.2.1", 3).value[1].value == Unit.WATT_HOUR


def test_one_is_installed_by_its_identity_and_its_primary_address() -> None:
    made, gas = Made(sub_meters=f"water:9,{GAS}"), meter_of(GAS)
    put(made, 72, "0-2:24.1.0", 6, Data(Tag.DOUBLE_LONG_UNSIGNED, gas.identification))
    install(made, 2)
    assert (client(made, 9, 2), client(made, 5, 2)) == (3, 0)
    install(made, 1)
    call(made, 2, 2, Data(Tag.INTEGER, 0))
    call(made, 1, 2, Data(Tag.INTEGER, 0))
    assert client(made, 6) == 0
    with pytest.raises(AccessError):
        install(made, 3, primary=77)
    assert made.meter.device.behaviours.mbus.channel(3).installed == 0


def test_a_channel_without_a_sub_meter_takes_no_room_and_refuses() -> None:
    made = Made()
    assert made.meter.device.behaviours.mbus.saved() == {}
    assert get(made, 7, "0-4:24.3.0") == Data(Tag.ARRAY, ())
    assert get(made, 4, "0-4:24.2.1").value == 0
    for method, parameter in [(1, Data(Tag.UNSIGNED, 0)), *((number, Data(Tag.INTEGER, 0)) for number in (2, 3, 4, 5))]:
        with pytest.raises(AccessError):
            call(made, 4, method, parameter)
    assert codes(made) == []


def test_one_that_falls_silent_is_missed_once_and_comes_back() -> None:
    made = installed()
    made.journal.give(Circumstance.SUB_METERS_CUT, 1, at(1000))
    made.journal.give(Circumstance.SUB_METERS_CUT, None, at(2 * HOUR + 1000))
    live(made, 4 * HOUR)
    assert codes(made) == [105, 100, 101]
    assert word(made, "0-0:97.98.0") == 1 << 16
    rows = get(made, 7, "0-1:24.3.0").value
    assert [row.value[1].value for row in rows] == [4, 4, 0, 0]
    assert rows[0].value[2] == rows[1].value[2]
    assert rows[2].value[2].value > rows[1].value[2].value


@pytest.mark.parametrize(
    ("circumstance", "code", "bit"),
    [
        (Circumstance.SUB_METERS_OPENED, 103, 20),
        (Circumstance.SUB_METERS_WEAK, 102, 28),
        (Circumstance.SUB_METERS_BROKEN, 106, 24),
    ],
)
def test_what_a_sub_meter_complains_of_is_an_alarm_once(circumstance: Circumstance, code: int, bit: int) -> None:
    made = installed()
    made.journal.give(circumstance, 1, at(100))
    live(made, 3 * HOUR)
    assert codes(made) == [105, code]
    assert word(made, "0-0:97.98.0") == 1 << bit
    made.journal.give(circumstance, None, at(3 * HOUR))
    call(made, 1, 4, Data(Tag.INTEGER, 0))
    assert client(made, 12) == 0


@pytest.mark.parametrize("form", ["DSMR 4", "SMR 5"])
def test_a_key_is_handed_over_and_used(form: str) -> None:
    made, gas = installed(), meter_of(GAS)
    wrapped = (
        wrap_dsmr4(gas.default_key, USER_KEY)
        if form == "DSMR 4"
        else wrap_smr5(gas.default_key, USER_KEY, gas.header.address, 1)
    )
    call(made, 1, 8, octets(wrapped))
    assert client(made, 14) == 2
    with pytest.raises(AccessError):
        call(made, 1, 3)  # it encrypts, and the meter has no key yet
    assert codes(made) == [105, 100]
    call(made, 1, 7, octets(USER_KEY))
    assert client(made, 14) == 3
    call(made, 1, 3)
    assert client(made, 14) == 4
    assert client(made, 13) >> 8 == 5
    assert codes(made) == [105, 100, 101]
    live(made, 2 * HOUR)
    assert get(made, 4, "0-1:24.2.1").value == gas.counted(FIRST + 2 * HOUR - 300)
    assert "key" not in repr(made.meter.device.behaviours.mbus.channel(1))


@pytest.mark.parametrize(("method", "wrong"), [(8, bytes(15)), (8, bytes(30)), (7, bytes(5))])
def test_keys_that_are_none_are_refused(method: int, wrong: bytes) -> None:
    made = installed()
    with pytest.raises(AccessError):
        call(made, 1, method, octets(wrong))
    assert client(made, 14) == 0


def test_the_valve_holds_back_what_is_counted() -> None:
    made, gas = installed(), meter_of(GAS)
    live(made, 10 * HOUR)
    call(made, 1, 1, class_id=70)
    assert [get(made, 70, "0-1:24.4.0", number).value for number in (2, 3)] == [False, 0]
    live(made, 20 * HOUR)
    assert get(made, 4, "0-1:24.2.1").value == gas.counted(FIRST + 10 * HOUR)
    call(made, 1, 2, class_id=70)
    live(made, 22 * HOUR)
    missed = gas.counted(FIRST + 20 * HOUR) - gas.counted(FIRST + 10 * HOUR)
    assert missed > 0
    assert get(made, 4, "0-1:24.2.1").value == gas.counted(FIRST + 22 * HOUR - 300) - missed
    assert codes(made, Log.M_BUS_CONTROL_1) == [162, 163]


def test_modes_of_the_valve() -> None:
    made = installed()
    put(made, 70, "0-1:24.4.0", 4, Data(Tag.ENUM, 3))
    call(made, 1, 1, class_id=70)
    call(made, 1, 2, class_id=70)
    assert get(made, 70, "0-1:24.4.0", 3).value == 2
    put(made, 70, "0-1:24.4.0", 4, Data(Tag.ENUM, 0))
    with pytest.raises(AccessError):
        call(made, 1, 1, class_id=70)
    power = installed("electricity")
    with pytest.raises(AccessError):
        call(power, 1, 1, class_id=70)  # it has none


def test_a_broken_valve_is_an_alarm_and_does_not_move() -> None:
    made = installed()
    made.journal.give(Circumstance.SUB_METERS_BROKEN, 1, at(100))
    live(made, HOUR)
    assert codes(made, Log.M_BUS_CONTROL_1) == [164]
    assert word(made, "0-0:97.98.1") & 1 << 27
    with pytest.raises(AccessError):
        call(made, 1, 1, class_id=70)
    assert get(made, 70, "0-1:24.4.0", 3).value == 1


def test_one_sub_meter_belongs_to_one_channel_and_a_frame_has_an_end() -> None:
    made = installed()
    with pytest.raises(AccessError, match="belongs to another channel"):
        install(made, 2, primary=1)
    assert made.meter.device.behaviours.mbus.channel(2).installed == 0
    record = Data(Tag.STRUCTURE, (octets(b"\x0d"), octets(b"\x78"), octets(bytes(251))))
    with pytest.raises(AccessError, match="can be sent"):
        call(made, 1, 6, Data(Tag.ARRAY, (record,)))
    with pytest.raises(AccessError):
        call(made, 1, 6, Data(Tag.ARRAY, ()))
    long = Data(Tag.STRUCTURE, (octets(bytes(17)), octets(b"\x13")))
    with pytest.raises(AccessError):
        put(made, 72, "0-1:24.1.0", 3, Data(Tag.ARRAY, (long,)))


def test_a_sub_meter_has_two_names_and_p1_tells_them() -> None:
    made = installed()
    plate = get(made, 1, "0-1:96.1.0").value
    assert get(made, 1, "0-1:96.1.1").value == plate
    for variant, code in ((Variant.NL, 0), (Variant.BE, 1)):
        lines = telegram(made.meter.device, made.meter.identity, P1Settings(variant)).decode()
        assert f"0-1:96.1.{code}({plate.hex().upper()})" in lines
    put(made, 1, "0-1:96.1.1", 2, octets(b"second"))
    put(made, 1, "0-1:96.1.0", 2, octets(b"first"))
    again = restarted(made)
    assert [get(again, 1, f"0-1:96.1.{code}").value for code in (0, 1)] == [b"first", b"second"]
    with pytest.raises(AccessError):
        put(made, 1, "0-1:96.1.1", 2, octets(bytes(49)))
    call(made, 1, 2, Data(Tag.INTEGER, 0))
    assert [get(made, 1, f"0-1:96.1.{code}").value for code in (0, 1)] == [b"", b""]


def test_a_script_clears_the_profile_of_one_channel() -> None:
    made = Made(sub_meters=f"{GAS},water:4")
    for number in (1, 2):
        install(made, number)
    live(made, 3 * HOUR)
    view(made).invokers[place(9, "0-0:10.0.110", 1)](made.meter, encode_data(Data(Tag.LONG_UNSIGNED, 2)))
    assert [len(get(made, 7, f"0-{number}:24.3.0").value) for number in (1, 2)] == [3, 0]


def test_the_clock_of_a_sub_meter_and_records_for_it() -> None:
    made = installed()
    call(made, 1, 5)
    assert codes(made) == [105, 104]
    record = Data(Tag.STRUCTURE, (octets(b"\x01"), octets(b"\x7a"), Data(Tag.UNSIGNED, 9)))
    call(made, 1, 6, Data(Tag.ARRAY, (record,)))
    with pytest.raises(AccessError):
        call(made, 1, 3)  # it has another address now
    unknown = Data(Tag.STRUCTURE, (octets(b"\x01"), octets(b"\x13"), Data(Tag.UNSIGNED, 9)))
    with pytest.raises(AccessError):
        call(made, 1, 6, Data(Tag.ARRAY, (unknown,)))


def test_which_records_are_captured() -> None:
    made = Made(sub_meters=GAS)
    wanted = [
        Data(Tag.STRUCTURE, (octets(data), octets(value))) for data, value in ((b"\x0c", b"\x78"), (b"\x0c", b"\x13"))
    ]
    put(made, 72, "0-1:24.1.0", 3, Data(Tag.ARRAY, tuple(wanted)))
    put(made, 72, "0-1:24.1.0", 4, Data(Tag.DOUBLE_LONG_UNSIGNED, 900))
    install(made)
    gas = meter_of(GAS)
    assert get(made, 4, "0-1:24.2.1").value == int(f"{gas.identification:08x}")
    assert get(made, 4, "0-1:24.2.2").value == gas.counted(FIRST)
    assert get(made, 72, "0-1:24.1.0", 3) == Data(Tag.ARRAY, tuple(wanted))
    live(made, 700)
    assert get(made, 4, "0-1:24.2.2").value == gas.counted(FIRST + 600)
    for attribute, value in ((4, 7), (5, 9), (6, 1)):
        tag = Tag.UNSIGNED if attribute == 5 else Tag.DOUBLE_LONG_UNSIGNED
        with pytest.raises(AccessError):
            put(made, 72, "0-1:24.1.0", attribute, Data(tag, value))


def test_everything_outlives_a_power_cut() -> None:
    made = installed()
    call(made, 1, 1, class_id=70)
    call(made, 1, 7, octets(USER_KEY))
    put(made, 1, "0-1:96.1.0", 2, octets(b"G0012345678901234"))
    live(made, 3 * HOUR)
    again = restarted(made)
    before, after = made.meter.device, again.meter.device
    assert after.behaviours.mbus.saved() == before.behaviours.mbus.saved()
    assert get(again, 7, "0-1:24.3.0") == get(made, 7, "0-1:24.3.0")
    assert get(again, 1, "0-1:96.1.0").value == b"G0012345678901234"
    for one in (made, again):
        live(one, 6 * HOUR)
    assert get(again, 7, "0-1:24.3.0") == get(made, 7, "0-1:24.3.0")
    assert len(get(again, 7, "0-1:24.3.0").value) == 6


def test_a_fork_leaves_the_sub_meters_of_its_twin_alone() -> None:
    made = installed()
    live(made, HOUR)
    before = made.meter.device
    twin = before.fork()
    twin.advance(at(9 * HOUR))
    assert len(before.behaviours.mbus.profiles[1].ring) == 1
    assert len(twin.behaviours.mbus.profiles[1].ring) == 9
    assert before.behaviours.mbus.memory != twin.behaviours.mbus.memory


def test_hours_without_power_are_supplemented() -> None:
    made = installed()
    made.journal.give(Quantity.VOLTAGE_V, 0.0, at(2 * HOUR + 60))
    made.journal.give(Quantity.VOLTAGE_V, None, at(5 * HOUR + 60))
    live(made, 7 * HOUR)
    rows = get(made, 7, "0-1:24.3.0").value
    assert [row.value[1].value for row in rows] == [0, 0, 0x80, 0x80, 0x80, 0x80, 0]


def test_a_de_installed_channel_begins_anew() -> None:
    made = installed()
    live(made, 3 * HOUR)
    call(made, 1, 2)
    assert get(made, 7, "0-1:24.3.0") == Data(Tag.ARRAY, ())
    assert [client(made, number) for number in (5, 6, 7, 8, 9, 14)] == [0] * 6
    live(made, 5 * HOUR)
    assert channels(made.meter.device) == ()
    install(made, 1)
    live(made, 6 * HOUR)
    assert len(get(made, 7, "0-1:24.3.0").value) == 1
    again = restarted(made)
    assert get(again, 7, "0-1:24.3.0") == get(made, 7, "0-1:24.3.0")
