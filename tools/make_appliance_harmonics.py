"""Distils current shapes of appliances from recorded cycles.

    python tools/make_appliance_harmonics.py CYCLES.npz OUT.csv

CYCLES.npz holds `voltage` and `current`, one cycle in each row. Each shape is one recorded cycle: its harmonics in
percent of the fundamental, with their phase where the fundamental is a cosine.
"""

import sys
from pathlib import Path

import numpy as np

SHAPES = {
    "heater": 44,
    "compressor": 60,
    "motor": 170,
    "microwave": 190,
    "inverter": 193,
    "half-wave": 100,
    "lamp": 3,
    "electronics": 0,
}
"""Rows of the file. It does not name its appliances; these cycles look like what they are called here."""

HIGHEST_ORDER = 40
LEAST_PERCENT = 0.1


def main() -> None:
    source, target = map(Path, sys.argv[1:])
    with np.load(source) as cycles:
        voltage, current = cycles["voltage"].astype(np.float64), cycles["current"].astype(np.float64)
    lines = ["shape,row,power_w,order,percent,degrees"]
    for shape, row in SHAPES.items():
        spectrum = np.fft.rfft(current[row])
        power = float(np.mean(voltage[row] * current[row]))
        for order in range(2, HIGHEST_ORDER + 1):
            relative = spectrum[order] / abs(spectrum[1]) * (abs(spectrum[1]) / spectrum[1]) ** order
            percent, degrees = 100 * abs(relative), np.degrees(np.angle(relative))
            if percent >= LEAST_PERCENT:
                lines.append(f"{shape},{row},{power:.0f},{order},{percent:.2f},{degrees:.1f}")
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
