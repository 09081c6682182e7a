import io
import struct
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.errors import ConfigurationError
from softmeter.signal.played import Played
from softmeter.signal.sidecar import Layout
from softmeter.signal.track import Track
from softmeter.signal.wav_recording import read_wav


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack("<4sI", kind, len(content)) + content + b"\0" * (len(content) % 2)


def wav(*chunks: bytes) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def form(kind: int, channels: int, rate: int, bits: int, more: bytes = b"") -> bytes:
    width = channels * bits // 8
    return chunk(b"fmt ", struct.pack("<HHIIHH", kind, channels, rate, rate * width, width, bits) + more)


def read(octets: bytes) -> Track:
    return read_wav(io.BytesIO(octets), "x.wav")


EXTENSION = struct.pack("<HHI", 22, 24, 0) + struct.pack("<H", 1) + b"\0" * 14
KINDS = [
    (form(1, 1, 400, 8), bytes([128, 192, 0])),
    (form(1, 1, 400, 16), np.array([0, 2**14, -(2**15)], "<i2").tobytes()),
    (form(1, 1, 400, 24), b"\0\0\0" + b"\0\0\x40" + b"\0\0\x80"),
    (form(0xFFFE, 1, 400, 24, EXTENSION), b"\0\0\0" + b"\0\0\x40" + b"\0\0\x80"),
    (form(1, 1, 400, 32), np.array([0, 2**30, -(2**31)], "<i4").tobytes()),
    (form(3, 1, 400, 32), np.array([0, 0.5, -1], "<f4").tobytes()),
    (form(3, 1, 400, 64), np.array([0, 0.5, -1], "<f8").tobytes()),
]


@pytest.mark.parametrize(("layout", "data"), KINDS)
def test_every_kind_of_sample(layout: bytes, data: bytes) -> None:
    track = read(wav(layout, chunk(b"LIST", b"odd"), chunk(b"data", data)))
    assert track.rate_hz == 400
    assert track.channels["1"].tolist() == [0.0, 0.5, -1.0]
    assert track.findings == ()


def test_channels_come_in_turn() -> None:
    track = read(wav(form(1, 2, 8000, 16), chunk(b"data", np.array([1, 2, 3, 4], "<i2").tobytes())))
    assert (track.channels["2"] * 2**15).tolist() == [2.0, 4.0]


def test_a_file_that_ends_within_its_samples_is_used_as_far_as_it_goes() -> None:
    whole = wav(form(1, 2, 8000, 16), chunk(b"data", np.arange(8, dtype="<i2").tobytes()))
    track = read(whole[:-3])
    assert track.channels["1"].size == 3
    assert track.findings == ("x.wav:36: the file ends within its samples; 3 whole ones are used",)


BAD = [
    (b"", "x.wav:0", "is no WAV file"),
    (b"RIFFxxxxAVI ", "x.wav:0", "is no WAV file"),
    (wav(), "x.wav:12", "ends before its samples"),
    (wav(chunk(b"data", b"12")), "x.wav:12", "has samples before it says"),
    (wav(chunk(b"fmt ", b"12")), "x.wav:12", "too short"),
    (wav(form(2, 1, 400, 16)), "x.wav:12", "samples of kind 2 with 16 bits"),
    (wav(form(1, 1, 400, 12)), "x.wav:12", "samples of kind 1 with 12 bits"),
    (wav(form(1, 0, 400, 16)), "x.wav:12", "has 0 channels"),
    (wav(form(1, 1, 400, 16), chunk(b"data", b"1")), "x.wav:36", "holds no sample"),
]


@pytest.mark.parametrize(("octets", "where", "reason"), BAD)
def test_what_is_wrong_is_named(octets: bytes, where: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(octets)
    assert caught.value.where == where
    assert reason in str(caught.value)


@given(st.sampled_from(KINDS), st.binary(max_size=60), st.integers(0, 60))
def test_hostile_octets_are_refused_or_read(kind: tuple[bytes, bytes], octets: bytes, at: int) -> None:
    whole = wav(kind[0], chunk(b"data", kind[1] * 9))
    with suppress(ConfigurationError):
        track = read(whole[:at] + octets + whole[at + len(octets) :])
        Played(replace(track, units={"1": "V"}), Layout(), "x.wav", 0, loop=True)


@pytest.mark.parametrize(("layout", "data"), KINDS)
def test_a_file_cut_anywhere_is_refused_or_told(layout: bytes, data: bytes) -> None:
    whole = wav(layout, chunk(b"data", data))
    for length in range(len(whole)):
        with suppress(ConfigurationError):
            assert read(whole[:length]).findings or length >= len(whole) - 1
