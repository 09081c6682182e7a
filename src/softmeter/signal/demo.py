"""The recorded day of the demonstration: the power of one household, the voltage of another, looped."""

import numpy as np

from softmeter.data import DARMSTADT_POWER, SCEAUX_VOLTAGE, packaged
from softmeter.instant import SECOND
from softmeter.signal.csv_recording import read_csv
from softmeter.signal.recording import Recording
from softmeter.signal.samples import Column
from softmeter.signal.sidecar import Layout
from softmeter.signal.table import Table

DAY_S = 86_400

_MIDNIGHT = 1_327_014_000
"""2012-01-20T00:00:00+01:00, the begin of the recorded day."""


def demo() -> Recording:
    """The day as a source: each day repeats it, at the time of day (CET) at which it was recorded.

    The voltage is known as means of minutes; between their middles it is interpolated.
    """
    power = read_csv(packaged(DARMSTADT_POWER), DARMSTADT_POWER, Layout(), _MIDNIGHT)
    voltage = read_csv(packaged(SCEAUX_VOLTAGE), SCEAUX_VOLTAGE, Layout(), _MIDNIGHT)
    seconds = _MIDNIGHT + np.arange(DAY_S, dtype=np.int64)
    middles = voltage.times_ns // SECOND + 30
    columns = {
        Column.ACTIVE_POWER: Recording(power).measurements(_MIDNIGHT, DAY_S).active_power_w,
        Column.VOLTAGE: np.interp(seconds + 0.5, middles, voltage.columns[Column.VOLTAGE], period=DAY_S),
    }
    findings = (
        "active power: sum of 36 outlets of a household in Darmstadt, 20 January 2012 (tracebase, ODbL 1.0)",
        "voltage: minute means of a house in Sceaux, 1 February 2007 (UCI, CC BY 4.0), interpolated",
    )
    return Recording(Table(seconds * SECOND, columns, findings), period_s=DAY_S)
