"""An independent M-Bus master reads our sub-meters, over TCP and on a pseudo-terminal."""

from __future__ import annotations

import json
import subprocess
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pytest

from interop.environments import HERE, interpreter
from interop.meter_process import PATIENCE_S, SOFTMETER, running, smartset
from softmeter.bench.submeters import parse_sub_meters
from softmeter.instant import parse_instant, whole_second

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

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
        try:
            yield json.loads(process.stdout.readline())
            process.terminate()
            assert process.wait(PATIENCE_S) == 0
        finally:
            process.kill()


def test_py_meter_bus_reads_all_of_them(line: dict[str, Any]) -> None:
    where = line["listen"] if line["listen"].startswith("/") else f"socket://{line['listen']}"
    addresses = [one["secondary_address"] for one in line["sub_meters"]]
    command = [str(interpreter("pymeterbus")), str(HERE / "clients" / "meterbus_master.py"), where, *addresses]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    for meter, one in zip(parse_sub_meters(METERS), told, strict=True):
        records = one["body"]["records"]
        counted = meter.counted(whole_second(parse_instant(AT))) * UNIT[meter.name]
        assert records[0]["value"] == pytest.approx(counted), meter.name
        assert records[1]["value"] == "2026-06-01T13:00"
        assert records[2]["value"] == int(f"{meter.identification:08x}")
        assert one["body"]["header"]["manufacturer"] == meter.kind.maker


def test_the_meter_reads_sub_meters_of_another_process(tmp_path: Path) -> None:
    command = [str(SOFTMETER), "submeters", "gas:3", "--listen", "127.0.0.1:0", "--at", AT, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            where = json.loads(process.stdout.readline())["listen"]
            with running(tmp_path / "state", "--mbus", where) as meter:
                smartset(meter, "management", "call", "0-1:24.1.0:1", "0")
                reading = eventually(lambda: smartset(meter, "management", "get", "0-1:24.2.1:2"))
        finally:
            process.kill()
    (gas,) = parse_sub_meters("gas:3")
    assert reading == gas.counted(whole_second(parse_instant(AT)))


def eventually(read: Callable[[], Any], within_s: float = 2 * PATIENCE_S) -> int:
    """What is read, as soon as it is not 0."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        told = read()
        value = int(Decimal(str(told.get("value", 0)).split()[0]) * 1000) if told else 0
        if value:
            return value
        time.sleep(0.5)
    raise AssertionError(f"nothing within {within_s} s")
