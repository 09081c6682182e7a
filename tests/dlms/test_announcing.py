"""Blocks of an image go to all meters at once, and each meter gets for itself what it has missed."""

from dataclasses import replace

import pytest

from conformance.appl import MANAGEMENT, Bench
from dlms.link import CLIENT_TITLE, NOW
from firmware.images import TRUST, Recipe
from softmeter.cosem.classes.image_transfer import ImageTransferStatus
from softmeter.dlms.acse import Context, Mechanism
from softmeter.dlms.announcing import CLIENT, Announcer, blocks_to_all, prepared
from softmeter.dlms.conversation import drive
from softmeter.dlms.image_upload import standing, upload, verify
from softmeter.dlms.messages import AttributeReference
from softmeter.errors import LocalProtocolError
from softmeter.firmware.payload import ApplicationPayload, encode
from softmeter.meter.clients import BROADCAST
from softmeter.obis import Obis
from softmeter.security.suites import Key
from softmeter.wire.types import octets
from softmeter.wire.wrapper import Datagram, encode_datagram

IMAGE = replace(Recipe(), payload=encode(ApplicationPayload(), 6000)).made()
SIZE = 256
BLOCKS = -(-len(IMAGE) // SIZE)
NAME = b"A1.05.02"
ALL = bytes(range(40, 56))


class Street(Bench):
    """One of the meters that hear the same messages, and whoever manages it."""

    def __init__(self) -> None:
        super().__init__(MANAGEMENT)
        self.images = self.meter.device.behaviours.firmware
        self.images.trust, self.images.block_octets = TRUST, SIZE
        self.meter.key_ring.change(MANAGEMENT, broadcast_encryption=ALL)
        self.manager = self.client(Context.LOGICAL_NAMES_CIPHERED, Mechanism.HLS_GMAC)
        drive(self.manager.associate(), self.ask)

    def announcer(self, counter: int = 1) -> Announcer:
        return Announcer(CLIENT_TITLE, Key(ALL), Key(self.meter.keys(MANAGEMENT).authentication), counter)

    def hear(self, apdu: bytes) -> None:
        self.server.receive(encode_datagram(Datagram(CLIENT, 1, apdu)), NOW)
        assert self.server.to_send() == b""


def test_what_a_meter_missed_is_sent_to_it_alone() -> None:
    assert CLIENT == BROADCAST
    streets = [Street(), Street()]
    announcer = streets[0].announcer()
    for street in streets:
        here = drive(prepared(street.manager, IMAGE, NAME), street.ask)
        assert (here.block_octets, len(here.missing)) == (SIZE, BLOCKS)
    told = 0
    seen: list[tuple[int, int]] = []

    def all_hear(apdu: bytes) -> None:
        nonlocal told
        told += 1
        for number, street in enumerate(streets):
            if number == 0 or told % 3:
                street.hear(apdu)

    sent = blocks_to_all(announcer, IMAGE, SIZE, range(BLOCKS), lambda done, whole: seen.append((done, whole)))
    assert drive(sent, all_hear) == told == BLOCKS
    assert seen[-1] == (len(IMAGE), len(IMAGE))
    missing = [len(drive(standing(street.manager), street.ask).missing) for street in streets]
    assert missing == [0, BLOCKS // 3]
    for street, lost in zip(streets, missing, strict=True):
        assert drive(upload(street.manager, IMAGE, NAME), street.ask) == lost
        assert drive(verify(street.manager), street.ask) is ImageTransferStatus.VERIFICATION_SUCCESSFUL


def test_a_transfer_under_way_goes_on_and_another_begins_anew() -> None:
    street = Street()
    drive(prepared(street.manager, IMAGE, NAME), street.ask)
    drive(blocks_to_all(street.announcer(), IMAGE, SIZE, range(5)), street.hear)
    assert len(drive(prepared(street.manager, IMAGE, NAME), street.ask).missing) == BLOCKS - 5
    assert len(drive(prepared(street.manager, IMAGE, NAME, resume=False), street.ask).missing) == BLOCKS
    assert len(drive(prepared(street.manager, IMAGE + bytes(SIZE), NAME), street.ask).missing) == BLOCKS + 1


def test_a_message_is_set_for_all() -> None:
    street = Street()
    message = AttributeReference(1, Obis.parse("0-0:96.13.0"), 2)
    street.hear(street.announcer().set(message, octets.encode(b"to all")))
    assert drive(street.manager.get(message), street.ask) == octets.encode(b"to all")
    street.hear(street.announcer(1).set(message, octets.encode(b"again")))
    assert drive(street.manager.get(message), street.ask) == octets.encode(b"to all")  # its counter is used up


def test_a_key_that_is_used_up_protects_nothing_more() -> None:
    speaker = Announcer(CLIENT_TITLE, Key(ALL), Key(bytes(16)), 0xFFFF_FFFF)
    note = AttributeReference(1, Obis(0, 0, 96, 13, 0), 2)
    assert b"\xff\xff\xff\xff" in speaker.set(note, octets.encode(b"one"))
    with pytest.raises(LocalProtocolError):
        speaker.set(note, octets.encode(b"two"))
