"""What a meter says unasked, as foreign programs understand it: plain, ciphered, in general blocks."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from dlms.device import KEYS, TITLE
from interop.foreign import answered, started
from interop.pydlms import pushed
from meter.asking import call, put
from meter.making import KEYS as METER_KEYS
from meter.making import Made
from meter.pushing import destination
from softmeter.apps.smartset.push_opening import MeterKeys, Opening
from softmeter.dlms.apdu import encode_apdu
from softmeter.dlms.gbt import unanswered_blocks
from softmeter.dlms.messages import AttributeReference, DataNotification
from softmeter.dlms.sealing import KeySet
from softmeter.dlms.unsolicited import EventNotification
from softmeter.entropy import SeededEntropy
from softmeter.meter.push import outgoing
from softmeter.obis import Obis
from softmeter.security.ciphering import Cipher, Protection
from softmeter.security.suites import Key
from softmeter.wire.types import encode_length
from softmeter.wire.wrapper import Datagram, decode_datagram, encode_datagram

pytestmark = [pytest.mark.interop, pytest.mark.slow]

TIME: Final = bytes.fromhex("07e8030b010c000000ffc400")
TOLD_TIME: Final = "2024-03-11T11:00:00Z"
BODY: Final = bytes.fromhex("020209060100010800ff0600012345")
ALARM: Final = AttributeReference(1, Obis(0, 0, 97, 97, 0), 2)
READING: Final = encode_apdu(DataNotification(7, TIME, BODY))
TIMELESS: Final = encode_apdu(DataNotification(0x40000008, b"", BODY))
EVENT: Final = encode_apdu(EventNotification(TIME, ALARM, b"\x06\x00\x00\x00\x01"))
EVENT_WITHOUT_TIME: Final = encode_apdu(EventNotification(None, ALARM, b"\x06\x00\x00\x00\x01"))
LONG: Final = encode_apdu(
    DataNotification(9, TIME, b"\x02\x02\x09\x06\x00\x00\x60\x01\x01\xff\x09\x82\x03\xe8" + bytes(1000))
)


def sealed(plain: bytes, counter: int) -> bytes:
    """As general-glo, authenticated and encrypted."""
    cipher = Cipher(Key(KEYS.unicast_encryption), Key(KEYS.authentication))
    content = cipher.protect(TITLE, counter, Protection.FULL, plain)
    return b"\xdb\x08" + TITLE + encode_length(len(content)) + content


def gurux(*apdus: bytes, ciphered: bool = False) -> list[Any]:
    settings: list[Any] = [[encode_datagram(Datagram(1, 2, one)).hex() for one in apdus]]
    if ciphered:
        settings += [TITLE.hex(), KEYS.unicast_encryption.hex(), KEYS.authentication.hex()]
    found: list[Any] = answered(started("gurux", "gurux_push.py", json.dumps(settings)))
    return found


def told(kind: str, time: str | None, name: str, value: object, title: str | None = None) -> dict[str, Any]:
    return {
        "kind": kind,
        "time": time,
        "records": [[name, value]],
        "title": title,
        "authenticated": title is not None,
    }


def test_pydlms_reads_notifications() -> None:
    data, event = ("DataNotification", "1.0.1.8.0.255", 0x12345), ("EventNotificationRequest", "0.0.97.97.0.255", 1)
    expected = [told(kind, time, name, value) for kind, name, value in (data, event) for time in (TOLD_TIME, None)]
    assert pushed(READING, TIMELESS, EVENT, EVENT_WITHOUT_TIME) == expected


def test_pydlms_opens_ciphered_notifications() -> None:
    keys = {"encryption_key": KEYS.unicast_encryption.hex(), "authentication_key": KEYS.authentication.hex()}
    found = pushed(sealed(READING, 5), sealed(EVENT, 6), security=keys | {"server_system_title": TITLE.hex()})
    assert found == [
        told("DataNotification", TOLD_TIME, "1.0.1.8.0.255", 0x12345, TITLE.hex()),
        told("EventNotificationRequest", TOLD_TIME, "0.0.97.97.0.255", 1, TITLE.hex()),
    ]


@pytest.mark.parametrize("room", [64, 300])
def test_pydlms_gathers_a_push_in_general_blocks(room: int) -> None:
    blocks = unanswered_blocks(LONG, room)
    assert len(blocks) > 3
    assert pushed(*blocks) == [told("DataNotification", TOLD_TIME, "0.0.96.1.1.255", bytes(1000).hex())]


def test_gurux_reads_notifications() -> None:
    """Of an EventNotification it recognises the tag and leaves the rest to its user."""
    value = ["0100010800ff", 0x12345]
    reading, timeless, event = gurux(READING, TIMELESS, EVENT)
    assert reading == [0x0F, TOLD_TIME, value, BODY.hex()]
    assert timeless == [0x0F, None, value, BODY.hex()]
    assert event == [0xC2, None, None, EVENT[1:].hex()]


def test_gurux_opens_a_ciphered_notification() -> None:
    assert gurux(sealed(READING, 5), ciphered=True)[0][1:3] == [TOLD_TIME, ["0100010800ff", 0x12345]]


@pytest.mark.parametrize("form", [128, 0])
def test_gurux_opens_what_a_whole_meter_pushes(form: int) -> None:
    """Set over objects, triggered by the script table, sealed under the client's keys."""
    ciphered = form != 128
    made = Made()
    consumer = "0-6:25.9.0"
    assert put(made, 40, consumer, 3, destination(b"127.0.0.1:1", form=form)) == 0
    assert call(made, 9, "0-0:10.0.108", 1, b"\x12\x00\x07") == 0
    (sent,) = outgoing(made.meter)
    keys = METER_KEYS[2]
    secrets = [made.meter.system_title.hex(), keys.unicast_encryption.hex(), keys.authentication.hex()]
    settings = [[one.hex() for one in sent.datagrams], *(secrets if ciphered else [])]
    ((command, time, value, _),) = answered(started("gurux", "gurux_push.py", json.dumps(settings)))
    assert (command, time) == (0x0F, "2026-01-01T00:00:00Z")
    assert value[0] == Obis.parse(consumer).octets.hex()
    assert len(value) == 7


def test_our_listener_opens_what_gurux_pushes() -> None:
    """Plain and confirmed, ciphered, without a time, and in general blocks that are acknowledged one by one."""
    secrets = [TITLE.hex(), KEYS.unicast_encryption.hex(), KEYS.authentication.hex()]
    pushes = answered(started("gurux", "gurux_notify.py", json.dumps(secrets)))
    keys = KeySet(unicast=KEYS.unicast_encryption, authentication=KEYS.authentication)
    opening = Opening("gurux", [MeterKeys(TITLE, {1: keys})], {}, SeededEntropy(1))
    told, asked = [], []
    for frames in pushes:
        found = [opening.receive(decode_datagram(bytes.fromhex(frame))) for frame in frames]
        told.append(found[-1])
        asked.append(len(opening.to_send()))
        assert found[:-1] == [None] * (len(frames) - 1)
    plain, ciphered, timeless, long = told
    assert [one.octets if one else b"" for one in (plain, ciphered, timeless)] == [BODY] * 3
    assert [one.time if one else "" for one in told] == ["2024-03-11T12:00:00+01:00"] * 2 + [
        None,
        "2024-03-11T12:00:00+01:00",
    ]
    assert [one.title if one else "" for one in told] == [None] + [TITLE.hex().upper()] * 3
    assert long is not None
    assert long.body.value[0].value == b"*" * 3000
    assert asked == [1, 0, 0, len(pushes[3]) - 1]  # gurux asks for confirmations; the last block ends it all
