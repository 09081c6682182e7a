"""Notifications at the client's end: between answers, awaited, pushed; whole and in blocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlms.device import MANAGEMENT_SAP, READOUT_SAP, SmallMeter
from dlms.test_server_and_client import ENERGY, READOUT, gmac, open_client
from softmeter.dlms.apdu import decode_apdu, encode_apdu
from softmeter.dlms.channel import Family
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import Conversation, Patient, T, Unanswered, drive
from softmeter.dlms.gbt import unanswered_blocks
from softmeter.dlms.messages import AttributeReference, DataNotification, GeneralBlock
from softmeter.dlms.notifications import (
    LONGEST_PUSH,
    PushReceiver,
    awaited_notification,
    confirming,
    taken_notifications,
)
from softmeter.dlms.unsolicited import DataNotificationConfirm, EventNotification, stamp_octets
from softmeter.errors import ProtocolError, RemoteProtocolError, SecurityError
from softmeter.obis import Obis
from softmeter.wire.types import u32

PUSH = DataNotification(7, b"", b"\x02\x01\x11\x05")
CONFIRMED = DataNotification(0x40000008, b"", b"\x00")
EVENT = EventNotification(None, AttributeReference(1, Obis(0, 0, 97, 97, 0), 2), b"\x06\x00\x00\x00\x01")
LONG = DataNotification(9, b"", b"\x09\x82\x03\xe8" + bytes(1000))


def test_what_comes_between_answers_is_kept() -> None:
    client, serve = open_client(SmallMeter(), READOUT_SAP, READOUT)
    waiting: list[bytes] = []

    def interrupted(apdu: bytes) -> bytes | None:
        if apdu:
            answer = serve(apdu)
            assert answer is not None
            waiting.extend([encode_apdu(EVENT), answer])
            return encode_apdu(PUSH)
        return waiting.pop(0)

    assert drive(client.read(ENERGY, u32), interrupted) == 123_456
    assert taken_notifications(client) == [PUSH, EVENT]
    assert taken_notifications(client) == []


def answered(conversation: Conversation[T], *arriving: bytes) -> tuple[T, list[bytes]]:
    """Run a conversation while APDUs arrive by themselves; its result, and what it sent."""
    sent: list[bytes] = []
    left = list(arriving)
    request = next(conversation)
    try:
        while True:
            if request:
                sent.append(bytes(request))
            if isinstance(request, Unanswered):
                request = conversation.send(b"")
            else:
                assert isinstance(request, Patient) or left
                request = conversation.send(left.pop(0) if left else b"")
    except StopIteration as stop:
        return stop.value, sent


def client_in_clear() -> Client:
    return open_client(SmallMeter(), READOUT_SAP, READOUT)[0]


def test_the_next_notification_is_awaited() -> None:
    client = client_in_clear()
    assert answered(awaited_notification(client)) == (None, [])
    assert answered(awaited_notification(client), encode_apdu(PUSH)) == (PUSH, [])
    found, sent = answered(awaited_notification(client), encode_apdu(CONFIRMED))
    assert found == CONFIRMED
    assert [decode_apdu(one) for one in sent] == [DataNotificationConfirm(0x40000008, b"")]
    with pytest.raises(RemoteProtocolError, match="GetRequestNext in place of a notification"):
        answered(awaited_notification(client), bytes.fromhex("C002C100000001"))


def test_a_notification_in_blocks_is_gathered() -> None:
    first, *others = unanswered_blocks(encode_apdu(LONG), 300)
    assert len(others) > 2
    found, sent = answered(awaited_notification(client_in_clear()), first, *others)
    assert found == LONG
    assert sent == []


def test_a_ciphered_client_takes_no_notification_in_clear() -> None:
    client, _ = open_client(SmallMeter(), MANAGEMENT_SAP, gmac(Family.GENERAL))
    with pytest.raises(ProtocolError):
        answered(awaited_notification(client), encode_apdu(PUSH))


def test_pushes_outside_of_associations() -> None:
    receiver = PushReceiver()
    assert receiver.receive(encode_apdu(PUSH)) == PUSH
    assert receiver.receive(encode_apdu(EVENT)) == EVENT
    assert receiver.to_send() == []
    assert receiver.receive(encode_apdu(CONFIRMED)) == CONFIRMED
    assert receiver.to_send() == [bytes.fromhex("104000000800")]
    assert receiver.to_send() == []
    assert confirming(EVENT) is None


@pytest.mark.parametrize("room", [20, 64, 300, 2000])
def test_pushes_in_blocks(room: int) -> None:
    receiver = PushReceiver()
    for _ in range(2):
        *before, last = unanswered_blocks(encode_apdu(LONG), room)
        assert all(len(one) <= room for one in (*before, last))
        assert [receiver.receive(one) for one in before] == [None] * len(before)
        assert receiver.receive(last) == LONG
        assert receiver.to_send() == []


def test_a_push_whose_blocks_are_acknowledged() -> None:
    receiver = PushReceiver()
    raw = encode_apdu(PUSH)
    assert receiver.receive(encode_apdu(GeneralBlock(1, 1, 0, raw[:4]))) is None
    (acknowledgement,) = (decode_apdu(one) for one in receiver.to_send())
    assert (acknowledgement.control, acknowledgement.number, acknowledgement.acknowledged) == (0x80 | 63, 1, 1)
    assert receiver.receive(encode_apdu(GeneralBlock(0x81, 2, 1, raw[4:]))) == PUSH


def test_a_push_is_opened_with_keys() -> None:
    receiver = PushReceiver(lambda apdu: apdu[1:], lambda apdu: b"\xee" + apdu)
    assert receiver.receive(b"\xee" + encode_apdu(CONFIRMED)) == CONFIRMED
    assert receiver.to_send() == [b"\xee" + bytes.fromhex("104000000800")]

    def refused(_: bytes) -> bytes:
        raise SecurityError("no")

    with pytest.raises(SecurityError):
        PushReceiver(refused).receive(encode_apdu(PUSH))


def test_a_push_without_end_does_not_fill_the_memory() -> None:
    receiver = PushReceiver()
    block = bytes(60_000)
    fitting = LONGEST_PUSH // len(block)
    for number in range(1, fitting + 1):
        assert receiver.receive(encode_apdu(GeneralBlock(0x40, number, 0, block))) is None
    with pytest.raises(RemoteProtocolError, match="more than"):
        receiver.receive(encode_apdu(GeneralBlock(0x40, fitting + 1, 0, block)))


def test_times_of_notifications() -> None:
    assert stamp_octets(None) == b""
    assert len(stamp_octets(SmallMeter().clock.time)) == 12


@given(st.lists(st.binary(max_size=40) | st.binary(max_size=20).map(lambda tail: b"\xe0" + tail), max_size=5))
def test_any_pushes_are_harmless(pushed: list[bytes]) -> None:
    receiver = PushReceiver()
    for one in pushed:
        try:
            receiver.receive(one)
        except RemoteProtocolError as error:
            assert str(error)  # noqa: PT017
        assert len(receiver.to_send()) <= 1
