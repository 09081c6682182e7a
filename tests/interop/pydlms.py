"""pydlms-client as a foreign client: what it is told of a running meter, or of a device of the library."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dlms.device import MANAGEMENT_SAP, TITLE
from dlms.secure_device import CLIENT_TITLE, SECRET, pairs
from interop.foreign import answered, started
from interop.served import listening
from softmeter.runtime.keyfile import BROADCAST_KEY
from softmeter.security.identity import Purpose

if TYPE_CHECKING:
    from dlms.secure_device import SecureMeter
    from interop.meter_process import Meter

Task = list[Any]
Settings = dict[str, Any]
HLS_GMAC, HLS_SHA256, HLS_ECDSA = 5, 6, 7
OTHER_TITLE: Final = b"PYD\x00\x00\x00\x00\x01"
COVERS_HEADER: Final = {"general_aad": "with-header", "signing_form": "length-prefixed-content"}
"""This project's reading of the two matters where public programs differ; pydlms has a switch for each."""


class Told(NamedTuple):
    """The values of the tasks, the first octets of the requests of each, and how the release went."""

    values: list[Any]
    tags: list[list[int]]
    released: str


def told(settings: Settings) -> Told:
    answer = answered(started("pydlms", "pydlms_client.py", json.dumps(settings)))
    answers = answer["answers"]
    return Told([one["value"] for one in answers], [one["tags"] for one in answers], answer["released"])


def of_meter(meter: Meter, client: str, *tasks: Task, port: str = "wan", **more: Any) -> Told:
    """What a client of a running meter is told; `more`: `association`, `room`, and parts of `link`."""
    entry = tomllib.loads(meter.keys.read_text(encoding="utf-8"))["clients"][client]
    host, number = meter.address(port)
    association = {"propose_access": True, **more.pop("association", {})}
    link = {"kind": "tcp", "host": host, "port": number, "sap": entry["sap"], **more.pop("link", {})}
    settings = {"link": link, "association": association, "tasks": list(tasks), **more}
    if client in {"management", "maintenance"}:
        association.setdefault("mechanism", HLS_GMAC)
        settings["security"] = {
            **({"broadcast_key": entry[BROADCAST_KEY]} if BROADCAST_KEY in entry else {}),
            "encryption_key": entry["unicast_encryption_key"],
            "authentication_key": entry["authentication_key"],
            "client_system_title": OTHER_TITLE.hex(),
        }
    elif client == "readout":
        association |= {"mechanism": 1, "password": entry["lls_password"].encode().hex()}
    return told(settings)


def of_device(meter: SecureMeter, *tasks: Task, **more: Any) -> tuple[Told, list[object]]:
    """What management of a device of the library is told, and what its server has reported.

    `more`: `security`, `association`, `room`, as the client takes them.
    """
    security = {**_secrets(meter), **more.pop("security", {})}
    association = {
        "mechanism": HLS_GMAC,
        "propose_access": True,
        "require_verified_release": True,
        **more.pop("association", {}),
    }
    if association["mechanism"] == HLS_SHA256:
        association["password"] = SECRET.hex()
    if association["mechanism"] == HLS_ECDSA:
        association |= {"signing_key": security["signing_key"], "server_public_key": security["peer_signing_key"]}
    events: list[object] = []
    with listening(meter, events) as (host, port):
        link = {"kind": "tcp", "host": host, "port": port, "sap": MANAGEMENT_SAP}
        settings = {"link": link, "association": association, "security": security, "tasks": list(tasks), **more}
        return told(settings), events


def _secrets(meter: SecureMeter) -> Settings:
    keys = meter.store.keys
    secrets = {
        "suite": int(keys.suite),
        "encryption_key": keys.unicast_encryption.hex(),
        "authentication_key": keys.authentication.hex(),
        "master_key": keys.master.hex(),
        "broadcast_key": keys.broadcast_encryption.hex(),
        "client_system_title": CLIENT_TITLE.hex(),
        "server_system_title": TITLE.hex(),
        "invocation_counter": 1,
    }
    if keys.suite:
        mine, theirs = pairs(keys.suite, "client"), pairs(keys.suite, "meter")
        secrets |= {
            "signing_key": bytes(mine[Purpose.SIGNATURE]).hex(),
            "key_agreement_key": bytes(mine[Purpose.AGREEMENT]).hex(),
            "peer_signing_key": bytes(theirs[Purpose.SIGNATURE].public).hex(),
            "peer_key_agreement_key": bytes(theirs[Purpose.AGREEMENT].public).hex(),
            **COVERS_HEADER,
        }
    return secrets


def pushed(*notifications: bytes, security: Settings | None = None) -> list[dict[str, Any]]:
    """Notifications as the foreign decoder understands them."""
    settings: Settings = {"push": [one.hex() for one in notifications]}
    if security is not None:
        settings["security"] = security
    found: list[dict[str, Any]] = answered(started("pydlms", "pydlms_client.py", json.dumps(settings)))
    return found
