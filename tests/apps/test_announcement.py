"""What a started meter tells of its ports is what is open."""

import json
from pathlib import Path

import pytest

from softmeter.apps.announcement import Announcement
from softmeter.instant import parse_instant
from softmeter.meter.identity import Identity
from softmeter.runtime.address import Address
from softmeter.runtime.optical_port import Place, SerialAddress

WAN, P1, PANEL = (Address("127.0.0.1", port, "") for port in (4059, 4061, 8080))
OPTICAL = Address("127.0.0.1", 4062, "")


def announced(**more: Place) -> Announcement:
    places: dict[str, Place] = {"wan": WAN, "p1": P1, "panel": PANEL, **more}
    now = parse_instant("2026-01-01T00:00:00Z")
    return Announcement(Identity(serial="12345678"), places, Path("keys.toml"), Path("state"), now, 1.0)


@pytest.mark.parametrize(("more", "lines"), [
    ({}, ["  DLMS      127.0.0.1:4059, TCP", "  optical   none"]),
    ({"udp": WAN}, ["  DLMS      127.0.0.1:4059, TCP and UDP", "  optical   none"]),
    ({"optical": OPTICAL}, ["  DLMS      127.0.0.1:4059, TCP", "  optical   127.0.0.1:4062, HDLC or mode E over TCP"]),
    ({"optical": SerialAddress("/dev/pts/7")}, ["  optical   /dev/pts/7, HDLC or mode E"]),
    ({"pulses": Address("127.0.0.1", 4064, "")},
     ["  pulses    127.0.0.1:4064, a line of JSON for each", "  try       softmeter pulses 127.0.0.1:4064"]),
])  # fmt: skip
def test_a_person_is_told_what_is_open(more: dict[str, Place], lines: list[str]) -> None:
    assert set(lines) <= set(announced(**more).as_text().splitlines())


def test_a_program_is_told_the_same() -> None:
    ports = json.loads(announced(udp=WAN, optical=SerialAddress("/dev/pts/7")).as_json())["ports"]
    assert ports["udp"] == ports["wan"] == {"host": "127.0.0.1", "port": 4059}
    assert ports["optical"] == {"path": "/dev/pts/7"}


@pytest.mark.parametrize(("more", "protocols", "commands"), [
    ({}, ["DLMS/COSEM over TCP", "DSMR 5.0.2 telegrams"], 2 + 1),
    ({"udp": WAN}, ["DLMS/COSEM over TCP and UDP", "DSMR 5.0.2 telegrams"], 3 + 1),
    ({"pulses": WAN}, ["DLMS/COSEM over TCP", "DSMR 5.0.2 telegrams", "lines of JSON"], 2 + 1 + 2),
    ({"optical": SerialAddress("/dev/pts/7")},
     ["DLMS/COSEM over TCP", "DLMS/COSEM over HDLC, with or without mode E", "DSMR 5.0.2 telegrams"], 2 + 1 + 1),
    ({"optical": SerialAddress("/dev/ttyUSB0")},
     ["DLMS/COSEM over TCP", "DLMS/COSEM over HDLC, with or without mode E", "DSMR 5.0.2 telegrams"], 2 + 1),
])  # fmt: skip
def test_the_panel_shows_the_same(more: dict[str, Place], protocols: list[str], commands: int) -> None:
    ports = announced(**more).panel_ports()
    assert [port.protocol for port in ports] == protocols
    assert sum(len(port.commands) for port in ports) == commands
