"""What the two ends of an HDLC link agree on: lengths and windows (IEC 62056-46, 6.4.4.4.3).

Each end says what it sends and takes itself; what one sends the other takes.
"""

from typing import NamedTuple

from softmeter.errors import DecodeError, LocalProtocolError
from softmeter.wire.cursor import Cursor

SHORTEST_INFORMATION, LONGEST_INFORMATION = 32, 2030
WIDEST_WINDOW = 7
_FORMAT, _GROUP = 0x81, 0x80
_IDENTIFIERS = 5, 6, 7, 8


class Parameters(NamedTuple):
    """Octets of an information field, and how many frames may be on their way without an answer, each way."""

    transmit_octets: int = 128
    receive_octets: int = 128
    transmit_window: int = 1
    receive_window: int = 1

    @property
    def usable(self) -> bool:
        """Whether all are in their ranges, or above: who is offered more takes less."""
        return (
            min(self.transmit_octets, self.receive_octets) >= SHORTEST_INFORMATION
            and min(self.transmit_window, self.receive_window) >= 1
        )


LARGEST = Parameters(LONGEST_INFORMATION, LONGEST_INFORMATION, WIDEST_WINDOW, WIDEST_WINDOW)


def agreed(own: Parameters, peer: Parameters) -> Parameters:
    """What this end uses: no more than its own limits and than what the peer has said."""
    return Parameters(
        min(own.transmit_octets, peer.receive_octets),
        min(own.receive_octets, peer.transmit_octets),
        min(own.transmit_window, peer.receive_window),
        min(own.receive_window, peer.transmit_window),
    )


def encode_parameters(parameters: Parameters) -> bytes:
    """The information field of an SNRM or a UA.

    What the standard does not allow can be said too, as testers do; the other end takes less.

    Raises:
        LocalProtocolError: a length does not fit two octets, or a window four.
    """
    transmit, receive, *windows = parameters
    for value, size in ((transmit, 2), (receive, 2), (windows[0], 4), (windows[1], 4)):
        if not 0 <= value < 1 << 8 * size:
            raise LocalProtocolError(f"{value} fits no {size} octets; {parameters} cannot be proposed")
    fields = [(5, transmit, 1 if transmit < 0x100 else 2), (6, receive, 1 if receive < 0x100 else 2)]
    fields += [(7, windows[0], 4), (8, windows[1], 4)]
    group = b"".join(bytes((number, size)) + value.to_bytes(size, "big") for number, value, size in fields)
    return bytes((_FORMAT, _GROUP, len(group))) + group


def decode_parameters(information: bytes) -> Parameters:
    """Read the information field of an SNRM or a UA; what is missing has its default, what is unknown is skipped.

    Raises:
        DecodeError: it has another form.
    """
    if not information:
        return Parameters()
    cursor = Cursor(information)
    cursor.expect(_FORMAT, "format identifier")
    found = dict(zip(_IDENTIFIERS, Parameters(), strict=True))
    while True:
        group = cursor.byte()
        content = cursor.take(cursor.byte())
        if group == _GROUP:
            _read_group(content, found)
        if not cursor.left:
            break
    return Parameters(*found.values())


def _read_group(content: bytes, found: dict[int, int]) -> None:
    cursor = Cursor(content)
    while cursor.left:
        identifier, size = cursor.byte(), cursor.byte()
        value = cursor.take(size)
        if identifier in found:
            if not 1 <= size <= 4:
                raise DecodeError(f"a parameter of {size} octets", cursor.at)
            found[identifier] = int.from_bytes(value, "big")
