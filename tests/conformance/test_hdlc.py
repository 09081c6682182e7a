"""The public test cases of the data link layer, on the HDLC line of a small device."""

import pytest

from dlms.device import PUBLIC_SAP, SmallMeter
from dlms.link import plain_aarq
from softmeter.dlms.hdlc_server import HdlcServer, Station
from softmeter.instant import LinkTime
from softmeter.wire.crc import x25
from softmeter.wire.hdlc import (
    INTER_OCTET_S,
    LLC_COMMAND,
    LLC_RESPONSE,
    Address,
    Frame,
    FrameReader,
    Kind,
    control_of,
    encode_address,
    encode_frame,
)
from softmeter.wire.hdlc_parameters import Parameters, decode_parameters, encode_parameters

DEVICE = 17
CLIENT = Address(PUBLIC_SAP)
SERVER = Address(1)
SNRM, DISC, AARQ_0 = control_of(Kind.SNRM), control_of(Kind.DISC), control_of(Kind.I)
AARQ = LLC_COMMAND + plain_aarq()
GET_LIST = LLC_COMMAND + bytes.fromhex("C001C1000F0000280000FF0200")


class Equipment:
    """The test equipment: says octets, and hears whole frames."""

    def __init__(self, station: Station | None = None) -> None:
        self.meter = SmallMeter()
        self.server = HdlcServer(self.meter, station or Station(DEVICE, inter_octet_s=INTER_OCTET_S))
        self.now = LinkTime(100.0)
        self.address = SERVER

    def wait(self, seconds: float) -> None:
        self.now = LinkTime(self.now + seconds)
        deadline = self.server.deadline
        if deadline is not None and deadline <= self.now:
            self.server.expire(self.now)

    def says(self, octets: bytes) -> list[Frame]:
        """What is answered to octets, after a pause as between frames."""
        self.wait(1.0)
        self.server.receive(octets, self.now)
        reader, heard = FrameReader(), []
        reader.receive(self.server.to_send(), self.now)
        while (frame := reader.take()) is not None:
            assert (frame.destination, frame.source) == (CLIENT, self.address)
            heard.append(frame)
        return heard

    def frame(self, control: int, information: bytes = b"", *, segmented: bool = False) -> bytes:
        return encode_frame(Frame(self.address, CLIENT, control, information, segmented))

    def sends(self, control: int, information: bytes = b"", *, segmented: bool = False) -> Frame | None:
        """The one frame that answers a frame, or none."""
        heard = self.says(self.frame(control, information, segmented=segmented))
        assert len(heard) <= 1
        return heard[0] if heard else None

    def kind(self, control: int, information: bytes = b"") -> Kind | None:
        answer = self.sends(control, information)
        return None if answer is None else answer.kind

    def connects(self, parameters: Parameters | None = None) -> Parameters:
        answer = self.sends(SNRM, b"" if parameters is None else encode_parameters(parameters))
        assert answer is not None
        assert answer.kind is Kind.UA
        return decode_parameters(answer.information)

    def associates(self) -> None:
        answer = self.sends(AARQ_0, AARQ)
        assert answer is not None
        assert answer.information.startswith(LLC_RESPONSE + b"\x61")

    def is_disconnected(self) -> bool:
        """Whether the link is in normal disconnected mode: a DISC is answered by a DM."""
        return self.kind(DISC) is Kind.DM

    def is_connected(self) -> bool:
        return self.kind(control_of(Kind.RR)) is Kind.RR


@pytest.fixture
def tester() -> Equipment:
    return Equipment()


def checked(body: bytes) -> bytes:
    """A body between flags, with a check sequence that fits."""
    return b"\x7e" + body + x25(body).to_bytes(2, "little") + b"\x7e"


# -- frames


@pytest.mark.conformance("HDLC_FRAME_P1")
def test_frame_p1_connecting_and_disconnecting(tester: Equipment) -> None:
    """A link is set up and ended.

    Purpose: the device sets up and ends a link.
    Stimulus: DISC, SNRM, DISC, DISC.
    Verdict: DM, UA, UA, DM.
    """
    assert tester.kind(DISC) is Kind.DM
    assert tester.kind(SNRM) is Kind.UA
    assert tester.kind(DISC) is Kind.UA
    assert tester.kind(DISC) is Kind.DM


@pytest.mark.conformance("HDLC_FRAME_P2")
def test_frame_p2_a_pause_inside_a_frame(tester: Equipment) -> None:
    """A frame with a pause longer than the inter-octet time-out is none.

    Purpose: the inter-octet time-out separates frames.
    Stimulus: an SNRM with a pause shorter than the time-out inside; one with a longer pause; a whole one.
    Verdict: UA; silence, and the device is as before; UA.
    """
    snrm = tester.frame(SNRM)
    for pause, answers in ((INTER_OCTET_S / 2, 1), (INTER_OCTET_S * 2, 0)):
        tester.kind(DISC)
        assert tester.says(snrm[:5]) == []
        tester.wait(pause)
        tester.server.receive(snrm[5:], tester.now)
        assert bool(tester.server.to_send()) is bool(answers)
    assert tester.is_disconnected()
    assert tester.kind(SNRM) is Kind.UA


@pytest.mark.conformance("HDLC_FRAME_P3")
def test_frame_p3_inactivity(tester: Equipment) -> None:
    """A silent client loses its link.

    Purpose: the inactivity time-out ends the link and what is in it.
    Stimulus: SNRM, AARQ, silence shorter than the time-out, RR; silence longer than it, DISC.
    Verdict: the link is there after the first silence; after the second nothing is said by itself, and DISC gets DM.
    """
    tester.connects()
    tester.associates()
    tester.wait(118.0)
    assert tester.kind(control_of(Kind.RR, received=1)) is Kind.RR
    assert tester.server.associated
    tester.wait(121.0)
    assert not tester.server.associated
    assert tester.server.to_send() == b""
    assert tester.is_disconnected()


@pytest.mark.conformance("HDLC_FRAME_N1")
def test_frame_n1_flags_are_missing(tester: Equipment) -> None:
    """No frame without its flags.

    Purpose: frames are bound by flags.
    Stimulus: an SNRM without its opening flag, without its closing flag, without both.
    Verdict: silence each time; the device stays disconnected and answers the next sound frame.
    """
    snrm = tester.frame(SNRM)
    for octets in (snrm[1:], snrm[:-1], snrm[1:-1]):
        assert tester.says(octets) == []
        assert tester.is_disconnected()
    assert tester.kind(SNRM) is Kind.UA


@pytest.mark.conformance("HDLC_FRAME_N2")
def test_frame_n2_too_short(tester: Equipment) -> None:
    """A frame with octets missing is none.

    Purpose: short frames are dropped.
    Stimulus: an SNRM with parameters from which one octet after the other is taken, its length field made to fit;
        and each such frame with its check sequence made to fit as well, down to no address.
    Verdict: silence each time; an SNRM is then answered by UA.
    """
    snrm = tester.frame(SNRM, encode_parameters(Parameters()))
    while len(snrm) > 4:
        snrm = snrm[:2] + bytes((snrm[2] - 1,)) + snrm[4:]
        assert tester.says(snrm) == []
    for length in range(2, 5):
        assert tester.says(checked(bytes((0xA0, length + 2)) + bytes.fromhex("032193")[: length - 2])) == []
    assert tester.is_disconnected()
    assert tester.kind(SNRM) is Kind.UA


@pytest.mark.conformance("HDLC_FRAME_N3")
def test_frame_n3_format_type(tester: Equipment) -> None:
    """Only frame format type 3 exists.

    Purpose: frames of other format types are dropped.
    Stimulus: an SNRM with each of the 15 other values in the format type, all else right.
    Verdict: silence each time; the device stays disconnected.
    """
    body = tester.frame(SNRM)[1:-3]
    for other in set(range(16)) - {0xA}:
        assert tester.says(checked(bytes((other << 4,)) + body[1:])) == []
    assert tester.is_disconnected()


@pytest.mark.conformance("HDLC_FRAME_N4")
def test_frame_n4_length_field(tester: Equipment) -> None:
    """A wrong length makes no frame.

    Purpose: the length field is checked.
    Stimulus: an SNRM whose length field is too small or too large by some octets, its check sequence made to fit.
    Verdict: silence each time; the device stays disconnected and answers the next sound frame.
    """
    body = tester.frame(SNRM)[1:-3]
    for wrong in {*range(12), 0xFF} - {body[1]}:
        assert tester.says(checked(bytes((0xA0, wrong)) + body[2:])) == []
        assert tester.is_disconnected()
    assert tester.says(checked(bytes((0xA7, 0xFF)) + body[2:])) == []
    assert tester.is_disconnected()


@pytest.mark.conformance("HDLC_FRAME_N5")
def test_frame_n5_control_field(tester: Equipment) -> None:
    """A control octet that means nothing is rejected.

    Purpose: unknown commands have no effect but a rejection.
    Stimulus: every control octet that is no command of DLMS, with P = 1: disconnected, and with a link.
    Verdict: DM while disconnected; FRMR with W and the rejected octet with a link, until the next SNRM.
    """
    unknown = [octet for octet in range(256) if Frame(SERVER, CLIENT, octet).kind is None and octet & 0x10]
    assert len(unknown) > 20
    for control in unknown:
        assert tester.kind(control) is Kind.DM
        tester.connects()
        answer = tester.sends(control)
        assert answer is not None
        assert answer.kind is Kind.FRMR
        assert (answer.information[0], answer.information[2]) == (control, 0x01)
        assert tester.kind(control_of(Kind.RR)) is Kind.FRMR
        tester.connects()
        assert tester.is_connected()
        assert tester.kind(DISC) is Kind.UA


@pytest.mark.conformance("HDLC_FRAME_N7")
def test_frame_n7_header_check_sequence(tester: Equipment) -> None:
    """A wrong header check sequence makes no frame.

    Purpose: the HCS is checked.
    Stimulus: an SNRM with parameters, each bit of whose HCS is wrong in turn, the FCS made to fit.
    Verdict: silence each time; the device stays disconnected.
    """
    body = tester.frame(SNRM, encode_parameters(Parameters()))[1:-3]
    for bit in range(16):
        at = 5 + bit // 8
        damaged = body[:at] + bytes((body[at] ^ 1 << bit % 8,)) + body[at + 1 :]
        assert tester.says(checked(damaged)) == []
    assert tester.is_disconnected()


@pytest.mark.conformance("HDLC_FRAME_N8")
def test_frame_n8_frame_check_sequence(tester: Equipment) -> None:
    """A wrong frame check sequence makes no frame.

    Purpose: the FCS is checked.
    Stimulus: an SNRM, without and with parameters, each bit of whose FCS is wrong in turn.
    Verdict: silence each time; the device stays disconnected.
    """
    for snrm in (tester.frame(SNRM), tester.frame(SNRM, encode_parameters(Parameters()))):
        for bit in range(16):
            damaged = bytearray(snrm)
            damaged[len(snrm) - 3 + bit // 8] ^= 1 << bit % 8
            assert tester.says(bytes(damaged)) == []
    assert tester.is_disconnected()


# -- addresses


@pytest.mark.conformance("HDLC_ADDRESS_P1")
@pytest.mark.parametrize("address", [Address(1), Address(1, DEVICE, 2), Address(1, DEVICE, 4)])
def test_address_p1_known_addresses(tester: Equipment, address: Address) -> None:
    """The device answers in the form of address it was asked in.

    Purpose: one, two and four octets of address are understood.
    Stimulus: SNRM, AARQ, DISC to the address in each form.
    Verdict: each answer comes from the same address in the same form.
    """
    tester.address = address
    tester.connects()
    tester.associates()
    assert tester.kind(DISC) is Kind.UA


@pytest.mark.conformance("HDLC_ADDRESS_N1")
def test_address_n1_source_of_two_octets(tester: Equipment) -> None:
    """A client has an address of one octet.

    Purpose: longer source addresses are not taken.
    Stimulus: SNRM with a source address of two, and of four octets.
    Verdict: silence; the device stays disconnected.
    """
    for octets in (2, 4):
        source = Address(0, PUBLIC_SAP, octets)
        assert tester.says(encode_frame(Frame(SERVER, source, SNRM))) == []
    assert tester.is_disconnected()


@pytest.mark.conformance("HDLC_ADDRESS_N4")
def test_address_n4_unknown_destination(tester: Equipment) -> None:
    """Frames for others, for nobody and for everybody are not answered.

    Purpose: only frames to the device itself are answered.
    Stimulus: SNRM to other logical and physical devices, to no station, to all stations, in every form.
    Verdict: silence; the device stays disconnected.
    """
    wrong = [Address(upper) for upper in (0, 2, 0x10, 0x7E, 0x7F)]
    for octets, everybody in ((2, 0x7F), (4, 0x3FFF)):
        wrong += [Address(1, lower, octets) for lower in (0, 1, 16, 18, everybody - 1, everybody)]
        wrong += [Address(upper, DEVICE, octets) for upper in (0, 2, everybody)]
    for address in wrong:
        assert tester.says(encode_frame(Frame(address, CLIENT, SNRM))) == []
    assert tester.is_disconnected()


@pytest.mark.conformance("HDLC_ADDRESS_N6")
def test_address_n6_one_octet_where_more_are_expected() -> None:
    """A device that takes two or four octets does not take one.

    Purpose: an address in a form that the device is not set to is not its own.
    Stimulus: to a device set to addresses of two and four octets, an SNRM to its upper address in one octet.
    Verdict: silence; the same in two octets is answered.
    """
    tester = Equipment(Station(DEVICE, frozenset({2, 4})))
    assert tester.says(tester.frame(SNRM)) == []
    tester.address = Address(1, DEVICE, 2)
    assert tester.is_disconnected()
    tester.connects()


@pytest.mark.conformance("HDLC_ADDRESS_N7")
def test_address_n7_three_or_five_octets(tester: Equipment) -> None:
    """Addresses have one, two or four octets.

    Purpose: other lengths of a destination address are refused.
    Stimulus: SNRM to addresses of three and of five octets, check sequences right.
    Verdict: silence; the device stays disconnected.
    """
    for address in ("000203", "000223", "0002000223", "0000000003"):
        body = bytes.fromhex(address) + encode_address(CLIENT) + bytes((SNRM,))
        assert tester.says(checked(bytes((0xA0, len(body) + 4)) + body)) == []
    assert tester.says(bytes.fromhex("7EA0090002052193AFD07E")) == []
    assert tester.is_disconnected()


# -- setting up


@pytest.mark.conformance("HDLC_NDM2NRM_P1")
@pytest.mark.parametrize("octets", [32, 64, 128, 255, 256, 1024, 2030, 4000])
def test_ndm2nrm_p1_information_length(tester: Equipment, octets: int) -> None:
    """The lengths of information fields are agreed and kept.

    Purpose: the parameter maximum information field length.
    Stimulus: SNRM without parameters; SNRM with each length, then a request with a long answer.
    Verdict: UA with 128 at most; UA with no more than was proposed; no information field is longer than that.
    """
    assert tester.connects()[:2] == (128, 128)
    limits = tester.connects(Parameters(octets, octets))
    assert limits[:2] == (min(octets, 2030), min(octets, 2030))
    sizes = associated_answer(tester, limits)
    assert max(sizes) == min(limits.transmit_octets, sum(sizes))


def associated_answer(tester: Equipment, limits: Parameters) -> list[int]:
    """The sizes of the information fields in which a long answer comes; the window is one."""
    sizes: list[int] = []
    number = expected = 0
    for request in (AARQ, GET_LIST):
        size = limits.receive_octets
        pieces = [request[at : at + size] for at in range(0, len(request), size)]
        for index, piece in enumerate(pieces):
            more = index + 1 < len(pieces)
            answer = tester.sends(control_of(Kind.I, sent=number, received=expected), piece, segmented=more)
            number = number + 1 & 7
        sizes = []
        while True:
            assert answer is not None
            assert answer.kind is Kind.I
            sizes.append(len(answer.information))
            expected = expected + 1 & 7
            if not answer.segmented:
                break
            answer = tester.sends(control_of(Kind.RR, received=expected))
    return sizes


@pytest.mark.conformance("HDLC_NDM2NRM_P2")
@pytest.mark.parametrize("window", range(1, 8))
def test_ndm2nrm_p2_window(tester: Equipment, window: int) -> None:
    """The windows are agreed and kept.

    Purpose: the parameter window size.
    Stimulus: SNRM with each window and short information fields, then a request with a long answer.
    Verdict: UA with the window; each burst has as many frames as the window, and only the last has F = 1.
    """
    limits = tester.connects(Parameters(128, 32, 1, window))
    assert limits == Parameters(32, 128, window, 1)
    burst = tester.says(tester.frame(AARQ_0, AARQ))
    assert len(burst) == min(window, 2)
    for expected in range(len(burst), 3):
        tester.says(tester.frame(control_of(Kind.RR, received=expected)))
    expected = 2
    burst = tester.says(tester.frame(control_of(Kind.I, sent=1, received=expected), GET_LIST))
    assert len(burst) == window
    assert [frame.sent for frame in burst] == [expected + index & 7 for index in range(window)]
    assert [frame.poll for frame in burst] == [False] * (window - 1) + [True]


# -- information


@pytest.mark.conformance("HDLC_INFO_P1")
@pytest.mark.parametrize("size", [4, 10, 31, 128])
def test_info_p1_exchange(tester: Equipment, size: int) -> None:
    """Information goes both ways, in one piece and in several.

    Purpose: I frames are exchanged, with and without segments.
    Stimulus: SNRM, an AARQ in segments of each size.
    Verdict: each segment but the last is acknowledged by RR; the last is answered by the AARE in an I frame.
    """
    tester.connects()
    pieces = [AARQ[at : at + size] for at in range(0, len(AARQ), size)]
    for number, piece in enumerate(pieces[:-1]):
        answer = tester.sends(control_of(Kind.I, sent=number & 7), piece, segmented=True)
        assert answer is not None
        assert (answer.kind, answer.received) == (Kind.RR, number + 1 & 7)
    answer = tester.sends(control_of(Kind.I, sent=len(pieces) - 1 & 7), pieces[-1])
    assert answer is not None
    assert (answer.kind, answer.sent, answer.received) == (Kind.I, 0, len(pieces) & 7)
    assert answer.information.startswith(LLC_RESPONSE + b"\x61")


@pytest.mark.conformance("HDLC_INFO_N1")
def test_info_n1_too_long(tester: Equipment) -> None:
    """More than was agreed is rejected.

    Purpose: information fields longer than agreed are rejected.
    Stimulus: SNRM, an I frame with one octet more than was agreed; then SNRM.
    Verdict: FRMR with Y; no service is executed; the SNRM is answered by UA.
    """
    limits = tester.connects()
    answer = tester.sends(AARQ_0, AARQ.ljust(limits.receive_octets + 1, b"\x00"))
    assert answer is not None
    assert answer.kind is Kind.FRMR
    assert answer.information == bytes((AARQ_0, 0, 0x04))
    assert not tester.server.associated
    tester.connects()
    assert tester.is_connected()


@pytest.mark.conformance("HDLC_INFO_N2")
def test_info_n2_wrong_receive_number(tester: Equipment) -> None:
    """What was never sent cannot be acknowledged.

    Purpose: a wrong N(R) is rejected.
    Stimulus: after SNRM, an RR and an I frame with each N(R) but 0.
    Verdict: FRMR with Z; no service is executed; the next SNRM is answered by UA.
    """
    for number in range(1, 8):
        for control, information in ((control_of(Kind.RR, received=number), b""), (AARQ_0 | number << 5, AARQ)):
            tester.connects()
            answer = tester.sends(control, information)
            assert answer is not None
            assert answer.kind is Kind.FRMR
            assert answer.information == bytes((control, 0, 0x08))
            assert not tester.server.associated
    tester.connects()


@pytest.mark.conformance("HDLC_INFO_N3")
def test_info_n3_wrong_send_number(tester: Equipment) -> None:
    """What comes out of turn is not taken.

    Purpose: information with a wrong N(S) is not executed.
    Stimulus: after SNRM, an AARQ with each N(S) but 0; then one with N(S) 0, twice.
    Verdict: RR with N(R) 0, no association; the AARE; the same AARE again, and nothing is executed twice.
    """
    tester.connects()
    for number in range(1, 8):
        answer = tester.sends(control_of(Kind.I, sent=number), AARQ)
        assert answer is not None
        assert (answer.kind, answer.received) == (Kind.RR, 0)
        assert not tester.server.associated
    first, second = tester.sends(AARQ_0, AARQ), tester.sends(AARQ_0, AARQ)
    assert first is not None
    assert first == second
    assert tester.server.associated


@pytest.mark.conformance("HDLC_NDMOP_N1")
def test_ndmop_n1_information_without_a_link(tester: Equipment) -> None:
    """Nothing is taken without a link.

    Purpose: I frames have no effect in normal disconnected mode.
    Stimulus: an AARQ in an I frame before any SNRM, with P = 1 and P = 0; then DISC.
    Verdict: DM, silence, DM; no association.
    """
    assert tester.kind(AARQ_0, AARQ) is Kind.DM
    assert tester.says(tester.frame(control_of(Kind.I, poll=False), AARQ)) == []
    assert tester.is_disconnected()
    assert not tester.server.associated
