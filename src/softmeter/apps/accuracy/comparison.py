"""What the meter makes of a recording, quantity by quantity, beside reference values."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from typing import Any, NamedTuple, Protocol

from softmeter.errors import ConfigurationError
from softmeter.metrology.energy import Quantity, quantities
from softmeter.metrology.engine import integrate
from softmeter.signal.samples import Measurements, Source, joined

CHUNK_S = 60
_PER_WH = 3_600_000
"""mJ, mvar·s, mVA·s."""


class Wanted(Protocol):
    """A reference value, as `reference.Reference`."""

    @property
    def quantity(self) -> str: ...
    @property
    def value(self) -> float: ...
    @property
    def begin(self) -> int | None: ...
    @property
    def end(self) -> int | None: ...
    @property
    def limit(self) -> float | None: ...


class Compared(NamedTuple):
    """A reference value and what the meter says."""

    quantity: str
    unit: str
    begin: int
    end: int
    reference: float
    measured: float
    error: float | None
    """% of the reference; None where that is zero."""
    limit: float | None
    passed: bool | None
    """None without a limit."""


def _energy(*rows: Quantity) -> Callable[[Measurements], float]:
    return lambda given: float(quantities(integrate(given))[list(rows)].sum()) / _PER_WH


def _active(given: Measurements) -> float:
    return float((given.active_power_w if given.shown_power_w is None else given.shown_power_w).mean())


def _apparent(given: Measurements) -> float:
    return float(integrate(given).apparent_mvas.mean()) / 1000


def _power_factor(given: Measurements) -> float:
    apparent = _apparent(given)
    return _active(given) / apparent if apparent else 1.0


_COUNTED = {
    "active_import_wh": (Quantity.ACTIVE_IMPORT,),
    "active_export_wh": (Quantity.ACTIVE_EXPORT,),
    "reactive_q1_varh": (Quantity.REACTIVE_Q1,),
    "reactive_q2_varh": (Quantity.REACTIVE_Q2,),
    "reactive_q3_varh": (Quantity.REACTIVE_Q3,),
    "reactive_q4_varh": (Quantity.REACTIVE_Q4,),
    "reactive_import_varh": (Quantity.REACTIVE_Q1, Quantity.REACTIVE_Q2),
    "reactive_export_varh": (Quantity.REACTIVE_Q3, Quantity.REACTIVE_Q4),
    "apparent_import_vah": (Quantity.APPARENT_IMPORT,),
    "apparent_export_vah": (Quantity.APPARENT_EXPORT,),
}
QUANTITIES: dict[str, tuple[str, Callable[[Measurements], float]]] = {
    **{name: ({"wh": "Wh", "rh": "varh", "ah": "VAh"}[name[-2:]], _energy(*rows)) for name, rows in _COUNTED.items()},
    "voltage_v": ("V", lambda given: float(given.voltage_v.mean())),
    "current_a": ("A", lambda given: float(given.current_a.mean())),
    "active_power_w": ("W", _active),
    "reactive_power_var": ("var", lambda given: float(given.reactive_power_var.mean())),
    "apparent_power_va": ("VA", _apparent),
    "power_factor": ("", _power_factor),
    "frequency_hz": ("Hz", lambda given: float(given.frequency_hz.mean())),
}
"""Unit, and how it is had of measurements: energies as the registers count them, the others as means of seconds."""


def measured(source: Source, seconds: range) -> Iterator[Measurements]:
    """The seconds of a recording, some at a time, in order."""
    for first in range(seconds.start, seconds.stop, CHUNK_S):
        yield source.measurements(first, min(CHUNK_S, seconds.stop - first))


def compared(
    measurements: Iterable[Measurements], wanted: Iterable[Wanted], limit: float | None, *, sampled: bool, where: str
) -> list[Compared]:
    """Each reference value with its error.

    Means of samples leave out the first and the last second, whose windows reach out of the recording, where no
    seconds are named.

    Raises:
        ConfigurationError: the recording has not the seconds that a value names.
    """
    whole = joined(measurements)
    rows = []
    for each in wanted:
        unit, read = QUANTITIES[each.quantity]
        inner = 1 if sampled and each.quantity not in _COUNTED and len(whole) > 2 else 0
        begin = inner if each.begin is None else each.begin
        end = len(whole) - inner if each.end is None else each.end
        if not begin < end <= len(whole):
            message = f"{each.quantity}: seconds {begin} to {end} are not in this recording of {len(whole)} s"
            raise ConfigurationError(message, where)
        value = read(_part(whole, begin, end))
        error = (value - each.value) / abs(each.value) * 100 if each.value else None
        most = limit if each.limit is None else each.limit
        fine = None if most is None else (abs(error) <= most if error is not None else value == 0)
        rows.append(Compared(each.quantity, unit, begin, end, each.value, value, error, most, fine))
    return rows


def _part(whole: Measurements, begin: int, end: int) -> Measurements:
    """Some of the seconds."""
    columns: dict[str, Any] = {field.name: getattr(whole, field.name) for field in fields(Measurements)[1:]}
    cut: dict[str, Any] = {name: None if each is None else each[begin:end] for name, each in columns.items()}
    return Measurements(whole.first_second + begin, **cut)
