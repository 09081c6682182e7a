"""Gives the pulses of a running meter as edges, in real time: what a counter at a pin of an LED would see.

python examples/pulse_pin.py 127.0.0.1:4064 [--output reactive] [--edges N]

A pulse is told up to a second after it came, so all are given two seconds late; their distances are true. Here edges
are printed: `level` is the place for a real pin (on a Raspberry Pi: gpiozero.DigitalOutputDevice(17).value = high).
"""

import argparse
import json
import socket
import time

LATE_S = 2.0
WIDTH_S = 0.03  # how long a pulse takes; at 65 A one comes every 120 ms


def level(high: bool) -> None:  # noqa: FBT001
    print("high" if high else "low", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", nargs="?", default="127.0.0.1:4064")
    parser.add_argument("--output", choices=("active", "reactive"), default="active")
    parser.add_argument("--edges", type=int, default=0, help="leave after so many pulses")
    options = parser.parse_args()
    host, _, number = options.address.rpartition(":")
    given, offset_s = 0, None
    with socket.create_connection((host, int(number))) as port, port.makefile() as lines:
        for line in map(json.loads, lines):
            if line["type"] != "pulse" or line["output"] != options.output:
                continue
            if offset_s is None:
                offset_s = time.monotonic() + LATE_S - line["ns"] / 1e9
            time.sleep(max(0.0, line["ns"] / 1e9 + offset_s - time.monotonic()))
            level(high=True)
            time.sleep(WIDTH_S)
            level(high=False)
            given += 1
            if given == options.edges:
                return
    raise SystemExit("the port was closed")


if __name__ == "__main__":
    main()
