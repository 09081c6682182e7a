"""The line of simulated sub-meters: who answers what, several at once, repeated requests; any frame does no harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.bench.mbus_line import MBusLine
from softmeter.bench.submeters import SubMeter, parse_sub_meters
from softmeter.device.mbus_channel import Moment
from softmeter.device.surroundings import CALM
from softmeter.wire import mbus_writing
from softmeter.wire.mbus import ACKNOWLEDGE, Control, Frame, Header, Information, encode
from softmeter.wire.mbus_master import Conversation, T, read, search, select, send, understood

NOON = Moment(1_780_000_000, CALM)
FOUR = "gas,water,heat,electricity"


class Wires:
    """A line with somebody's past."""

    def __init__(self, text: str = FOUR, moment: Moment = NOON) -> None:
        self.line = MBusLine(parse_sub_meters(text))
        self.moment = moment
        self.memory = ""
        self.frames = 0

    def say(self, frame: Frame | bytes) -> bytes:
        self.frames += 1
        octets = frame if isinstance(frame, bytes) else encode(frame)
        self.memory, answer = self.line.exchange(self.memory, octets, self.moment)
        return answer

    def hold(self, conversation: Conversation[T]) -> T:
        answer: bytes | None = None
        while True:
            try:
                frame = next(conversation) if answer is None else conversation.send(answer)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            answer = self.say(frame)


def addresses(headers: list[Header]) -> set[bytes]:
    return {header.address for header in headers}


@pytest.mark.parametrize("text", ["", "gas", FOUR, "gas:1,gas:2,gas:3,gas:4,water:1,water:2,heat:1,heat:2"])
def test_a_search_finds_everybody(text: str) -> None:
    wires = Wires(text)
    assert addresses(wires.hold(search())) == {meter.header.address for meter in parse_sub_meters(text)}
    assert wires.frames < 500


def test_several_at_once_cannot_be_understood() -> None:
    wires = Wires()
    assert wires.say(Frame(Control.SND_NKE, 254)) == ACKNOWLEDGE
    assert understood(wires.say(Frame(0x5B, 254))) is None
    assert wires.say(Frame(Control.SND_NKE, 255)) == b""


def test_an_address_is_taken_and_kept() -> None:
    wires = Wires("water")
    assert wires.hold(send(0, Information.DATA, mbus_writing.octet(mbus_writing.BUS_ADDRESS, 17)))
    assert wires.hold(read(0)) is None
    told = wires.hold(read(17))
    assert told is not None
    assert told.header.address == SubMeter("water", 1).header.address
    assert not wires.hold(send(17, Information.DATA, mbus_writing.octet(mbus_writing.BUS_ADDRESS, 251)))


def test_the_same_request_again_is_answered_the_same() -> None:
    wires = Wires("gas")
    first, again, other = (wires.say(Frame(control, 0)) for control in (0x7B, 0x7B, 0x5B))
    assert first == again
    assert (understood(first), understood(other)) != (None, None)
    assert first != other


def test_who_is_selected_answers_until_another_one_is() -> None:
    wires = Wires("gas,water")
    gas, water = wires.line.meters[:2]
    for meter in (gas, water):
        assert wires.hold(select(meter.header.address))
        told = wires.hold(read(253))
        assert told is not None
        assert told.header.identification == meter.identification
    assert not wires.hold(select(bytes(8)))
    assert wires.hold(read(253)) is None


def test_a_fabrication_number_tells_apart_who_has_the_same_address() -> None:
    wires = Wires("gas")
    number = wires.line.meters[0].header.address[:4]
    anybody = b"\xff" * 8
    assert wires.hold(select(anybody + b"\x0c\x78" + number))
    assert wires.hold(select(anybody + b"\x0c\x78" + b"\xff" * 4))
    for wrong in (b"\x0c\x78" + bytes(4), b"\x0c\x78", b"\x0c\x78" + number[:3], b"\x0c\x13" + number, number + number):
        assert not wires.hold(select(anybody + wrong)), wrong


def test_nothing_is_ever_urgent() -> None:
    assert Wires("gas").say(Frame(0x7A, 0)) == ACKNOWLEDGE


@pytest.mark.parametrize(
    "records", ["", "017A", "046D00000000", "0D" + "FD19" + "03" + "112233", "01FD1F09", "0C1300000000"]
)
def test_what_a_sub_meter_does_not_take(records: str) -> None:
    wires = Wires("gas")
    assert not wires.hold(send(0, Information.DATA, bytes.fromhex(records)))
    assert wires.say(Frame(0x73, 0, 0x5B, b"")) == b""
    assert wires.say(Frame(0x73, 0, Information.APPLICATION_RESET)) == ACKNOWLEDGE


@given(
    octets=st.one_of(
        st.binary(max_size=40),
        st.builds(
            lambda control, address, information, content: encode(Frame(control, address, information, content)),
            st.sampled_from([0x40, 0x53, 0x73, 0x5A, 0x5B, 0x7B, 0x08]),
            st.sampled_from([0, 1, 253, 254, 255]),
            st.sampled_from([None, 0x50, 0x51, 0x52, 0x72]),
            st.binary(max_size=24),
        ),
    )
)
def test_any_octets_do_no_harm(octets: bytes) -> None:
    wires = Wires("gas,water")
    wires.say(octets)
    assert len(wires.hold(search())) == 2
