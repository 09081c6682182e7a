"""The meter's end of a link: every state with every frame, and what the conformance cases leave open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.wire.hdlc import LLC_COMMAND, LLC_RESPONSE, Address, Frame, Kind, control_of
from softmeter.wire.hdlc_parameters import LARGEST, Parameters, decode_parameters, encode_parameters
from softmeter.wire.hdlc_secondary import TRANSITIONS, Ended, Outcome, Reply, Secondary, SetUp, State, Step, Unit
from softmeter.wire.hdlc_transfer import LONGEST_UNIT, MOST_QUEUED

SNRM = control_of(Kind.SNRM)
REQUEST = LLC_COMMAND + b"\xc0\x01"


def frame(control: int, information: bytes = b"", *, segmented: bool = False) -> Frame:
    return Frame(Address(1), Address(16), control, information, segmented)


def sent(link: Secondary, control: int, information: bytes = b"", *, segmented: bool = False) -> list[Reply]:
    link.receive(frame(control, information, segmented=segmented))
    return answered(link)


def answered(link: Secondary) -> list[Reply]:
    link.respond()
    replies, link.replies = link.replies, []
    return replies


def kinds(replies: list[Reply]) -> list[Kind | None]:
    return [frame(reply.control).kind for reply in replies]


def connected(parameters: Parameters = Parameters()) -> Secondary:  # noqa: B008 - a value
    link = Secondary()
    assert kinds(sent(link, SNRM, encode_parameters(parameters))) == [Kind.UA]
    return link


def rejecting() -> Secondary:
    link = connected()
    assert kinds(sent(link, 0xFF)) == [Kind.FRMR]
    return link


MAKE = {State.DISCONNECTED: Secondary, State.CONNECTED: connected, State.REJECTING: rejecting}


def test_the_table_has_every_state() -> None:
    assert {state for state, _ in TRANSITIONS} == set(State) == set(TRANSITIONS.values())
    for state in State:
        assert TRANSITIONS[state, Step.SET_UP] is State.CONNECTED
        assert TRANSITIONS[state, Step.DISCONNECT] is State.DISCONNECTED


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("control", range(256))
def test_every_state_and_every_control(state: State, control: int) -> None:
    link = MAKE[state]()
    before = link.state
    outcome = link.receive(frame(control))
    replies = answered(link)
    kind = frame(control).kind
    steps = {Step.SET_UP, Step.DISCONNECT, Step.REJECT}
    assert link.state is before or link.state in {TRANSITIONS.get((before, step)) for step in steps}
    assert len(replies) <= 1
    if not control & 0x10 or kind in {Kind.UA, Kind.DM, Kind.FRMR, Kind.UI}:
        assert replies == [] or kind is Kind.SNRM
    else:
        assert len(replies) == 1
        assert frame(replies[0].control).poll
    assert isinstance(outcome, SetUp) is (kind is Kind.SNRM)
    assert isinstance(outcome, Ended) is (kind is Kind.DISC and before is not State.DISCONNECTED)
    if link.state is not State.CONNECTED and kind is not Kind.UI:
        assert not isinstance(outcome, Unit)


FRAMES = st.builds(
    frame,
    st.integers(0, 255) | st.sampled_from([SNRM, 0x53, 0x10, 0x11, 0x31, 0x15, 0x32]),
    st.binary(max_size=140) | st.just(REQUEST) | st.just(encode_parameters(LARGEST)),
    segmented=st.booleans(),
)


@pytest.mark.slow
@given(st.lists(st.tuples(FRAMES, st.booleans(), st.booleans()), max_size=30))
def test_any_frames_leave_a_legal_link(steps: list[tuple[Frame, bool, bool]]) -> None:
    link = Secondary()
    for one, busy, answers in steps:
        outcome: Outcome | None = link.receive(one)
        if isinstance(outcome, Unit) and not outcome.connectionless and answers:
            link.queue(LLC_RESPONSE + bytes(50))
        link.busy = busy
        replies = answered(link)
        assert len(replies) <= 7
        assert [bool(reply.control & 0x10) for reply in replies[:-1]] == [False] * (len(replies) - 1)
        assert link.state in State
    assert kinds(sent(link, SNRM)) == [Kind.UA]
    assert kinds(sent(link, control_of(Kind.RR))) == [Kind.RR]


@pytest.mark.parametrize("information", ["00", "81801205", "818003050110", "818003070100", "8180040602001F"])
def test_a_link_that_cannot_be_is_refused(information: str) -> None:
    link = connected()
    assert isinstance(link.receive(frame(SNRM, bytes.fromhex(information))), Ended)
    assert kinds(answered(link)) == [Kind.DM]
    assert link.state is State.DISCONNECTED


def test_setting_up_anew_forgets_everything() -> None:
    link = connected(Parameters(128, 32))
    link.receive(frame(control_of(Kind.I), REQUEST, segmented=True))
    link.queue(bytes(100))
    assert len(answered(link)) == 1
    assert kinds(sent(link, SNRM)) == [Kind.UA]
    assert sent(link, control_of(Kind.RR)) == [Reply(control_of(Kind.RR))]
    assert link.receive(frame(control_of(Kind.I), REQUEST)) == Unit(REQUEST)


def test_setting_up_without_the_poll_bit() -> None:
    (reply,) = sent(Secondary(), control_of(Kind.SNRM, poll=False))
    assert reply.control == 0x63
    assert decode_parameters(reply.information) == Parameters()


def test_a_request_that_waits_is_polled() -> None:
    link = connected()
    assert link.receive(frame(control_of(Kind.I), REQUEST)) == Unit(REQUEST)
    link.busy = True  # its turn is kept
    assert sent(link, control_of(Kind.RR)) == [Reply(control_of(Kind.RNR, received=1))]
    assert sent(link, control_of(Kind.I), REQUEST) == [Reply(control_of(Kind.RNR, received=1))]
    assert sent(link, control_of(Kind.I, sent=1), REQUEST) == [Reply(control_of(Kind.RNR, received=1))]
    link.busy = False
    link.queue(b"answer")
    assert answered(link) == []
    assert sent(link, control_of(Kind.RR)) == [Reply(control_of(Kind.I, received=1), b"answer")]


def test_a_client_that_is_not_ready_gets_no_information() -> None:
    link = connected()
    link.receive(frame(control_of(Kind.I), REQUEST))
    link.queue(b"answer")
    assert kinds(sent(link, control_of(Kind.RNR))) == [Kind.RR]
    assert kinds(sent(link, control_of(Kind.RR))) == [Kind.I]


def test_a_burst_goes_back_to_what_was_lost() -> None:
    link = connected(Parameters(128, 32, 1, 3))
    link.receive(frame(control_of(Kind.I), REQUEST))
    link.queue(bytes(200))
    assert [frame(one.control).sent for one in answered(link)] == [0, 1, 2]
    assert [frame(one.control).sent for one in sent(link, control_of(Kind.RR, received=1))] == [1, 2, 3]
    assert [frame(one.control).sent for one in sent(link, control_of(Kind.RR, received=1))] == [1, 2, 3]
    last = sent(link, control_of(Kind.RR, received=4))
    assert [frame(one.control).sent for one in last] == [4, 5, 6]
    assert [one.segmented for one in last] == [True, True, False]


def test_a_supervisory_frame_with_information_is_rejected() -> None:
    (reply,) = sent(connected(), control_of(Kind.RR), b"x")
    assert reply.information == bytes((0x11, 0, 0x03))


def test_a_unit_without_end_is_rejected() -> None:
    link = connected(LARGEST)
    pieces = LONGEST_UNIT // 2030
    for number in range(pieces):
        assert kinds(sent(link, control_of(Kind.I, sent=number & 7), bytes(2030), segmented=True)) == [Kind.RR]
    (reply,) = sent(link, control_of(Kind.I, sent=pieces & 7), bytes(2030), segmented=True)
    assert reply.information[2] == 0x04
    assert link.state is State.REJECTING


@pytest.mark.slow
def test_a_client_that_never_takes_its_answers_is_not_served_for_ever() -> None:
    link = connected(Parameters(128, 32))
    taken, number = 0, 0
    for _ in range(3 * MOST_QUEUED):
        if isinstance(link.receive(frame(control_of(Kind.I, sent=number), REQUEST)), Unit):
            taken, number = taken + 1, number + 1 & 7
            link.queue(bytes(64))
        answered(link)
    assert taken <= MOST_QUEUED
