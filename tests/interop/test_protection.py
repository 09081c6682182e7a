"""What a foreign client of protections can do with a device built from the library, over TCP."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from dlms.secure_device import CLIENT_TITLE, SECRET, SecureMeter, pairs
from interop.foreign import answered, started
from interop.served import listening
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.host import AssociationOpened
from softmeter.security.certificates import certificate_request
from softmeter.security.ciphering import Protection
from softmeter.security.identity import Purpose
from softmeter.security.suites import Key, Suite
from softmeter.security.wrapping import wrap_key

pytestmark = [pytest.mark.interop, pytest.mark.slow]

NAME: Final = b"KWQ1010400000001"
HLS5, HLS6, HLS7 = Mechanism.HLS_GMAC, Mechanism.HLS_SHA256, Mechanism.HLS_ECDSA
SIGNED: Final = pairs(Suite.SUITE_1, "client")[Purpose.SIGNATURE]


def gurux(meter: SecureMeter, mechanism: Mechanism, protection: Protection, **more: Any) -> tuple[Any, list[object]]:
    keys = meter.store.keys
    settings = {
        "mechanism": int(mechanism),
        "suite": int(keys.suite),
        "security": protection.value,
        "counter": 1,
        "general": True,
        "title": CLIENT_TITLE.hex(),
        "encryption_key": keys.unicast_encryption.hex(),
        "authentication_key": keys.authentication.hex(),
        **more,
    }
    if mechanism is HLS6:
        settings["password"] = SECRET.hex()
    if mechanism is HLS7:
        server = pairs(Suite.SUITE_1, "meter")[Purpose.SIGNATURE]
        settings |= {"private_key": bytes(SIGNED).hex(), "public_key": "04" + bytes(server.public).hex()}
    events: list[object] = []
    with listening(meter, events) as (host, port):
        answer = answered(started("gurux", "gurux_protection.py", f"{host}:{port}", json.dumps(settings)))
    return answer, events


def told(answer: Any) -> None:
    assert (answer["value"], answer["name"]) == (123_456, NAME.hex())


@pytest.mark.parametrize("suite", [Suite.SUITE_0, Suite.SUITE_1])
@pytest.mark.parametrize("protection", [Protection.AUTHENTICATED, Protection.ENCRYPTED, Protection.FULL])
@pytest.mark.parametrize(("general", "first"), [(False, 0xC8), (True, 0xDB)])
def test_hls_5_under_every_protection(suite: Suite, protection: Protection, *, general: bool, first: int) -> None:
    answer, events = gurux(SecureMeter(suite, 0), HLS5, protection, general=general)
    told(answer)
    assert answer["first"] == first
    assert AssociationOpened(1, HLS5) in events


@pytest.mark.parametrize("protection", [Protection.NONE, Protection.FULL])
@pytest.mark.parametrize(("suite", "mechanism"), [(Suite.SUITE_0, HLS6), (Suite.SUITE_1, HLS6), (Suite.SUITE_1, HLS7)])
def test_proofs_by_hash_and_signature(suite: Suite, mechanism: Mechanism, protection: Protection) -> None:
    answer, _ = gurux(SecureMeter(suite), mechanism, protection)
    told(answer)


@pytest.mark.parametrize("general", [False, True])
def test_a_dedicated_key(*, general: bool) -> None:
    meter = SecureMeter()
    answer, _ = gurux(meter, HLS5, Protection.FULL, dedicated_key=bytes(range(0x20, 0x30)).hex(), general=general)
    told(answer)
    assert answer["first"] == (0xDC if general else 0xD0)


@pytest.mark.parametrize("general", [False, True])
def test_long_values_and_parameters_in_blocks(*, general: bool) -> None:
    """SET and ACTION in their services' blocks, each in requests of 80 octets; SET of a short list."""
    text = bytes(range(48)).hex()
    answer, _ = gurux(SecureMeter(), HLS5, Protection.FULL, general=general, room=80, text=text)
    assert answer == {"set": [2, None], "action": [5, text * 4], "alias": text[:8]}


def test_keys_wrapped_and_certificates_requested() -> None:
    master, key = bytes(range(16)), bytes(range(0x60, 0x70))
    request = certificate_request(SIGNED, CLIENT_TITLE)
    settings = {"master": master.hex(), "key": key.hex(), "request": request.hex()}
    answer = answered(started("gurux", "gurux_protection.py", "-", json.dumps(settings)))
    assert answer["wrapped"] == wrap_key(Key(master), key).hex()
    assert answer["request"] == [f"CN={CLIENT_TITLE.hex().upper()}", "04" + bytes(SIGNED.public).hex()]
