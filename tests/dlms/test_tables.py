import pytest

pytest.importorskip("pyarrow", reason="needs the extra arrow")

import numpy as np
import pyarrow as pa

from dlms.foreign_meter import ForeignMeter
from dlms.test_profile import ENERGY, LOAD, _clock, _meter, _row
from softmeter.clock import DateTime
from softmeter.cosem.capture import CaptureObject
from softmeter.cosem.classes.register import ScalerUnit
from softmeter.dlms.buffers import TIME, Column
from softmeter.dlms.channel import Credentials
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import drive
from softmeter.dlms.profile import Profile, by_entry
from softmeter.dlms.tables import Heading, profile_table, read_table, table
from softmeter.entropy import SeededEntropy
from softmeter.obis import Obis
from softmeter.units import Unit
from softmeter.wire.types import NULL, Data, Tag, struct


def read(meter: ForeignMeter) -> pa.Table:
    client = Client(Credentials(), SeededEntropy(1))
    drive(client.associate(), meter.serve)
    return drive(read_table(client, LOAD), meter.serve)


def one(kind: Tag, values: object, name: str = "x") -> pa.ChunkedArray:
    cells = values if isinstance(values, np.ndarray) else np.fromiter(values, object)  # type: ignore[call-overload]
    return table([Heading(name, ENERGY)], [Column(kind, cells)]).column(name)


def test_a_profile_is_a_typed_table() -> None:
    meter = _meter([_row(_clock(number), 100 * number) for number in range(3)])
    meter.attributes[3, ENERGY.name, 3] = struct(ScalerUnit).encode(ScalerUnit(-3, Unit.WATT_HOUR))
    rows = read(meter)
    assert rows.schema.names == ["time", "status", "1-0:1.8.0"]
    assert rows.schema.types == [pa.timestamp("s", tz="UTC"), pa.uint8(), pa.uint32()]
    assert [str(time) for time in rows["time"].to_pylist()][:2] == [
        "2021-06-30 22:00:00+00:00", "2021-06-30 22:15:00+00:00",
    ]  # fmt: skip
    assert rows["1-0:1.8.0"].to_pylist() == [0, 100, 200]
    assert rows.schema.field("1-0:1.8.0").metadata == {
        b"object": b"1-0:1.8.0", b"class": b"3", b"attribute": b"2", b"data_index": b"0",
        b"scaler": b"-3", b"unit": b"Wh",
    }  # fmt: skip
    assert b"unit" not in rows.schema.field("status").metadata


def test_a_register_that_may_not_be_read_has_no_unit() -> None:
    rows = read(_meter([_row(_clock(0), 7)]))
    assert b"unit" not in rows.schema.field("1-0:1.8.0").metadata


def test_times_left_out_lie_a_period_later() -> None:
    rows = read(_meter([_row(_clock(0), 1), _row(NULL, 2)]))
    first, second = rows["time"].cast(pa.int64()).to_pylist()
    assert second - first == 900


def test_an_empty_profile() -> None:
    rows = read(_meter([]))
    assert rows.num_rows == 0
    assert rows.num_columns == 3


def test_two_of_one_name_are_told_apart() -> None:
    again = CaptureObject(3, ENERGY.name, 2, 1)
    profile = Profile((ENERGY, again), (Column(Tag.UNSIGNED, np.zeros(1, "u1")),) * 2)
    assert profile_table(profile).schema.names == ["1-0:1.8.0", "1-0:1.8.0:2:1"]


def test_another_attribute_is_named() -> None:
    demand = CaptureObject(5, Obis(1, 0, 1, 4, 0), 3, 0)
    profile = Profile((demand,), (Column(Tag.UNSIGNED, np.zeros(1, "u1")),))
    assert profile_table(profile).schema.names == ["1-0:1.4.0:3"]


@pytest.mark.parametrize(
    ("kind", "values", "arrow", "expected"),
    [
        (Tag.DOUBLE_LONG_UNSIGNED, [1, None, 3], pa.uint32(), [1, None, 3]),
        (Tag.LONG64, [-(1 << 40), None], pa.int64(), [-(1 << 40), None]),
        (Tag.OCTET_STRING, [b"\x01", b"\x01\x02"], pa.binary(), [b"\x01", b"\x01\x02"]),
        (Tag.VISIBLE_STRING, [b"ab", None], pa.string(), ["ab", None]),
        (Tag.VISIBLE_STRING, [b"\xff\xfe", b"x"], pa.string(), ["fffe", "x"]),
        (Tag.UNSIGNED, [1, "two", None], pa.string(), ["1", "two", None]),
        (Tag.UNSIGNED, [1, 1 << 20], pa.int64(), [1, 1 << 20]),
        (Tag.DOUBLE_LONG_UNSIGNED, [7, -5, None], pa.int64(), [7, -5, None]),
        (Tag.DOUBLE_LONG, [-5, 1 << 31], pa.int64(), [-5, 1 << 31]),
        (Tag.LONG64, [-5, 1 << 63], pa.string(), ["-5", str(1 << 63)]),
        (Tag.NULL, [None, 5], pa.int64(), [None, 5]),
        (Tag.BOOLEAN, np.array([0, 1], "u1"), pa.bool_(), [False, True]),
        (Tag.OCTET_STRING, np.array([[1, 2], [3, 4]], "u1"), pa.binary(2), [b"\x01\x02", b"\x03\x04"]),
        (Tag.VISIBLE_STRING, np.array([[65, 66]], "u1"), pa.string(), ["AB"]),
        (Tag.VISIBLE_STRING, np.array([[0xB0, 0x43]], "u1"), pa.string(), ["°C"]),
        (Tag.UTF8_STRING, np.array([[0xC2, 0xB0]], "u1"), pa.string(), ["°"]),
        (Tag.FLOAT32, np.array([1.5], "f4"), pa.float32(), [1.5]),
    ],
)
def test_values_keep_their_type(kind: Tag, values: object, arrow: pa.DataType, expected: list[object]) -> None:
    column = one(kind, values)
    assert column.type == arrow
    assert column.to_pylist() == expected


def test_what_is_no_time_is_null_and_what_has_no_zone_gets_none() -> None:
    times = np.zeros(2, TIME)
    times["local"] = [np.datetime64("2021-07-01T04:00:00", "s"), np.datetime64("NaT", "s")]
    times["deviation_min"] = -120
    utc = one(Tag.OCTET_STRING, times)
    assert [value and value.isoformat() for value in utc.to_pylist()] == ["2021-07-01T02:00:00+00:00", None]
    times["deviation_min"] = -0x8000
    local = one(Tag.OCTET_STRING, times)
    assert local.type == pa.timestamp("s")
    assert local.to_pylist()[0].isoformat() == "2021-07-01T04:00:00"


def test_a_selection_reaches_the_meter() -> None:
    meter = _meter([_row(Data(Tag.OCTET_STRING, DateTime(2021, 7, 1, 4, 0, 0, 0, 0, -120, 0).encode()), 1)])
    client = Client(Credentials(), SeededEntropy(1))
    drive(client.associate(), meter.serve)
    assert drive(read_table(client, LOAD, by_entry(1, 1)), meter.serve).num_rows == 1
