"""Both ends of UDP over a network that loses, doubles and delays, by a seed and in time of its own."""

from collections.abc import Callable
from typing import Any

import pytest

from dlms.device import ENERGY, KEYS, MANAGEMENT_SAP, PUBLIC_SAP, SmallMeter
from dlms.link import CLIENT_TITLE
from dlms.secure_device import SecureMeter
from dlms.secure_link import credentials
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import Conversation, Patient, T, Unanswered
from softmeter.dlms.credentials import Credentials, Family
from softmeter.dlms.datagram_server import DatagramServer
from softmeter.dlms.messages import AttributeReference, MethodReference
from softmeter.entropy import SeededEntropy
from softmeter.instant import LinkTime
from softmeter.obis import Obis
from softmeter.security.suites import Key
from softmeter.transport.correspondence import Correspondence
from softmeter.wire.types import Data, Tag, encode_data
from softmeter.wire.wrapper import Datagram, decode_datagram, encode_datagram

TIMEOUT_S, TRIES = 3.0, 12
CLOCK = Obis(0, 0, 1, 0, 0)
SHIFT = MethodReference(8, CLOCK, 6)
ONE_SECOND = encode_data(Data(Tag.LONG, 1))
SECURE = Credentials(
    Mechanism.HLS_GMAC,
    family=Family.SERVICE,
    system_title=CLIENT_TITLE,
    encryption_key=Key(KEYS.unicast_encryption),
    authentication_key=Key(KEYS.authentication),
)


class Network:
    """A client and a meter; each fault befalls so many of 256 datagrams."""

    def __init__(
        self, meter: SmallMeter, sap: int, seed: str = "", *, lost: int = 0, twice: int = 0, late: int = 0
    ) -> None:
        self.server = DatagramServer(meter, sap, 1, LinkTime(0.0))
        self.client = Correspondence(sap, 1, TRIES)
        self.now = LinkTime(0.0)
        self.sent = 0
        self._chance = SeededEntropy(seed)
        self._often = lost, twice, late
        self._late: list[tuple[Callable[[bytes], None], bytes]] = []

    def run(self, conversation: Conversation[T]) -> T:
        try:
            request = next(conversation)
            while True:
                request = conversation.send(self._exchange(request))
        except StopIteration as stop:
            value: T = stop.value
            return value
        finally:
            conversation.close()

    def _exchange(self, request: bytes) -> bytes:
        self._send(self.client.ask(request, TIMEOUT_S, self.now))
        if isinstance(request, Unanswered):
            return b""
        while not self.client.arrived:
            self.now = self.client.deadline
            again = self.client.expire(self.now)
            if not again:
                if isinstance(request, Patient):
                    return b""
                raise TimeoutError
            self._send(again)
        return self.client.arrived.popleft()

    def _send(self, octets: bytes) -> None:
        if octets:
            self.sent += 1
            self._carry(self._reach, octets)

    def _reach(self, octets: bytes) -> None:
        self.server.receive(decode_datagram(octets).apdu, self.now)
        for answer in self.server.to_send():
            self._carry(self.client.receive, answer)

    def _carry(self, deliver: Callable[[bytes], None], octets: bytes) -> None:
        lost, twice, late = (drawn < often for drawn, often in zip(self._chance.octets(3), self._often, strict=True))
        held, self._late = self._late, []
        if not lost:
            deliver(octets)
        if twice:
            deliver(octets)
        if late:
            self._late.append((deliver, octets))
        for once, before in held:
            once(before)


@pytest.mark.parametrize("seed", range(16))
def test_nothing_is_done_twice_whatever_is_lost_doubled_or_late(seed: int) -> None:
    meter = SmallMeter()
    network = Network(meter, MANAGEMENT_SAP, str(seed), lost=60, twice=60, late=30)
    client = Client(SECURE, SeededEntropy(5))
    network.run(client.associate())
    before = meter.clock.second
    for _ in range(10):
        network.run(client.action(SHIFT, ONE_SECOND))
    value = network.run(client.get(AttributeReference(3, Obis.parse(ENERGY), 2)))
    assert meter.clock.second == before + 10
    assert int.from_bytes(value[1:], "big") == meter.energy_wh
    assert meter.changes == 10
    network.run(client.release())
    assert network.sent > 14


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("window", [0, 3])
def test_a_long_read_comes_whole(seed: int, window: int) -> None:
    """In blocks of GET, and in general blocks, which have a recovery of their own."""

    def read(**faults: int) -> tuple[bytes, int]:
        meter = SecureMeter()
        network = Network(meter, MANAGEMENT_SAP, str(seed), **faults)
        client = Client(credentials(meter), SeededEntropy(5), max_pdu_size=128, window=window)
        network.run(client.associate())
        value = network.run(client.get(AttributeReference(15, Obis(0, 0, 40, 0, 0), 2)))
        network.run(client.release())
        return value, network.sent

    whole, least = read()
    assert len(whole) > 900
    value, sent = read(lost=20, twice=20, late=0 if window else 10)  # general blocks do not tell whose they are
    assert value == whole
    assert sent >= least >= (5 if window else 10)


@pytest.mark.parametrize("seed", range(4))
def test_a_read_in_clear_comes_whole(seed: int) -> None:
    network = Network(SmallMeter(), PUBLIC_SAP, str(seed), lost=60, twice=60)
    client = Client(Credentials(), SeededEntropy(5))
    network.run(client.associate())
    for _ in range(10):
        assert network.run(client.get(AttributeReference(8, CLOCK, 2)))[:2] == b"\x09\x0c"


def test_what_cannot_be_told_from_a_new_request_is_sent_once() -> None:
    client = Correspondence(16, 1, 3)
    for request in ("C101C1", "C301C1", "D901", "DF00"):
        assert client.ask(bytes.fromhex(request), 3.0, LinkTime(0.0))
        assert client.deadline == 3.0
        assert client.expire(LinkTime(3.0)) == b""
    again = client.ask(bytes.fromhex("C001C1"), 3.0, LinkTime(0.0))
    assert client.deadline == 1.0
    assert [client.expire(LinkTime(1.0)), client.expire(LinkTime(2.0)), client.expire(LinkTime(3.0))] == [
        again, again, b"",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("request_hex", "answer", "taken"),
    [
        ("C001C1", "C401C100", True),
        ("C001C1", "C401C200", False),  # of another invoke id
        ("C001C1", "C501C100", False),  # of another service
        ("C001C1", "C4", False),
        ("C001C1", "D80102", True),
        ("60", "61", True),
        ("62", "61", False),
        ("C002C100000001", "C402C10000000002", True),
        ("C002C100000001", "C402C10000000001", False),  # the block before
        ("C002C100000001", "C401C101FA", True),
        ("C80100", "CC0100", True),
    ],
)
def test_answers_are_told_from_old_ones(request_hex: str, answer: str, *, taken: bool) -> None:
    client = Correspondence(16, 1, 3)
    client.ask(bytes.fromhex(request_hex), 3.0, LinkTime(0.0))
    client.receive(encode_datagram(Datagram(1, 16, bytes.fromhex(answer))))
    assert bool(client.arrived) is taken


def test_what_is_not_for_this_client_is_dropped() -> None:
    client = Correspondence(16, 1, 3)
    client.ask(b"\xc0\x01\xc1", 3.0, LinkTime(0.0))
    sound = encode_datagram(Datagram(1, 16, b"\xc4\x01\xc1\x00"))
    others: list[Any] = [b"", sound[:5], sound[:-1], sound + b"\0", b"\0\2" + sound[2:]]
    others += [encode_datagram(Datagram(*ends, b"\xc4\x01\xc1\x00")) for ends in ((16, 1), (2, 16), (1, 17))]
    for octets in others:
        client.receive(octets)
        assert not client.arrived
    client.receive(sound)
    assert client.arrived.popleft() == sound[8:]


def test_a_ciphered_answer_counts_once() -> None:
    client = Correspondence(1, 1, 3)
    answer = encode_datagram(Datagram(1, 1, b"\xcc\x01\x02"))
    client.ask(b"\xc8\x01\x01", 3.0, LinkTime(0.0))
    client.receive(answer)
    assert client.arrived.popleft()
    client.ask(b"\xc8\x01\x02", 3.0, LinkTime(1.0))
    client.receive(answer)
    assert not client.arrived
