"""A foreign client at the optical port: gurux-dlms over HDLC, alone and after mode E, with every proposal."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any, Final

import pytest

from interop.foreign import answered, started
from interop.foreign import gurux as over_wrapper
from interop.meter_process import PATIENCE_S, bench

if TYPE_CHECKING:
    from interop.meter_process import Meter

pytestmark = [pytest.mark.interop, pytest.mark.slow]

PROFILE: Final = "1.0.99.1.0.255"
REGISTERS: Final = [["get", 3, f"1.0.{kind}.8.{rate}.255", 2] for kind in (1, 2) for rate in range(5)]
DEVICE: Final = 17
TWO_OCTETS: Final = 1 << 7 | DEVICE
FOUR_OCTETS: Final = 1 << 14 | DEVICE
LINES: Final = [
    pytest.param({}, id="one octet, defaults"),
    pytest.param({"server": TWO_OCTETS, "octets": 2}, id="two octets"),
    pytest.param({"server": FOUR_OCTETS, "octets": 4}, id="four octets"),
    pytest.param({"information": 2030, "window": 7}, id="2030 octets, window 7"),
    pytest.param({"information": 64}, id="64 octets"),  # gurux-dlms loses count of bursts of several frames
    pytest.param({"mode_e": True}, id="mode E"),
]


def gurux(meter: Meter, client: str, line: dict[str, Any], *tasks: list[Any]) -> list[Any]:
    where = ["--meter", meter.text_address("optical"), "--keys", str(meter.keys), "--client", client]
    process = started("gurux", "gurux_client.py", *where, "--line", json.dumps(line), json.dumps(tasks))
    return [answer["value"] for answer in answered(process)["answers"]]


@pytest.mark.parametrize("line", LINES)
def test_the_object_list_is_the_same_as_over_the_wrapper(meter: Meter, line: dict[str, Any]) -> None:
    by_hdlc = gurux(meter, "public", line, ["objects"])[0]
    assert by_hdlc == over_wrapper(meter, "public", ["objects"])[0]


@pytest.mark.parametrize("line", LINES)
def test_low_level_security_over_hdlc(meter: Meter, line: dict[str, Any]) -> None:
    assert gurux(meter, "readout", line, *REGISTERS) == over_wrapper(meter, "readout", *REGISTERS)


@pytest.mark.parametrize("line", [LINES[0], LINES[3], LINES[5]])
def test_ciphered_access_over_hdlc(meter: Meter, line: dict[str, Any]) -> None:
    """HLS 5: the public client first for the counter, so two links, each with its own opening."""
    by_hdlc = gurux(meter, "management", line, *REGISTERS)
    assert by_hdlc == over_wrapper(meter, "management", *REGISTERS)


@pytest.mark.parametrize("line", [{}, {"information": 2030}])
def test_a_whole_profile_over_hdlc(meter: Meter, line: dict[str, Any]) -> None:
    by_hdlc = gurux(meter, "readout", line, ["profile", PROFILE])[0]
    assert len(by_hdlc) > 900
    assert by_hdlc == over_wrapper(meter, "readout", ["profile", PROFILE])[0]


def test_an_action_over_hdlc_is_done_after_the_sealed_button_and_leaves_when_it_is_stored(fresh: Meter) -> None:
    clock = ["get", 8, "0.0.1.0.0.255", 2]
    adjusted = ["action", 8, "0.0.1.0.0.255", 3, 0]
    before, refused, after = gurux(fresh, "management", {"mode_e": True}, clock, ["denied", *adjusted], clock)
    assert refused == "the meter answered error 3"
    assert after == before
    bench(fresh, "press", button="sealed", duration_ms=100)
    bench(fresh, "time", step_s=20)
    done, adjusted_to = gurux(fresh, "management", {"mode_e": True}, adjusted, clock)
    assert done is True
    assert adjusted_to == before


def test_one_reader_at_a_time(meter: Meter) -> None:
    """Who has no association gives way, so nobody blocks the port by holding it."""
    host, port = meter.address("optical")
    with socket.create_connection((host, port), PATIENCE_S) as idle:
        assert (
            gurux(meter, "public", {}, ["get", 1, "0.0.42.0.0.255", 2])[0]
            == meter.told["identity"]["logical_device_name"].encode().hex()
        )
        assert idle.recv(1) == b""
