"""Waveforms as WAV files: RIFF with PCM of 8 to 32 bits or floats (Microsoft and IBM, 1991; WAVE_FORMAT_EXTENSIBLE)."""

import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO, NamedTuple

import numpy as np

from softmeter.errors import ConfigurationError
from softmeter.signal.octets import octets_of
from softmeter.signal.samples import Floats
from softmeter.signal.track import Track

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_MAX_CHANNELS = 64


class _Format(NamedTuple):
    kind: int
    channels: int
    rate_hz: int
    bits: int


def read_wav(stream: BinaryIO, name: str) -> Track:
    """The channels "1", "2", … of an open WAV file, as fractions of full scale.

    Raises:
        ConfigurationError: what is wrong, as `file:octet`, and why.
    """
    octets = octets_of(stream, name)
    if octets[:4] != b"RIFF" or octets[8:12] != b"WAVE":
        raise ConfigurationError("is no WAV file: it does not begin with RIFF … WAVE", f"{name}:0")
    layout: _Format | None = None
    for kind, at, chunk, complete in _chunks(octets):
        if kind == b"fmt ":
            layout = _format(chunk, f"{name}:{at}")
        elif kind == b"data":
            if layout is None:
                raise ConfigurationError("has samples before it says how they are laid out", f"{name}:{at}")
            return _track(layout, chunk, f"{name}:{at}", complete=complete)
    raise ConfigurationError("ends before its samples", f"{name}:{len(octets)}")


def _chunks(octets: bytes) -> Iterator[tuple[bytes, int, bytes, bool]]:
    """Kind, place and content of each chunk, and whether all of it is there."""
    at = 12
    while at + 8 <= len(octets):
        kind, size = struct.unpack_from("<4sI", octets, at)
        content = octets[at + 8 : at + 8 + size]
        yield kind, at, content, len(content) == size
        at += 8 + size + size % 2


def _format(chunk: bytes, where: str) -> _Format:
    if len(chunk) < 16:
        raise ConfigurationError("has a format chunk that is too short", where)
    kind, channels, rate, _, width, bits = struct.unpack_from("<HHIIHH", chunk)
    if kind == _EXTENSIBLE and len(chunk) >= 26:
        kind = struct.unpack_from("<H", chunk, 24)[0]
    known = {_PCM: (8, 16, 24, 32), _FLOAT: (32, 64)}
    if bits not in known.get(kind, ()):
        raise ConfigurationError(f"has samples of kind {kind} with {bits} bits; known are PCM and floats", where)
    if not 0 < channels <= _MAX_CHANNELS or width != channels * bits // 8:
        raise ConfigurationError(f"has {channels} channels in {width} octets, which cannot be", where)
    return _Format(kind, channels, rate, bits)


def _track(layout: _Format, chunk: bytes, where: str, *, complete: bool) -> Track:
    width = layout.channels * layout.bits // 8
    count = len(chunk) // width
    if not count:
        raise ConfigurationError("holds no sample", where)
    findings = []
    if not complete or len(chunk) % width:
        findings.append(f"{where}: the file ends within its samples; {count} whole ones are used")
    values = _values(layout, chunk[: count * width]).reshape(count, layout.channels)
    channels = {str(number + 1): values[:, number].copy() for number in range(layout.channels)}
    return Track(Fraction(layout.rate_hz), channels, {}, findings=tuple(findings))


def _values(layout: _Format, octets: bytes) -> Floats:
    """Samples of all channels in turn, full scale being 1."""
    if layout.kind == _FLOAT:
        return np.frombuffer(octets, dtype=f"<f{layout.bits // 8}").astype(np.float64)
    if layout.bits == 8:
        return (np.frombuffer(octets, dtype=np.uint8).astype(np.float64) - 128) / 128
    if layout.bits == 24:
        padded = np.zeros((len(octets) // 3, 4), dtype=np.uint8)
        padded[:, 1:] = np.frombuffer(octets, dtype=np.uint8).reshape(-1, 3)
        return padded.view("<i4").ravel().astype(np.float64) / 2**31
    counts = np.frombuffer(octets, dtype=f"<i{layout.bits // 8}").astype(np.float64)
    return counts / float(2 ** (layout.bits - 1))
