"""What a server says in an open association without being asked, and what its client makes of it."""

from collections.abc import Mapping
from typing import Any

import pytest

from dlms.device import ALL_BITS, CIPHERED, CLIENTS, LN, MANAGEMENT_SAP, PROFILE, READOUT_SAP, Audience, SmallMeter
from dlms.hdlc_line import HdlcLine
from dlms.link import NOW, Link
from dlms.secure_device import SETUP, SecureMeter
from dlms.secure_link import Line
from dlms.test_server_and_client import ENERGY, READOUT, gmac
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.apdu import encode_apdu
from softmeter.dlms.client import PROPOSED, Client
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.conversation import drive
from softmeter.dlms.credentials import Credentials, Family, Signing
from softmeter.dlms.datagram_server import DatagramServer
from softmeter.dlms.host import Client as Address
from softmeter.dlms.host import NotificationConfirmed
from softmeter.dlms.messages import AttributeReference, DataNotification
from softmeter.dlms.notifications import awaited_notification, taken_notifications
from softmeter.dlms.profile import read_profile
from softmeter.dlms.unsolicited import CONFIRMED, EventNotification
from softmeter.entropy import SeededEntropy
from softmeter.instant import LinkTime
from softmeter.obis import Obis
from softmeter.security.ciphering import CounterError
from softmeter.security.suites import Key, Suite, Use
from softmeter.security.wrapping import KeyId, wrap_key
from softmeter.wire.hdlc_parameters import Parameters
from softmeter.wire.hdlc_transfer import MOST_QUEUED
from softmeter.wire.types import u32

EVENT = EventNotification(None, AttributeReference(1, Obis(0, 0, 97, 98, 0), 2), b"\x06\x00\x00\x00\x01")
PUSH = DataNotification(7, b"", b"\x02\x01\x11\x05")
SHORT = 64
"""Octets of the frames of a line that takes long."""
LONG = DataNotification(9, b"", b"\x09\x82\x03\xe8" + bytes(1000))


class Talkative(SmallMeter):
    """A device whose clients may have every service."""

    clients = CLIENTS | {
        one.sap: one
        for one in (
            Address(READOUT_SAP, "readout", {(LN, Mechanism.LLS): Audience.READOUT}, ALL_BITS),
            Address(MANAGEMENT_SAP, "management", {(CIPHERED, Mechanism.HLS_GMAC): Audience.MANAGEMENT}, ALL_BITS),
        )
    }


def opened(sap: int, credentials: Credentials, **how: Any) -> tuple[Link, Client]:
    link = Link(Talkative(), sap)
    client = Client(credentials, SeededEntropy(1), **how)
    drive(client.associate(), link.ask)
    return link, client


def test_the_octets_of_a_notification_in_clear() -> None:
    link, _ = opened(READOUT_SAP, READOUT)
    assert link.server.tell(READOUT_SAP, EVENT)
    assert link.answer() == bytes.fromhex("C20000010000616200FF020600000001")
    assert link.server.tell(READOUT_SAP, PUSH)
    assert link.answer() == bytes.fromhex("0F00000007 0002011105")


def test_the_octets_of_a_notification_under_keys() -> None:
    link = Link(Talkative()).open_management(b"\x01\x00\x00\x00\x06\x5f\x1f\x04\x00\x7f\xff\xff\xff\xff")
    assert link.server.tell(MANAGEMENT_SAP, EVENT)
    ciphered = link.answer()
    assert ciphered is not None
    assert ciphered[0] == 0xCA
    assert link.unprotect(ciphered) == encode_apdu(EVENT)
    assert link.server.tell(MANAGEMENT_SAP, PUSH)
    general = link.answer()
    assert general is not None
    assert general[0] == 0xDB
    assert link.unprotect(general) == encode_apdu(PUSH)
    assert int.from_bytes(general[12:16], "big") == int.from_bytes(ciphered[3:7], "big") + 1


@pytest.mark.parametrize(("sap", "credentials"), [(READOUT_SAP, READOUT), (MANAGEMENT_SAP, gmac(Family.SERVICE))])
@pytest.mark.parametrize("room", [0xFFFF, 100])
def test_a_client_takes_them_between_its_answers(sap: int, credentials: Credentials, room: int) -> None:
    link, client = opened(sap, credentials, max_pdu_size=room)
    for message in (EVENT, PUSH, LONG):
        assert link.server.tell(sap, message)

    def serve(apdu: bytes) -> bytes | None:
        if apdu:
            link.send(apdu)
        return link.answer()

    assert drive(client.read(ENERGY, u32), serve) == 123_456
    assert taken_notifications(client) == [EVENT, PUSH, LONG]


@pytest.mark.parametrize(("sap", "credentials"), [(READOUT_SAP, READOUT), (MANAGEMENT_SAP, gmac(Family.SERVICE))])
@pytest.mark.parametrize("window", [1, 5])
@pytest.mark.parametrize("messages", [(EVENT,), (PUSH, EVENT), (LONG,), (LONG, PUSH, LONG)])
def test_a_client_of_general_blocks_takes_them_before_its_answer(
    sap: int, credentials: Credentials, window: int, messages: tuple[Any, ...]
) -> None:
    link, client = opened(sap, credentials, max_pdu_size=100, window=window)
    link.meter.profile.fill(20)

    def serve(apdu: bytes) -> bytes | None:
        if apdu:
            link.send(apdu)
        return link.answer()

    for told in (messages, [one for one in messages if one is not LONG]):
        for message in messages:  # in blocks only where those of the answer before may not be asked for again
            assert link.server.tell(sap, message) is (message in told)
        assert len(drive(read_profile(client, Obis.parse(PROFILE)), serve)) == 20
        assert taken_notifications(client) == list(told)
        assert drive(client.read(ENERGY, u32), serve) == 123_456
    link.server.expire(LinkTime(NOW + 31.0))
    assert link.server.tell(sap, LONG)


def test_a_confirmation_is_reported_and_not_answered() -> None:
    for sap, credentials in ((READOUT_SAP, READOUT), (MANAGEMENT_SAP, gmac(Family.SERVICE))):
        link, client = opened(sap, credentials)
        asking = DataNotification(CONFIRMED | 8, b"", b"\x00")
        assert link.server.tell(sap, asking)

        def serve(apdu: bytes, link: Link = link) -> bytes | None:
            if apdu:
                link.send(apdu)
            return link.answer()

        assert drive(awaited_notification(client), serve) == asking
        assert link.answer() is None
        assert link.events[-1] == NotificationConfirmed(sap, CONFIRMED | 8)
        assert drive(client.read(ENERGY, u32), serve) == 123_456


@pytest.mark.parametrize("suite", Suite)
@pytest.mark.parametrize("family", [Family.GENERAL, Family.DEDICATED, Family.GENERAL_DEDICATED, Family.CIPHERING])
def test_they_are_of_the_family_of_the_last_request(suite: Suite, family: Family) -> None:
    line = Line(SecureMeter(suite), family=family).open()
    line.get((3, "1-0:1.8.0", 2))
    first = line.log[-1][0][0]
    assert line.link.server.tell(MANAGEMENT_SAP, EVENT)
    told = line.link.answer()
    assert told is not None
    assert told[0] == (0xD2 if family is Family.DEDICATED else first)
    assert line.client.invocation().open(told) == encode_apdu(EVENT)


def test_they_are_signed_where_all_is_and_under_an_agreed_key() -> None:
    meter = SecureMeter(Suite.SUITE_1)
    line = Line(meter, family=Family.CIPHERING, message_key=Use.ONE_PASS, signing=Signing.AFTER).open()
    assert line.link.server.tell(MANAGEMENT_SAP, PUSH)
    told = line.link.answer()
    assert told is not None
    assert told[0] == 0xDF
    assert line.client.invocation().open(told) == encode_apdu(PUSH)


def test_a_new_key_is_in_force_at_once() -> None:
    line = Line(SecureMeter()).open()
    line.get((3, "1-0:1.8.0", 2))
    meter = line.meter
    meter.store.replace({KeyId.UNICAST_ENCRYPTION: Key(bytes(range(0x55, 0x65)))})
    assert line.link.server.tell(MANAGEMENT_SAP, EVENT)
    told = line.link.answer()
    assert told is not None
    other = Line(meter)
    other.client._channel.server_title = meter.system_title
    assert other.client.invocation().open(told) == encode_apdu(EVENT)


def test_while_a_request_that_may_replace_keys_is_served_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the answer would leave under the old key, with a counter of the new one that was used before."""
    line = Line(SecureMeter()).open()
    store, told = line.meter.store, []
    replace = store.replace

    def telling(keys: Mapping[KeyId, Key]) -> None:
        told.append(line.link.server.tell(MANAGEMENT_SAP, EVENT))
        replace(keys)
        told.append(line.link.server.tell(MANAGEMENT_SAP, EVENT))

    monkeypatch.setattr(store, "replace", telling)
    transfer = b"\x01\x01\x02\x02\x16\x00\x09\x18" + wrap_key(store.master, bytes(range(0x55, 0x65)))
    assert line.act((64, SETUP, 2), transfer) is None
    assert told == [False, False]
    assert line.link.server.tell(MANAGEMENT_SAP, EVENT)


@pytest.mark.parametrize(
    ("message", "service"),
    [(EVENT, Conformance.EVENT_NOTIFICATION), (PUSH, Conformance.DATA_NOTIFICATION)],
)
def test_who_has_not_the_service_or_no_association_is_told_nothing(message: Any, service: Conformance) -> None:
    link, client = opened(READOUT_SAP, READOUT, conformance=PROPOSED & ~service)
    assert not link.server.tell(READOUT_SAP, message)
    assert not link.server.tell(MANAGEMENT_SAP, message)
    drive(client.release(), link.ask)
    assert not link.server.tell(READOUT_SAP, message)
    assert link.answer() is None


def test_what_does_not_fit_and_what_would_stand_between_blocks_is_not_told() -> None:
    link, client = opened(
        READOUT_SAP, READOUT, conformance=PROPOSED & ~Conformance.GENERAL_BLOCK_TRANSFER, max_pdu_size=100
    )
    assert not link.server.tell(READOUT_SAP, LONG)
    assert link.server.tell(READOUT_SAP, PUSH)
    link, client = opened(READOUT_SAP, READOUT, max_pdu_size=100, window=1)
    link.meter.profile.fill(20)
    reading = client.get(AttributeReference(7, Obis.parse("1-0:99.1.0"), 2))
    block = link.ask(next(reading))
    assert block is not None
    assert block[0] == 0xE0
    assert not link.server.tell(READOUT_SAP, PUSH)
    reading.close()


@pytest.mark.parametrize("family", [Family.SERVICE, Family.GENERAL])
def test_an_answer_that_comes_after_a_later_notification_is_taken(family: Family) -> None:
    """Over UDP: the answer is lost, and comes again from memory with the counter it had."""
    udp = DatagramServer(Talkative(), MANAGEMENT_SAP, 1, NOW)
    client = Client(gmac(family), SeededEntropy(1))

    def serve(apdu: bytes) -> bytes:
        udp.receive(apdu, NOW)
        return next(iter(udp.to_send()), b"")[8:]

    drive(client.associate(), serve)
    reading = client.read(ENERGY, u32)
    request = next(reading)
    serve(request)
    assert udp.tell(EVENT)
    told = udp.to_send()[0][8:]
    assert reading.send(told) == b""
    with pytest.raises(StopIteration, match="123456"):
        reading.send(serve(request))
    assert taken_notifications(client) == [EVENT]
    for late in (told, serve(request)):  # neither is taken twice
        with pytest.raises(CounterError):
            client.invocation().open(late)


def test_an_old_notification_is_not_taken_in_a_new_association() -> None:
    meter = Talkative()
    link = Link(meter, MANAGEMENT_SAP)
    client = Client(gmac(Family.SERVICE), SeededEntropy(1))
    drive(client.associate(), link.ask)
    assert link.server.tell(MANAGEMENT_SAP, EVENT)
    old = link.answer()
    assert old is not None
    client = Client(gmac(Family.SERVICE), SeededEntropy(1), counter=client.next_counter)
    drive(client.associate(), Link(meter, MANAGEMENT_SAP).ask)
    with pytest.raises(CounterError):
        client.invocation().open(old)


def test_over_udp_and_hdlc() -> None:
    udp = DatagramServer(Talkative(), READOUT_SAP, 1, NOW)
    client = Client(READOUT, SeededEntropy(1))

    def serve(apdu: bytes) -> bytes | None:
        udp.receive(apdu, NOW)
        return next(iter(udp.to_send()), b"")[8:]

    drive(client.associate(), serve)
    assert udp.tell(EVENT)
    assert [one[8:] for one in udp.to_send()] == [encode_apdu(EVENT)]
    assert udp.tell(PUSH)
    line = HdlcLine(meter=Talkative())
    client = Client(READOUT, SeededEntropy(1))
    line.run(client.associate(), READOUT_SAP)
    assert line.server.tell(READOUT_SAP, EVENT)
    assert not line.server.tell(MANAGEMENT_SAP, EVENT)
    assert line.run(client.read(ENERGY, u32), READOUT_SAP) == 123_456
    assert taken_notifications(client) == [EVENT]
    assert line.server.tell(READOUT_SAP, PUSH)
    assert line.run(awaited_notification(client), READOUT_SAP) == PUSH


def test_a_client_on_hdlc_that_never_asks_is_told_so_much_and_no_more() -> None:
    line = HdlcLine(meter=Talkative(), proposal=Parameters(SHORT, SHORT, 1, 1))
    client = Client(READOUT, SeededEntropy(1))
    line.run(client.associate(), READOUT_SAP)
    told = 0
    while line.server.tell(READOUT_SAP, LONG):
        told += 1
        assert told <= MOST_QUEUED * SHORT // 1000 + 1
    for _ in range(3):
        assert line.run(awaited_notification(client), READOUT_SAP) == LONG
    assert line.server.tell(READOUT_SAP, LONG)
