"""Frames of M-Bus and the header of what a sub-meter says, both ways (EN 13757-2, 5; EN 13757-3, 5).

A stream is cut into frames by `FrameReader`; whoever has one whole frame decodes it.
"""

from enum import IntEnum
from typing import NamedTuple

from softmeter.errors import DecodeError
from softmeter.wire.cursor import Cursor

ACKNOWLEDGE = b"\xe5"
SHORT, LONG, STOP = 0x10, 0x68, 0x16
SHORT_OCTETS, ENVELOPE = 5, 6
"""Octets of a short frame, and those of a long one around what its length counts."""
LEAST_LONG, MOST_LONG = 3, 255

MOST_PRIMARY = 250
SELECTED, ALL_WITH_ANSWER, ALL_SILENT = 253, 254, 255
"""Addresses: whoever was selected, everybody, and everybody without an answer."""

ADDRESS_OCTETS = 8
ANYBODY = b"\xff" * ADDRESS_OCTETS
"""A secondary address that everybody is meant by."""

FRAME_COUNT, COUNT_VALID = 0x20, 0x10
WILD = 0xF
"""The nibble of an identification that stands for any digit."""


class Control(IntEnum):
    """What a frame is for; requests without their frame count bit."""

    SND_NKE = 0x40
    SND_UD = 0x53
    REQ_UD1 = 0x5A
    REQ_UD2 = 0x5B
    RSP_UD = 0x08


class Information(IntEnum):
    """What the content of a long frame is."""

    APPLICATION_RESET = 0x50
    DATA = 0x51
    SELECT = 0x52
    COMMAND = 0x5B
    """Data under a long header, perhaps encrypted."""
    CLOCK = 0x6C
    """A time to set a clock to, under a long header."""
    LONG_HEADER = 0x72
    FIXED = 0x73
    """Two counters as old sub-meters say them."""
    NO_HEADER = 0x78
    SHORT_HEADER = 0x7A


class DeviceType(IntEnum):
    """What a sub-meter counts."""

    OTHER = 0x00
    ELECTRICITY = 0x02
    GAS = 0x03
    HEAT = 0x04
    WARM_WATER = 0x06
    WATER = 0x07
    HEAT_COST_ALLOCATOR = 0x08
    COOLING_OUTLET = 0x0A
    COOLING_INLET = 0x0B
    HEAT_INLET = 0x0C
    HEAT_AND_COOLING = 0x0D


class Frame(NamedTuple):
    """A short frame (`information` None) or a long one; an acknowledgement is none."""

    control: int
    address: int
    information: int | None = None
    content: bytes = b""

    @property
    def purpose(self) -> int:
        """The control octet without frame count bits that differ from frame to frame."""
        return self.control & ~FRAME_COUNT


def encode(frame: Frame) -> bytes:
    """The octets of a frame.

    Raises:
        ValueError: its content is longer than a frame can be.
    """
    if frame.information is None:
        body = bytes((frame.control, frame.address))
        return bytes((SHORT,)) + body + bytes((sum(body) & 0xFF, STOP))
    body = bytes((frame.control, frame.address, frame.information)) + frame.content
    if len(body) > MOST_LONG:
        raise ValueError(f"{len(frame.content)} octets of content do not fit in an M-Bus frame")
    return bytes((LONG, len(body), len(body), LONG)) + body + bytes((sum(body) & 0xFF, STOP))


def decode(octets: bytes) -> Frame:
    """The one frame that `octets` are.

    Raises:
        DecodeError: they are none, or more.
    """
    cursor = Cursor(octets)
    start = cursor.byte()
    if start == SHORT:
        body = cursor.take(2)
    elif start == LONG:
        first, second, again = cursor.take(3)
        if first != second or again != LONG or first < LEAST_LONG:
            raise DecodeError(f"lengths {first} and {second} of an M-Bus frame", 1)
        body = cursor.take(first)
    else:
        raise DecodeError(f"an M-Bus frame starts with {start:02X}", 0)
    at = cursor.at
    found, stop = cursor.take(2)
    if found != sum(body) & 0xFF:
        raise DecodeError(f"checksum {found:02X}, but the octets make {sum(body) & 0xFF:02X}", at)
    if stop != STOP:
        raise DecodeError(f"ends with {stop:02X} instead of 16", at + 1)
    cursor.finish()
    if start == SHORT:
        return Frame(body[0], body[1])
    return Frame(body[0], body[1], body[2], body[3:])


class FrameReader:
    """Cuts what comes over a line into frames; what begins none is passed over."""

    def __init__(self) -> None:
        self._octets = bytearray()

    def receive(self, octets: bytes) -> list[Frame]:
        """The frames that are whole now."""
        self._octets += octets
        frames = []
        while self._octets:
            size = announced(self._octets)
            if size > len(self._octets):
                break
            try:
                frames.append(decode(bytes(self._octets[:size])))
                del self._octets[:size]
            except DecodeError:
                del self._octets[0]  # a frame may begin inside what was taken for one
        return frames

    def silence(self) -> None:
        """The line was idle: what had begun will not go on."""
        self._octets.clear()


def announced(octets: bytes | bytearray) -> int:
    """How many octets the frame at the beginning needs to be judged."""
    if octets[0] == SHORT:
        return SHORT_OCTETS
    if octets[0] != LONG:
        return 1
    if len(octets) < 4:
        return 4
    return octets[1] + ENVELOPE if octets[1] == octets[2] and octets[3] == LONG else 1


class Header(NamedTuple):
    """What a sub-meter says of itself. `identification`: eight digits as the nibbles of a number, 0x12345678."""

    identification: int
    manufacturer: int
    version: int
    device_type: int
    access: int = 0
    status: int = 0
    configuration: int = 0

    @property
    def address(self) -> bytes:
        """The secondary address: the first eight octets."""
        return (
            self.identification.to_bytes(4, "little")
            + self.manufacturer.to_bytes(2, "little")
            + bytes((self.version, self.device_type))
        )

    @property
    def octets(self) -> bytes:
        """The long header."""
        return self.address + bytes((self.access, self.status)) + self.configuration.to_bytes(2, "little")

    @property
    def is_named(self) -> bool:
        """Whether it says who it is of."""
        return bool(self.identification or self.manufacturer)

    @classmethod
    def read(cls, cursor: Cursor) -> "Header":
        """The long header at a cursor; DecodeError where it is cut."""
        identification, manufacturer = (int.from_bytes(cursor.take(size), "little") for size in (4, 2))
        version, device_type, access, status = cursor.take(4)
        configuration = int.from_bytes(cursor.take(2), "little")
        return cls(identification, manufacturer, version, device_type, access, status, configuration)

    @classmethod
    def read_short(cls, cursor: Cursor) -> "Header":
        """The short header at a cursor, which does not say whose it is; DecodeError where it is cut."""
        access, status, low, high = cursor.take(4)
        return cls(0, 0, 0, 0, access, status, high << 8 | low)


def matches(wanted: bytes, address: bytes) -> bool:
    """Whether a secondary address is meant by one with wild nibbles and octets."""
    if len(wanted) != len(address) or len(wanted) != ADDRESS_OCTETS:
        return False
    digits = all(one in ("f", other) for one, other in zip(wanted[:4].hex(), address[:4].hex(), strict=True))
    maker = wanted[4:6] in (b"\xff\xff", address[4:6])
    return digits and maker and all(wanted[at] in (0xFF, address[at]) for at in (6, 7))


def manufacturer_code(letters: str) -> int:
    """The number of a manufacturer's three letters.

    Raises:
        ValueError: they are not three capital letters.
    """
    if len(letters) != 3 or not all("A" <= letter <= "Z" for letter in letters):
        raise ValueError(f"{letters!r} are not three capital letters")
    first, second, third = (ord(letter) - 64 for letter in letters)
    return first << 10 | second << 5 | third


def manufacturer_letters(code: int) -> str:
    """The three letters of a manufacturer's number."""
    return "".join(chr(64 + (code >> shift & 0x1F)) for shift in (10, 5, 0))
