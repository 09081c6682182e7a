"""One connection: frames, several associations, waiting for the store, silence, and hostile bytes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlms.device import MANAGEMENT_SAP, PUBLIC_SAP, READOUT_SAP, SmallMeter
from dlms.link import NOW, Link, plain_aarq
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.association import MAX_PDU
from softmeter.dlms.associations import ALL_STATIONS, MOST_ASSOCIATIONS, Standing
from softmeter.dlms.host import AssociationOpened, AssociationReleased, BadRequest, Event, LoginFailed, TimedOut
from softmeter.dlms.server import ASSOCIATED_S, MOST_PENDING, UNASSOCIATED_S, Server
from softmeter.errors import LocalProtocolError
from softmeter.instant import LinkTime
from softmeter.wire.wrapper import Datagram, Reassembly, encode_datagram
from vectors.table import names, vector

GET_CLOCK = bytes.fromhex("C001C100080000010000FF0200")
SET_LIMIT = bytes.fromhex("C101C1000301001F0400FF0200120007")
AARQ = encode_datagram(Datagram(PUBLIC_SAP, 1, plain_aarq()))
ASKED = encode_datagram(Datagram(PUBLIC_SAP, 1, GET_CLOCK))


def later(seconds: float) -> LinkTime:
    return LinkTime(NOW + seconds)


# -- frames


def test_the_published_frame_opens_an_association_and_ports_are_mirrored() -> None:
    server = Server(SmallMeter(), NOW)
    assert server.receive(vector("wrapper.aarq.public"), NOW) == [AssociationOpened(PUBLIC_SAP, Mechanism.LOWEST)]
    assert server.to_send()[:8] == bytes.fromhex("0001 0001 0010 002B")
    assert server.to_send() == b""


@pytest.mark.parametrize("size", [1, 2, 7, 8, 9, 20, 1000])
def test_how_the_stream_is_cut_does_not_matter(size: int) -> None:
    whole = Server(SmallMeter(), NOW)
    whole.receive(AARQ + ASKED * 3, NOW)
    server = Server(SmallMeter(), NOW)
    stream = AARQ + ASKED * 3
    for at in range(0, len(stream), size):
        server.receive(stream[at : at + size], NOW)
    assert server.to_send() == whole.to_send()


def test_pipelined_requests_are_answered_in_order() -> None:
    server = Server(SmallMeter(), NOW)
    server.receive(AARQ + ASKED + ASKED.replace(b"\xc0\x01\xc1", b"\xc0\x01\xc2"), NOW)
    answers = Reassembly()
    answers.receive(server.to_send())
    taken = [answers.take() for _ in range(3)]
    assert [one.apdu[:3].hex() for one in taken if one is not None][1:] == ["c401c1", "c401c2"]


@pytest.mark.parametrize("data", [b"\x00\x02\x00\x10\x00\x01\x00\x01\x00", b"GET / HTTP/1.1\r\n", bytes(8)])
def test_what_is_no_wrapper_closes_the_connection(data: bytes) -> None:
    link = Link()
    link.open_public()
    events = link.server.receive(data, NOW)
    assert [type(event) for event in events] == [BadRequest, AssociationReleased]
    assert link.server.closed
    assert link.server.deadline is None
    assert link.server.receive(ASKED, NOW) == []
    assert link.server.to_send() == b""


def test_an_apdu_that_is_too_long_is_refused_and_the_next_one_served() -> None:
    link = Link()
    link.open_public()
    assert link.ask(bytes(MAX_PDU + 1)) == bytes.fromhex("D80104")
    assert link.ask(bytes(65535)) == bytes.fromhex("D80104")
    assert link.ask(GET_CLOCK) is not None
    assert link.ask(b"") == bytes.fromhex("D80202")


@pytest.mark.parametrize(("idle_s", "deadline"), [(5.0, later(5)), (0.0, None)])
def test_how_long_an_association_may_be_silent_is_for_the_meter_to_say(
    idle_s: float, deadline: LinkTime | None
) -> None:
    server = Server(SmallMeter(), NOW, idle_s=idle_s)
    assert server.deadline == later(UNASSOCIATED_S)
    server.receive(AARQ, NOW)
    assert server.deadline == deadline
    server.expire(later(1e9))
    assert server.closed is (deadline is not None)


def test_the_end_of_the_stream_releases_what_is_open() -> None:
    link = Link()
    link.open_public()
    assert link.server.receive(b"", NOW) == [AssociationReleased(PUBLIC_SAP, "the connection was closed")]
    assert link.server.closed
    assert link.meter.sessions.of(PUBLIC_SAP) is None


def test_the_end_inside_a_frame_is_reported() -> None:
    server = Server(SmallMeter(), NOW)
    server.receive(AARQ[:5], NOW)
    (event,) = server.receive(b"", NOW)
    assert isinstance(event, BadRequest)
    assert server.closed


# -- associations


def test_without_an_association_nothing_is_served() -> None:
    link = Link()
    for request in (GET_CLOCK, SET_LIMIT, bytes.fromhex("C801"), b"\xd9", b"\x00"):
        assert link.ask(request) == bytes.fromhex("D80101")


def test_what_is_meant_for_all_stations_is_not_answered() -> None:
    link = Link()
    for request in (plain_aarq(), GET_CLOCK, bytes.fromhex("E0810001000001C0")):
        link.send(request, destination=ALL_STATIONS)
        assert link.answer() is None
    link.open_public()
    assert link.get(GET_CLOCK.hex()).startswith("C401C100")


def test_clients_on_one_connection_do_not_disturb_each_other() -> None:
    link = Link()
    link.open_public()
    link.open_management()
    assert link.get(GET_CLOCK.hex()).startswith("C401C100")
    link.sap = PUBLIC_SAP
    assert link.get(GET_CLOCK.hex()).startswith("C401C100")
    link.ask(vector("acse.rlrq.normal"))
    link.sap = MANAGEMENT_SAP
    assert link.get(GET_CLOCK.hex()).startswith("C401C100")


def test_the_number_of_associations_is_bounded() -> None:
    server = Server(SmallMeter(), NOW)
    for server_sap in range(5 * MOST_ASSOCIATIONS):
        server.receive(encode_datagram(Datagram(PUBLIC_SAP, server_sap, plain_aarq())), NOW)
    assert len(server._associations) <= MOST_ASSOCIATIONS
    assert not server.closed


def test_open_associations_are_not_pushed_out() -> None:
    meter = SmallMeter()
    meter.clients = dict.fromkeys(range(MOST_ASSOCIATIONS + 1), meter.clients[PUBLIC_SAP])
    server = Server(meter, NOW)
    events: list[Event] = []
    for sap in range(MOST_ASSOCIATIONS + 1):
        events += server.receive(encode_datagram(Datagram(sap, 1, plain_aarq())), NOW)
    assert isinstance(events[MOST_ASSOCIATIONS], BadRequest)
    assert server.closed


def test_what_a_connection_is_worth() -> None:
    public, readout = Link(), Link(sap=READOUT_SAP)
    standings = [public.server.standing]
    public.open_public()
    standings.append(public.server.standing)
    readout.open_readout()
    standings.append(readout.server.standing)
    assert standings == [Standing.NONE, Standing.PUBLIC, Standing.SECRET]
    proving = Link(sap=MANAGEMENT_SAP)
    assert proving.challenge()
    assert proving.server.standing is Standing.NONE, "not before it has proved anything"
    assert Link(sap=MANAGEMENT_SAP).open_management().server.standing is Standing.SECRET


# -- silence


def test_a_connection_that_says_nothing_is_closed() -> None:
    server = Server(SmallMeter(), NOW)
    assert server.deadline == later(UNASSOCIATED_S)
    assert server.expire(later(UNASSOCIATED_S - 0.1)) == []
    assert server.expire(later(UNASSOCIATED_S)) == [TimedOut("not associated")]
    assert server.closed


def test_half_a_header_and_a_drip_of_octets_gain_no_time() -> None:
    server = Server(SmallMeter(), NOW)
    for at, octet in enumerate(AARQ[:7]):
        server.receive(bytes((octet,)), later(at))
    assert server.deadline == later(UNASSOCIATED_S)


def test_requests_without_an_association_gain_no_time() -> None:
    server = Server(SmallMeter(), NOW)
    server.receive(ASKED, later(20))
    assert server.deadline == later(UNASSOCIATED_S)


def test_an_association_is_kept_by_its_requests() -> None:
    link = Link()
    link.open_public()
    assert link.server.deadline == later(ASSOCIATED_S)
    link.ask(GET_CLOCK, later(100))
    assert link.server.deadline == later(100 + ASSOCIATED_S)
    assert link.server.expire(later(100 + ASSOCIATED_S)) == [
        TimedOut("associated"),
        AssociationReleased(PUBLIC_SAP, "the connection was silent"),
    ]


def test_after_a_release_the_short_time_runs() -> None:
    link = Link()
    link.open_public()
    link.ask(vector("acse.rlrq.normal"), later(50))
    assert link.server.deadline == later(50 + UNASSOCIATED_S)


def test_an_open_challenge_has_the_short_time() -> None:
    link = Link()
    link.challenge()
    assert link.server.deadline == later(UNASSOCIATED_S)


# -- the meter is being stored


def test_reads_go_on_while_the_meter_is_locked() -> None:
    link = Link().open_management()
    link.meter.locked = True
    assert link.get(GET_CLOCK.hex()).startswith("C401C100")
    assert not link.server.waiting


@pytest.mark.parametrize("protected", [True, False])
def test_a_change_waits_and_what_comes_after_it(protected: bool) -> None:  # noqa: FBT001
    link = Link().open_management() if protected else Link()
    if not protected:
        link.open_public()
    link.meter.locked = True
    change = link.glo(SET_LIMIT) if protected else bytes.fromhex("C301C100080000010000FF03010F00")
    link.send(change)
    counters = dict(link.meter.counters.accepted)
    link.send(link.glo(GET_CLOCK) if protected else GET_CLOCK)
    assert link.answer() is None
    assert link.server.waiting
    assert link.meter.changes == 0
    assert link.server.resume(NOW) == []
    assert link.answer() is None
    assert link.meter.counters.accepted == counters
    link.meter.locked = False
    events = link.server.resume(NOW)
    first, second = link.answer(), link.answer()
    assert first is not None
    assert second is not None
    if protected:
        assert link.unprotect(first).hex() == "c501c100"
        assert link.unprotect(second).startswith(b"\xc4\x01")
        assert (link.meter.limit, len(events)) == (7, 1)
    else:
        assert first.hex() == "c701c10300"


@pytest.mark.parametrize("request_", ["login", "wrong password", "release", "wrong tag", "replay", "proof"])
def test_whatever_leaves_a_trace_waits(request_: str) -> None:
    link = Link()
    match request_:
        case "login":
            apdu = plain_aarq()
        case "wrong password":
            link.sap = READOUT_SAP
            apdu = vector("acse.aarq.lls '12345678'").replace(b"12345678", b"87654321")
        case "release":
            link.open_public()
            apdu = vector("acse.rlrq.normal")
        case "wrong tag":
            apdu = link.open_management().glo(GET_CLOCK)[:-1] + b"\x00"
        case "replay":
            apdu = link.open_management().glo(GET_CLOCK, counter=1)
        case _:
            apdu = link.glo(link.pass3(link.challenge()))
    link.answer()
    link.events.clear()
    link.meter.locked = True
    link.send(apdu)
    assert link.server.waiting
    assert (link.events, link.answer()) == ([], None)
    link.meter.locked = False
    link.events += link.server.resume(NOW)
    assert link.answer() is not None
    assert len(link.events) == 1


def test_a_client_that_goes_on_without_end_while_the_meter_is_locked_is_dropped() -> None:
    link = Link()
    link.open_public()
    link.meter.locked = True
    link.send(plain_aarq())
    while not link.server.closed:
        link.events += link.server.receive(ASKED * 1000, NOW)
        assert link.server._stream.pending <= MOST_PENDING + 21_000
    assert isinstance(link.events[-2], BadRequest)
    assert link.server.resume(NOW) == []


def test_a_client_that_leaves_while_it_waits_has_changed_nothing() -> None:
    link = Link().open_management()
    link.meter.locked = True
    link.send(link.glo(SET_LIMIT))
    link.server.receive(b"", NOW)
    link.meter.locked = False
    assert link.server.resume(NOW) == []
    assert link.meter.limit == 65


# -- counters


def test_a_meter_whose_counter_is_used_up_closes_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    link = Link().open_management()

    def used_up(_: int) -> int:
        raise LocalProtocolError("used up")

    monkeypatch.setattr(link.meter.counters, "next_own", used_up)
    assert link.ask(link.glo(GET_CLOCK)) is None
    assert link.server.closed
    assert any(isinstance(event, BadRequest) for event in link.events)


def test_the_same_when_the_request_had_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    link = Link().open_management()
    link.meter.locked = True
    link.send(link.glo(SET_LIMIT))
    link.meter.locked = False

    def used_up(_: int) -> int:
        raise LocalProtocolError("used up")

    monkeypatch.setattr(link.meter.counters, "next_own", used_up)
    assert any(isinstance(event, BadRequest) for event in link.server.resume(NOW))
    assert link.server.closed


# -- hostile bytes

HOSTILE = settings(max_examples=60, deadline=None)
SEEDS = [vector(name) for name in names("acse.", "xdlms.", "sec.glo", "sec.general", "hls5.pass3.action")]


def unharmed(link: Link, sap: int) -> None:
    """The next honest client is served."""
    honest = Link(link.meter)
    assert honest.open_public() is not None
    assert honest.get(GET_CLOCK.hex()).startswith("C401C100")
    assert sap in {PUBLIC_SAP, READOUT_SAP, MANAGEMENT_SAP}


@HOSTILE
@given(st.lists(st.binary(max_size=40), max_size=6))
def test_any_stream_is_answered_or_closed(pieces: list[bytes]) -> None:
    link = Link()
    before = link.meter.state
    for piece in pieces:
        link.server.receive(piece, NOW)
    assert link.meter.state == before
    unharmed(link, PUBLIC_SAP)


@HOSTILE
@given(
    st.sampled_from([PUBLIC_SAP, READOUT_SAP, MANAGEMENT_SAP]), st.lists(st.binary(min_size=1, max_size=60), max_size=6)
)
def test_any_apdu_is_answered(sap: int, apdus: list[bytes]) -> None:
    link = Link(sap=sap)
    if sap == PUBLIC_SAP:
        link.open_public()
    elif sap == READOUT_SAP:
        link.open_readout()
    else:
        link.open_management()
    before = link.meter.state
    for apdu in apdus:
        link.ask(apdu)
    assert link.meter.state == before
    assert not link.server.closed
    unharmed(link, sap)


@HOSTILE
@given(
    st.booleans(),
    st.lists(
        st.tuples(st.sampled_from(SEEDS), st.integers(0, 200), st.integers(0, 255), st.integers(0, 80)), max_size=8
    ),
)
def test_damaged_vectors_are_answered(associated: bool, damages: list[tuple[bytes, int, int, int]]) -> None:  # noqa: FBT001
    link = Link()
    if associated:
        link.open_public()
    before = link.meter.state
    for seed, at, octet, cut in damages:
        damaged = bytearray(seed)
        damaged[at % len(damaged)] = octet
        link.ask(bytes(damaged[: len(damaged) - cut % len(damaged)]))
    assert link.meter.state == before
    unharmed(link, PUBLIC_SAP)


@HOSTILE
@given(st.lists(st.tuples(st.sampled_from(SEEDS), st.integers(0, 200), st.integers(0, 255)), min_size=1, max_size=5))
def test_genuine_but_senseless_requests_are_answered(damages: list[tuple[bytes, int, int]]) -> None:
    link = Link().open_management()
    for seed, at, octet in damages:
        damaged = bytearray(seed)
        damaged[at % len(damaged)] = octet
        if damaged[0] in {0xC0, 0xC1, 0xC3}:
            answer = link.ask_ciphered(bytes(damaged))
            assert answer is None or answer[0] in {0xC4, 0xC5, 0xC7, 0xD8}
    assert link.get(GET_CLOCK.hex()).startswith("C401C100")


def test_failed_logins_are_reported_one_by_one() -> None:
    link = Link()
    for _ in range(3):
        link.open_readout(password=b"87654321")
    assert link.events == [LoginFailed(READOUT_SAP, Mechanism.LLS)] * 3
