"""Which channels of a recorded waveform are voltage and current, and what is suspicious about them."""

from typing import NamedTuple

import numpy as np

from softmeter.errors import ConfigurationError
from softmeter.signal.filling import interpolated, lacking
from softmeter.signal.samples import MAINS_HZ, MAINS_V, Column, Floats
from softmeter.signal.sidecar import Layout
from softmeter.signal.track import Track
from softmeter.signal.unit import SYMBOLS

GREATEST = 1e6
"""V or A: beyond this nothing is meant."""

_CYCLE_S = 0.02
_CREST_S = 1.25e-3
_CREST_SAMPLES = 3, 10
"""So many equal samples at the extreme are a converter's end, not a crest: those of `_CREST_S`, within these limits."""
_STUCK_SHARE = 0.01
"""A channel that stands still at less than this of its greatest value may just be idle."""
_PIECE_S, _PIECES = 0.2, 100
_DISTORTED = 0.4
_LEAST_HZ = 1.0
_LEAST_EXPORT_W = 1.0

Marks = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


class Terminals(NamedTuple):
    """Voltage and current in volts and amperes, shape (n,)."""

    voltage_v: Floats
    current_a: Floats
    findings: tuple[str, ...]


def terminals(
    track: Track, layout: Layout, rate_hz: float, name: str, scales: tuple[float, float] = (1.0, 1.0)
) -> Terminals:
    """The channels of a track at the meter's terminals; a current that is not recorded is none.

    `scales` multiply voltage and current on top of what the layout says.

    Raises:
        ConfigurationError: a channel is not there, has a wrong unit, or none is a voltage.
    """
    chosen = _named(track, layout, name) if layout.explicit else _by_unit(track, layout, name)
    further = dict(zip((Column.VOLTAGE, Column.CURRENT), scales, strict=True))
    chosen = {column: (channel, scale * further[column]) for column, (channel, scale) in chosen.items()}
    told = ", ".join(f"{column}: {channel} x {scale:g}" for column, (channel, scale) in chosen.items())
    findings = [f"channels used: {told}"]
    signals = {}
    for column, (channel, scale) in chosen.items():
        findings += _faults(track.channels[channel], f"{column} ({channel})", name, rate_hz)
        signals[column] = _scaled(track, channel, scale, name)
    voltage = signals[Column.VOLTAGE]
    if Column.CURRENT not in signals:
        findings.append("current_a is not recorded: none flows")
    current = signals.get(Column.CURRENT, np.zeros(len(voltage)))
    return Terminals(voltage, current, (*findings, *_suspicions(voltage, current, rate_hz, name)))


def _named(track: Track, layout: Layout, name: str) -> dict[Column, tuple[str, float]]:
    """The channels that the sidecar names, with their scales."""
    for column, place in layout.columns.items():
        channel, unit = place.name, track.units.get(place.name, "")
        if column not in {Column.VOLTAGE, Column.CURRENT}:
            raise ConfigurationError(f"{column} is no waveform; a recording of samples has voltage_v, current_a", name)
        if channel not in track.channels:
            raise ConfigurationError(f"has no channel {channel!r}; it has {', '.join(track.channels)}", name)
        if unit and unit != SYMBOLS[column]:
            raise ConfigurationError(f"channel {channel!r} is in {unit}, so it is no {column}: are they swapped?", name)
        if unit and place.unit:
            raise ConfigurationError(f"channel {channel!r} has a unit; take that of the sidecar away", name)
    if Column.VOLTAGE not in layout.columns:
        raise ConfigurationError(f"needs a voltage: name its channel under [columns.voltage_v] in {name}.toml", name)
    return {column: (place.name, place.scale) for column, place in layout.columns.items()}


def _by_unit(track: Track, layout: Layout, name: str) -> dict[Column, tuple[str, float]]:
    """Without a sidecar, channels of our names, else the first channel in volts and the first in amperes."""
    chosen: dict[Column, tuple[str, float]] = {}
    for column in (Column.VOLTAGE, Column.CURRENT):
        unit = SYMBOLS[column]
        ours = layout.columns[column].name
        named = [ours] if ours in track.channels and track.units.get(ours, unit) == unit else []
        fitting = [*named, *(channel for channel, its in track.units.items() if its == unit)]
        if fitting:
            chosen[column] = fitting[0], 1.0
    if Column.VOLTAGE not in chosen:
        has = ", ".join(track.channels)
        message = f"does not say which channel is a voltage ({has}); name it, and its scale, in {name}.toml"
        raise ConfigurationError(message, name)
    return chosen


def _scaled(track: Track, channel: str, scale: float, name: str) -> Floats:
    with np.errstate(all="ignore"):
        values: Floats = interpolated(track.channels[channel]) * scale
    beyond = np.flatnonzero(~(np.abs(values) <= GREATEST))
    if len(beyond):
        reason = f"channel {channel!r} is {values[beyond[0]]:g}, more than {GREATEST:g}: is the scale right?"
        raise ConfigurationError(reason, f"{name}:sample {beyond[0] + 1}")
    return values


def _faults(values: Floats, title: str, name: str, rate_hz: float) -> list[str]:
    """Samples that are missing, a channel that stands still, one that was cut off; each with its first sample."""
    missing = np.flatnonzero(~np.isfinite(values))
    if len(missing) == len(values):
        raise ConfigurationError(f"{title} has no value", name)
    findings = []
    if len(missing):
        findings.append(f"{name}:sample {missing[0] + 1}: {title}: {lacking(len(missing))}; interpolated")
    present = values[np.isfinite(values)]
    least, greatest = present.min(), present.max()
    if least == greatest:
        return [*findings, f"{name}: {title} never changes from {least:g}: is it stuck?"]
    enough = int(np.clip(rate_hz * _CREST_S, *_CREST_SAMPLES))
    for extreme in (least, greatest):
        length, at = _longest(values == extreme)
        if length >= enough and extreme:
            findings.append(f"{name}:sample {at + 1}: {title} looks clipped: it stays at {extreme:g} or beyond")
    length, at = _longest(np.concatenate([[False], values[1:] == values[:-1]]))
    if length >= rate_hz * _CYCLE_S and abs(values[at]) > _STUCK_SHARE * max(-least, greatest):
        findings.append(f"{name}:sample {at}: {title} stands still at {values[at]:g} for {length + 1} samples: stuck?")
    return findings


def _suspicions(voltage: Floats, current: Floats, rate_hz: float, name: str) -> list[str]:
    """What mains hardly look like."""
    findings = []
    least, greatest = MAINS_V
    volts, amperes = _effective(voltage, rate_hz), _effective(current, rate_hz)
    if not least <= volts <= greatest:
        swapped = volts < least <= amperes <= greatest
        asked = "voltage and current look swapped" if swapped else "are channel and scale right?"
        findings.append(f"{name}: voltage_v is {volts:.4g} V effective: {asked}")
    frequency, distortion = _fundamental(voltage, rate_hz)
    lowest, highest = MAINS_HZ
    if frequency > _LEAST_HZ and not lowest <= frequency <= highest:
        told = f"the voltage has {frequency:.1f} Hz, where {lowest:g} to {highest:g} can be measured"
        findings.append(f"{name}: {told}: is the sample rate right?")
    elif distortion > _DISTORTED:
        findings.append(f"{name}: voltage_v is distorted by {distortion:.0%}: is it a current?")
    if float(np.mean(voltage * current)) < -_LEAST_EXPORT_W:
        findings.append(f"{name}: energy flows out in this recording: is the current reversed?")
    return findings


def _effective(values: Floats, rate_hz: float) -> float:
    """The usual effective value: the median of those of cycles in which there is anything."""
    cycle = max(1, round(rate_hz * _CYCLE_S))
    count = max(1, len(values) // cycle)
    squares = np.mean((values[: count * cycle] ** 2).reshape(count, -1), axis=1)
    there = squares[squares > 0]
    return float(np.sqrt(np.median(there))) if len(there) else 0.0


def _fundamental(voltage: Floats, rate_hz: float) -> tuple[float, float]:
    """The strongest frequency and what there is beside it, medians of short pieces; 0: nothing there."""
    length = int(rate_hz * _PIECE_S)
    pieces = len(voltage) // length if length else 0
    chosen = np.unique(np.linspace(0, pieces - 1, min(pieces, _PIECES)).astype(np.int64))
    found = [_strongest(voltage[at * length : (at + 1) * length], rate_hz) for at in chosen]
    powers = np.array([power for power, _, _ in found])
    if not len(powers) or not powers.max() > 0:
        return 0.0, 0.0
    strong = powers > powers.max() / 4  # nothing is said of dips
    frequency, distortion = np.median(np.array(found)[strong, 1:], axis=0)
    return float(frequency), float(distortion)


def _strongest(piece: Floats, rate_hz: float) -> tuple[float, float, float]:
    """Power, strongest frequency and distortion of a piece."""
    spectrum = np.abs(np.fft.rfft(piece * np.hanning(len(piece)))) ** 2
    total = float(spectrum.sum())
    if not total > 0:
        return 0.0, 0.0, 0.0
    peak = int(np.argmax(spectrum))
    around = slice(max(peak - 2, 0), peak + 3)
    own = float(spectrum[around].sum())
    place = float(np.average(np.arange(len(spectrum))[around], weights=spectrum[around]))
    return total, place * rate_hz / len(piece), float(np.sqrt(max(total - own, 0.0) / own))


def _longest(marked: Marks) -> tuple[int, int]:
    """The length of the longest run of marked samples, and where it begins."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(np.int8)))
    if not len(edges):
        return 0, 0
    lengths = edges[1::2] - edges[::2]
    longest = int(np.argmax(lengths))
    return int(lengths[longest]), int(edges[2 * longest])
