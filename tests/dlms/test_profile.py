from dataclasses import replace

import numpy as np
import pytest

from dlms.foreign_meter import ForeignMeter
from softmeter.clock import DateTime
from softmeter.cosem.capture import CaptureObject
from softmeter.dlms.channel import Credentials
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import drive
from softmeter.dlms.messages import GetRequestNormal
from softmeter.dlms.profile import CLOCK_TIME, Profile, by_entry, by_range, iso_times, read_profile
from softmeter.entropy import SeededEntropy
from softmeter.errors import RemoteProtocolError
from softmeter.obis import Obis
from softmeter.wire.types import NULL, Data, Tag, array_of, encode_data, struct, u32
from vectors.table import vector

LOAD = Obis(1, 0, 99, 1, 0)
ENERGY = CaptureObject(3, Obis(1, 0, 1, 8, 0), 2, 0)
STATUS = CaptureObject(1, Obis(0, 0, 96, 10, 1), 2, 0)
FIRST = DateTime(2021, 7, 1, 4, 0, 0, 0, 0, -120, 0x80)


def _clock(quarter: int) -> Data:
    return Data(Tag.OCTET_STRING, replace(FIRST, hour=quarter // 4, minute=quarter % 4 * 15).encode())


def _row(clock: Data, energy: int) -> Data:
    return Data(Tag.STRUCTURE, (clock, Data(Tag.UNSIGNED, 0), Data(Tag.DOUBLE_LONG_UNSIGNED, energy)))


def _meter(rows: list[Data], captured: tuple[CaptureObject, ...] = (CLOCK_TIME, STATUS, ENERGY)) -> ForeignMeter:
    return ForeignMeter(
        {
            (7, LOAD, 2): encode_data(Data(Tag.ARRAY, tuple(rows))),
            (7, LOAD, 3): array_of(struct(CaptureObject)).encode(captured),
            (7, LOAD, 4): u32.encode(900),
        },
        block=100,
    )


def _read(meter: ForeignMeter) -> Profile:
    client = Client(Credentials(), SeededEntropy(1))
    drive(client.associate(), meter.serve)
    return drive(read_profile(client, LOAD), meter.serve)


TIMES = ["2021-07-01T00:00:00+02:00", "2021-07-01T00:15:00+02:00", "2021-07-01T00:30:00+02:00"]


def test_a_profile_in_columns() -> None:
    profile = _read(_meter([_row(_clock(number), 100 * number) for number in range(3)]))
    assert len(profile) == 3
    assert profile.captured == (CLOCK_TIME, STATUS, ENERGY)
    assert iso_times(profile[CLOCK_TIME]) == TIMES
    assert profile[ENERGY].tolist() == [0, 100, 200]


def test_times_left_out_follow_by_the_capture_period() -> None:
    profile = _read(_meter([_row(_clock(0), 0), _row(NULL, 100), _row(NULL, 200)]))
    assert iso_times(profile[CLOCK_TIME]) == TIMES
    with pytest.raises(RemoteProtocolError, match="row 1 of a profile has no time"):
        _read(_meter([_row(NULL, 0), _row(_clock(1), 1)]))
    with pytest.raises(RemoteProtocolError, match="row 2 of a profile has no time"):
        _read(_meter([_row(_clock(0), 0), _row(Data(Tag.OCTET_STRING, b"x"), 1)]))


def test_a_clock_column_of_another_type_is_left_as_it_is() -> None:
    assert _read(_meter([_row(Data(Tag.DOUBLE_LONG_UNSIGNED, 5), 0)]))[CLOCK_TIME].tolist() == [5]
    assert _read(_meter([_row(Data(Tag.OCTET_STRING, b"abcd"), 0)]))[CLOCK_TIME].tobytes() == b"abcd"
    assert iso_times(_read(_meter([_row(Data(Tag.DATE_TIME, FIRST.encode()), 0)]))[CLOCK_TIME]) == TIMES[:1]


def test_an_empty_profile() -> None:
    profile = _read(_meter([]))
    assert len(profile) == 0
    assert profile[ENERGY].tolist() == []
    assert iso_times(profile[CLOCK_TIME]) == []
    assert len(Profile((), ())) == 0


def test_rows_that_are_not_what_is_captured() -> None:
    with pytest.raises(RemoteProtocolError, match="3 columns, while 2 attributes"):
        _read(_meter([_row(_clock(0), 0)], (CLOCK_TIME, ENERGY)))


def test_selections_are_those_of_the_vectors() -> None:
    entries = vector("xdlms.get profile buffer by entry (1..10, all columns)")
    assert entries.endswith(b"\x02" + by_entry(1, 10).parameters)
    first = DateTime(2021, 7, 1, 4, 0, 0, 0, 0xFF, -0x8000, 0)
    last = DateTime(2021, 7, 2, 5, 0, 0, 0, 0xFF, -0x8000, 0)
    assert vector("xdlms.get profile buffer by range").endswith(b"\x01" + by_range(first, last).parameters)


def test_a_selection_is_sent_and_progress_told() -> None:
    meter = _meter([_row(_clock(number), 100 * number) for number in range(8)])
    client = Client(Credentials(), SeededEntropy(1))
    drive(client.associate(), meter.serve)
    sizes: list[int] = []
    drive(read_profile(client, LOAD, by_entry(3), sizes.append), meter.serve)
    requests = [apdu for apdu in meter.seen if isinstance(apdu, GetRequestNormal)]
    assert requests[-1].target.selection == by_entry(3)
    assert sizes == [100, 186]


def test_times_as_text() -> None:
    summer, winter = replace(FIRST, deviation_min=210), replace(FIRST, deviation_min=-0x8000)
    rows = [_row(Data(Tag.OCTET_STRING, moment.encode()), 0) for moment in (summer, winter, DateTime())]
    times = _read(_meter(rows))[CLOCK_TIME]
    assert iso_times(times) == ["2021-07-01T00:00:00-03:30", "2021-07-01T00:00:00", "*"]
    assert times["local"].dtype == np.dtype("M8[s]")
