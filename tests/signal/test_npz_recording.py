import contextlib
import io
import zipfile

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.errors import ConfigurationError
from softmeter.signal import npz_recording
from softmeter.signal.arrays import table_of
from softmeter.signal.npz_recording import read_npz
from softmeter.signal.samples import Column
from softmeter.signal.sidecar import ColumnLayout, Layout
from softmeter.signal.table import Table

SECOND = 10**9
START = 1_000_000_000


def packed(**arrays: npt.ArrayLike) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


def read(octets: bytes, layout: Layout | None = None) -> Table:
    return table_of(read_npz(io.BytesIO(octets), "day.npz"), "day.npz", layout or Layout(), START)


POWER = [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    "time",
    [
        {"time": [0.0, 1.0, 2.5]},
        {"time": np.array([0, 1000, 2500], dtype="datetime64[ms]") + np.timedelta64(START, "s")},
        {"time": ["2001-09-09T01:46:40", "2001-09-09T01:46:41", "2001-09-09T03:46:42.5+02:00"]},
    ],
)
def test_times(time: dict[str, npt.ArrayLike]) -> None:
    table = read(packed(active_power_w=POWER, **time))
    assert (table.times_ns - START * SECOND).tolist() == [0, SECOND, 2 * SECOND + SECOND // 2]
    assert table.columns[Column.ACTIVE_POWER].tolist() == POWER


def test_steps_instead_of_times_and_arrays_not_used() -> None:
    table = read(packed(active_power_w=POWER, step_s=0.5, name="kitchen"))
    assert (table.times_ns - START * SECOND).tolist() == [0, SECOND // 2, SECOND]
    assert table.findings == ("arrays not used: name",)


def test_other_names_and_scales() -> None:
    layout = Layout(columns={Column.ACTIVE_POWER: ColumnLayout("kw", 1000.0)}, explicit=True)
    table = read(packed(kw=np.array([1, 2], dtype=np.uint8), step_s=1), layout)
    assert table.columns[Column.ACTIVE_POWER].tolist() == [1000, 2000]
    with pytest.raises(ConfigurationError, match=r"day\.npz: has no array kw"):
        read(packed(active_power_w=POWER, step_s=1), layout)


BAD = [
    (packed(active_power_w=[1, np.nan], step_s=1), "day.npz:2:active_power_w", "nan is not a number"),
    (packed(voltage_v=[1, 2, -3], step_s=1), "day.npz:3:voltage_v", "-3 is not a number from 0 to 1000"),
    (packed(active_power_w=[[1.0]], step_s=1), "day.npz", "must hold numbers in one row"),
    (packed(active_power_w=["1"], step_s=1), "day.npz", "must hold numbers in one row"),
    (packed(active_power_w=[], step_s=1), "day.npz", "holds 0 samples"),
    (packed(active_power_w=POWER), "day.npz", "needs an array time, or step_s"),
    (packed(active_power_w=POWER, step_s=0), "day.npz", "needs an array time, or step_s"),
    (packed(active_power_w=POWER, time=[0, 2, 1]), "day.npz:3:time", "lies before"),
    (packed(active_power_w=POWER, time=[0, 1, np.inf]), "day.npz:3:time", "inf is no time"),
    (packed(active_power_w=POWER, time=[0, 1]), "day.npz", "array time has 2 values where others have 3"),
    (packed(active_power_w=POWER, voltage_v=[230], step_s=1), "day.npz", "where others have"),
    (packed(active_power_w=[1], time=["soon"]), "day.npz:1:time", "'soon' is not a time"),
    (packed(active_power_w=[1], time=np.array(["NaT"], dtype="datetime64[s]")), "day.npz:1:time", "NaT is no time"),
    (packed(active_power_w=[1], time=[True]), "day.npz", "must hold numbers, datetime64 or texts"),
    (packed(power=[1]), "day.npz", "has no array voltage_v or current_a"),
    (packed(active_power_w=np.array([{}], dtype=object), step_s=1), "day.npz", "is no readable NPZ archive"),
    (b"not an archive", "day.npz", "is no readable NPZ archive"),
]


@pytest.mark.parametrize(("octets", "where", "reason"), BAD)
def test_what_is_wrong_is_named(octets: bytes, where: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(octets)
    assert caught.value.where == where
    assert reason in str(caught.value)


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=8), st.booleans())
@pytest.mark.slow
def test_damaged_archives_are_read_or_refused(damage: list[tuple[int, int]], compressed: bool) -> None:  # noqa: FBT001
    stream = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(stream, active_power_w=POWER, time=[0.0, 1.0, 2.5])
    octets = bytearray(stream.getvalue())
    for place, octet in damage:
        octets[place % len(octets)] = octet
    with contextlib.suppress(ConfigurationError):
        assert len(read(bytes(octets)).times_ns) <= 3


def test_a_header_that_claims_too_much_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive, archive.open("active_power_w.npy", "w") as member:
        np.lib.format.write_array_header_1_0(member, {"descr": "<f8", "fortran_order": False, "shape": (10**15,)})
    with pytest.raises(ConfigurationError, match="is no readable NPZ archive"):
        read(stream.getvalue())


def test_what_unpacks_without_end_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("active_power_w.npy", bytes(1 << 20))
    monkeypatch.setattr(npz_recording, "MAX_UNPACKED_BYTES", 1 << 16)
    with pytest.raises(ConfigurationError, match="unpacks to 1048576 octets"):
        read(stream.getvalue())
