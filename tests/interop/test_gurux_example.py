"""What a stranger starts with: Gurux' example client, as published, reads the whole meter."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any, Final

import pytest

from interop.environments import HERE, interpreter
from interop.foreign import gurux

if TYPE_CHECKING:
    from pathlib import Path

    from interop.meter_process import Meter

pytestmark = [pytest.mark.interop, pytest.mark.slow]

WATT_HOURS: Final = 30
NO_CLOCK_IN_IT: Final = {f"0.0.21.0.{number}.255" for number in range(3)}
"""Lists that the example asks for the rows of a day, although they have none."""
DENIED: Final = "Access Error : Device reports Read-Write denied."
OUT_OF_SCOPE: Final = "Error! Failed to read last day: Access Error : Device reports scope of access violated."


@pytest.mark.parametrize(("interface", "port"), [("WRAPPER", "wan"), ("HDLC_WITH_MODE_E", "optical")])
def test_the_example_reads_all_that_may_be_read(meter: Meter, tmp_path: Path, interface: str, port: str) -> None:
    script = [str(interpreter("gurux-example")), str(HERE / "clients" / "gurux_example.py")]
    command = [*script, interface, meter.text_address(port), str(meter.keys)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stderr[-2000:]
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["objects"] == len(gurux(meter, "management", ["objects"])[0])
    without_days = {name for name, said in told["failed"] if said == OUT_OF_SCOPE}
    assert without_days == NO_CLOCK_IN_IT
    # The example takes every right for the right to read, so secrets that may only be written are refused to it.
    assert all(said.endswith(DENIED) for _, said in told["failed"] if said != OUT_OF_SCOPE), told["failed"]
    raw = gurux(meter, "management", ["get", 3, "1.0.1.8.0.255", 2])[0]
    assert told["registers"]["1.0.1.8.0.255"] == [raw, 1.0, WATT_HOURS]
    assert all(scaler for _, scaler, _ in told["registers"].values())
