"""Where measurements become integers, second by second (manual 2.2).

Each second is rounded on its own and never again, so no partition of time can change a register.
"""

from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np

from softmeter.metrology.harmonics import distortion
from softmeter.signal.faults import Fault
from softmeter.signal.samples import LIMITS, Column, Floats, Integers, Measurements

MILLI = 1000


class Harmonics(NamedTuple):
    """Harmonics per second, order 1 first: effective values of shape (n, orders), distortions of shape (n,)."""

    voltage_mv: Integers
    current_ma: Integers
    voltage_thd_ppm: Integers
    """Total harmonic distortion: the orders from 2 on together, in millionths of the fundamental."""
    current_thd_ppm: Integers


class Seconds(NamedTuple):
    """Integers per whole UTC second: arrays of shape (n,), entry k of second first_second + k.

    Energies of one second are as well its mean powers: mJ are mW, mvar·s are mvar, mVA·s are mVA. What is shown is
    `active_power_mw`: from waveforms it is the mean over a window with smooth edges, else it equals `active_mj`.
    """

    first_second: int
    active_mj: Integers
    reactive_mvars: Integers
    apparent_mvas: Integers
    voltage_mv: Integers
    current_ma: Integers
    frequency_mhz: Integers
    active_power_mw: Integers
    half_cycles_mv: Integers | None = None
    """Effective voltages of single cycles, one every 10 ms: shape (n, 100); None from means of seconds."""
    harmonics: Harmonics | None = None
    """None unless they were asked for."""
    faults: Integers | None = None
    """Bits of `signal.faults.Fault`; None where all is well."""


def integrate(measurements: Measurements) -> Seconds:
    """The energies and values of each second, in thousandths, rounded half to even.

    Apparent energy is U·I of the second's means; where load moves within the second, that product can fall below
    what active and reactive energy require, and then √(P² + Q²) counts. A second with a value that is no number or that
    no source may give counts and shows nothing, and its faults say so.
    """
    if not _plausible(measurements):
        measurements = _cleaned(measurements)
    active, reactive = measurements.active_power_w, measurements.reactive_power_var
    shown = active if measurements.shown_power_w is None else measurements.shown_power_w
    least_apparent = np.sqrt(shown * shown + reactive * reactive)
    apparent = np.maximum(measurements.voltage_v * measurements.current_a, least_apparent)
    cycles, faults, harmonics = measurements.half_cycles_v, measurements.faults, measurements.harmonics
    return Seconds(
        measurements.first_second,
        _thousandths(active),
        _thousandths(reactive),
        _thousandths(apparent),
        _thousandths(measurements.voltage_v),
        _thousandths(measurements.current_a),
        _thousandths(measurements.frequency_hz),
        _thousandths(shown),
        None if cycles is None else _thousandths(cycles),
        None if harmonics is None else _harmonics(harmonics),
        faults if faults is not None and faults.any() else None,
    )


def _harmonics(effective: Floats) -> Harmonics:
    ppm = np.rint(distortion(effective) * 1e6).astype(np.int64)
    return Harmonics(_thousandths(effective[:, 0]), _thousandths(effective[:, 1]), ppm[:, 0], ppm[:, 1])


def _plausible(measurements: Measurements) -> bool:
    """Whether all values are numbers a source may give."""
    if not len(measurements):
        return True
    columns = [(getattr(measurements, column), limits) for column, limits in LIMITS.items()]
    if measurements.shown_power_w is not None:
        columns.append((measurements.shown_power_w, LIMITS[Column.ACTIVE_POWER]))
    return all(values.min() >= least and values.max() <= greatest for values, (least, greatest) in columns)


def _cleaned(measurements: Measurements) -> Measurements:
    """Nothing in place of the seconds that are not plausible, and a fault for each."""
    bad = np.zeros(len(measurements), dtype=np.bool_)
    for column, (least, greatest) in LIMITS.items():
        values = getattr(measurements, column)
        bad |= ~((values >= least) & (values <= greatest))
    if measurements.shown_power_w is not None:
        bad |= ~(np.abs(measurements.shown_power_w) <= LIMITS[Column.ACTIVE_POWER].greatest)
    faults = np.zeros(len(bad), dtype=np.int64) if measurements.faults is None else measurements.faults
    cleaned: dict[str, Any] = {
        field.name: None if values is None else np.where(bad.reshape(-1, *[1] * (values.ndim - 1)), 0, values)
        for field in fields(Measurements)[1:]
        for values in [getattr(measurements, field.name)]
    }
    cleaned["faults"] = np.where(bad, faults | Fault.NO_VALUE, faults)
    return Measurements(measurements.first_second, **cleaned)


def power_factor(active_mj: Integers, apparent_mvas: Integers) -> Integers:
    """|P| / S in thousandths, 0..1000, rounded down; 1000 where nothing flows."""
    apparent = np.where(apparent_mvas > 0, apparent_mvas, 1)
    return np.where(apparent_mvas > 0, np.minimum(np.abs(active_mj) * MILLI // apparent, MILLI), MILLI)


def _thousandths(values: Floats) -> Integers:
    return np.rint(values * MILLI).astype(np.int64)
