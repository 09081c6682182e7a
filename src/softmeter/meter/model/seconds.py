"""Registers that hold a number of seconds: periods, limits, durations."""

from softmeter.cosem.classes.register import Register, ScalerUnit
from softmeter.cosem.interface import Source
from softmeter.units import Unit


def in_seconds(source: Source[int]) -> Register:
    """The register of a number of seconds."""
    return Register(source=source, scaler_unit=ScalerUnit(0, Unit.SECOND))
