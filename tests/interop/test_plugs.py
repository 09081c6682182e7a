"""A head on the optical port and a reader on P1, taken off and put on again from outside while the meter runs."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

from interop.meter_process import PATIENCE_S, bench, running

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.interop, pytest.mark.slow]


def connected(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=PATIENCE_S).close()
    except ConnectionRefusedError:
        return False
    return True


def becomes(address: tuple[str, int], *, open_: bool) -> bool:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if connected(address) is open_:
            return True
        time.sleep(0.2)
    return False


def test_a_head_and_a_reader_that_are_taken_off_are_cut_and_come_again(tmp_path: Path) -> None:
    with running(tmp_path / "state") as meter:
        for port, control in (("optical", "optical_head"), ("p1", "p1_request")):
            address = meter.address(port)
            with socket.create_connection(address, timeout=PATIENCE_S) as reader:
                bench(meter, "override", **{control: False})
                while reader.recv(4096):
                    pass  # telegrams, until the port cuts the reader
            assert becomes(address, open_=False), port
            bench(meter, "override", **{control: None})
            assert becomes(address, open_=True), port


def test_a_sub_meter_is_plugged_in_while_the_meter_runs(tmp_path: Path) -> None:
    with running(tmp_path / "state") as meter:
        shown = bench(meter, "sub-meters/1", attached=True, flow=3_600)
        assert (shown["kind"], shown["place"], shown["channel"]) == ("gas", 1, None)
        until = time.monotonic() + PATIENCE_S
        while not shown["attached"] and time.monotonic() < until:
            shown = bench(meter, "sub-meters/1")
        assert (shown["attached"], shown["flow"]) == (True, 3_600)
