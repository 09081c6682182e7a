"""A head on the optical port and a reader on P1, taken off and put on again from outside while the meter runs."""

from __future__ import annotations

import json
import socket
import time
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from interop.meter_process import running

if TYPE_CHECKING:
    from pathlib import Path

    from interop.meter_process import Meter

pytestmark = [pytest.mark.interop, pytest.mark.slow]


def bench(meter: Meter, path: str, **changes: object) -> object:
    """Do something on the bench; what it answers."""
    connection = HTTPConnection(*meter.address("panel"), timeout=20)
    connection.request("POST", f"/api/bench/{path}", json.dumps(changes), {"content-type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    assert answer.status == 200, content
    return json.loads(content)


def connected(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def becomes(address: tuple[str, int], *, open_: bool) -> bool:
    until = time.monotonic() + 20
    while connected(address) is not open_ and time.monotonic() < until:
        time.sleep(0.2)
    return connected(address) is open_


def test_a_head_and_a_reader_that_are_taken_off_are_cut_and_come_again(tmp_path: Path) -> None:
    with running(tmp_path / "state") as meter:
        for port, control in (("optical", "optical_head"), ("p1", "p1_request")):
            address = meter.address(port)
            with socket.create_connection(address, timeout=20) as reader:
                bench(meter, "override", **{control: False})
                while reader.recv(4096):
                    pass  # telegrams, until the port cuts the reader
            assert becomes(address, open_=False), port
            bench(meter, "override", **{control: None})
            assert becomes(address, open_=True), port


def test_a_sub_meter_is_plugged_in_while_the_meter_runs(tmp_path: Path) -> None:
    with running(tmp_path / "state") as meter:
        shown = bench(meter, "sub-meters/1", attached=True, flow=3_600)
        assert isinstance(shown, dict)
        assert (shown["kind"], shown["place"], shown["channel"]) == ("gas", 1, None)
        until = time.monotonic() + 20
        while not shown["attached"] and time.monotonic() < until:
            shown = bench(meter, "sub-meters/1")
            assert isinstance(shown, dict)
        assert (shown["attached"], shown["flow"]) == (True, 3_600)
