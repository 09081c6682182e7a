"""Messages to all meters: taken from a pre-established association alone, once, in silence, whatever carries them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlms.device import CLIENTS, MANAGEMENT_SAP, TITLE, Audience, SmallMeter
from softmeter.dlms.associations import ALL_STATIONS, Standing
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.datagram_server import DatagramServer
from softmeter.dlms.hdlc_server import HdlcServer
from softmeter.dlms.host import AttributeSet, BadRequest, Client, DecipherFailed, Keys, Replayed
from softmeter.dlms.pre_established import LONGEST_MESSAGE
from softmeter.dlms.server import ASSOCIATED_S, UNASSOCIATED_S, Server
from softmeter.instant import LinkTime
from softmeter.security.ciphering import Cipher, Protection
from softmeter.security.suites import Key
from softmeter.wire.hdlc import LLC_COMMAND, Address, Frame, Kind, control_of, encode_frame
from softmeter.wire.types import encode_length
from softmeter.wire.wrapper import Datagram, encode_datagram

NOW = LinkTime(10.0)
ALL = 102
SENDER = bytes.fromhex("4D4D4D00000000AA")
FOR_ALL = Client(ALL, "all", {}, Conformance.SET | Conformance.ACTION, pre_established=Audience.MANAGEMENT)
HELD = Keys(bytes(16), bytes(range(16)), broadcast_encryption=bytes(range(32, 48)))
SET_LIMIT = bytes.fromhex("C10181 0003 01001F0400FF 02 00 12")
LIMIT = 65


class Told(SmallMeter):
    """A meter with a pre-established association."""

    def __init__(self) -> None:
        super().__init__()
        self.clients = {**CLIENTS, ALL: FOR_ALL}
        self.held = HELD

    def keys(self, _: int) -> Keys:
        return self.held


def limit(amperes: int, apdu: bytes = SET_LIMIT) -> bytes:
    return apdu + amperes.to_bytes(2, "big")


def sealed(plain: bytes, counter: int = 1, *, sender: bytes = SENDER, unicast: bool = False, damage: int = 0) -> bytes:
    key = HELD.unicast_encryption if unicast else HELD.broadcast_encryption
    cipher = Cipher(Key(key), Key(HELD.authentication), broadcast=not unicast)
    content = cipher.protect(sender, counter, Protection.FULL, plain)
    content = content[:-1] + bytes((content[-1] ^ damage,))
    return b"\xdb" + encode_length(len(sender)) + sender + encode_length(len(content)) + content


def wrapped(apdu: bytes, to: int = 1) -> bytes:
    return encode_datagram(Datagram(ALL, to, apdu))


def unit(apdu: bytes, to: Address, kind: Kind = Kind.UI, sap: int = ALL) -> bytes:
    return encode_frame(Frame(to, Address(sap), control_of(kind, poll=False), LLC_COMMAND + apdu))


def test_a_message_is_done_once_and_in_silence() -> None:
    meter = Told()
    server = Server(meter, NOW)
    message = wrapped(sealed(limit(20), 5))
    assert server.deadline == NOW + UNASSOCIATED_S
    assert [type(event) for event in server.receive(message, NOW)] == [AttributeSet]
    assert server.deadline == NOW + ASSOCIATED_S
    assert (meter.limit, server.to_send(), server.standing) == (20, b"", Standing.PUBLIC)
    assert server.receive(message, NOW) == [Replayed(ALL, 5)]
    assert server.receive(wrapped(sealed(limit(30), 4)), NOW) == [Replayed(ALL, 5)]
    server.receive(wrapped(sealed(limit(30), 6), ALL_STATIONS), NOW)
    assert (meter.limit, server.to_send()) == (30, b"")
    assert Server(meter, NOW).receive(message, NOW) == [Replayed(ALL, 6)]


def test_senders_count_apart() -> None:
    meter = Told()
    server = Server(meter, NOW)
    server.receive(wrapped(sealed(limit(20), 100)), NOW)
    server.receive(wrapped(sealed(limit(21), 3, sender=bytes(8))), NOW)
    assert meter.limit == 21


@pytest.mark.parametrize(
    ("apdu", "report"),
    [
        (limit(20), BadRequest),
        (bytes.fromhex("601DA109060760857405080101BE10040E01000000065F1F0400007E1F04B0"), BadRequest),
        (b"\xe0\x81\x00\x01\x00\x00\x01\x00", BadRequest),
        (b"", BadRequest),
        (sealed(limit(20))[:-1], BadRequest),
        (sealed(limit(20), damage=1), DecipherFailed),
        (sealed(limit(20), unicast=True), DecipherFailed),
        (sealed(limit(20), sender=TITLE), DecipherFailed),
        (sealed(limit(20), sender=SENDER[:7] + b""), DecipherFailed),
        (sealed(limit(20, SET_LIMIT.replace(b"\x81", b"\xc1", 1))), DecipherFailed),
        (sealed(bytes.fromhex("C001C100080000010000FF0200")), DecipherFailed),
        (sealed(bytes(LONGEST_MESSAGE)), BadRequest),
    ],
)
def test_what_is_no_message_to_all_moves_nothing(apdu: bytes, report: type) -> None:
    meter = Told()
    server = Server(meter, NOW)
    (event,) = server.receive(wrapped(apdu), NOW)
    assert isinstance(event, report)
    assert (meter.limit, meter.counters.accepted, server.to_send()) == (LIMIT, {}, b"")
    assert server.standing is Standing.NONE
    assert not server.closed


def test_an_address_that_is_not_this_meters_hears_nothing() -> None:
    meter = Told()
    assert Server(meter, NOW).receive(wrapped(sealed(limit(20)), to=2), NOW) == []
    assert meter.limit == LIMIT


def test_a_meter_without_the_key_takes_no_notice() -> None:
    meter = Told()
    meter.held = replace(HELD, broadcast_encryption=b"")
    assert Server(meter, NOW).receive(wrapped(sealed(limit(20))), NOW) == []


def test_another_clients_association_does_not_take_it() -> None:
    meter = Told()
    server = Server(meter, NOW)
    server.receive(encode_datagram(Datagram(MANAGEMENT_SAP, 1, sealed(limit(20)))), NOW)
    assert meter.limit == LIMIT


def test_while_the_meter_is_stored_messages_wait_in_their_order() -> None:
    meter = Told()
    far = DatagramServer(meter, ALL, 1, NOW)
    meter.locked = True
    for number in (1, 2, 3):
        far.receive(sealed(limit(number), number), NOW)
    assert far.waiting
    assert (meter.limit, meter.counters.accepted) == (LIMIT, {})
    meter.locked = False
    events = far.resume(NOW)
    assert [type(event) for event in events] == [AttributeSet] * 3
    assert (meter.limit, far.waiting, far.to_send()) == (3, False, [])
    connection = Server(meter, NOW)
    meter.locked = True
    connection.receive(wrapped(sealed(limit(4), 4)), NOW)
    connection.receive(wrapped(sealed(limit(5), 5)), NOW)
    meter.locked = False
    connection.resume(NOW)
    assert meter.limit == 5


def test_hdlc_takes_it_in_frames_without_a_link() -> None:
    meter = Told()
    server = HdlcServer(meter)
    server.receive(unit(sealed(limit(20), 1), Address(0x7F)), NOW)
    assert meter.limit == 20
    server.receive(unit(sealed(limit(21), 2), Address(1)), NOW)
    assert meter.limit == 21
    server.receive(unit(sealed(limit(22), 3), Address(1, 0x3FFF, 4)), NOW)
    assert meter.limit == 22
    server.receive(unit(sealed(limit(23), 4), Address(1, 99, 4)), NOW)
    server.receive(unit(sealed(limit(24), 5), Address(1), sap=17), NOW)
    server.receive(unit(b"", Address(1), Kind.SNRM), NOW)
    assert (meter.limit, server.to_send(), server.has_link) == (22, b"", False)
    meter.locked = True
    server.receive(unit(sealed(limit(25), 6), Address(0x7F)), NOW)
    server.receive(unit(sealed(limit(26), 7), Address(0x7F)), NOW)
    assert meter.limit == 22
    meter.locked = False
    server.resume(NOW)
    assert meter.limit == 26


GENUINE = sealed(limit(20))


@given(st.one_of(st.binary(max_size=80), st.tuples(st.integers(0, len(GENUINE) - 1), st.integers(1, 255))))
def test_whatever_comes_nothing_is_said_and_nothing_moves(hostile: bytes | tuple[int, int]) -> None:
    meter = Told()
    apdu = hostile
    if isinstance(apdu, tuple):
        at, bits = apdu
        apdu = GENUINE[:at] + bytes((GENUINE[at] ^ bits,)) + GENUINE[at + 1 :]
    server = Server(meter, NOW)
    server.receive(wrapped(apdu), NOW)
    assert (meter.limit, meter.counters.accepted, server.to_send(), server.closed) == (LIMIT, {}, b"", False)
