"""The wrapper that carries APDUs over TCP and UDP (IEC 62056-47): eight octets of header, then the APDU."""

import struct
from typing import NamedTuple

from softmeter.errors import DecodeError, LocalProtocolError, RemoteProtocolError

HEADER_OCTETS = 8
LONGEST = 0xFFFF
"""What the length field can announce at most."""
LONGEST_IN_DATAGRAM = 0xFFFF - 20 - 8 - HEADER_OCTETS
"""Octets of an APDU that one UDP datagram carries over IPv4, and so over IPv6: its headers and ours are taken off."""
_VERSION = 1
_HEADER = struct.Struct(">4H")


class Datagram(NamedTuple):
    """One APDU between two wrapper ports (service access points)."""

    source: int
    destination: int
    apdu: bytes


def encode_datagram(datagram: tuple[int, int, bytes]) -> bytes:
    """Header and APDU of a `Datagram`, or of a bare tuple like it.

    Raises:
        LocalProtocolError: the APDU or a port does not fit the header.
    """
    source, destination, apdu = datagram
    try:
        return _HEADER.pack(_VERSION, source, destination, len(apdu)) + apdu
    except struct.error as error:
        raise LocalProtocolError(f"{len(apdu)} octets from {source} to {destination} do not fit a wrapper") from error


def decode_datagram(octets: bytes) -> Datagram:
    """The one APDU of a UDP datagram.

    Raises:
        DecodeError: there is less or more than the header announces, or it has another version.
    """
    if len(octets) < HEADER_OCTETS:
        raise DecodeError(f"{len(octets)} octets are no wrapper", len(octets))
    version, source, destination, length = _HEADER.unpack_from(octets)
    if version != _VERSION:
        raise DecodeError(f"wrapper version {version}, only {_VERSION} exists", 0)
    if HEADER_OCTETS + length != len(octets):
        raise DecodeError(f"{length} octets announced, {len(octets) - HEADER_OCTETS} there", 6)
    return Datagram(source, destination, octets[HEADER_OCTETS:])


class Reassembly:
    """Cuts a stream into datagrams, wherever its pieces begin and end.

    Hand it what arrived with `receive`, then call `take` until it gives None.
    """

    __slots__ = ("_at", "_buffer", "_longest", "has_more")

    def __init__(self, longest: int = LONGEST) -> None:
        self._buffer = b""
        self._at = 0
        self._longest = longest
        self.has_more = False
        """Whether `take` may give another datagram after the last one it gave."""

    @property
    def pending(self) -> int:
        """How many octets of a datagram that is not complete have arrived."""
        return len(self._buffer) - self._at

    def receive(self, data: bytes) -> None:
        """Add what arrived; `b""` means the stream ended.

        Raises:
            RemoteProtocolError: the stream ended inside a datagram.
        """
        if not data and self.pending:
            raise RemoteProtocolError(f"the stream ended after {self.pending} octets of a datagram")
        self._buffer = self._buffer[self._at :] + data
        self._at = 0

    def take(self) -> Datagram | None:
        """The next complete datagram.

        Raises:
            RemoteProtocolError: its header has another version, or announces more than is taken. The stream is lost.
        """
        buffer, at = self._buffer, self._at
        if len(buffer) - at < HEADER_OCTETS:
            return None
        version, source, destination, length = _HEADER.unpack_from(buffer, at)
        if version != _VERSION:
            raise RemoteProtocolError(f"wrapper version {version}, only {_VERSION} exists")
        if length > self._longest:
            raise RemoteProtocolError(f"a datagram of {length} octets, at most {self._longest} are taken")
        stop = at + HEADER_OCTETS + length
        if stop > len(buffer):
            return None
        self._at = stop
        self.has_more = stop < len(buffer)
        # The same as Datagram(...), which takes longer.
        return tuple.__new__(Datagram, (source, destination, buffer[at + HEADER_OCTETS : stop]))
