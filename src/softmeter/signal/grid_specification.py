"""What `--source grid:…` and `grid+household:…` say: a grid, and the load that hangs on it."""

import re
from collections.abc import Callable
from fractions import Fraction

from softmeter.errors import ConfigurationError
from softmeter.signal.converter import BITS, Converter
from softmeter.signal.front_end import Channel, FrontEnd, FrontEndWaveform
from softmeter.signal.grid import DEFAULT_RATE_HZ, Grid, GridWaveform, Harmonic, Level, half_waves
from softmeter.signal.phase import Jump, Phase, Ramp
from softmeter.signal.samples import RATES_HZ, Source, Waveform
from softmeter.signal.shapes import HIGHEST_ORDER

FAULTS = {
    **{f"{what}_{letter}": ("0", limits) for letter in ("u", "i") for what, limits in (
        ("gain", (-50, 50)), ("offset", (-100, 100)), ("noise", (0, 100)), ("drift", (-1000, 1000))
    )},
    "lag": ("0", (-30, 30)),
    "temperature": ("23", (-60, 120)),
}  # fmt: skip
"""Settings of the front end: what holds unless given, and limits."""

FRONT_END = (*FAULTS, "bits")

_HARMONIC = re.compile(r"([hi])(\d{1,2})")
_SPAN = re.compile(r"([^+@]+)\+([^+@]+)(?:@([^+@]+))?")
_MAX_SPAN_S = 10**9
_MAX_SHARE = 1_000


def grid_waveform(
    settings: dict[str, str], load: Callable[[dict[str, str]], Source], start_second: int, where: str
) -> Waveform:
    """The waveform that `settings` describe; those the grid does not know describe the load.

    `f` is the frequency (Hz), `level` the voltage in percent of the load's; `h5=2@30` a fifth harmonic of the voltage
    of 2 % at 30 degrees, `i5=…` of the current; `sag=60+2@40`: 60 s after the start, for 2 s, at 40 % of the level;
    `ramp=10+60@51`: from 10 s on, within 60 s, to 51 Hz; `jump=30+90`: after 30 s the phase jumps ahead by 90 degrees.
    Several of a kind are joined by `;`.

    A front end is imperfect where one of `FAULTS` is given: gains in %, drifts in ppm/K, offsets and noise in V or A.

    Raises:
        ConfigurationError: a value that cannot be.
    """
    reader = _Reader(settings, start_second, where)
    rate = reader.whole("rate", DEFAULT_RATE_HZ, RATES_HZ)
    bits = reader.whole("bits", 24, BITS)
    frequency = reader.number("f", "50", 40, 60)
    wander = float(reader.number("wander", "0", 0, 1))
    unbalance = float(reader.number("unbalance", "0", -100, 100)) / 100
    levels = reader.levels()
    level = float(reader.number("level", "100", 0, 200)) / 100
    ramps, jumps = reader.ramps(), reader.jumps()
    voltage, current = reader.harmonics()
    voltage += half_waves(unbalance) if unbalance else ()
    try:
        phase = Phase(frequency, ramps, jumps, wander)
    except ValueError as error:
        raise ConfigurationError(f"ramp: {error}", where) from None
    front_end = reader.front_end(bits)
    converter = Converter(bits) if front_end is None else Converter()
    waveform = GridWaveform(Grid(phase, voltage, current, levels, rate, converter, level), load(reader.left))
    return waveform if front_end is None else FrontEndWaveform(waveform, front_end)


def parse_front_end(settings: dict[str, str], where: str) -> FrontEnd:
    """The front end that any of `FRONT_END` describe.

    Raises:
        ConfigurationError: a value that cannot be, or something else.
    """
    reader = _Reader(settings, 0, where)
    bits = reader.whole("bits", 24, BITS)
    front_end = reader.front_end(bits)
    for key in reader.left:
        raise ConfigurationError(f"{key!r} is not known; known here: {', '.join(FRONT_END)}", where)
    return front_end or FrontEnd(bits=bits)


class _Reader:
    """Takes the grid's settings out of all of them."""

    def __init__(self, settings: dict[str, str], start_second: int, where: str) -> None:
        self.left = dict(settings)
        self._start, self._where = start_second, where

    def whole(self, key: str, default: int, possible: range) -> int:
        text = self.left.pop(key, str(default))
        if not text.isdecimal() or int(text) not in possible:
            step = f", a multiple of {possible.step}" if possible.step > 1 else ""
            raise self._error(f"{key}={text} must be {possible.start} to {possible.stop - 1}{step}")
        return int(text)

    def number(self, key: str, default: str, least: int, greatest: int) -> Fraction:
        return self._number(key, self.left.pop(key, default), least, greatest)

    def harmonics(self) -> tuple[tuple[Harmonic, ...], tuple[Harmonic, ...]]:
        """Those of the voltage and those of the current."""
        found: dict[str, list[Harmonic]] = {"h": [], "i": []}
        for key in list(self.left):
            match = _HARMONIC.fullmatch(key)
            if match is None:
                continue
            order = int(match[2])
            if order == 1 or order > HIGHEST_ORDER:
                raise self._error(f"{key}: harmonics are 0 and 2 to {HIGHEST_ORDER}")
            share, _, degrees = self.left.pop(key).partition("@")
            ratio = float(self._number(key, share, 0, _MAX_SHARE)) / 100
            found[match[1]].append(Harmonic(order, ratio, float(self._number(key, degrees or "0", -360, 360))))
        return tuple(found["h"]), tuple(found["i"])

    def front_end(self, bits: int) -> FrontEnd | None:
        """The front end, if anything of it is said."""
        if not any(key in self.left for key in FAULTS):
            return None
        value = {key: float(self.number(key, default, *limits)) for key, (default, limits) in FAULTS.items()}
        voltage, current = (
            Channel(
                value[f"gain_{letter}"] / 100,
                value[f"offset_{letter}"],
                value[f"noise_{letter}"],
                value[f"drift_{letter}"] / 1e6,
            )
            for letter in ("u", "i")
        )
        return FrontEnd(voltage, current, value["lag"], value["temperature"], bits)

    def levels(self) -> tuple[Level, ...]:
        found = []
        for key, default, most in (("sag", None, 100), ("swell", None, 200), ("interruption", "0", 0)):
            for begin, length, percent in self._spans(key, default):
                factor = float(self._number(key, percent, 0, most)) / 100
                found.append(Level(begin, begin + self._number(key, length, 0, _MAX_SPAN_S), factor))
        return tuple(found)

    def ramps(self) -> tuple[Ramp, ...]:
        return tuple(
            Ramp(begin, begin + self._number("ramp", length, 0, _MAX_SPAN_S), self._number("ramp", to, 40, 60))
            for begin, length, to in self._spans("ramp", None)
        )

    def jumps(self) -> tuple[Jump, ...]:
        return tuple(
            Jump(begin, self._number("jump", degrees, -360, 360) / 360)
            for begin, degrees, _ in self._spans("jump", "0")
        )

    def _spans(self, key: str, default: str | None) -> list[tuple[Fraction, str, str]]:
        spans = []
        for text in filter(None, self.left.pop(key, "").split(";")):
            match = _SPAN.fullmatch(text.strip())
            if match is None or (match[3] or default) is None or (match[3] and default):
                raise self._error(f"{key}={text}: write it like {key}=60+2{'' if default else '@40'}")
            begin = self._start + self._number(key, match[1], -_MAX_SPAN_S, _MAX_SPAN_S)
            spans.append((begin, match[2], match[3] or str(default)))
        return spans

    def _number(self, key: str, text: str, least: int, greatest: int) -> Fraction:
        try:
            value = Fraction(text.strip())
        except (ValueError, ZeroDivisionError):
            raise self._error(f"{key}: {text!r} is not a number") from None
        if not least <= value <= greatest:
            raise self._error(f"{key}: {text} lies outside {least}..{greatest}")
        return value

    def _error(self, message: str) -> ConfigurationError:
        return ConfigurationError(message, self._where)
