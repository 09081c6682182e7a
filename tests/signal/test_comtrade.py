import io
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.errors import ConfigurationError
from softmeter.signal.comtrade import read_comtrade
from softmeter.signal.played import Played
from softmeter.signal.sidecar import Layout
from softmeter.signal.specification import parse_source
from softmeter.signal.track import Track

VECTORS = Path(__file__).parents[1] / "vectors" / "waveforms"
LINES = [
    "station,device,1999",
    "3,2A,1D",
    "1,U,A,,kV,0.5,1,0,-32767,32767,1,1,P",
    "2,I,A,,A,2,0,0,-32767,32767,1,1,P",
    "1,trip,,,0",
    "50",
    "1",
    "1000,3",
    "01/02/2026,03:04:05.678901",
    "01/02/2026,03:04:05.700000",
    "ASCII",
    "1",
]
TEXT = "1,0,2,-3,0\n2,1000,4,99999,1\n3,2000,,7,1\n"


def configuration(**changes: str) -> bytes:
    """The lines, some changed: `line_8="…"` is the eighth."""
    lines = list(LINES)
    for key, text in changes.items():
        lines[int(key.removeprefix("line_")) - 1] = text
    return "\r\n".join(lines).encode()


def opener(files: dict[str, bytes]) -> Callable[[str], BinaryIO]:
    def open_file(path: str) -> BinaryIO:
        if path not in files:
            raise FileNotFoundError(2, "No such file or directory")
        return io.BytesIO(files[path])

    return open_file


def read(cfg: bytes, dat: bytes, name: str = "x.cfg", data_name: str = "x.dat") -> Track:
    return read_comtrade(name, opener({name: cfg, data_name: dat}), timedelta(hours=1))


def test_text() -> None:
    track = read(configuration(), TEXT.encode() + b"\x1a")
    assert track.rate_hz == 1000
    assert track.units == {"U": "V", "I": "A"}
    assert track.channels["U"][:2].tolist() == [2000.0, 3000.0]
    assert np.isnan(track.channels["U"][2])
    assert track.channels["I"][[0, 2]].tolist() == [-6.0, 14.0]
    assert track.start_ns == 1_769_911_445_678_901_000
    assert track.findings == ()


@pytest.mark.parametrize(("kind", "dtype"), [("BINARY", "<i2"), ("binary32", "<i4"), ("FLOAT32", "<f4")])
def test_binary(kind: str, dtype: str) -> None:
    row = np.dtype([("n", "<u4"), ("t", "<u4"), ("a", dtype, (2,)), ("d", "<u2", (1,))])
    rows = np.zeros(3, dtype=row)
    rows["a"] = [[2, -3], [4, 100], [-32768, 7]]
    track = read(configuration(line_11=kind), rows.tobytes(), "X.CFG", "X.DAT")
    assert track.channels["I"].tolist() == [-6.0, 200.0, 14.0]
    assert track.channels["U"][:2].tolist() == [2000.0, 3000.0]
    assert bool(np.isnan(track.channels["U"][2])) is (dtype == "<i2")
    short = read(configuration(line_11=kind), rows.tobytes()[:-1])
    assert short.findings == ("x.dat:sample 3: the data end here; 3 samples were announced",)


def test_the_rate_can_come_from_time_stamps() -> None:
    stamps = configuration(line_7="0", line_8="0,3")
    assert read(stamps, TEXT.encode()).rate_hz == 1000
    with pytest.raises(ConfigurationError, match="not evenly spaced"):
        read(stamps, TEXT.replace("1000", "900").encode())
    with pytest.raises(ConfigurationError, match="do not show one"):
        read(stamps, TEXT.replace("2000", "1000").encode())


def test_one_file_of_several_parts() -> None:
    name = str(VECTORS / "steps_float32.cff")
    track = read_comtrade(name, opener({name: Path(name).read_bytes()}), timedelta(0))
    assert track.rate_hz == 100
    assert len(track.channels["test/out1"]) == 301
    assert track.channels["test/out1"][:2] == pytest.approx([2.8096931, 2.8096931])
    assert track.units == {}
    with pytest.raises(ConfigurationError, match="has no section"):
        read_comtrade("x.cff", opener({"x.cff": configuration()}), timedelta(0))


def sample(name: str, **swapped: str) -> Track:
    """A file of the collection; `cfg` or `dat` are taken from another one."""

    def open_file(path: str) -> BinaryIO:
        ending = path[-3:].lower()
        return (VECTORS / "comtrade" / swapped.get(ending, path)).open("rb")

    return read_comtrade(name, open_file, timedelta(0))


def test_the_same_recording_in_every_variant() -> None:
    plain = sample("sample_ascii.cfg")
    assert plain.rate_hz == 1200
    assert len(plain.channels["IA"]) == 40
    assert plain.channels["IA"][:3].tolist() == pytest.approx([-9.39605713, -1.65142822, 6.32098389])
    one_file, other_letters = sample("sample_ascii.cff"), sample("sample_iso8859-1.cfg")
    with_bom = sample("sample_ascii_utf-8.cfg", dat="sample_ascii.dat")
    marked = sample("sample_sub_char.cfg", dat="sample_ascii.dat")
    for track in (one_file, other_letters, with_bom, marked):
        for before, after in zip(plain.channels.values(), track.channels.values(), strict=True):
            assert np.array_equal(before, after)
    binary = sample("sample_iso8859-1_bin.cfg")
    assert binary.channels["IA"] == pytest.approx(plain.channels["IA"], abs=0.12)
    assert sample("sample_bin.cfg").rate_hz == 15_360


def test_what_is_missing_in_a_recording_is_found() -> None:
    for kind in ("ascii", "bin"):
        whole, holed = sample(f"sample_{kind}.cfg"), sample(f"sample_{kind}.cfg", dat=f"sample_{kind}_missing.dat")
        holes = [int(np.isnan(values).sum()) for values in holed.channels.values()]
        assert sum(holes) > 0
        for before, after in zip(whole.channels.values(), holed.channels.values(), strict=True):
            assert np.array_equal(before[~np.isnan(after)], after[~np.isnan(after)])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("motor_feeder_600hz.CFG?scale_u=0.07", "the voltage has 79.4 Hz, where 42.5 to 57.5 can be measured"),
        ("bus_110kv_1200hz.cfg?scale_u=0.0034", None),
        ("bus_110kv_1200hz.cfg", "V effective: are channel and scale right?"),
    ],
)
def test_what_is_doubtful_in_real_recordings_is_told(name: str, told: str | None) -> None:
    def open_file(path: str) -> BinaryIO:
        return (VECTORS / path).open("rb")

    played = parse_source(f"{name}&loop" if "?" in name else name, start_second=0, open_file=open_file)
    doubts = [line for line in played.findings if line.startswith(name.partition("?")[0])]
    assert (told in " ".join(doubts)) if told else not doubts


def test_data_may_be_spelled_in_other_letters() -> None:
    row = b"1,0,2,-3,0\n2,1000,4,5,1\n3,2000,6,7,1\n"
    for name, data_name in (("x.cfg", "x.DAT"), ("X.CFG", "X.dat")):
        assert read(configuration(), row, name, data_name).channels["I"].tolist() == [-6.0, 10.0, 14.0]
    with pytest.raises(FileNotFoundError):
        read(configuration(), row, "x.cfg", "y.dat")


def test_parts_of_text() -> None:
    parts = b"--- file type: CFG ---\r\n" + configuration() + b"\r\n--- file type: DAT ASCII ---\r\n" + TEXT.encode()
    track = read_comtrade("x.cff", opener({"x.cff": parts}), timedelta(0))
    assert track.channels["I"][0] == -6.0


def test_the_edition_of_1991_writes_the_month_first() -> None:
    old = read(configuration(line_1="station,device", line_9="02/01/26,03:04:05.678901"), TEXT.encode())
    assert old.start_ns == read(configuration(), TEXT.encode()).start_ns


@given(st.binary(max_size=200), st.integers(0, 400), st.booleans())
def test_hostile_octets_are_refused_or_read(octets: bytes, at: int, in_configuration: bool) -> None:  # noqa: FBT001
    cfg, dat = configuration(line_11="FLOAT32"), bytes(3 * 18)
    damaged = cfg[:at] + octets + cfg[at + len(octets) :]
    with suppress(ConfigurationError):
        track = read(damaged, dat) if in_configuration else read(cfg, octets)
        Played(track, Layout(), "x.cfg", 0, loop=False)


def test_channels_of_the_same_name_are_told_apart() -> None:
    assert list(read(configuration(line_4="2,U,,,A,1,0,0,0,0,1,1,P"), TEXT.encode()).channels) == ["U", "U (2)"]


BAD = [
    ({"line_2": "3,xA,1D"}, TEXT, "x.cfg:2", "how many channels"),
    ({"line_2": "3,0A,3D"}, TEXT, "x.cfg:2", "no analogue channel"),
    ({"line_2": "3,99999A,3D"}, TEXT, "x.cfg:2", "how many channels"),
    ({"line_3": "1,U,A,,kV"}, TEXT, "x.cfg:3", "has 5 fields where 8 are needed"),
    ({"line_3": "1,U,A,,kV,x,1,0"}, TEXT, "x.cfg:3", "'x' is not a number"),
    ({"line_3": "1,U,A,,kV,nan,1,0"}, TEXT, "x.cfg:3", "nan is no possible value"),
    ({"line_9": "31/02/2026,03:04:05"}, TEXT, "x.cfg:9", "no possible time"),
    ({"line_9": "01/02/1899,03:04:05"}, TEXT, "x.cfg:9", "the year must be 1971 to 2099"),
    ({"line_8": "1000,-3"}, TEXT, "x.cfg:8", "-3 samples, 1000 per second, cannot be"),
    ({"line_12": "0"}, TEXT, "x.cfg:12", "0 is no factor of time"),
    ({"line_9": "yesterday,noon"}, TEXT, "x.cfg:9", "is no time dd/mm/yyyy"),
    ({"line_11": "MORSE"}, TEXT, "x.cfg:11", "'MORSE' is no kind of data"),
    ({"line_7": "2", "line_9": "500,9"}, TEXT, "x.cfg:9", "sample rate changes"),
    ({}, "1,0,2\n2,0,3\n", "x.dat:1", "has 3 fields where 4 and more are needed"),
    ({}, "1,0,2,x\n", "x.dat:1", "'x' is not a number"),
    ({}, "", "x.dat", "holds no sample"),
    ({"line_11": "BINARY"}, "1234567890", "x.dat", "holds no whole sample of 14 octets"),
]


@pytest.mark.parametrize(("changes", "data", "where", "reason"), BAD)
def test_what_is_wrong_is_named(changes: dict[str, str], data: str, where: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(configuration(**changes), data.encode())
    assert caught.value.where == where
    assert reason in str(caught.value)


def test_a_configuration_cut_anywhere_is_refused() -> None:
    whole = configuration()
    for length in range(len(whole) - len("ASCII\r\n1") + 1):
        with pytest.raises(ConfigurationError):
            read(whole[:length], TEXT.encode())


def test_the_last_line_may_be_cut() -> None:
    track = read(configuration(), b"1,0,2,-3,0\n2,10")
    assert track.findings == ("x.dat:sample 2: the data end here; 3 samples were announced",)
