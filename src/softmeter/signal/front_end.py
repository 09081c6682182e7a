"""Divider, shunt and converter as they are: gain, offset, phase, temperature, noise and bits on top of a waveform."""

from typing import NamedTuple

import numpy as np

from softmeter.signal.converter import Converter
from softmeter.signal.delay import delay_kernel
from softmeter.signal.noise import uniform
from softmeter.signal.samples import Block, Floats, Integers, Scale, Waveform
from softmeter.signal.slices import Slices

REFERENCE_C = 23.0
_NOMINAL_HZ = 50.0


class Channel(NamedTuple):
    """What one channel does to its signal, in shares of it, or in volts or amperes."""

    gain: float = 0.0
    """0.001: reads 0.1 % too much."""
    offset: float = 0.0
    noise: float = 0.0
    """Effective value, evenly spread over the band."""
    drift_per_k: float = 0.0
    """Change of gain for each kelvin above 23 °C."""


class FrontEnd(NamedTuple):
    """The whole front end; as it is made here it does nothing."""

    voltage: Channel = Channel()
    current: Channel = Channel()
    lag_degrees: float = 0.0
    """How late the current is beside the voltage, at 50 Hz; a delay, so twice as much at 100 Hz."""
    temperature_c: float = REFERENCE_C
    bits: int = 24
    seed: int = 0
    """Of the noise, which is a function of the sample's number."""


class FrontEndWaveform:
    """A waveform as the converter of a front end sees it."""

    def __init__(self, waveform: Waveform, front_end: FrontEnd) -> None:
        self._waveform, self._front_end = waveform, front_end
        self.rate_hz = waveform.rate_hz
        self._converter = Converter(front_end.bits)
        self._kernel = delay_kernel(front_end.lag_degrees / 360 / _NOMINAL_HZ * self.rate_hz)
        self._slices = Slices(self.rate_hz, self._second)

    @property
    def scale(self) -> Scale:
        return self._converter.scale

    @property
    def findings(self) -> tuple[str, ...]:
        described = ", ".join(
            f"{name} {field} {value:g}"
            for name in ("voltage", "current")
            for field, value in getattr(self._front_end, name)._asdict().items()
            if value
        )
        lag, bits, degrees = self._front_end.lag_degrees, self._front_end.bits, self._front_end.temperature_c
        told = f"front end: {bits} bits, {degrees:g} °C, current late by {lag:g} degrees"
        return (*self._waveform.findings, f"{told}, {described}" if described else told)

    def samples(self, first: int, count: int) -> Block:
        return self._slices.samples(first, count)

    def _second(self, second: int) -> Block:
        first, count = second * self.rate_hz, self.rate_hz
        reach = len(self._kernel) // 2
        given = self._waveform.samples(first - reach, count + 2 * reach)
        volts, amperes = map(float, self._waveform.scale)
        voltage = given.voltage[reach : reach + count].astype(np.float64) * volts
        current = given.current.astype(np.float64) * amperes
        if reach:
            current = np.convolve(current, self._kernel, mode="valid")
        numbers = np.arange(first, first + count)
        warmth = self._front_end.temperature_c - REFERENCE_C
        voltage = _through(self._front_end.voltage, voltage, warmth, self._front_end.seed, 0, numbers)
        current = _through(self._front_end.current, current, warmth, self._front_end.seed, 1, numbers)
        return self._converter.block(first, voltage, current)


def _through(channel: Channel, signal: Floats, warmth_k: float, seed: int, stream: int, numbers: Integers) -> Floats:
    out: Floats = signal * (1 + channel.gain + channel.drift_per_k * warmth_k) + channel.offset
    return out + channel.noise * _normal(seed, 2 * stream, numbers) if channel.noise else out


def _normal(seed: int, stream: int, numbers: Integers) -> Floats:
    """Normally distributed numbers, one for each counter (Box and Muller 1958)."""
    distance = np.sqrt(-2 * np.log(1 - uniform(seed, stream, numbers)))
    normal: Floats = distance * np.cos(2 * np.pi * uniform(seed, stream + 1, numbers))
    return normal
