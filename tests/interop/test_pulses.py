"""The stream of pulses of a real process: through a kill and a clean end, every pulse once, and none taken back."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from interop.meter_process import launch, met, running

if TYPE_CHECKING:
    from pathlib import Path

    from interop.meter_process import Meter

pytestmark = [pytest.mark.interop, pytest.mark.slow]

PORT = ("--pulses", "127.0.0.1:0", "--rate", "1000")
LOAD = ("--source", "constant:u=230,i=40,pf=0.8,f=50", "--start", "2026-03-28T12:00:00Z")
ACTIVE_W = 7360


def read(meter: Meter, pulses: int) -> tuple[dict[str, Any], dict[int, int]]:
    """The first line, and the instants of at least so many pulses of the active output."""
    told: dict[int, int] = {}
    with socket.create_connection(meter.address("pulses"), 20) as link, link.makefile("r") as lines:
        link.sendall(b"what is this?\n")
        opening = json.loads(next(lines))
        for line in map(json.loads, lines):
            if line["type"] == "pulse" and line["output"] == "active":
                told[line["number"]] = line["ns"]
            if len(told) >= pulses:
                return opening, told
    raise AssertionError("the stream ended")


def check(opening: dict[str, Any], told: dict[int, int]) -> None:
    """Numbers go on from what the first line says, each half a watt-hour after the one before."""
    first = opening["outputs"]["active"]["count"] + 1
    assert list(told) == list(range(first, first + len(told)))
    apart = {later - before for before, later in zip(told.values(), list(told.values())[1:], strict=False)}
    exact = 1800 * 10**9 / ACTIVE_W
    assert all(abs(one - exact) < 1 for one in apart)


def test_pulses_go_on_where_they_were_after_a_kill_and_after_an_end(tmp_path: Path) -> None:
    state = tmp_path / "state"
    meter = met(state, launch(state, *PORT, *LOAD))
    before, first = read(meter, 3000)
    check(before, first)
    meter.kill()
    assert meter.process.stdout is not None
    meter.process.stdout.close()
    with running(state, *PORT, "--off-for", "1h") as again:
        opening, second = read(again, 1000)
        check(opening, second)
        assert opening["outputs"]["active"]["count"] >= max(first)
        assert min(second.values()) - max(first.values()) > 3600 * 10**9
        shown = again.panel()
        counted = shown["leds"]["active"]["count"]
        energy = {reading["obis"]: reading["value"] for reading in shown["readings"]["registers"]}["1-0:1.8.0"]
        assert counted >= max(second)
        assert counted // 2 == energy
    with running(state, "--pulses", "127.0.0.1:0", "--rate", "800000", "--pulses-paced") as last:
        opening, third = read(last, 400)  # second by second, as fast as they are taken: no burst
        check(opening, third)
        assert opening["outputs"]["active"]["count"] >= counted
