import io
from collections.abc import Callable
from typing import BinaryIO

import numpy as np
import pytest

from softmeter.errors import ConfigurationError
from softmeter.signal.samples import Source, Waveform
from softmeter.signal.specification import parse_source

START = 1_767_225_600


def opener(files: dict[str, bytes]) -> Callable[[str], BinaryIO]:
    def open_file(path: str) -> BinaryIO:
        if path == "locked.csv":
            raise PermissionError(13, "Permission denied")
        if path not in files:
            raise FileNotFoundError(2, "No such file or directory")
        return io.BytesIO(files[path])

    return open_file


def npz() -> bytes:
    stream = io.BytesIO()
    np.savez(stream, active_power_w=np.array([5.0, 6.0]), step_s=np.array(1.0))
    return stream.getvalue()


FILES = {
    "day.csv": b"time,active_power_w\n0,1\n1,2\n2,3\n",
    "old.csv": b"time,active_power_w\n2007-02-01T00:00:00Z,1\n2007-02-01T00:00:01Z,2\n",
    "kw.csv": b"t;P\n0;0,5\n",
    "kw.csv.toml": b"decimal = ','\n[time]\ncolumns = ['t']\n[columns.active_power_w]\nname = 'P'\nscale = 1000\n",
    "broken.csv": b"time,voltage_v\n0,230\n",
    "broken.csv.toml": b"separator = ';'\nx y\n",
    "DAY.NPZ": npz(),
}


def source(spec: str) -> Source:
    parsed = parse_source(spec, start_second=START, open_file=opener(FILES))
    assert not isinstance(parsed, Waveform)
    return parsed


def power(spec: str, first: int, count: int) -> list[float]:
    return [float(value) for value in source(spec).measurements(first, count).active_power_w]


def test_the_kinds_of_source() -> None:
    assert power("constant:u=230,i=5,pf=0.8,f=50", START, 1) == [920.0]
    assert power("household:seed=7", START, 60) == power("household: seed = 7", START, 60)
    assert power("household:seed=7", START, 60) != power("household:seed=8", START, 60)
    assert power("household", START, 60) == power("household:seed=0", START, 60)
    assert power("constant", START, 2) == [0.0, 0.0]


@pytest.mark.slow
def test_the_demonstration() -> None:
    assert power("demo", START, 1)[0] >= 120


def test_recordings_and_their_options() -> None:
    assert power("day.csv", START - 1, 6) == [1, 1, 2, 3, 3, 3]
    assert power("day.csv?loop", START - 1, 6) == [3, 1, 2, 3, 1, 2]
    assert power("day.csv?loop=5", START, 7) == [1, 2, 3, 3, 3, 1, 2]
    assert power("day.csv?shift=-1&loop", START, 3) == [2, 3, 1]
    assert power("old.csv", START, 2) == [2, 2]
    assert power("old.csv?shift=start", START, 2) == [1, 2]
    assert power("kw.csv", START, 1) == [500]
    assert power("DAY.NPZ", START, 2) == [5, 6]


BAD = [
    ("constant:u=1,u=2", "constant:u=1,u=2", "'u' is given twice"),
    ("constant:x", "constant:x", "'x' is not known"),
    ("household:seed=x", "household:seed=x", "seed='x' is not a whole number"),
    ("household:seed=-1", "household:seed=-1", "seed=-1 lies outside"),
    ("household:size=1", "household:size=1", "'size' is not known; known here: seed, pv"),
    ("demo:x", "demo:x", "demo has no settings"),
    ("day.csv?speed=2", "day.csv?speed=2", "'speed' is not known; known here: loop, shift"),
    ("day.csv?loop=0", "day.csv?loop=0", "loop=0 lies outside"),
    ("nothing.csv", "nothing.csv", "cannot be read: No such file or directory"),
    ("locked.csv", "locked.csv", "cannot be read: Permission denied"),
    ("broken.csv", "broken.csv.toml:2:3", "Expected '='"),
    ("houshold:seed=7", "houshold:seed=7", "is no source; give constant:"),
    ("", "", "is no source"),
]


@pytest.mark.parametrize(("spec", "where", "reason"), BAD)
def test_what_is_wrong_is_named(spec: str, where: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        source(spec)
    assert caught.value.where == where
    assert reason in str(caught.value)
