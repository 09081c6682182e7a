"""The client's end of a link: asking again, polling, and every state with any frame."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.errors import LocalProtocolError, RemoteProtocolError
from softmeter.instant import LinkTime
from softmeter.wire.hdlc import LLC_COMMAND, LLC_RESPONSE, Address, Frame, FrameReader, Kind, control_of, encode_frame
from softmeter.wire.hdlc_parameters import LARGEST, Parameters, encode_parameters
from softmeter.wire.hdlc_primary import (
    Arrived,
    Connected,
    Disconnected,
    Event,
    Patience,
    Primary,
    Silent,
    State,
    Unheard,
)

NOW = LinkTime(50.0)
CLIENT, SERVER = Address(16), Address(1, 17, 2)
PATIENCE = Patience(answer_s=1.0, tries=3, pause_s=0.1, wait_s=5.0)
UA = control_of(Kind.UA)


def primary(proposal: Parameters = LARGEST) -> Primary:
    link = Primary(16, SERVER, proposal=proposal, patience=PATIENCE)
    link.connect(NOW)
    return link


def said(link: Primary) -> list[Frame]:
    reader, frames = FrameReader(), []
    reader.receive(link.to_send(), NOW)
    while (frame := reader.take()) is not None:
        assert (frame.destination, frame.source) == (SERVER, CLIENT)
        frames.append(frame)
    return frames


def heard(
    link: Primary, control: int, information: bytes = b"", now: LinkTime = NOW, *, segmented: bool = False
) -> list[Event]:
    return link.receive(encode_frame(Frame(CLIENT, SERVER, control, information, segmented)), now)


def connected(parameters: Parameters = LARGEST) -> Primary:
    link = primary(parameters)
    assert said(link) == [Frame(SERVER, CLIENT, 0x93, encode_parameters(parameters))]
    transmit, receive, transmit_window, receive_window = parameters
    answer = Parameters(receive, transmit, receive_window, transmit_window)
    assert heard(link, UA, encode_parameters(answer)) == [Connected(parameters)]
    return link


def waits(link: Primary) -> list[Event]:
    """What happens when its deadline passes."""
    assert link.deadline is not None
    return link.expire(link.deadline)


def state(link: Primary) -> State:
    return link.state


def test_a_request_and_its_answer() -> None:
    link = connected()
    link.send(b"ask", NOW)
    assert said(link) == [Frame(SERVER, CLIENT, 0x10, LLC_COMMAND + b"ask")]
    assert heard(link, 0x30, LLC_RESPONSE + b"answer") == [Arrived(b"answer")]
    assert (state(link), link.deadline) == (State.CONNECTED, None)
    link.disconnect(NOW)
    assert [frame.control for frame in said(link)] == [0x53]
    assert heard(link, UA) == [Disconnected()]
    assert link.closed


def test_defaults_where_the_meter_says_nothing() -> None:
    link = primary()
    said(link)
    assert heard(link, UA) == [Connected(Parameters())]


def test_a_long_request_goes_as_far_as_the_window() -> None:
    link = connected(Parameters(32, 128, 2, 1))
    link.send(bytes(97), NOW)  # 100 octets: four segments
    assert [frame.control for frame in said(link)] == [0x00, 0x12]
    heard(link, control_of(Kind.RR, received=2))
    frames = said(link)
    assert [frame.control for frame in frames] == [0x04, 0x16]
    assert [frame.segmented for frame in frames] == [True, False]
    assert heard(link, control_of(Kind.I, received=4), LLC_RESPONSE) == [Arrived(b"")]


def test_a_long_answer_is_asked_for() -> None:
    link = connected()
    link.send(b"ask", NOW)
    said(link)
    assert heard(link, 0x30, LLC_RESPONSE + b"an", segmented=True) == []
    assert [frame.control for frame in said(link)] == [0x31]
    assert heard(link, 0x30, LLC_RESPONSE + b"an", segmented=True) == []  # once more: not taken, not answered
    assert said(link) == []
    assert heard(link, 0x32, b"swer") == [Arrived(b"answer")]


def test_whatever_gets_lost_is_said_again() -> None:
    link = primary()
    first = said(link)
    assert waits(link) == []
    assert said(link) == first
    heard(link, UA)
    link.send(b"ask", NOW)
    first = said(link)
    assert waits(link) == []
    assert said(link) == first
    heard(link, control_of(Kind.I, received=1), LLC_RESPONSE, segmented=True)
    first = said(link)
    assert [frame.kind for frame in first] == [Kind.RR]
    assert waits(link) == []
    assert said(link) == first


@pytest.mark.parametrize("begin", ["connect", "send", "disconnect"])
def test_a_silent_meter_is_given_up(begin: str) -> None:
    link = primary() if begin == "connect" else connected()
    if begin == "send":
        link.send(b"ask", NOW)
    elif begin == "disconnect":
        link.disconnect(NOW)
    assert [waits(link), waits(link)] == [[], []]
    assert waits(link) == [Disconnected() if begin == "disconnect" else Silent()]
    assert (link.closed, link.deadline) == (True, None)
    assert link.expire(LinkTime(1e9)) == []


@pytest.mark.parametrize("kind", [Kind.RR, Kind.RNR])
def test_a_meter_that_is_not_ready_is_polled(kind: Kind) -> None:
    link = connected()
    link.send(b"ask", NOW)
    said(link)
    heard(link, control_of(kind, received=1))
    assert said(link) == []
    assert state(link) is State.PAUSING
    waits(link)
    assert [frame.control for frame in said(link)] == [0x11]
    assert heard(link, 0x30, LLC_RESPONSE + b"now") == [Arrived(b"now")]


def test_a_meter_that_is_not_ready_gets_the_rest_later() -> None:
    link = connected(Parameters(32, 128, 1, 1))
    link.send(bytes(40), NOW)
    said(link)
    heard(link, control_of(Kind.RNR, received=1))
    waits(link)
    said(link)
    heard(link, control_of(Kind.RR, received=1))
    assert [frame.control for frame in said(link)] == [0x12]


def test_a_meter_that_never_answers_keeps_its_link() -> None:
    link, now = connected(), NOW
    link.send(b"ask", now)
    for _ in range(200):
        if heard(link, control_of(Kind.RR, received=1), now=now):
            break
        assert link.deadline is not None
        now = link.deadline
        if link.expire(now) == [Unheard()]:
            break
    assert now - NOW == pytest.approx(5.1, abs=0.2)
    assert state(link) is State.CONNECTED


def test_a_request_without_an_answer_is_done_when_the_meter_has_it() -> None:
    link = connected()
    link.send(b"tell", NOW, answered=False)
    assert heard(link, control_of(Kind.RR, received=1)) == []
    assert state(link) is State.CONNECTED


def test_an_empty_request_asks_for_more() -> None:
    link = connected()
    link.send(b"", NOW)
    assert [frame.control for frame in said(link)] == [0x11]
    assert heard(link, 0x10, LLC_RESPONSE + b"more") == [Arrived(b"more")]


def test_what_comes_by_itself() -> None:
    link = connected()
    assert heard(link, 0x13, LLC_RESPONSE + b"push") == [Arrived(b"push", connectionless=True)]
    assert heard(link, 0x13, b"noise") == []


def test_frames_of_others_and_echoes_are_not_taken() -> None:
    link = connected()
    link.send(b"ask", NOW)
    octets = link.to_send()
    assert link.receive(octets, NOW) == []
    assert link.receive(encode_frame(Frame(Address(1), SERVER, 0x30, LLC_RESPONSE)), NOW) == []
    assert link.receive(encode_frame(Frame(CLIENT, Address(1), 0x30, LLC_RESPONSE)), NOW) == []
    assert state(link) is State.SENDING
    alone = Primary(1, Address(1), patience=PATIENCE)
    alone.connect(NOW)
    alone.to_send()
    alone.receive(encode_frame(Frame(Address(1), Address(1), UA)), NOW)
    alone.send(b"ask", NOW)
    assert alone.receive(alone.to_send(), NOW) == []  # the echo of an optical head
    assert alone.receive(encode_frame(Frame(Address(1), Address(1), 0x30, LLC_RESPONSE)), NOW) == [Arrived(b"")]


@pytest.mark.parametrize(("kind", "said_"), [(Kind.DM, "no link"), (Kind.FRMR, "rejects")])
def test_a_meter_that_ends_the_link_is_reported(kind: Kind, said_: str) -> None:
    link = connected()
    link.send(b"ask", NOW)
    with pytest.raises(RemoteProtocolError, match=said_):
        heard(link, control_of(kind), b"\x10\x00\x08" if kind is Kind.FRMR else b"")
    assert link.closed


@pytest.mark.parametrize(("control", "information"), [(0x1F, b""), (UA, b"\x00"), (UA, bytes.fromhex("818003050110"))])
def test_a_meter_that_refuses_the_link_is_reported(control: int, information: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        heard(primary(), control, information)


def test_an_answer_without_its_header_is_reported() -> None:
    link = connected()
    link.send(b"ask", NOW)
    with pytest.raises(RemoteProtocolError, match="LLC"):
        heard(link, 0x30, b"answer")


def test_requests_have_their_turn() -> None:
    link = primary()
    with pytest.raises(LocalProtocolError):
        link.send(b"ask", NOW)
    link = connected()
    link.send(b"ask", NOW)
    with pytest.raises(LocalProtocolError):
        link.send(b"ask", NOW)


def test_the_end_of_the_stream_ends_the_link() -> None:
    link = connected()
    assert link.receive(b"", NOW) == []
    assert link.closed


FRAMES = st.tuples(
    st.integers(0, 255) | st.sampled_from([UA, 0x30, 0x10, 0x32, 0x11, 0x31, 0x35]),
    st.binary(max_size=40) | st.just(LLC_RESPONSE + b"a") | st.just(encode_parameters(LARGEST)),
    st.booleans(),
)


@pytest.mark.slow
@given(st.lists(FRAMES | st.sampled_from(["connect", "send", "poll", "disconnect", "wait"]), max_size=30))
def test_any_events_leave_a_legal_link(steps: list[tuple[int, bytes, bool] | str]) -> None:
    link = Primary(16, SERVER, patience=PATIENCE)
    for step in steps:
        try:
            if step == "connect":
                link.connect(NOW)
            elif step in {"send", "poll"}:
                link.send(b"ask" if step == "send" else b"", NOW)
            elif step == "disconnect":
                link.disconnect(NOW)
            elif step == "wait":
                link.expire(link.deadline or NOW)
            elif isinstance(step, tuple):
                heard(link, step[0], step[1], segmented=step[2])
        except (RemoteProtocolError, LocalProtocolError) as error:
            assert str(error)  # noqa: PT017 - what matters is that nothing else is raised
        for frame in said(link):
            assert frame.kind in {Kind.SNRM, Kind.DISC, Kind.I, Kind.RR}
        assert (link.deadline is None) is (link.state in {State.DISCONNECTED, State.CONNECTED})
