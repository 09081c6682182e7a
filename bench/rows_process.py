"""Rows measured from outside, on the commands that people start."""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import NamedTuple

import load
from rows import Alone, Figure

from interop.environments import HERE as INTEROP
from interop.environments import interpreter
from interop.raw_client import credentials, opened
from scenarios.years import Life
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.channel import Credentials
from softmeter.dlms.client import Client
from softmeter.dlms.profile import read_profile
from softmeter.obis import Obis
from softmeter.runtime.entropy import SystemEntropy
from softmeter.security.suites import Key
from softmeter.transport.tcp import Address, Link

SOFTMETER = str(Path(sys.executable).with_name("softmeter"))
PORTS = ("--wan", "127.0.0.1:0", "--p1", "127.0.0.1:0", "--optical", "127.0.0.1:0", "--panel", "127.0.0.1:0")
START = "2024-01-01T00:00:00+00:00"
FULL = "2024-02-26T00:15:00+00:00"
"""56 days later: load profile 1 is full."""
CONSTANT = "constant:u=230,i=5,pf=0.8,f=50"
LOAD = "1.0.99.1.0.255"


def command(state: Path, *arguments: str) -> list[str]:
    """A meter's command line; its state lies in a directory of its own."""
    return [SOFTMETER, *arguments, "--state", str(state / "meter"), *PORTS, "--json"]


def full(state: Path) -> list[str]:
    """A meter whose load profile 1 is full and for which time stands still."""
    return command(state, "run", "--source", CONSTANT, "--start", START, "--jump-to", FULL, "--rate", "0")


class Start(NamedTuple):
    """How long a command took, in seconds."""

    ready: float
    """To its first line."""
    processor: float
    """Processor time until then."""
    answered: float
    """To its first DLMS answer."""


def begun(*arguments: str) -> Start:
    """Starts a meter and reads one register."""
    with tempfile.TemporaryDirectory(prefix="softmeter-bench-") as state:
        start = time.perf_counter()
        with load.started("meter", command(Path(state), *arguments)) as server:
            ready, processor = time.perf_counter() - start, server.processor_seconds()
            with opened(server.address, server.keys, "readout") as client:
                client.get(3, "1-0:1.8.0")
            return Start(ready, processor, time.perf_counter() - start)


def year(*, quick: bool) -> Figure:
    """A year at 1 s in one jump, from the command to open ports: profiles, logs and the commit of every hour."""
    days = 31 if quick else 365
    end = (datetime.fromisoformat(START) + timedelta(days=days)).isoformat()
    living = ("run", "--source", "household:seed=7", "--start", START, "--rate", "0")
    lived, idle = begun(*living, "--jump-to", end), begun(*living)
    processor = (lived.processor - idle.processor) * 365 / days
    note = ", reckoned from a month" if quick else ""
    return Figure((lived.ready - idle.ready) * 365 / days, "s", f"processor time {processor:.1f} s{note}")


def eventful(*, quick: bool) -> Figure:
    """A year at 1 s in this process: fifty outages, both changes of the clock, a new calendar, every row looked at."""
    days = 31 if quick else 365
    life = Life()
    life.programme()
    start, processor = time.perf_counter(), time.process_time()
    life.live(days, life.look)
    seconds = (time.perf_counter() - start) * 365 / days
    note = ", reckoned from a month" if quick else ""
    return Figure(seconds, "s", f"processor time {(time.process_time() - processor) * 365 / days:.1f} s{note}")


def demo(*, quick: bool) -> Figure:
    seconds = [begun("demo").answered for _ in range(1 if quick else 3)]
    return Figure(min(seconds), "s")


def read(server: load.Server, count: int) -> float:
    """Milliseconds of one typed read of load profile 1 by our client."""
    known = credentials(server.keys, "readout")
    client = Client(Credentials(Mechanism.LLS, Key(known.password)), SystemEntropy())
    taken = []
    with Link(Address(*server.address, client_sap=known.sap)) as link:
        link.run(client.associate())
        for _ in range(count):
            start = time.perf_counter()
            rows = link.run(read_profile(client, Obis.parse("1-0:99.1.0")))
            taken.append(time.perf_counter() - start)
            if len(rows) != 5280:
                raise SystemExit(f"{len(rows)} rows were read")
        link.run(client.release())
    return 1e3 * median(taken)


def typed(*, quick: bool) -> Figure:
    """One whole profile as typed columns: request, meter, blocks and decoding, not the association."""
    count = 3 if quick else 9
    with (
        tempfile.TemporaryDirectory(prefix="softmeter-bench-") as state,
        load.started("meter", full(Path(state))) as server,
    ):
        taken = {}
        for name, script, client in (
            ("gurux-dlms", "gurux_client.py", "readout"),
            ("dlms-cosem (ciphered)", "dlms_cosem_client.py", "management"),
        ):
            python = interpreter(name.split()[0].removesuffix("-dlms"))
            task = ["time", count, "profile", LOAD]
            taken[name] = float(load.foreign(python, INTEROP / "clients" / script, server, client, [task])[0])
        beside = ", ".join(f"{name} {1e3 * seconds:.0f}" for name, seconds in taken.items())
        return Figure(read(server, count * 3), "ms", beside)


ROWS = (
    Alone("client: one typed read of load profile 1", "<= 15 ms", typed),
    Alone("one meter, a simulated year at 1 s", "<= 10 s", year),
    Alone("one meter, a year with 50 outages and a new calendar", "<= 10 s", eventful),
    Alone("demo, command to first answer", "<= 3 s", demo),
)
