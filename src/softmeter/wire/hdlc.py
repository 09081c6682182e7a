"""Frames of HDLC, format type 3, and how they are found in a stream (IEC 62056-46, ISO/IEC 13239).

A frame is read by its length, never by its closing flag: 7E may occur inside. What is damaged is passed over silently.
"""

from enum import Enum
from typing import NamedTuple

from softmeter.errors import DecodeError, LocalProtocolError
from softmeter.instant import LinkTime
from softmeter.wire.crc import x25

FLAG = 0x7E
LONGEST_FRAME = 2047
"""Octets between the flags: what the length field can say."""
LONGEST_HEADER = 2 + 4 + 4 + 1 + 2
SHORTEST_FRAME = 2 + 1 + 1 + 1 + 2
INTER_OCTET_S = 0.025
"""The longest pause inside a frame that the standard expects, where the line is a real one."""
LLC_COMMAND, LLC_RESPONSE = b"\xe6\xe6\x00", b"\xe6\xe7\x00"
"""What stands before an APDU: from the client, from the server."""
_FORMAT, _SEGMENTED, _LENGTH = 0xA000, 0x0800, 0x07FF
_GOOD = 0x0F47  # the check sequence of octets that end in their own check sequence
_SIZES = 1, 2, 4


class Kind(Enum):
    """What a frame is, by its control octet; the value is the octet without poll bit and numbers."""

    I = 0x00  # noqa: E741 - the standard's name
    RR = 0x01
    RNR = 0x05
    UI = 0x03
    DM = 0x0F
    DISC = 0x43
    UA = 0x63
    SNRM = 0x83
    FRMR = 0x87


POLL = 0x10


class Address(NamedTuple):
    """Of a client: one octet, all in `upper`; of a server: logical device and, in two octets or four, physical."""

    upper: int
    lower: int = 0
    octets: int = 1


class Frame(NamedTuple):
    """One frame; `control` is its octet as on the wire, see `control_of`."""

    destination: Address
    source: Address
    control: int
    information: bytes = b""
    segmented: bool = False

    @property
    def kind(self) -> Kind | None:
        """None if the control octet is none of DLMS."""
        return _KINDS[self.control]

    @property
    def poll(self) -> bool:
        """The poll bit of a command, the final bit of a response."""
        return bool(self.control & POLL)

    @property
    def sent(self) -> int:
        """N(S) of an I frame."""
        return self.control >> 1 & 7

    @property
    def received(self) -> int:
        """N(R) of I, RR and RNR."""
        return self.control >> 5


def control_of(kind: Kind, *, poll: bool = True, sent: int = 0, received: int = 0) -> int:
    """The control octet of a frame."""
    return kind.value | (POLL if poll else 0) | sent << 1 | received << 5


def _kind_of(control: int) -> Kind | None:
    if not control & 1:
        return Kind.I
    if control & 0x0F in {Kind.RR.value, Kind.RNR.value}:
        return Kind(control & 0x0F)
    unnumbered = control & ~POLL
    return Kind(unnumbered) if unnumbered in {kind.value for kind in Kind} else None


_KINDS = [_kind_of(control) for control in range(256)]


def encode_frame(frame: Frame) -> bytes:
    """The frame between its flags.

    Raises:
        LocalProtocolError: it is too long, or an address does not fit its octets.
    """
    destination, source, control, information, segmented = frame
    addressed = encode_address(destination) + encode_address(source) + bytes((control,))
    length = 2 + len(addressed) + 2 + (len(information) + 2 if information else 0)
    if length > LONGEST_FRAME:
        raise LocalProtocolError(f"a frame of {length} octets, at most {LONGEST_FRAME} fit")
    body = (_FORMAT | (_SEGMENTED if segmented else 0) | length).to_bytes(2, "big") + addressed
    body += x25(body).to_bytes(2, "little")
    if information:
        body += information
        body += x25(body).to_bytes(2, "little")
    return b"\x7e" + body + b"\x7e"


def decode_frame(octets: bytes) -> Frame:
    """Read one frame with its flags, and nothing else.

    Raises:
        DecodeError: it is damaged, or not all there is.
    """
    if len(octets) < SHORTEST_FRAME + 2 or octets[0] != FLAG or octets[-1] != FLAG:
        raise DecodeError("no frame between two flags")
    length = (octets[1] << 8 | octets[2]) & _LENGTH
    if length != len(octets) - 2:
        raise DecodeError(f"{length} octets announced, {len(octets) - 2} are there", 1)
    return _decoded(octets[1:-1])


def encode_address(address: Address) -> bytes:
    """The octets of an address: seven bits each, the last one marked.

    Raises:
        LocalProtocolError: a part does not fit.
    """
    upper, lower, octets = address
    bits = 14 if octets == 4 else 7
    if octets not in _SIZES or not 0 <= upper < 1 << bits or not 0 <= lower < 1 << bits:
        raise LocalProtocolError(f"{upper}, {lower} is no address of {octets} octets")
    if octets == 1:
        return bytes((upper << 1 | 1,))
    if octets == 2:
        return bytes((upper << 1, lower << 1 | 1))
    return bytes((upper >> 7 << 1, upper << 1 & 0xFE, lower >> 7 << 1, lower << 1 & 0xFE | 1))


class FrameReader:
    """Finds the frames in a stream, wherever its pieces begin and end.

    Hand it what arrived with `receive`, then call `take` until it gives None. A pause of more than `inter_octet_s`
    inside a frame ends it; None: there is no such limit, as on TCP.
    """

    __slots__ = ("_buffer", "_heard", "_inter_octet_s")

    def __init__(self, inter_octet_s: float | None = None) -> None:
        self._buffer = b""
        self._heard = LinkTime(0.0)
        self._inter_octet_s = inter_octet_s

    @property
    def pending(self) -> int:
        """How many octets of a frame that is not complete have arrived; a flag alone is none."""
        return len(self._buffer) if len(self._buffer) > 1 else 0

    def receive(self, data: bytes, now: LinkTime) -> None:
        """Add what arrived."""
        if self._inter_octet_s is not None and now - self._heard > self._inter_octet_s:
            self._buffer = b""
        self._heard = now
        self._buffer += data

    def clear(self) -> None:
        """Forget what has arrived."""
        self._buffer = b""

    def take(self) -> Frame | None:
        """The next whole and sound frame."""
        buffer = self._buffer
        at, found = 0, None
        while found is None:
            at = _opening(buffer, at)
            stop = _stop(buffer, at)
            if stop is None:  # not all there yet
                break
            if stop:
                try:
                    found = _decoded(buffer[at + 1 : stop])
                    at = stop  # which may open the next one
                    break
                except DecodeError:
                    pass  # a flag further on may be a true one
            at += 1
        self._buffer = buffer[at:]
        return found


def _opening(buffer: bytes, at: int) -> int:
    """Where the last of a row of flags is, at or after `at`; the end of the buffer if there is none."""
    at = buffer.find(FLAG, at)
    if at < 0:
        return len(buffer)
    while buffer[at + 1 : at + 2] == b"\x7e":
        at += 1
    return at


def _stop(buffer: bytes, at: int) -> int | None:
    """Where the frame that opens at `at` closes; 0 if no frame opens there; None if that cannot be told yet."""
    left = len(buffer) - at
    if left < 2:
        return None
    if buffer[at + 1] & 0xF0 != _FORMAT >> 8:
        return 0
    if left < 3:
        return None
    length = (buffer[at + 1] << 8 | buffer[at + 2]) & _LENGTH
    stop = at + 1 + length
    if length < SHORTEST_FRAME:
        return 0
    if stop >= len(buffer):
        return None if _hopeful(buffer[at + 1 : at + 1 + min(length, LONGEST_HEADER)]) else 0
    return stop if buffer[stop] == FLAG else 0


def _hopeful(header: bytes) -> bool:
    """Whether a frame that is not complete can be sound: its header tells, once it is there."""
    end = 2
    for _ in range(2):
        size = _address_octets(header, end)
        if size is None:
            return len(header) - end < 4
        if size not in _SIZES:
            return False
        end += size
    end += 3
    return len(header) < end or x25(header[:end]) == _GOOD


def _address_octets(body: bytes, at: int) -> int | None:
    """How many octets the address at `at` has; None if its last one is not among the next four."""
    for size in range(1, 5):
        if at + size > len(body):
            return None
        if body[at + size - 1] & 1:
            return size
    return None


def _decoded(body: bytes) -> Frame:
    if body[0] & 0xF0 != _FORMAT >> 8:
        raise DecodeError(f"format {body[0]:02X}, only type 3 exists", 1)
    destination, at = _address(body, 2)
    source, at = _address(body, at)
    end = at + 1
    if end + 2 > len(body):
        raise DecodeError("the frame ends in its header", end)
    if x25(body) != _GOOD:
        raise DecodeError("the frame check sequence is wrong", len(body) - 1)
    information = b""
    if end + 2 < len(body):
        if end + 4 > len(body) or x25(body[: end + 2]) != _GOOD:
            raise DecodeError("the header check sequence is wrong", end + 1)
        information = body[end + 2 : -2]
    return Frame(destination, source, body[at], information, bool(body[0] & _SEGMENTED >> 8))


def _address(body: bytes, at: int) -> tuple[Address, int]:
    """The address at `at`, and where it ends."""
    size = _address_octets(body, at)
    if size not in _SIZES:
        raise DecodeError(f"an address of {size or 'more than four'} octets", at + 1)
    seven = [octet >> 1 for octet in body[at : at + size]]
    if size == 1:
        return Address(seven[0]), at + 1
    if size == 2:
        return Address(seven[0], seven[1], 2), at + 2
    return Address(seven[0] << 7 | seven[1], seven[2] << 7 | seven[3], 4), at + 4
