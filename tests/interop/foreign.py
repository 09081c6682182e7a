"""The foreign clients: each runs in its own environment as its own process and answers in JSON.

Tasks are lists: `["objects"]`, `["get", class, name, attribute]`, `["profile", name]`, `["range", name, start, end]`,
`["entry", name, first, count]`, `["set", class, name, attribute, hex]`, `["action", class, name, method, number]`,
`["repeat", seconds, class, name, attribute]`, `["denied", task...]` for what the meter must refuse. Names are written
with points only: `1.0.1.8.0.255`.
"""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any, Final

from interop.environments import HERE, interpreter

if TYPE_CHECKING:
    from interop.meter_process import Meter

LONGEST_S: Final = 300.0
"""What a foreign program gets to answer; a busy machine may need minutes for what takes seconds."""


def started(environment: str, script: str, *arguments: str) -> subprocess.Popen[str]:
    command = [str(interpreter(environment)), str(HERE / "clients" / script), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def answered(process: subprocess.Popen[str], within_s: float | None = LONGEST_S) -> Any:
    with process:
        try:
            out, err = process.communicate(timeout=within_s)
        finally:
            process.kill()
    assert process.returncode == 0, err[-2000:]
    return json.loads(out)


def begun(environment: str, meter: Meter, client: str, *tasks: list[Any]) -> subprocess.Popen[str]:
    script = {"gurux": "gurux_client.py", "dlms-cosem": "dlms_cosem_client.py"}[environment]
    where = ["--meter", meter.text_address("wan"), "--keys", str(meter.keys), "--client", client]
    return started(environment, script, *where, json.dumps(tasks))


def values(process: subprocess.Popen[str]) -> list[Any]:
    return [answer["value"] for answer in answered(process)["answers"]]


def gurux(meter: Meter, client: str, *tasks: list[Any]) -> list[Any]:
    """The answers of gurux-dlms: HLS5 with glo-ciphering, or low level security."""
    return values(begun("gurux", meter, client, *tasks))


def dlms_cosem(meter: Meter, client: str, *tasks: list[Any]) -> list[Any]:
    """The answers of dlms-cosem: HLS5 with general-glo-ciphering."""
    return values(begun("dlms-cosem", meter, client, *tasks))


def dsmr(meter: Meter, telegrams: int) -> Any:
    """Telegrams as dsmr-parser reads them, and their text."""
    arguments = ["--p1", meter.text_address("p1"), "--telegrams", str(telegrams)]
    return answered(started("dsmr-parser", "dsmr_reader.py", *arguments))


def dsmr_stream(*arguments: str, within_s: float | None = LONGEST_S) -> Any:
    """What dsmr-parser's own readers make of a P1 port or of a file."""
    return answered(started("dsmr-parser", "dsmr_stream.py", *arguments), within_s)
