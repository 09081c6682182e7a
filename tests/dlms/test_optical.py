"""The optical port as readers find it: HDLC at once, mode E first, a read-out, and all of them after each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlms.device import SmallMeter
from dlms.link import plain_aarq
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import Conversation, T
from softmeter.dlms.credentials import Credentials
from softmeter.dlms.hdlc_client import HdlcClient, LineSettings
from softmeter.dlms.hdlc_server import HdlcServer, Station
from softmeter.dlms.messages import AttributeReference
from softmeter.dlms.optical import OpticalServer, SpeedChanged
from softmeter.entropy import SeededEntropy
from softmeter.errors import RemoteProtocolError
from softmeter.instant import LinkTime
from softmeter.obis import Obis
from softmeter.wire.hdlc import LLC_COMMAND, Address, Frame, FrameReader, Kind, control_of, encode_frame
from softmeter.wire.hdlc_parameters import LARGEST
from softmeter.wire.hdlc_primary import Patience
from softmeter.wire.mode_e import BREAK, Identification, decode_readout, with_parity
from softmeter.wire.mode_e_link import ModeEClient, ModeEServer

NOW = LinkTime(10.0)
METER = Identification("KWQ", "5", "IQ0102065BNEM01")
LINES = ("C.1.0(12345678)", "1.8.0(000123.456*kWh)")
SETTINGS = LineSettings(Address(1), LARGEST, Patience(1.0, 3, 0.1, 10.0))
NAME = AttributeReference(1, Obis.parse("0-0:42.0.0"), 2)
SNRM = encode_frame(Frame(Address(1), Address(16), control_of(Kind.SNRM)))
DISC = encode_frame(Frame(Address(1), Address(16), control_of(Kind.DISC)))
AARQ = encode_frame(Frame(Address(1), Address(16), control_of(Kind.I), LLC_COMMAND + plain_aarq()))


def port() -> OpticalServer:
    opening = ModeEServer(METER, lambda: LINES, "12345678")
    return OpticalServer(opening, HdlcServer(SmallMeter(), Station(inter_octet_s=None)))


class Reader:
    """A reader before the port, in time of its own."""

    def __init__(self, opening: ModeEClient | None = None) -> None:
        self.port = port()
        self.now = NOW
        self.events: list[object] = []
        self.attach(opening)

    def attach(self, opening: ModeEClient | None = None) -> None:
        self.client = HdlcClient(SETTINGS, opening)

    def says(self, octets: bytes) -> bytes:
        """What the port answers, when it has taken its time."""
        self.events += self.port.receive(octets, self.now)
        heard = self.port.to_send()
        while not heard and self.port.deadline is not None and self.port.deadline < self.now + 1:
            self.now = self.port.deadline
            self.events += self.port.expire(self.now)
            heard = self.port.to_send()
        return heard

    def run(self, conversation: Conversation[T]) -> T:
        try:
            request = next(conversation)
            while True:
                self.client.ask(request, 16, self.now)
                while not self.client.arrived:
                    self._step()
                request = conversation.send(self.client.arrived.popleft())
        except StopIteration as stop:
            value: T = stop.value
            return value

    def finish(self) -> None:
        self.client.finish(self.now)
        while not self.client.closed:
            self._step()

    def _step(self) -> None:
        said = self.client.to_send()
        assert not said or self.client.baud == self.port.baud or said[0] & 0x7F == 0x06, "heard by nobody"
        heard = self.says(said) if said else b""
        if heard:
            self.client.receive(heard, self.now)
        else:
            assert self.client.deadline is not None
            self.now = max(self.now, self.client.deadline)
            self.client.expire(self.now)

    def reads(self) -> None:
        client = Client(Credentials(), SeededEntropy(1))
        self.run(client.associate())
        assert self.run(client.get(NAME)).endswith(b"KWQ1010400000001")
        self.run(client.release())
        self.finish()


def kinds(octets: bytes) -> list[Kind | None]:
    reader, found = FrameReader(), []
    reader.receive(octets, NOW)
    while (frame := reader.take()) is not None:
        found.append(frame.kind)
    return found


@pytest.mark.manual("2.3.optical")
@pytest.mark.parametrize("parity", [True, False])
def test_direct_and_mode_e_one_after_the_other(parity: bool) -> None:  # noqa: FBT001
    reader = Reader()
    reader.client = HdlcClient(SETTINGS, baud=300)
    reader.reads()
    reader.attach(ModeEClient(parity=parity))
    reader.reads()
    assert [event.baud for event in reader.events if isinstance(event, SpeedChanged)] == [9600, 300]
    reader.client = HdlcClient(SETTINGS, baud=300)
    reader.reads()
    reader.attach(ModeEClient(fastest="3", parity=parity))
    reader.reads()
    assert [event.baud for event in reader.events if isinstance(event, SpeedChanged)] == [9600, 300, 2400, 300]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_octets_one_by_one(size: int) -> None:
    reader = Reader()
    stream = b"\x00\x00/?!\r\n"
    heard = b"".join(reader.says(stream[at : at + size]) for at in range(0, len(stream), size))
    assert heard == METER.encode()
    heard = b"".join(reader.says(SNRM[at : at + size]) for at in range(0, len(SNRM), size))
    assert kinds(heard) == [Kind.UA]  # who changes his mind is answered as well


def test_a_readout() -> None:
    reader = Reader()
    assert reader.says(b"/?!\r\n") == METER.encode()
    assert decode_readout(reader.says(b"\x06050\r\n")) == LINES
    assert reader.port.baud == 300
    assert [event.baud for event in reader.events if isinstance(event, SpeedChanged)] == [9600, 300]
    assert reader.says(b"/?!\r\n") == METER.encode()


def test_what_is_said_before_the_speed_changes_leaves_at_the_old_one() -> None:
    reader = Reader()
    reader.says(b"/?!\r\n")
    reader.port.receive(b"\x06252\r\n", reader.now)
    assert (reader.port.baud, reader.port.to_send()) == (9600, b"")
    reader = Reader()
    reader.says(b"/?!\r\n")
    assert reader.says(b"\x06252\r\n") == b"\x06252\r\n"
    assert kinds(reader.says(SNRM)) == [Kind.UA]
    assert reader.port.baud == 9600
    assert kinds(reader.says(DISC)) == [Kind.UA]
    assert reader.port.baud == 300


def test_a_reader_that_never_sets_up_its_link_is_given_up() -> None:
    reader = Reader()
    reader.says(b"/?!\r\n")
    reader.says(b"\x06252\r\n")
    assert reader.port.deadline == reader.now + 120
    reader.port.expire(LinkTime(reader.now + 120))
    assert reader.port.baud == 300


def test_a_silent_reader_loses_its_link_and_the_speed() -> None:
    reader = Reader()
    reader.says(b"/?!\r\n")
    reader.says(b"\x06252\r\n")
    reader.says(SNRM)
    reader.says(AARQ)
    assert reader.port.associated
    reader.port.expire(LinkTime(reader.now + 120))
    assert not reader.port.associated
    assert reader.port.baud == 300


@pytest.mark.parametrize("farewell", [BREAK, with_parity(BREAK)])
def test_a_break_returns_to_the_first_speed(farewell: bytes) -> None:
    reader = Reader()
    reader.says(b"/?!\r\n")
    reader.says(b"\x06252\r\n")
    assert reader.says(farewell) == b""
    assert reader.port.baud == 300


def test_a_break_inside_a_link_is_noise() -> None:
    reader = Reader()
    reader.says(b"/?!\r\n")
    reader.says(b"\x06252\r\n")
    reader.says(SNRM)
    reader.says(BREAK)
    assert reader.port.baud == 9600
    assert kinds(reader.says(AARQ)) == [Kind.I]


def test_a_request_while_a_link_is_left_over_is_heard() -> None:
    reader = Reader()
    reader.says(SNRM)
    assert reader.says(b"/?!\r\n") == METER.encode()
    assert reader.says(b"\x06252\r\n") == b"\x06252\r\n"
    assert kinds(reader.says(SNRM)) == [Kind.UA]


def test_requests_that_wait_go_on() -> None:
    meter = SmallMeter()
    meter.locked = True
    server = OpticalServer(ModeEServer(METER, lambda: LINES), HdlcServer(meter))
    server.receive(SNRM + AARQ, NOW)
    assert kinds(server.to_send()) == [Kind.UA]
    assert server.waiting
    meter.locked = False
    server.resume(NOW)
    assert kinds(server.to_send()) == [Kind.I]


def test_the_end_of_the_stream_closes() -> None:
    server = port()
    server.receive(SNRM + AARQ, NOW)
    assert server.associated
    server.receive(b"", NOW)
    assert server.closed
    assert not server.associated


def test_a_meter_that_does_not_open_is_reported() -> None:
    client = HdlcClient(SETTINGS, ModeEClient())
    client.ask(b"x", 16, NOW)
    assert client.to_send() == b"/?!\r\n"
    assert client.deadline is not None
    with pytest.raises(RemoteProtocolError, match="mode E"):
        client.expire(client.deadline)


PARTS = st.binary(max_size=40) | st.sampled_from(
    [b"/?!\r\n", b"\x06252\r\n", b"\x06050\r\n", BREAK, SNRM, AARQ, DISC, b"\xaf"]
)


@pytest.mark.slow
@given(st.lists(PARTS, max_size=12))
def test_any_octets_leave_a_port_that_serves(parts: list[bytes]) -> None:
    reader = Reader()
    for part in parts:
        reader.says(part or b"\x00")
    reader.says(bytes(4200))
    reader.now = LinkTime(reader.now + 200)
    reader.port.expire(reader.now)
    reader.port.to_send()
    assert kinds(reader.says(SNRM)) == [Kind.UA]
    assert kinds(reader.says(DISC)) == [Kind.UA]
    reader.says(bytes(3))
    assert reader.says(b"/?!\r\n") in {METER.encode(), with_parity(METER.encode())}
