"""Foreign clients and the meter after its upgrade to suite 1: provisioned, proven by HLS 6 and 7, signed, keys agreed.

pydlms does all of it over the air with code of its own; gurux-dlms logs in and reads.
"""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from dlms.link import CLIENT_TITLE
from interop.foreign import answered, started
from interop.pydlms import COVERS_HEADER, HLS_ECDSA, HLS_GMAC, HLS_SHA256, Told, told
from interop.served import listening
from meter.making import KEYS, Made
from meter.upgrading import PAIR, ROOT, Manager, upgraded
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.host import AssociationOpened
from softmeter.security.certificates import Certificate, certificate_request
from softmeter.security.ciphering import Protection
from softmeter.security.identity import Purpose
from softmeter.security.suites import Suite
from softmeter.wire.types import octets

pytestmark = [pytest.mark.interop, pytest.mark.slow]

MANAGEMENT: Final = 1
SECRET: Final = b"a secret of HLS 6"
NAME: Final = ["get", 1, "0.0.42.0.0.255", 2]
SETUP: Final = [64, "0.0.43.0.0.255"]


def pydlms(made: Made, counter: int, *tasks: list[Any], mechanism: int = HLS_GMAC, **more: Any) -> Told:
    """What a management client of pydlms is told."""
    meter, keys = made.meter, made.meter.keys(MANAGEMENT)
    security: dict[str, Any] = {
        "suite": int(Suite.SUITE_1),
        "encryption_key": keys.unicast_encryption.hex(),
        "authentication_key": keys.authentication.hex(),
        "client_system_title": CLIENT_TITLE.hex(),
        "server_system_title": meter.system_title.hex(),
        "invocation_counter": counter,
        "signing_key": bytes(PAIR).hex(),
        **COVERS_HEADER,
    }
    association = {"mechanism": mechanism, "require_verified_release": True, **more}
    server = meter.trust.public(meter.system_title, Purpose.SIGNATURE)
    if server is not None:
        security["peer_signing_key"] = bytes(server).hex()
    if mechanism == HLS_SHA256:
        association["password"] = SECRET.hex()
    if mechanism == HLS_ECDSA:
        association |= {"signing_key": security["signing_key"], "server_public_key": security["peer_signing_key"]}
    with listening(meter, []) as (host, port):
        link = {"kind": "tcp", "host": host, "port": port, "sap": MANAGEMENT}
        return told({"link": link, "association": association, "security": security, "tasks": list(tasks)})


def test_pydlms_provisions_proves_signs_and_agrees() -> None:
    made = upgraded()
    name = made.meter.identity.logical_device_name.encode().hex()
    issued = ROOT.issue(CLIENT_TITLE, PAIR.public, Purpose.SIGNATURE)
    answers = pydlms(
        made,
        1,
        ["pair", 0],
        ["request", 0],
        ["import", issued.hex()],
        ["action", 15, "0.0.40.0.0.255", 2, f"0911{SECRET.hex()}"],
    )
    assert answers.values[1][0] == f"CN={made.meter.system_title.hex().upper()}"
    request = made.meter.trust.request(Purpose.SIGNATURE)
    own = ROOT.answer(request, Purpose.SIGNATURE)
    assert pydlms(made, 100, ["import", own.hex()], ["export", CLIENT_TITLE.hex()]).values[1] == [
        CLIENT_TITLE.hex(),
        bytes(PAIR.public).hex(),
    ]
    for counter, mechanism in ((200, HLS_SHA256), (300, HLS_ECDSA)):
        assert pydlms(made, counter, NAME, mechanism=mechanism).values == [name]
    signing: dict[str, Any] = {"protection": "glo+signing"}
    assert pydlms(made, 400, ["activate", 0xFC], NAME, **signing).values == [None, name]
    assert made.meter.keys(MANAGEMENT).policy == 0xFC
    left = pydlms(made, 500, ["agree", [0, 2]], **signing, require_verified_release=False)
    keys = made.meter.keys(MANAGEMENT)
    assert keys.unicast_encryption != KEYS[MANAGEMENT].unicast_encryption
    assert left.values == [{"0": keys.unicast_encryption.hex(), "2": keys.authentication.hex()}]
    assert pydlms(made, 1, NAME, mechanism=HLS_ECDSA, **signing).values == [name]


@pytest.mark.parametrize("mechanism", [Mechanism.HLS_GMAC, Mechanism.HLS_SHA256, Mechanism.HLS_ECDSA])
def test_gurux_comes_in_by_every_mechanism(mechanism: Mechanism) -> None:
    made = upgraded()
    manager = Manager(made).enter().provision()
    manager.call(15, "0-0:40.0.0", 2, octets.encode(SECRET))
    keys, server = made.meter.keys(MANAGEMENT), manager.exported()
    settings = {
        "mechanism": int(mechanism),
        "suite": int(Suite.SUITE_1),
        "security": Protection.FULL.value,
        "counter": 500,
        "general": True,
        "title": CLIENT_TITLE.hex(),
        "encryption_key": keys.unicast_encryption.hex(),
        "authentication_key": keys.authentication.hex(),
    }
    if mechanism is Mechanism.HLS_SHA256:
        settings["password"] = SECRET.hex()
    if mechanism is Mechanism.HLS_ECDSA:
        settings |= {"private_key": bytes(PAIR).hex(), "public_key": "04" + bytes(server.public).hex()}
    events: list[object] = []
    with listening(made.meter, events) as (host, port):
        answer = answered(started("gurux", "gurux_protection.py", f"{host}:{port}", json.dumps(settings)))
    assert answer["name"] == made.meter.identity.logical_device_name.encode().hex()
    assert AssociationOpened(MANAGEMENT, mechanism) in events


def test_gurux_reads_the_request_of_the_meter() -> None:
    made = upgraded()
    Manager(made).enter().provision()
    pair = made.meter.trust.pair(Purpose.SIGNATURE)
    assert pair is not None
    request = certificate_request(pair, made.meter.system_title)
    settings = {"master": bytes(16).hex(), "key": bytes(16).hex(), "request": request.hex()}
    read = answered(started("gurux", "gurux_protection.py", "-", json.dumps(settings)))["request"]
    certificate = made.meter.trust.certificate(Purpose.SIGNATURE)
    assert read == [f"CN={made.meter.system_title.hex().upper()}", "04" + bytes(pair.public).hex()]
    assert certificate is not None
    assert Certificate.read(certificate.der).public == pair.public
