"""The meter's side of UDP: what is remembered, who displaces whom, what waits."""

import pytest

from dlms.device import KEYS, MANAGEMENT_SAP, PUBLIC_SAP, READOUT_SAP, SmallMeter
from dlms.link import Link, ber, initiate, plain_aarq
from softmeter.dlms.associations import Standing
from softmeter.dlms.datagram_server import QUIET_S, REPEAT_S, DatagramServer
from softmeter.dlms.host import AssociationOpened, AssociationReleased, BadRequest, LoginFailed, TimedOut
from softmeter.dlms.server import ASSOCIATED_S, UNASSOCIATED_S
from softmeter.errors import LocalProtocolError
from softmeter.instant import LinkTime
from softmeter.wire.wrapper import LONGEST_IN_DATAGRAM, decode_datagram

TIME = bytes.fromhex("C001C100080000010000FF0200")
SET_ZONE = bytes.fromhex("C101C100080000010000FF030010003C")


def lls(password: bytes) -> bytes:
    return plain_aarq(None, "8A0207808B0760857405080201", ber(0xAC, b"\x80" + bytes((len(password),)) + password))


class Far:
    """A client by hand."""

    def __init__(self, sap: int = PUBLIC_SAP, meter: SmallMeter | None = None) -> None:
        self.meter = meter or SmallMeter()
        self.server = DatagramServer(self.meter, sap, 1, LinkTime(0.0))
        self.events: list[object] = []

    def ask(self, apdu: bytes, at: float = 0.0) -> list[bytes]:
        self.events += self.server.receive(apdu, LinkTime(at))
        return self.answers()

    def answers(self) -> list[bytes]:
        return [decode_datagram(octets).apdu for octets in self.server.to_send()]


def test_a_repeated_login_is_answered_from_memory() -> None:
    far = Far(READOUT_SAP)
    first = far.ask(lls(b"wrong"))
    assert far.ask(lls(b"wrong"), REPEAT_S - 1) == first
    assert [type(event) for event in far.events] == [LoginFailed]
    far.ask(lls(b"wrong"), REPEAT_S + 1)
    assert [type(event) for event in far.events] == [LoginFailed] * 2


def test_get_in_clear_is_always_fresh() -> None:
    far = Far()
    far.ask(plain_aarq())
    before = far.ask(TIME)
    far.meter.clock.second += 1
    assert far.ask(TIME) != before


def test_a_change_in_clear_is_made_once() -> None:
    far = Far(READOUT_SAP)
    far.ask(lls(KEYS.password))
    first = far.ask(SET_ZONE)
    assert first[0][:3] == b"\xc5\x01\xc1"
    assert far.ask(SET_ZONE, 1.0) == first


def test_who_is_logged_in_is_not_displaced_by_who_is_not() -> None:
    far = Far(READOUT_SAP)
    assert far.ask(lls(KEYS.password))
    assert far.server.standing is Standing.SECRET
    assert far.ask(lls(b"guessed!"), 1.0) == []
    assert far.ask(plain_aarq(), 1.0) == []
    assert far.ask(b"\x60\x00", 1.0) == []
    assert far.server.standing is Standing.SECRET
    assert far.ask(TIME, 1.0)[0][:4] == b"\xc4\x01\xc1\x00"
    assert not any(isinstance(event, AssociationReleased) for event in far.events)


def test_who_logs_in_takes_the_place() -> None:
    far = Far(READOUT_SAP)
    far.ask(lls(KEYS.password))
    far.ask(TIME)
    assert far.ask(lls(KEYS.password), 0.1)[0][:1] == b"\x61"
    assert [type(event) for event in far.events] == [AssociationOpened, AssociationOpened, AssociationReleased]
    assert far.server.standing is Standing.SECRET


def test_a_challenge_displaces_only_the_silent() -> None:
    meter = SmallMeter()
    far, other = Far(MANAGEMENT_SAP, meter), Link(meter, MANAGEMENT_SAP)
    challenge = far.ask(other.hls_aarq())[0]
    at = challenge.index(bytes.fromhex("AA128010"))
    assert far.ask(other.glo(other.pass3(challenge[at + 4 : at + 20])))
    assert far.ask(other.hls_aarq(), 1.0) == []
    assert far.server.standing == 2
    assert far.ask(other.hls_aarq(), 1.0 + QUIET_S)[0][:1] == b"\x61"
    assert far.server.standing == 0


def test_late_copies_of_ciphered_requests_are_dropped() -> None:
    meter = SmallMeter()
    far, other = Far(MANAGEMENT_SAP, meter), Link(meter, MANAGEMENT_SAP)
    challenge = far.ask(other.hls_aarq())[0]
    at = challenge.index(bytes.fromhex("AA128010"))
    far.ask(other.glo(other.pass3(challenge[at + 4 : at + 20])))
    one, two = other.glo(TIME), other.glo(TIME)
    first = far.ask(one)
    second = far.ask(two)
    assert far.ask(one) == []
    assert far.ask(two) == second != first


def test_a_request_waits_while_the_meter_is_stored_and_no_other_with_it() -> None:
    far = Far()
    far.meter.locked = True
    assert far.ask(plain_aarq()) == []
    assert far.server.waiting
    assert far.ask(plain_aarq(initiate("001010"))) == []
    far.meter.locked = False
    far.server.resume(LinkTime(1.0))
    assert far.answers()[0][:1] == b"\x61"
    assert not far.server.waiting


def test_silence_ends_it() -> None:
    far = Far()
    assert far.server.deadline == UNASSOCIATED_S
    far.ask(plain_aarq(), 10.0)
    assert far.server.deadline == 10.0 + ASSOCIATED_S
    events = far.server.expire(LinkTime(10.0 + ASSOCIATED_S))
    assert [type(event) for event in events] == [TimedOut, AssociationReleased]
    assert far.server.closed
    assert far.ask(plain_aarq()) == []
    assert far.server.deadline is None


def test_no_answer_is_longer_than_a_datagram() -> None:
    far = Far()
    far.ask(plain_aarq(initiate(pdu="0000")))
    assert far.server._associations._by_pair[PUBLIC_SAP, 1].room == LONGEST_IN_DATAGRAM


def test_a_meter_whose_counter_is_used_up_reports_it_and_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    meter = SmallMeter()
    far, other = Far(MANAGEMENT_SAP, meter), Link(meter, MANAGEMENT_SAP)
    challenge = far.ask(other.hls_aarq())[0]
    at = challenge.index(bytes.fromhex("AA128010"))
    far.ask(other.glo(other.pass3(challenge[at + 4 : at + 20])))
    session = meter.sessions.of(MANAGEMENT_SAP)
    assert session is not None

    def used_up(_: int) -> int:
        raise LocalProtocolError("used up")

    monkeypatch.setattr(meter.counters, "next_own", used_up)
    for apdu in (other.glo(TIME), other.hls_aarq()):
        assert far.ask(apdu, 1.0) == []
        assert isinstance(far.events[-1], BadRequest)
        meter.sessions.current = None
        assert meter.sessions.of(MANAGEMENT_SAP) is session
    assert far.server.standing is Standing.SECRET
