"""Recorded waveforms at the meter's terminals: once, or again and again."""

from fractions import Fraction

import numpy as np

from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant, iso
from softmeter.signal.converter import Converter
from softmeter.signal.resampling import BAND, Resampler, nearest_rate
from softmeter.signal.samples import RATES_HZ, Block, Floats, Integers, Scale
from softmeter.signal.sidecar import Layout
from softmeter.signal.slices import Slices
from softmeter.signal.terminals import terminals
from softmeter.signal.track import Track

GREATEST_RATE_HZ = 1_000_000

_CONVERTER = Converter()


class Played:
    """A track as a waveform: nothing before and after it, or itself again and again.

    Samples at one of `RATES_HZ` are taken as they are, beginning at the sample nearest to the track's time. All others
    are brought to the next such rate, each output sample computed from the recorded ones around its exact time.
    """

    def __init__(
        self,
        track: Track,
        layout: Layout,
        name: str,
        first_ns: int,
        *,
        loop: bool,
        scales: tuple[float, float] = (1.0, 1.0),
        dated: bool = True,
    ) -> None:
        """Begin at `first_ns`; `scales` multiply voltage and current once more. `dated`: the recording has a date.

        Raises:
            ConfigurationError: the sample rate cannot be, a channel is not there, or none is a voltage.
        """
        rate, told = _rate(track, layout, name)
        voltage, current, findings = terminals(track, layout, float(rate), name, scales)
        self._loop, self._first_ns, self._recorded_hz = loop, first_ns, rate
        self.rate_hz = nearest_rate(rate)
        if self.rate_hz == rate:
            block = _CONVERTER.block(0, voltage, current)
            self._counts = block.voltage, block.current
            self._first = (2 * first_ns * self.rate_hz + SECOND) // (2 * SECOND)
        else:
            self._values = voltage, current
            self._resampler = Resampler(rate, self.rate_hz)
            self._slices = Slices(self.rate_hz, self._second)
            kept = BAND * min(float(rate), self.rate_hz)
            told.append(f"brought from {float(rate):g} to {self.rate_hz} samples per second, exact up to {kept:.0f} Hz")
        end = first_ns + Fraction(len(voltage) * SECOND) / rate
        self.seconds = range(first_ns // SECOND, int(-(-end // SECOND)))
        """The seconds in which it has samples, played once."""
        begin, seconds = f"from {iso(Instant(first_ns))}" if dated else "without a date", len(voltage) / float(rate)
        after = "repeated" if loop else "before and after it nothing"
        extent = f"{seconds:g} s of {float(rate):g} samples per second {begin}; {after}"
        self.findings = (*track.findings, *findings, *told, extent)

    @property
    def scale(self) -> Scale:
        return _CONVERTER.scale

    def samples(self, first: int, count: int) -> Block:
        if self.rate_hz != self._recorded_hz:
            return self._slices.samples(first, count)
        voltage, current = self._counts
        places = np.arange(first - self._first, first - self._first + count)
        length = len(voltage)
        if self._loop:
            return Block(first, voltage[places % length], current[places % length])
        inside = (places >= 0) & (places < length)
        held = np.clip(places, 0, length - 1)
        return Block(first, voltage[held] * inside, current[held] * inside)

    def _second(self, second: int) -> Block:
        """A second of samples at a rate that is not the recorded one."""
        recorded, reach = self._recorded_hz, self._resampler.reach
        begin = (second + Fraction(1, 2 * self.rate_hz) - Fraction(self._first_ns, SECOND)) * recorded - Fraction(1, 2)
        first = begin.numerator // begin.denominator
        places = float(begin - first) + np.arange(self.rate_hz, dtype=np.float64) * float(recorded / self.rate_hz)
        needed = np.arange(first - reach + 1, first + int(places[-1]) + reach + 1)
        voltage, current = (self._resampler.between(self._at(values, needed), places) for values in self._values)
        return _CONVERTER.block(second * self.rate_hz, voltage, current)

    def _at(self, values: Floats, places: Integers) -> Floats:
        """Recorded values, nothing where there are none."""
        found = values[places % len(values)]
        if not self._loop:
            found[(places < 0) | (places >= len(values))] = 0.0
        return found


def _rate(track: Track, layout: Layout, name: str) -> tuple[Fraction, list[str]]:
    """The rate that holds: what the sidecar declares, else what the file says."""
    declared = layout.waveform.rate_hz if layout.waveform else None
    rate = declared or track.rate_hz
    if not rate:
        raise ConfigurationError(f"does not say its sample rate: write [waveform] rate_hz into {name}.toml", name)
    if not RATES_HZ[0] <= rate <= GREATEST_RATE_HZ:
        raise ConfigurationError(
            f"has {float(rate):g} samples per second; {RATES_HZ[0]} to {GREATEST_RATE_HZ} can be", name
        )
    differs = declared and track.rate_hz and declared != track.rate_hz
    said = f"{name}: says {float(track.rate_hz):g} samples per second, but {float(rate):g} are declared"
    return rate, [said] if differs else []
