"""Average powers that a limiter may watch: demands over the measurement period 1-0:0.8.2 (fixed numbers of IDIS)."""

from collections.abc import Callable
from typing import NamedTuple

from softmeter.device.averages import Averages
from softmeter.device.device import Device
from softmeter.meter.model.measured import WIDE, WIDE_SIGNED, Read, nearest
from softmeter.wire.types import Tag


class Limited(NamedTuple):
    """An average power of class Demand register; `milli` gives it in thousandths."""

    obis: str
    title: str
    type: Tag
    milli: Callable[[Averages], int]

    @property
    def current(self) -> Read:
        """Of the running period so far, over its whole length."""
        return lambda device: nearest(self.milli(_running(device)), 1000)

    @property
    def last(self) -> Read:
        """Of the last period."""
        return lambda device: nearest(self.milli(device.behaviours.averages.shown(device)), 1000)


def _running(device: Device) -> Averages:
    return device.behaviours.averages.running(device)


LIMITED = (
    Limited("1-0:1.24.0", "Average import power", WIDE, lambda of: of.active_import_mw),
    Limited("1-0:15.24.0", "Average power |+P| + |-P|", WIDE, lambda of: of.active_import_mw + of.active_export_mw),
    Limited("1-0:16.24.0", "Average net power", WIDE_SIGNED, lambda of: of.active_import_mw - of.active_export_mw),
)
