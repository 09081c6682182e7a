"""A simulated day on P1 as Home Assistant reads it: 86,400 telegrams of each variant, across the begin of summer time.

The meter runs paced: each telegram waits for its reader, which is the asyncio reader of dsmr-parser in a process of its
own. Told are telegrams, gaps, complaints and the time it took; the exit status is 1 where anything is missing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from interop.meter_process import running
from interop.p1_reading import PACED, VERSIONS, heard

START: Final = "2026-03-28T23:00:00Z"
HOUR_S: Final = 3600


def day(variant: str, hours: int, directory: Path) -> bool:
    """Read a day of one variant; whether all of it came."""
    wanted, began = hours * HOUR_S + 1, time.monotonic()
    with running(directory / variant, "--p1-variant", variant, *PACED, "--start", START) as meter:
        told = heard(meter, variant, wanted, within_s=None)
    whole = (told["telegrams"], told["gaps"], told["complaints"]) == (wanted, 0, [])
    sys.stdout.write(
        f"{variant}: {told['telegrams']:,} telegrams from {told['first']} to {told['last']}, {told['gaps']} gaps, "
        f"{len(told['complaints'])} complaints, {time.monotonic() - began:.0f} s\n"
    )
    sys.stdout.flush()
    return whole


def main() -> int:
    """Read a day of every variant asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", action="append", choices=tuple(VERSIONS), help="only this one; may be repeated")
    parser.add_argument("--hours", type=int, default=24)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="softmeter-p1-") as directory:
        whole = [day(variant, given.hours, Path(directory)) for variant in given.variant or VERSIONS]
    return 0 if all(whole) else 1


if __name__ == "__main__":
    sys.exit(main())
