"""The messages with which a reader and a meter begin on an optical port (IEC 62056-21, modes C and E).

Characters have seven bits and even parity at 300 baud, which on the line is the same as eight bits without: so parity
is an eighth bit here, and the port always runs with eight. A virtual line may leave it away.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import reduce
from operator import xor

from softmeter.errors import ConfigurationError, DecodeError

SPEEDS = {"0": 300, "1": 600, "2": 1200, "3": 2400, "4": 4800, "5": 9600, "6": 19200}
"""Baud by the letter that stands for it."""
SLOW = SPEEDS["0"]
START = ord("/")
STX, ETX, ACK = b"\x02", b"\x03", b"\x06"
BREAK = b"\x01B0\x03q"
"""The reader's farewell; its last character is the check character of what follows the first."""
_END = b"\r\n"
_PARITY = bytes(octet | (0x80 if octet.bit_count() & 1 else 0) for octet in range(128))


class Protocol(Enum):
    """Protocol and mode that a reader selects: its control characters V and Y."""

    HDLC = "22"
    READOUT = "00"
    PROGRAMMING = "01"


@dataclass(frozen=True, slots=True)
class Identification:
    """How a meter introduces itself: its maker, the fastest speed it offers, its type; `hdlc`: it speaks mode E."""

    manufacturer: str
    speed: str
    text: str
    hdlc: bool = True

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z]{3}", self.manufacturer) or self.speed not in SPEEDS:
            raise ConfigurationError(f"no maker of three letters, or no speed: {self.manufacturer!r}, {self.speed!r}")
        if not re.fullmatch(r"[ -~]{0,16}", self.text) or set(self.text) & set("/!\\"):
            raise ConfigurationError(f"{self.text!r} is no identification of up to 16 characters")

    def encode(self) -> bytes:
        r"""`/KWQ5\2IQ0102065BNEM01` and the end of a line."""
        offer = "\\2" if self.hdlc else ""
        return f"/{self.manufacturer}{self.speed}{offer}{self.text}".encode("ascii") + _END


def decode_identification(line: bytes) -> Identification:
    """Read a meter's identification with the end of its line.

    Raises:
        DecodeError: it has another form.
    """
    found = re.fullmatch(rb"/([A-Za-z]{3})([0-6])((?:\\.)*)([ -~]{0,16})\r\n", line)
    if not found:
        raise DecodeError(f"no identification of a meter: {line[:40]!r}")
    maker, speed, escapes, text = found.groups()
    try:
        return Identification(maker.decode(), speed.decode(), text.decode(), b"\\2" in escapes)
    except ConfigurationError as error:
        raise DecodeError(str(error)) from error


def encode_request(address: str = "") -> bytes:
    """A reader's request, to one meter or to whoever hears it."""
    return f"/?{address}!".encode("ascii") + _END


def decode_request(line: bytes) -> str:
    """The address in a request, without its leading zeros.

    Raises:
        DecodeError: it has another form.
    """
    found = re.fullmatch(rb"/\?([0-9A-Za-z ]{0,32})!\r\n", line)
    if not found:
        raise DecodeError(f"no request: {line[:40]!r}")
    return found[1].decode().lstrip("0")


def encode_selection(protocol: Protocol, speed: str) -> bytes:
    """What a reader selects, and what the meter confirms."""
    return ACK + f"{protocol.value[0]}{speed}{protocol.value[1]}".encode("ascii") + _END


def decode_selection(line: bytes) -> tuple[Protocol, str]:
    """Protocol and the letter of the speed.

    Raises:
        DecodeError: it has another form, or selects what does not exist.
    """
    found = re.fullmatch(rb"\x06([0-9])([0-6])([0-9])\r\n", line)
    if not found:
        raise DecodeError(f"no selection: {line[:10]!r}")
    control, speed, mode = (part.decode() for part in found.groups())
    try:
        return Protocol(control + mode), speed
    except ValueError as error:
        raise DecodeError(f"nothing is selected by {control} and {mode}") from error


def encode_readout(lines: Sequence[str]) -> bytes:
    """A mode C data message: the lines, and the check character over what follows the first."""
    block = b"".join(line.encode("ascii") + _END for line in lines) + b"!" + _END + ETX
    return STX + block + bytes((reduce(xor, block),))


def decode_readout(message: bytes) -> tuple[str, ...]:
    """The lines of a data message.

    Raises:
        DecodeError: it has another form, or its check character is wrong.
    """
    block = message[1:-1]
    if message[:1] != STX or not block.endswith(b"!" + _END + ETX):
        raise DecodeError("no data message")
    if message[-1] != reduce(xor, block):
        raise DecodeError("the check character is wrong", len(message) - 1)
    try:
        text = block[: -len(b"!" + _END + ETX)].decode("ascii")
    except UnicodeDecodeError as error:
        raise DecodeError("a data message of other characters", error.start) from error
    return tuple(text.split("\r\n")[:-1])


def with_parity(characters: bytes) -> bytes:
    """Characters of seven bits with their parity as the eighth."""
    return characters.translate(_PARITY + _PARITY)


def without_parity(octets: bytes) -> bytes:
    """Characters of seven bits; a wrong parity is not looked at."""
    return bytes(octet & 0x7F for octet in octets)
