"""Waveforms as COMTRADE (IEEE C37.111-1991, -1999, -2013; IEC 60255-24): text, 16 and 32 bits, floats, single files."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, NamedTuple

import numpy as np

from softmeter.errors import ConfigurationError
from softmeter.signal.comtrade_configuration import Configuration, Kind, read_configuration
from softmeter.signal.octets import octets_of
from softmeter.signal.samples import Floats
from softmeter.signal.track import Track, rate_shown
from softmeter.signal.unit import known_unit

_SECTION = re.compile(rb"--- file type: (\w+)(?: \w+)?(?:: ?(\d{1,10}))? ---\r?\n", re.IGNORECASE)
_MISSING_TEXTS = {"", "99999", "999999"}
_DATA = {Kind.BINARY: "<i2", Kind.BINARY32: "<i4", Kind.FLOAT32: "<f4"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Data(NamedTuple):
    """Counts of the analogue channels, shape (samples, channels), NaN where missing; time stamps in their unit."""

    counts: Floats
    stamps: Floats
    findings: tuple[str, ...]


def read_comtrade(name: str, open_file: Callable[[str], BinaryIO], utc_offset: timedelta) -> Track:
    """The analogue channels of `….cfg` with its `….dat`, or of a single `….cff`.

    Raises:
        ConfigurationError: what is wrong, as `file:line` or `file:sample`, and why.
        OSError: a file cannot be read.
    """
    octets = _content(open_file(name), name)
    if name.lower().endswith(".cff"):
        configuration_octets, data = _sections(octets, name)
        data_name = name
    else:
        configuration_octets = octets
        data_name, data = _data_file(name, open_file)
    configuration = read_configuration(configuration_octets, name)
    read = _texts if configuration.kind is Kind.ASCII else _binary
    counts, stamps, findings = read(configuration, data, data_name)
    ticks_per_s = 1e6 / configuration.time_factor
    rate = configuration.rate_hz or rate_shown(stamps, ticks_per_s, data_name)
    channels: dict[str, Floats] = {}
    units: dict[str, str] = {}
    for channel, column in zip(configuration.channels, counts.T, strict=True):
        unit = known_unit(channel.unit)
        factor = unit[1] if unit else 1.0
        key = channel.name if channel.name not in channels else f"{channel.name} ({len(channels) + 1})"
        channels[key] = (column * channel.slope + channel.offset) * factor
        if unit:
            units[key] = unit[0]
    start = configuration.start.replace(tzinfo=UTC) - utc_offset - _EPOCH
    return Track(rate, channels, units, start // timedelta(microseconds=1) * 1000, findings)


def _content(stream: BinaryIO, name: str) -> bytes:
    with stream:
        return octets_of(stream, name)


def _data_file(name: str, open_file: Callable[[str], BinaryIO]) -> tuple[str, bytes]:
    """The file beside a configuration, in the letters of its name."""
    stem = name[:-4]
    first, second = (".DAT", ".dat") if name.endswith(".CFG") else (".dat", ".DAT")
    try:
        return stem + first, _content(open_file(stem + first), stem + first)
    except FileNotFoundError:
        return stem + second, _content(open_file(stem + second), stem + second)


def _sections(octets: bytes, name: str) -> tuple[bytes, bytes]:
    """Configuration and data of a single file."""
    found: dict[str, bytes] = {}
    at = 0
    while (match := _SECTION.search(octets, at)) is not None:
        kind, length = match[1].decode("ascii").upper(), match[2]
        if length is not None:
            at = match.end() + int(length)
        else:
            following = _SECTION.search(octets, match.end())
            at = following.start() if following else len(octets)
        found[kind] = octets[match.end() : at]
    for kind in ("CFG", "DAT"):
        if kind not in found:
            raise ConfigurationError(f"has no section '--- file type: {kind} ---'", name)
    return found["CFG"], found["DAT"]


def _binary(configuration: Configuration, octets: bytes, name: str) -> _Data:
    analogue = len(configuration.channels)
    words = -(-configuration.digital // 16)
    kind = np.dtype(_DATA[configuration.kind])
    row = np.dtype([("number", "<u4"), ("stamp", "<u4"), ("counts", kind, (analogue,)), ("digital", "<u2", (words,))])
    count = min(len(octets) // row.itemsize, configuration.samples or len(octets))
    if not count:
        raise ConfigurationError(f"holds no whole sample of {row.itemsize} octets", name)
    rows = np.frombuffer(octets, dtype=row, count=count)
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN
        counts = rows["counts"].astype(np.float64)
    if kind.kind == "i":
        counts[rows["counts"] == np.iinfo(kind).min] = np.nan
    return _Data(counts, _stamps(rows["stamp"]), _ending(configuration, count, name))


def _stamps(stamps: np.ndarray[tuple[int, ...], np.dtype[np.uint32]]) -> Floats:
    return np.where(stamps == 0xFFFFFFFF, np.nan, stamps.astype(np.float64))


def _texts(configuration: Configuration, octets: bytes, name: str) -> _Data:
    analogue = len(configuration.channels)
    rows: list[list[float]] = []
    stamps: list[float] = []
    lines = octets.replace(b"\x1a", b"").decode("latin-1").splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        fields = [field.strip() for field in line.split(",")]
        where = f"{name}:{number}"
        if number == len(lines) and rows and len(fields) < analogue + 2 + configuration.digital:
            break
        if len(fields) < analogue + 2:
            raise ConfigurationError(f"has {len(fields)} fields where {analogue + 2} and more are needed", where)
        stamps.append(_number(fields[1], where))
        rows.append([_number(field, where) for field in fields[2 : analogue + 2]])
        if len(rows) == configuration.samples:
            break
    if not rows:
        raise ConfigurationError("holds no sample", name)
    return _Data(np.array(rows), np.array(stamps), _ending(configuration, len(rows), name))


def _number(text: str, where: str) -> float:
    if text in _MISSING_TEXTS:
        return np.nan
    try:
        return float(text.replace("_", "x"))
    except ValueError:
        raise ConfigurationError(f"{text!r} is not a number", where) from None


def _ending(configuration: Configuration, count: int, name: str) -> tuple[str, ...]:
    if count >= configuration.samples:
        return ()
    return (f"{name}:sample {count + 1}: the data end here; {configuration.samples} samples were announced",)
