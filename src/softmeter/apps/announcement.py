"""What a meter that has started tells: to a person in lines, to a program in one object, to the panel in commands."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from softmeter.apps.panel.contract import Port as PanelPort
from softmeter.instant import Instant, iso
from softmeter.meter.identity import Identity
from softmeter.runtime.address import Address
from softmeter.runtime.optical_port import Place


class Announcement(NamedTuple):
    """A meter whose ports answer; `places` by the names wan, p1, panel and, where there is one, optical."""

    identity: Identity
    places: Mapping[str, Place]
    keys: Path
    state: Path
    now: Instant
    rate: float

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
            f"  DLMS      {self.places['wan']}",
            f"  P1        {self.places['p1']}",
            f"  optical   {self.places.get('optical', 'none')}",
            f"  panel     http://{self.places['panel']}/",
            f"  keys      {self.keys}",
            *(f"  try       {command}" for port in self.panel_ports() for command in port.commands),
            "  Ctrl-C ends it; state is kept",
        ]
        return "\n".join(lines)

    def panel_ports(self) -> tuple[PanelPort, ...]:
        """The ports with commands to copy."""
        wan, p1, optical = self.places["wan"], self.places["p1"], self.places.get("optical")
        smartset = f"smartset --meter {wan} --client"
        commands = (f"{smartset} public get 0-0:42.0.0", f"{smartset} management --keys {self.keys} get 1-0:1.8.0")
        ports = [PanelPort(name="WAN", address=str(wan), protocol="DLMS/COSEM over TCP", commands=commands)]
        if optical is not None:
            through = f"--meter {optical} --hdlc" if isinstance(optical, Address) else f"--serial {optical} --mode-e"
            ports.append(
                PanelPort(
                    name="optical",
                    address=str(optical),
                    protocol="DLMS/COSEM over HDLC, with or without mode E",
                    commands=(f"smartset {through} --client public get 0-0:42.0.0",),
                )
            )
        reader = f"nc {p1.host} {p1.port}" if isinstance(p1, Address) else f"cat {p1}"
        ports.append(PanelPort(name="P1", address=str(p1), protocol="DSMR 5.0.2 telegrams", commands=(reader,)))
        return tuple(ports)


def _fact(place: Place) -> dict[str, Any]:
    """Where a port is, as a program reads it."""
    if isinstance(place, Address):
        return {"host": place.host, "port": place.port}
    return {"path": place.path}
