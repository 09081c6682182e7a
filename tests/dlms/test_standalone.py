"""A device in memory behind a server."""

from enum import Enum, auto

import pytest

from softmeter.cosem.access import ALL, Policy, Rights
from softmeter.cosem.classes.data import Data, SettableData
from softmeter.cosem.dictionary import Dictionary, Row
from softmeter.cosem.interface import Source
from softmeter.dlms.acse import Context, Mechanism
from softmeter.dlms.client import Client as Reader
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.conversation import Conversation, T, drive
from softmeter.dlms.credentials import Credentials
from softmeter.dlms.host import Client, Keys
from softmeter.dlms.messages import AttributeReference
from softmeter.dlms.server import Server
from softmeter.dlms.standalone import MemoryCounters, Standalone
from softmeter.entropy import SeededEntropy
from softmeter.errors import AccessError, LocalProtocolError
from softmeter.instant import LinkTime
from softmeter.obis import Obis
from softmeter.wire.types import Data as Value
from softmeter.wire.types import Tag, octet_string, octets, u32
from softmeter.wire.wrapper import Datagram, Reassembly, encode_datagram

NOW = LinkTime(0.0)


class Audience(Enum):
    ANYBODY = auto()


class Tank(Standalone):
    litres = 7


OPEN = Policy("OPEN", {Audience.ANYBODY: Rights(ALL, write="value")})
LEVEL = Source(Tag.DOUBLE_LONG_UNSIGNED, lambda tank: tank.litres)
OBJECTS = Dictionary(
    (
        Row("0-0:96.1.0", "Level", Data(source=LEVEL), OPEN),
        Row(
            "0-0:96.1.1", "Name", SettableData(value=Value(Tag.OCTET_STRING, b"tank"), form=octet_string(most=8)), OPEN
        ),
    )
)
CLIENTS = (
    Client(16, "any", {(Context.LOGICAL_NAMES, Mechanism.LOWEST): Audience.ANYBODY}, Conformance.GET | Conformance.SET),
)
LEVEL_VALUE, NAME = (AttributeReference(1, Obis.parse(f"0-0:96.1.{number}"), 2) for number in range(2))


def tank() -> Tank:
    return Tank(OBJECTS, CLIENTS, system_title=b"KWQ00001", entropy=SeededEntropy(1))


def run(conversation: Conversation[T], server: Server) -> T:
    arrived = Reassembly()

    def ask(apdu: bytes) -> bytes | None:
        server.receive(encode_datagram(Datagram(16, 1, apdu)), NOW)
        arrived.receive(server.to_send())
        datagram = arrived.take()
        return None if datagram is None else datagram.apdu

    return drive(conversation, ask)


def test_it_is_read_and_set() -> None:
    device, client = tank(), Reader(Credentials(), SeededEntropy(2))
    server = Server(device, NOW)
    run(client.associate(), server)
    assert run(client.read(LEVEL_VALUE, u32), server) == 7
    device.litres = 8
    assert run(client.read(LEVEL_VALUE, u32), server) == 8
    assert not device.must_store
    run(client.set(NAME, octets.encode(b"barrel")), server)
    assert device.must_store
    device.store()
    assert not device.must_store
    assert list(device.attributes.values()) == [octets.encode(b"barrel")]
    with pytest.raises(AccessError):
        run(client.set(LEVEL_VALUE, u32.encode(1)), server)


def test_devices_of_a_type_share_their_objects_and_nothing_else() -> None:
    one, other = tank(), tank()
    assert one.dictionary is other.dictionary
    one.attributes[b"x"] = b"y"
    assert other.attributes == {}
    assert one.sessions is not other.sessions


def test_rows_are_taken_as_they_are() -> None:
    device = Tank(OBJECTS.rows, CLIENTS, system_title=b"KWQ00001", entropy=SeededEntropy(1))
    assert device.view(Audience.ANYBODY).readers.keys() == tank().view(Audience.ANYBODY).readers.keys()


def test_who_is_not_known_has_no_secrets() -> None:
    keys = Keys(bytes(16), bytes(16), b"secret")
    device = Tank(OBJECTS, CLIENTS, system_title=b"KWQ00001", entropy=SeededEntropy(1), keys={16: keys})
    assert device.keys(16) is keys
    assert device.keys(17) == Keys()


def test_a_title_of_another_length_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match="8 octets, not 3"):
        Tank(OBJECTS, CLIENTS, system_title=b"KWQ", entropy=SeededEntropy(1))


def test_counters_never_repeat_and_end() -> None:
    counters = MemoryCounters(start=0xFFFF_FFFD)
    assert [counters.next_own(1), counters.next_own(1), counters.next_own(2)] == [0xFFFF_FFFE, 0xFFFF_FFFF, 0xFFFF_FFFE]
    with pytest.raises(LocalProtocolError, match="used up"):
        counters.next_own(1)


def test_accepted_counters_are_kept_by_key_and_title() -> None:
    counters = MemoryCounters(start=5)
    assert (counters.last_accepted(1, b"A"), counters.highest_accepted(1)) == (5, 5)
    counters.accept(1, b"A", 9)
    counters.accept(1, b"B", 7)
    assert (counters.last_accepted(1, b"A"), counters.last_accepted(1, b"C"), counters.last_accepted(2, b"A")) == (
        9,
        5,
        5,
    )
    assert counters.highest_accepted(1) == 9
