"""The energy of a recording, in plain Python: a second opinion that knows nothing of the meter.

Called with a CSV of `time` (seconds) and `active_power_w` and the length in seconds; each value holds until the next
one. Prints import and export in Wh as JSON.
"""

from __future__ import annotations

import csv
import json
import sys
from fractions import Fraction
from pathlib import Path


def integral(path: Path, length_s: int) -> tuple[Fraction, Fraction]:
    with path.open(newline="", encoding="utf-8") as stream:
        rows = [(int(row["time"]), Fraction(row["active_power_w"])) for row in csv.DictReader(stream)]
    taken, given = Fraction(0), Fraction(0)
    ends = [time for time, _ in rows[1:]] + [length_s]
    for (start, power_w), end in zip(rows, ends, strict=True):
        energy_ws = power_w * (min(end, length_s) - start)
        if energy_ws > 0:
            taken += energy_ws
        else:
            given -= energy_ws
    return taken / 3600, given / 3600


def main() -> None:
    taken, given = integral(Path(sys.argv[1]), int(sys.argv[2]))
    sys.stdout.write(json.dumps({"import_wh": float(taken), "export_wh": float(given)}) + "\n")


if __name__ == "__main__":
    main()
