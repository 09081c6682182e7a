"""Derives the packaged demonstration data from the original data sets.

    python tools/make_demo_recording.py TRACEBASE.npz SCEAUX.csv

TRACEBASE.npz holds `power_W`, uint16 [36, 86400]: the outlets of tracebase's complete traces of 20 January 2012, one
value a second, missing seconds holding the last value. SCEAUX.csv is an excerpt of "Individual household electric
power consumption" (UCI), minute means separated by semicolons, that begins with 1 February 2007.
"""

import csv
import sys
from pathlib import Path

import numpy as np

DATA = Path(__file__).parent.parent / "src" / "softmeter" / "data"
MINUTES = 1440


def write_power(original: Path) -> None:
    """The sum of all outlets, in whole watts, a row each second from local midnight."""
    with np.load(original, allow_pickle=False) as archive:
        power_w = archive["power_W"].sum(axis=0, dtype=np.int64)
    rows = "".join(f"{second},{value}\n" for second, value in enumerate(power_w.tolist()))
    (DATA / "darmstadt_2012-01-20.csv").write_text(f"time,active_power_w\n{rows}", encoding="utf-8")


def write_voltage(original: Path) -> None:
    """The voltage of the first day as it was recorded, times in seconds from local midnight."""
    with original.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))[:MINUTES]
    if {row["Date"] for row in rows} != {"1/2/2007"}:
        sys.exit(f"{original} does not begin with the whole of 1 February 2007")
    lines = "".join(f"{60 * minute},{float(row['Voltage']):.2f}\n" for minute, row in enumerate(rows))
    (DATA / "sceaux_2007-02-01.csv").write_text(f"time,voltage_v\n{lines}", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    write_power(Path(sys.argv[1]))
    write_voltage(Path(sys.argv[2]))
