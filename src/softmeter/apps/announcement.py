"""What a meter that has started tells: to a person in lines, to a program in one object, to the panel in commands."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from softmeter.apps.panel.contract import Port as PanelPort
from softmeter.instant import Instant, iso
from softmeter.meter.identity import Identity
from softmeter.meter.p1 import Variant
from softmeter.runtime.address import Address
from softmeter.runtime.optical_port import Place

_TELEGRAMS = {
    Variant.NL: "DSMR 5.0.2 telegrams",
    Variant.BE: "e-MUCS telegrams",
    Variant.LU: "ciphered telegrams of Luxembourg",
    Variant.NL_ENCRYPTED: "DSMR 5.0.2 telegrams, ciphered",
}
_TERMINALS = "/dev/pts/"


class Announcement(NamedTuple):
    """A meter whose ports answer; `places`: wan, p1, panel and, where they are, udp, optical, mbus, modem, pulses."""

    identity: Identity
    places: Mapping[str, Place]
    keys: Path
    state: Path
    now: Instant
    rate: float
    p1: Variant = Variant.NL

    def as_json(self) -> str:
        """One object on one line."""
        return json.dumps(
            {
                "ports": {name: _fact(place) for name, place in self.places.items()},
                "identity": {
                    "type": self.identity.type,
                    "serial": self.identity.serial,
                    "logical_device_name": self.identity.logical_device_name,
                    "system_title": self.identity.system_title.hex(),
                },
                "keys": str(self.keys.resolve()),
                "state": str(self.state.resolve()),
                "now": iso(self.now),
                "rate": self.rate,
            }
        )

    def as_text(self) -> str:
        """Lines for a person."""
        identity = self.identity
        lines = [
            f"{identity.type}, serial {identity.serial}, {identity.logical_device_name}",
            f"  time      {iso(self.now)}, rate {self.rate:g}",
            f"  DLMS      {self.places['wan']}, {self._wan_links()}",
            f"  P1        {self.places['p1']}",
            f"  optical   {self._optical()}",
            *([f"  M-Bus     {self.places['mbus']}, sub-meters"] if "mbus" in self.places else []),
            *([f"  modem     {self.places['modem']}, AT commands"] if "modem" in self.places else []),
            *([f"  pulses    {self.places['pulses']}, a line of JSON for each"] if "pulses" in self.places else []),
            f"  panel     http://{self.places['panel']}/",
            f"  keys      {self.keys}",
            *(f"  try       {command}" for port in self.panel_ports() for command in port.commands),
            "  Ctrl-C ends it; state is kept",
        ]
        return "\n".join(lines)

    def _wan_links(self) -> str:
        return "TCP and UDP" if "udp" in self.places else "TCP"

    def _optical(self) -> str:
        optical = self.places.get("optical")
        if optical is None:
            return "none"
        return f"{optical}, HDLC or mode E" + (" over TCP" if isinstance(optical, Address) else "")

    def panel_ports(self) -> tuple[PanelPort, ...]:
        """The ports with commands to copy."""
        wan, p1, optical = self.places["wan"], self.places["p1"], self.places.get("optical")
        smartset = f"smartset --meter {wan} --client"
        commands: tuple[str, ...] = (
            f"{smartset} public get 0-0:42.0.0",
            f"{smartset} management --keys {self.keys} get 1-0:1.8.0",
        )
        protocol = f"DLMS/COSEM over {self._wan_links()}"
        if "udp" in self.places:
            commands += (f"smartset --udp --meter {wan} --client public get 0-0:42.0.0",)
        ports = [PanelPort(name="WAN", address=str(wan), protocol=protocol, commands=commands)]
        if optical is not None:
            protocol = "DLMS/COSEM over HDLC, with or without mode E"
            ports.append(PanelPort(name="optical", address=str(optical), protocol=protocol, commands=_through(optical)))
        reader = f"nc {p1.host} {p1.port}" if isinstance(p1, Address) else f"cat {p1}"
        ports.append(PanelPort(name="P1", address=str(p1), protocol=_TELEGRAMS[self.p1], commands=(reader,)))
        if isinstance(pulses := self.places.get("pulses"), Address):
            commands = (f"softmeter pulses {pulses}", f"nc {pulses.host} {pulses.port}")
            ports.append(PanelPort(name="pulses", address=str(pulses), protocol="lines of JSON", commands=commands))
        return tuple(ports)


def _through(optical: Place) -> tuple[str, ...]:
    """How to read through the optical port from here; behind a device of its own the other end is elsewhere."""
    if isinstance(optical, Address):
        return (f"smartset --meter {optical} --hdlc --client public get 0-0:42.0.0",)
    if not optical.path.startswith(_TERMINALS):
        return ()
    return (f"smartset --serial {optical} --mode-e --client public get 0-0:42.0.0",)


def _fact(place: Place) -> dict[str, Any]:
    """Where a port is, as a program reads it."""
    if isinstance(place, Address):
        return {"host": place.host, "port": place.port}
    return {"path": place.path}
