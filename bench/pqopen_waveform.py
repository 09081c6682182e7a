"""What pqopen-lib measures of sampled signals, and how long it takes; prints one JSON object.

Energy is what its counter gains from one interval to a later one, in Wh, with the samples at which they end.

Run by the interpreter of the environment `pqopen`. Its argument is an NPZ archive: `rate_hz`, and `signals` of shape
(signals, 2, samples) in volts and amperes. They are given in blocks of a fifth of a second, as an acquisition would.
"""

# ruff: noqa: ANN201, ANN001  (the library has no types)

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
from daqopen.channelbuffer import AcqBuffer
from pqopen.powersystem import PowerSystem

NAMES = ("P1", "Q1_H1", "U1_rms", "I1_rms", "Freq")
ENERGY = "W_pos"
SKIPPED = 6
"""First values, in which its filter still settles."""


def system(rate, signal, harmonics):
    """One phase, with what fundamental reactive power needs (`harmonics`) or without."""
    voltage, current = (AcqBuffer(size=signal.shape[1] + rate, dtype=np.float64) for _ in range(2))
    made = PowerSystem(zcd_channel=voltage, input_samplerate=rate)
    made.add_phase(u_channel=voltage, i_channel=current)
    if harmonics:
        made.enable_harmonic_calculation(harmonics)
    return made, voltage, current


def run(rate, signal, harmonics, counters=None):
    """Seconds needed, and the values of its 10-period intervals; `counters`: a file its energy counter wants."""
    made, voltage, current = system(rate, signal, harmonics)
    if counters is not None:
        made.enable_energy_channels(counters, ignore_value=True)
    start, step = time.perf_counter(), rate // 5
    for begin in range(0, signal.shape[1], step):
        voltage.put_data(signal[0, begin : begin + step])
        current.put_data(signal[1, begin : begin + step])
        made.process()
    needed = time.perf_counter() - start
    told = {name: values(made, name, signal.shape[1]) for name in NAMES if name in made.output_channels}
    return needed, {**told, **(energy(made, signal.shape[1]) if counters is not None else {})}


def energy(made, samples):
    """What was counted between two intervals."""
    counted, at = made.output_channels[ENERGY].read_data_by_acq_sidx(0, samples)
    gained = float(counted[-1]) - float(counted[SKIPPED])
    return {ENERGY: gained, "from": int(at[SKIPPED]), "to": int(at[-1])}


def values(made, name, samples):
    """The values of the 10-period intervals; frequency is given per period, ten of which are averaged."""
    found = np.asarray(made.output_channels[name].read_data_by_acq_sidx(0, samples)[0], dtype=np.float64)
    if name == "Freq":
        found = found[: len(found) // 10 * 10].reshape(-1, 10).mean(axis=1)
    return found[SKIPPED:].tolist()


def main():
    with np.load(sys.argv[1]) as archive:
        rate, signals = int(archive["rate_hz"]), archive["signals"]
    timed = [run(rate, signal, 1)[0] for signal in signals]
    plain = [run(rate, signal, 0)[0] for signal in signals]
    counters = Path(sys.argv[1]).with_name("counters.json")
    told = [run(rate, signal, 1, counters)[1] for signal in signals]
    print(json.dumps({"seconds": sum(timed), "without_reactive": sum(plain), "values": told}))


if __name__ == "__main__":
    main()
