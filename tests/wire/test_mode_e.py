"""The opening of an optical port: messages both ways, both ends as machines, and what is not understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmeter.errors import ConfigurationError, DecodeError, RemoteProtocolError
from softmeter.instant import LinkTime
from softmeter.wire.mode_e import (
    BREAK,
    Identification,
    Protocol,
    decode_identification,
    decode_readout,
    decode_request,
    decode_selection,
    encode_readout,
    encode_request,
    encode_selection,
    with_parity,
    without_parity,
)
from softmeter.wire.mode_e_link import LONGEST_LINE, SELECTION_S, ModeEClient, ModeEServer, State
from vectors.table import cuts, refuses_damage

NOW = LinkTime(10.0)
METER = Identification("KWQ", "5", "IQ0102065BNEM01")
LINES = ("C.1.0(12345678)", "1.8.0(000123.456*kWh)")


def later(seconds: float) -> LinkTime:
    return LinkTime(NOW + seconds)


def server(**how: object) -> ModeEServer:
    return ModeEServer(METER, lambda: LINES, "12345678", **how)  # type: ignore[arg-type]


def asked(meter: ModeEServer, request: bytes = b"/?!\r\n", now: LinkTime = NOW) -> bytes:
    """What the meter says to a request, as soon as it does."""
    meter.receive(request, now)
    if meter.deadline is not None:
        meter.expire(meter.deadline)
    return meter.to_send()


def state(machine: ModeEServer | ModeEClient) -> State:
    return machine.state


# -- messages


def test_identification_both_ways() -> None:
    octets = b"/KWQ5\\2IQ0102065BNEM01\r\n"
    assert METER.encode() == octets
    assert decode_identification(octets) == METER
    refuses_damage(decode_identification, octets)
    assert decode_identification(b"/LGZ4E650\r\n") == Identification("LGZ", "4", "E650", hdlc=False)
    assert decode_identification(b"/ISk5\\2MT382-1000\r\n").hdlc


def test_selection_both_ways() -> None:
    octets = bytes.fromhex("063235320D0A")
    assert encode_selection(Protocol.HDLC, "5") == octets
    assert decode_selection(octets) == (Protocol.HDLC, "5")
    assert decode_selection(b"\x06050\r\n") == (Protocol.READOUT, "5")
    refuses_damage(decode_selection, octets)
    with pytest.raises(DecodeError):
        decode_selection(b"\x06959\r\n")


def test_request_both_ways() -> None:
    assert encode_request() == b"/?!\r\n"
    assert decode_request(encode_request("00012345678")) == "12345678"
    refuses_damage(decode_request, b"/?12345678!\r\n")


def test_readout_both_ways() -> None:
    message = encode_readout(LINES)
    assert message.startswith(b"\x02C.1.0(12345678)\r\n")
    assert message[-6:-1] == b"\n!\r\n\x03"
    assert decode_readout(message) == LINES
    assert decode_readout(encode_readout(())) == ()
    refuses_damage(decode_readout, message)
    with pytest.raises(DecodeError):
        decode_readout(message.replace(b"1.8.0", b"1.8.1"))


def test_parity() -> None:
    assert with_parity(b"/?!") == bytes.fromhex("AF3F21")
    assert without_parity(with_parity(bytes(range(128)))) == bytes(range(128))


@pytest.mark.parametrize("wrong", [("KW", "5", "x"), ("KWQ", "9", "x"), ("KWQ", "5", "x" * 17), ("KWQ", "5", "a\\2")])
def test_identifications_that_cannot_be(wrong: tuple[str, str, str]) -> None:
    with pytest.raises(ConfigurationError):
        Identification(*wrong)


# -- the meter


def test_an_opening_step_by_step() -> None:
    meter = server()
    meter.receive(b"/?!\r\n", NOW)
    assert meter.to_send() == b""
    assert meter.deadline == later(0.2)
    meter.expire(later(0.2))
    assert meter.to_send() == METER.encode()
    assert (meter.state, meter.baud) == (State.IDENTIFIED, 300)
    meter.receive(b"\x06252\r\n", later(0.5))
    assert (meter.state, meter.baud) == (State.SELECTED, 9600)
    assert meter.to_send() == b""
    meter.expire(later(0.7))
    assert meter.to_send() == b"\x06252\r\n"
    assert meter.state is State.HDLC
    meter.reset()
    assert (meter.state, meter.baud) == (State.IDLE, 300)


def test_octets_one_by_one_with_noise_before_them() -> None:
    meter = server()
    for octet in b"\x00\x00\xff?/KWQ" + b"/?012345678!\r\n":
        meter.receive(bytes((octet,)), NOW)
    assert meter.state is State.ASKED


def test_a_meter_answers_with_parity_who_asks_with_parity() -> None:
    meter = server()
    assert asked(meter, with_parity(b"/?!\r\n")) == with_parity(METER.encode())
    assert asked(meter, with_parity(b"\x06252\r\n")) == with_parity(b"\x06252\r\n")
    assert asked(meter) == METER.encode()


@pytest.mark.parametrize(
    "request_", [b"/?87654321!\r\n", b"/?12345678\r\n", b"/!\r\n", b"?!\r\n", b"\x06252\r\n", b"/?!\n"]
)
def test_what_is_no_request_to_us_is_not_answered(request_: bytes) -> None:
    meter = server()
    assert asked(meter, request_) == b""
    assert meter.state is State.IDLE


@pytest.mark.parametrize("selection", [b"\x06262\r\n", b"\x06051\r\n", b"\x06959\r\n", b"\x06xyz\r\n"])
def test_what_is_not_offered_ends_the_opening(selection: bytes) -> None:
    meter = server()
    asked(meter)
    assert asked(meter, selection) == b""
    assert (meter.state, meter.baud) == (State.IDLE, 300)


def test_a_reader_that_does_not_go_on_is_given_up() -> None:
    meter = server()
    meter.receive(b"/?!\r\n", NOW)
    meter.expire(later(0.2))
    assert meter.deadline == later(0.2 + SELECTION_S)
    meter.expire(later(0.1 + SELECTION_S))
    assert state(meter) is State.IDENTIFIED
    meter.expire(later(0.2 + SELECTION_S))
    assert state(meter) is State.IDLE
    assert meter.baud == 300


def test_a_readout_at_the_speed_that_was_asked_for() -> None:
    meter = server()
    asked(meter)
    meter.receive(b"\x06040\r\n", NOW)
    assert meter.baud == 4800
    assert meter.deadline is not None
    meter.expire(meter.deadline)
    assert decode_readout(meter.to_send()) == LINES
    assert (meter.state, meter.baud) == (State.IDLE, 300)


@pytest.mark.parametrize("farewell", [BREAK, with_parity(BREAK)])
def test_a_break_ends_whatever_goes_on(farewell: bytes) -> None:
    for octets in ([farewell], [bytes((octet,)) for octet in farewell]):
        meter = server()
        asked(meter)
        meter.receive(b"\x06252\r\n", NOW)
        for one in octets:
            meter.receive(one, NOW)
        assert (meter.state, meter.baud, meter.deadline) == (State.IDLE, 300, None)


def test_a_line_without_end_takes_no_memory() -> None:
    meter = server()
    meter.receive(b"/" + b"x" * 100_000, NOW)
    assert len(meter._lines._pending) <= LONGEST_LINE
    assert asked(meter) == METER.encode()


@pytest.mark.slow
@given(
    st.lists(st.binary(max_size=40) | st.sampled_from([b"/?!\r\n", b"\x06252\r\n", b"\x06050\r\n", BREAK]), max_size=8)
)
def test_any_octets_leave_a_meter_that_can_be_asked(parts: list[bytes]) -> None:
    meter, now = server(), NOW
    for part in parts:
        meter.receive(part, now)
        if meter.deadline is not None:
            now = meter.deadline
            meter.expire(now)
        assert (meter.baud == 300) or meter.state in {State.SELECTED, State.HDLC}
    meter.reset()
    meter.to_send()
    assert asked(meter).startswith(b"/") or asked(meter).startswith(b"\xaf")


# -- the reader


def test_both_ends_together() -> None:
    meter, reader = server(), ModeEClient(fastest="6", parity=True)
    reader.connect(NOW)
    now = NOW
    for _ in range(10):
        meter.receive(reader.to_send(), now)
        if meter.deadline is not None:
            now = meter.deadline
            meter.expire(now)
        said = meter.to_send()
        if said:
            reader.receive(said, now)
    assert reader.state is meter.state is State.HDLC
    assert reader.baud == meter.baud == 9600
    assert reader.identification == METER
    assert reader.deadline is None


def test_a_reader_takes_no_more_than_it_can() -> None:
    reader = ModeEClient(fastest="3")
    reader.connect(NOW)
    assert reader.to_send() == b"/?!\r\n"
    reader.receive(b"/?!\r\n" + METER.encode(), NOW)  # its own echo comes first
    assert reader.to_send() == b"\x06232\r\n"
    assert reader.baud == 2400


def test_a_reader_goes_on_without_a_confirmation() -> None:
    reader = ModeEClient()
    reader.connect(NOW)
    reader.receive(METER.encode(), NOW)
    assert reader.deadline is not None
    reader.expire(reader.deadline)
    assert reader.state is State.HDLC


def test_a_reader_that_hears_nothing_gives_up() -> None:
    reader = ModeEClient()
    reader.connect(NOW)
    reader.expire(NOW)
    assert reader.deadline is not None
    with pytest.raises(RemoteProtocolError, match="no identification"):
        reader.expire(reader.deadline)


@pytest.mark.parametrize("answer", [b"/LGZ4E650\r\n", b"/L\r\n"])
def test_a_meter_that_cannot_is_named(answer: bytes) -> None:
    reader = ModeEClient()
    reader.connect(NOW)
    with pytest.raises(RemoteProtocolError):
        reader.receive(answer, NOW)


def test_an_identification_in_pieces() -> None:
    for cut in cuts(METER.encode()):
        reader = ModeEClient()
        reader.connect(NOW)
        reader.receive(cut, NOW)
        assert state(reader) is State.ASKED
        reader.receive(METER.encode()[len(cut) :], NOW)
        assert state(reader) is State.SELECTED
