"""What a meter makes of answers: signs, sizes, errors, qualifiers; and how a negative value travels."""

import pytest

from meter.making import Made
from meter.test_alarms import get, live
from meter.test_mbus import GAS, HOUR, install, restarted
from softmeter.device.mbus_channel import NO_VALUE, Asked, Definition, Identity, Moment, Value
from softmeter.device.profile import Status
from softmeter.meter.mbus_answers import meaning, opened
from softmeter.meter.mbus_bus import FramedBus
from softmeter.meter.p1 import P1Settings, telegram
from softmeter.units import Unit
from softmeter.wire.mbus import ACKNOWLEDGE, Control, Frame, Header, Information, encode
from softmeter.wire.mbus_master import Told
from softmeter.wire.types import Data, Tag

HEAT = Header(0x12345678, 0x2142, 1, 4)


def values(records: str, *definitions: Definition) -> tuple[Value, ...]:
    answer = meaning(Told(HEAT, bytes.fromhex(records)), Asked(0, Identity(), definitions=definitions))
    assert answer.readable
    return answer.values


@pytest.mark.parametrize(
    ("records", "value"),
    [
        ("0406FFFFFFFF", Value(-1, 3, Unit.WATT_HOUR)),
        ("0C06230100F0", Value(-123, 3, Unit.WATT_HOUR)),
        ("0606010000000080", Value(-1407374883, 8, Unit.WATT_HOUR)),
        ("0706FFFFFFFFFFFFFF7F", Value(922337203, 13, Unit.WATT_HOUR)),
        ("0E13999999999999", Value(999999999, 0, Unit.CUBIC_METRE)),
        ("040601000080", Value(-2147483647, 3, Unit.WATT_HOUR)),
        ("0413FFFFFF7F", Value(2147483647, -3, Unit.CUBIC_METRE)),
        ("05130000C0BF", Value(-1500, -6, Unit.CUBIC_METRE)),
        ("0D13C412345678", Value(78563412, -3, Unit.CUBIC_METRE)),
        ("0D13D412345678", Value(-78563412, -3, Unit.CUBIC_METRE)),
        ("04FB0805000000", Value(5, 8, Unit.JOULE)),
        ("0C933E23010000", Value(123, -3, Unit.CORRECTED_CUBIC_METRE)),
        ("0C933A23010000", Value(123, -3, Unit.CUBIC_METRE)),
    ],
)
def test_values_as_a_register_holds_them(records: str, value: Value) -> None:
    assert values(records) == (value,)


@pytest.mark.parametrize(
    "none",
    [
        *("0C9315" + "00000000", "0C9318" + "00000000", "0C13EEEEEEEE", "05130000C07F", "0513000080FF"),
        *("011380", "02130080", "0313000080", "041300000080", "0613000000000080", "07130000000000000080"),
    ],
)
def test_a_value_that_is_none_keeps_its_place(none: str) -> None:
    assert values(none + "023B0700") == (NO_VALUE, Value(7, -3, Unit.CUBIC_METRE_PER_HOUR))
    assert values(none, Definition(bytes.fromhex(none[:2]), bytes.fromhex(none[2 : 4 if none[2] == "1" else 6]))) == (
        NO_VALUE,
    )


@pytest.mark.parametrize(
    "records",
    ["0C933C01000000", "0C932201000000", "0C934001000000", "0C93FF1501000000", "4C1301000000", "1C1301000000", "0013"],
)
def test_what_is_not_counted_now_is_left_out(records: str) -> None:
    assert values(records + "0C1305000000") == (Value(5, -3, Unit.CUBIC_METRE),)


def test_the_main_value_of_a_kind_comes_first() -> None:
    volume, energy, rate = "0C1301000000", "0C0602000000", "8C10" + "06" + "03000000"
    assert [one.number for one in values(volume + rate + energy)] == [2, 1, 3]
    water = Told(HEAT._replace(device_type=7), bytes.fromhex(energy + volume))
    assert [one.number for one in meaning(water, Asked(0, Identity())).values] == [1, 2]
    assert [one.number for one in values(volume + rate)] == [1, 3]
    allocator = Told(HEAT._replace(device_type=8), bytes.fromhex("026507000A6E42004A6E1700"))
    assert meaning(allocator, Asked(0, Identity())).values == (Value(42, 0, Unit.OTHER), Value(7, -2, Unit.CELSIUS))


@pytest.mark.parametrize(
    ("configuration", "records"), [(0x0710, "0C1301000000"), (0x0610, "00"), (0, "0C13"), (0, "0E")]
)
def test_answers_that_cannot_be_read(configuration: int, records: str) -> None:
    header, content = HEAT._replace(configuration=configuration), bytes.fromhex(records)
    asked = Asked(0, Identity())
    answer = meaning(Told(header, opened(header, content, asked)), asked)
    assert (answer.readable, answer.values, answer.sealed) == (False, (), False)


def test_of_two_like_records_the_first_is_meant() -> None:
    assert values("0C1301000000" + "0C1302000000", Definition(b"\x0c", b"\x13"))[0].number == 1
    assert values("0C78010000000D7803414243", Definition(b"\x0d", b"\x78")) == (NO_VALUE,)
    assert values("0013", Definition(b"\x00", b"\x13")) == (NO_VALUE,)


def test_a_negative_value_travels_signed_in_object_and_profile() -> None:
    made = Made(sub_meters=GAS)
    device = made.meter.device
    counted = [5]

    def exchange(memory: str, frame: bytes, _: Moment) -> tuple[str, bytes]:
        if frame[1] & 0x0F != Control.REQ_UD2 & 0x0F:
            return memory, ACKNOWLEDGE
        records = b"\x04\x06" + counted[0].to_bytes(4, "little", signed=True)
        return memory, encode(Frame(Control.RSP_UD, 1, Information.LONG_HEADER, HEAT.octets + records))

    mbus = device.behaviours.mbus
    mbus._settings = mbus._settings._replace(bus=FramedBus(exchange))
    install(made, 1, primary=1)
    live(made, HOUR)
    counted[0] = -7
    live(made, 3 * HOUR)
    assert get(made, 4, "0-1:24.2.1") == Data(Tag.DOUBLE_LONG, -7)
    rows = get(made, 7, "0-1:24.3.0").value
    assert [row.value[2] for row in rows] == [
        Data(Tag.DOUBLE_LONG_UNSIGNED, 5),
        Data(Tag.DOUBLE_LONG, -7),
        Data(Tag.DOUBLE_LONG, -7),
    ]
    assert [row.value[1].value & Status.DATA_NOT_VALID for row in rows] == [0, 0, 0]
    assert "24.2.1(" not in telegram(device, made.meter.identity, P1Settings()).decode().partition("0-1:96.1.0")[2]
    counted[0] = 8
    live(made, 4 * HOUR)
    assert "24.2.1(" in telegram(device, made.meter.identity, P1Settings()).decode().partition("0-1:96.1.0")[2]
    assert get(restarted(made), 7, "0-1:24.3.0") == get(made, 7, "0-1:24.3.0")
