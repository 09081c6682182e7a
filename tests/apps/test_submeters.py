"""Sub-meters of a process: what they remember in a file, which another process goes on with."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from softmeter.apps.submeters import Line
from softmeter.bench.submeters import parse_sub_meters
from softmeter.errors import ConfigurationError
from softmeter.instant import parse_instant
from softmeter.security.mbus import mode_of, wrap_dsmr4
from softmeter.wire import mbus_writing
from softmeter.wire.mbus import ACKNOWLEDGE, Control, Frame, Information
from softmeter.wire.mbus_master import understood

GAS, WATER = METERS = parse_sub_meters("gas:3,water:4")
AT = parse_instant("2026-06-01T12:00:00Z")
KEY = mbus_writing.string(mbus_writing.KEY, wrap_dsmr4(GAS.default_key, bytes(range(16))))
ADDRESS = mbus_writing.octet(mbus_writing.BUS_ADDRESS, 7)

BAD_KEY = '{"gas:3": [0, 0, 0, 0, 1, -1, 0, 3600, "zz"]}'
BEYOND = ['{"gas:3": [251]}', '{"gas:3": [-1]}', '{"gas:3": [0, 0, 256]}', '{"gas:3": [0, 0, 0, -1, 3]}']


def tell(line: Line, address: int, records: bytes) -> bytes:
    return line.answer(Frame(Control.SND_UD, address, Information.DATA, records))


def test_they_go_on_with_what_they_remembered(tmp_path: Path) -> None:
    state = tmp_path / "street.json"
    line = Line((GAS,), AT, state)
    assert tell(line, 0, ADDRESS) == tell(line, 7, KEY) == ACKNOWLEDGE
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    line.close()
    again = Line(METERS, AT, state)
    told = understood(again.answer(Frame(Control.REQ_UD2, 7)))
    assert told is not None
    assert (told.header.address, mode_of(told.header.configuration)) == (GAS.header.address, 5)
    assert understood(again.answer(Frame(Control.REQ_UD2, 0))) is not None
    assert Line((GAS,), AT).answer(Frame(Control.REQ_UD2, 7)) == b""
    again.close()


def test_what_cannot_be_kept_is_not_taken(tmp_path: Path) -> None:
    place = tmp_path / "there"
    place.mkdir()
    line = Line((GAS,), AT, place / "street.json")
    shutil.rmtree(place)
    assert tell(line, 0, ADDRESS) == b""
    place.mkdir()
    assert understood(line.answer(Frame(Control.REQ_UD2, 0))) is not None
    line.close()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "5",
        '{"gas:3": ["x"]}',
        '{"gas:3": 5}',
        '{"gas:3": [0, 0, 0, "x"]}',
        "\x00",
        "[" * 100_000,
        BAD_KEY,
        *BEYOND,
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    state = tmp_path / "other"
    state.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError, match="is no file of sub-meters"):
        Line(METERS, AT, state)
    assert [one.name for one in tmp_path.iterdir()] == ["other"]
    with pytest.raises(ConfigurationError, match="is a directory"):
        Line(METERS, AT, tmp_path)


def test_a_file_has_one_line_at_a_time(tmp_path: Path) -> None:
    state = tmp_path / "street.json"
    line, other = Line((GAS,), AT, state), Line((WATER,), AT, tmp_path / "other.json")
    with pytest.raises(ConfigurationError, match=f"in use by process {os.getpid()}"):
        Line((GAS,), AT, state)
    assert tell(line, 0, ADDRESS) == ACKNOWLEDGE  # it goes on, also behind a file that is another one by then
    with pytest.raises(ConfigurationError, match="in use"):
        Line((GAS,), AT, state)
    line.close()
    other.close()
    again = Line((GAS,), AT, state)
    assert understood(again.answer(Frame(Control.REQ_UD2, 7))) is not None
    again.close()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["street.json"]
