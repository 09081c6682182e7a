"""Recorded waveforms: evenly spaced samples of voltage and current, brought to the meter's terminals."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant, iso
from softmeter.signal.converter import Converter
from softmeter.signal.samples import RATES_HZ, Block, Column, Floats, Scale
from softmeter.signal.sidecar import Layout

PLAUSIBLE_V = (20.0, 500.0)
"""Effective voltages outside are told: a wrong scale or channel is likely."""

GREATEST = 1e6
"""V or A: beyond this nothing is meant."""

_CONVERTER = Converter()
_STUCK_SAMPLES = 10
"""So many equal samples at the extreme are a converter's end, not a crest."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """What a file of samples holds: channels by name, arrays of the same shape (n,), NaN where a value is missing."""

    rate_hz: float
    channels: Mapping[str, Floats]
    units: Mapping[str, str]
    """`V` or `A` of channels whose values are in volts or amperes; others have none."""
    start_ns: int | None = None
    """The first sample's time (UTC), where the file says it."""
    findings: tuple[str, ...] = ()


class Played:
    """A track as a waveform: nothing before and after it, or itself again and again."""

    def __init__(self, track: Track, layout: Layout, name: str, first_ns: int, *, loop: bool) -> None:
        """Begin with the sample nearest to `first_ns`.

        Raises:
            ConfigurationError: the sample rate cannot be, a channel is not there, or none is a voltage.
        """
        if track.rate_hz not in RATES_HZ:
            possible = f"{RATES_HZ.start} to {RATES_HZ.stop - 1} per second in steps of {RATES_HZ.step}"
            raise ConfigurationError(f"has {track.rate_hz:g} samples per second; possible are {possible}", name)
        self.rate_hz = int(track.rate_hz)
        findings = list(track.findings)
        voltage, current = _terminals(track, layout, name, findings)
        block = _CONVERTER.block(0, voltage, current)
        self._voltage, self._current = block.voltage, block.current
        self._first = (2 * first_ns * self.rate_hz + SECOND) // (2 * SECOND)
        self._loop = loop
        begin, seconds = iso(Instant(first_ns)), len(voltage) / self.rate_hz
        after = "repeated" if loop else "before and after it nothing"
        self.findings = (*findings, f"{seconds:g} s of {self.rate_hz} samples per second from {begin}; {after}")

    @property
    def scale(self) -> Scale:
        return _CONVERTER.scale

    def samples(self, first: int, count: int) -> Block:
        places = np.arange(first - self._first, first - self._first + count)
        length = len(self._voltage)
        if self._loop:
            return Block(first, self._voltage[places % length], self._current[places % length])
        inside = (places >= 0) & (places < length)
        held = np.clip(places, 0, length - 1)
        return Block(first, self._voltage[held] * inside, self._current[held] * inside)


def _terminals(track: Track, layout: Layout, name: str, findings: list[str]) -> tuple[Floats, Floats]:
    """Voltage and current, in volts and amperes; a current that is not recorded is none."""
    chosen = _named(track, layout, name) if layout.explicit else _by_unit(track, name)
    told = ", ".join(f"{column}: {channel} x {scale:g}" for column, (channel, scale) in chosen.items())
    findings.append(f"channels used: {told}")
    if Column.CURRENT not in chosen:
        findings.append("current_a is not recorded: none flows")
    for column, (channel, _) in chosen.items():
        _judge(track.channels[channel], f"{column} ({channel})", name, track.rate_hz, findings)
    volts = _scaled(track, *chosen[Column.VOLTAGE], name)
    amperes = _scaled(track, *chosen[Column.CURRENT], name) if Column.CURRENT in chosen else np.zeros(len(volts))
    effective = float(np.sqrt(np.mean(volts * volts)))
    if not PLAUSIBLE_V[0] <= effective <= PLAUSIBLE_V[1]:
        findings.append(f"voltage_v is {effective:g} V effective: are channel and scale right?")
    return volts, amperes


def _scaled(track: Track, channel: str, scale: float, name: str) -> Floats:
    with np.errstate(over="ignore"):
        values: Floats = _filled(track.channels[channel]) * scale
    beyond = np.flatnonzero(~(np.abs(values) <= GREATEST))
    if len(beyond):
        reason = f"channel {channel!r} is {values[beyond[0]]:g}, more than {GREATEST:g}: is the scale right?"
        raise ConfigurationError(reason, f"{name}:sample {beyond[0] + 1}")
    return values


def _named(track: Track, layout: Layout, name: str) -> dict[Column, tuple[str, float]]:
    """The channels that the sidecar names, with their scales."""
    chosen = {column: (place.name, place.scale) for column, place in layout.columns.items()}
    for column, (channel, _) in chosen.items():
        if column not in {Column.VOLTAGE, Column.CURRENT}:
            raise ConfigurationError(f"{column} is no waveform; a recording of samples has voltage_v, current_a", name)
        if channel not in track.channels:
            raise ConfigurationError(f"has no channel {channel!r}; it has {', '.join(track.channels)}", name)
    if Column.VOLTAGE not in chosen:
        raise ConfigurationError(f"needs a voltage: name its channel under [columns.voltage_v] in {name}.toml", name)
    return chosen


def _by_unit(track: Track, name: str) -> dict[Column, tuple[str, float]]:
    """Without a sidecar, the first channel in volts and the first in amperes."""
    chosen: dict[Column, tuple[str, float]] = {}
    for column, unit in ((Column.VOLTAGE, "V"), (Column.CURRENT, "A")):
        channel = next((channel for channel, its in track.units.items() if its == unit), None)
        if channel is not None:
            chosen[column] = channel, 1.0
    if Column.VOLTAGE not in chosen:
        has = ", ".join(track.channels)
        message = f"does not say which channel is a voltage ({has}); name it, and its scale, in {name}.toml"
        raise ConfigurationError(message, name)
    return chosen


def _judge(values: Floats, title: str, name: str, rate_hz: float, findings: list[str]) -> None:
    """Tell of samples that are missing, of a channel that stands still, and of one that was cut off."""
    missing = np.flatnonzero(~np.isfinite(values))
    if len(missing) == len(values):
        raise ConfigurationError(f"{title} has no value", name)
    if len(missing):
        at = missing[0] / rate_hz
        findings.append(f"{title}: {len(missing)} values are missing, first at {at:g} s; interpolated")
    present = values[np.isfinite(values)]
    least, greatest = present.min(), present.max()
    if least == greatest:
        findings.append(f"{title} never changes: is it stuck?")
        return
    cut = sum(_longest(values == extreme) >= _STUCK_SAMPLES for extreme in (least, greatest))
    if cut:
        findings.append(f"{title} looks clipped: it stays at {greatest:g} or {least:g}")


def _longest(marked: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> int:
    """The length of the longest run of marked samples."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _filled(values: Floats) -> Floats:
    """Values with those that are missing on straight lines between their neighbours."""
    present = np.isfinite(values)
    if present.all():
        return values
    places = np.arange(len(values))
    filled: Floats = np.interp(places, places[present], values[present])
    return filled
