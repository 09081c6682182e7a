"""The stream of pulses of a real process: through a kill and a clean end, every pulse once, and none taken back."""

from __future__ import annotations

import json
import socket
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from interop.meter_process import PATIENCE_S, ended, launch, met, running

if TYPE_CHECKING:
    from pathlib import Path

    from interop.meter_process import Meter

pytestmark = [pytest.mark.interop, pytest.mark.slow]

PORT = ("--pulses", "127.0.0.1:0", "--rate", "1000")
LOAD = ("--source", "constant:u=230,i=40,pf=0.8,f=50", "--start", "2026-03-28T12:00:00Z")
ACTIVE_W = 7360


class Told(NamedTuple):
    """What a reader was told of the active output."""

    opening: dict[str, Any]
    instants: dict[int, int]
    """Of pulses, by their numbers."""
    bursts: set[tuple[int, int]]
    """First and last numbers; a machine with much else to do takes long steps."""


def read(meter: Meter, pulses: int) -> Told:
    """The first line, and at least so many pulses."""
    with socket.create_connection(meter.address("pulses"), PATIENCE_S) as link, link.makefile("r") as lines:
        link.sendall(b"what is this?\n")
        told = Told(json.loads(next(lines)), {}, set())
        for line in map(json.loads, lines):
            if line["type"] in {"pulse", "burst"} and line["output"] == "active":
                ends = [line] if line["type"] == "pulse" else [line["first"], line["last"]]
                told.instants.update((end["number"], end["ns"]) for end in ends)
                told.bursts.add((ends[0]["number"], ends[-1]["number"]))
            if len(told.instants) >= pulses:
                return told
    raise AssertionError("the stream ended")


def check(told: Told) -> None:
    """Numbers go on from what the first line says, each half a watt-hour after the one before."""
    numbers = list(told.instants)
    assert numbers[0] == told.opening["outputs"]["active"]["count"] + 1
    for before, number in pairwise(numbers):
        assert number == before + 1 or (before, number) in told.bursts
        apart = told.instants[number] - told.instants[before]
        assert abs(apart - (number - before) * 1800 * 10**9 / ACTIVE_W) < 1


def test_pulses_go_on_where_they_were_after_a_kill_and_after_an_end(tmp_path: Path) -> None:
    state = tmp_path / "state"
    meter = met(state, launch(state, *PORT, *LOAD))
    try:
        first = read(meter, 3000)
    finally:
        ended(meter.process)  # killed
    check(first)
    with running(state, *PORT, "--off-for", "1h") as again:
        second = read(again, 1000)
        check(second)
        assert second.opening["outputs"]["active"]["count"] >= max(first.instants)
        assert min(second.instants.values()) - max(first.instants.values()) > 3600 * 10**9
        shown = again.panel()
        counted = shown["leds"]["active"]["count"]
        energy = {reading["obis"]: reading["value"] for reading in shown["readings"]["registers"]}["1-0:1.8.0"]
        assert counted >= max(second.instants)
        assert counted // 2 == energy
    with running(state, "--pulses", "127.0.0.1:0", "--rate", "800000", "--pulses-paced") as last:
        third = read(last, 400)  # second by second, as fast as they are taken: no burst
        check(third)
        assert all(begin == end for begin, end in third.bursts)
        assert third.opening["outputs"]["active"]["count"] >= counted
