"""An independent M-Bus master reads our sub-meters, over TCP and on a pseudo-terminal."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any, Final

import pytest

from interop.environments import HERE, interpreter
from interop.meter_process import SOFTMETER
from softmeter.bench.submeters import parse_sub_meters
from softmeter.instant import parse_instant, whole_second

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.interop, pytest.mark.slow]

METERS: Final = "gas:3,water:4,heat:5,electricity:6"
AT: Final = "2026-06-01T12:00:00Z"
UNIT: Final = {"gas": 1e-3, "water": 1e-3, "heat": 1e3, "electricity": 1.0}
"""What pyMeterBus tells is in m3 and Wh."""


@pytest.fixture(params=["127.0.0.1:0", "pty"])
def line(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    command = [str(SOFTMETER), "submeters", METERS, "--listen", request.param, "--at", AT, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.terminate()
        assert process.wait(10) == 0


def test_py_meter_bus_reads_all_of_them(line: dict[str, Any]) -> None:
    where = line["listen"] if line["listen"].startswith("/") else f"socket://{line['listen']}"
    addresses = [one["secondary_address"] for one in line["sub_meters"]]
    command = [str(interpreter("pymeterbus")), str(HERE / "clients" / "meterbus_master.py"), where, *addresses]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    for meter, one in zip(parse_sub_meters(METERS), told, strict=True):
        records = one["body"]["records"]
        counted = meter.counted(whole_second(parse_instant(AT))) * UNIT[meter.name]
        assert records[0]["value"] == pytest.approx(counted), meter.name
        assert records[1]["value"] == "2026-06-01T13:00"
        assert records[2]["value"] == int(f"{meter.identification:08x}")
        assert one["body"]["header"]["manufacturer"] == meter.kind.maker
