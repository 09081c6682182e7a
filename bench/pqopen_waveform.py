"""What pqopen-lib measures of sampled signals, and how long it takes; prints one JSON object.

Run by the interpreter of the environment `pqopen`. Its argument is an NPZ archive: `rate_hz`, and `signals` of shape
(signals, 2, samples) in volts and amperes. They are given in blocks of a fifth of a second, as an acquisition would.
"""

# ruff: noqa: ANN201, ANN001  (the library has no types)

from __future__ import annotations

import json
import sys
import time

import numpy as np
from daqopen.channelbuffer import AcqBuffer
from pqopen.powersystem import PowerSystem

NAMES = ("P1", "Q1_H1", "U1_rms", "I1_rms", "Freq")
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


def run(rate, signal, harmonics):
    """Seconds needed, and the values of its 10-period intervals."""
    made, voltage, current = system(rate, signal, harmonics)
    start, step = time.perf_counter(), rate // 5
    for begin in range(0, signal.shape[1], step):
        voltage.put_data(signal[0, begin : begin + step])
        current.put_data(signal[1, begin : begin + step])
        made.process()
    needed = time.perf_counter() - start
    return needed, {name: values(made, name, signal.shape[1]) for name in NAMES if name in made.output_channels}


def values(made, name, samples):
    """The values of the 10-period intervals; frequency is given per period, ten of which are averaged."""
    found = np.asarray(made.output_channels[name].read_data_by_acq_sidx(0, samples)[0], dtype=np.float64)
    if name == "Freq":
        found = found[: len(found) // 10 * 10].reshape(-1, 10).mean(axis=1)
    return found[SKIPPED:].tolist()


def main():
    with np.load(sys.argv[1]) as archive:
        rate, signals = int(archive["rate_hz"]), archive["signals"]
    told = [run(rate, signal, 1) for signal in signals]
    plain = [run(rate, signal, 0)[0] for signal in signals]
    seconds = {"seconds": sum(needed for needed, _ in told), "without_reactive": sum(plain)}
    print(json.dumps({**seconds, "values": [published for _, published in told]}))


if __name__ == "__main__":
    main()
