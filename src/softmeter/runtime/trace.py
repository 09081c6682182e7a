"""A trace of what passes a port: link units as packets of a pcapng file, each with its decoded APDU as comment.

Wireshark shows a wrapper or HDLC over TCP as it was, in packets of one unit each. The times are those of this computer
(real time, nanoseconds), not of the bench. A trace holds no keys; what was ciphered stands deciphered in its
comments, so that it is for its owner only.
"""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from softmeter.errors import ConfigurationError
from softmeter.runtime.whole_file import check_kind
from softmeter.transport.tap import Host
from softmeter.wire.packets import ACKNOWLEDGE, PUSH, TCP, UDP, End, Segment, tcp_packet, udp_packet
from softmeter.wire.pcapng import Direction, LinkType, interface, packet, section
from softmeter.wire.units import Cutter

LIMIT = 256 << 20
"""Octets of a file; what comes later is not written."""
TRACE_BEGINS = section("")[:4]
TRACE, KEY_LOG = "trace", "key log"
_LONGEST_PAYLOAD = 60_000
"""Octets of a unit in one IP packet; what is longer takes several."""

Describe = Callable[[bytes, bool], str]
"""The comment of a unit; the flag says that it was sent, not received."""

log = logging.getLogger("softmeter.trace")


class TraceFile:
    """A pcapng file that is whole after every packet; `goes_on`: in another section behind what is in it."""

    def __init__(self, path: Path, application: str, *, limit: int = LIMIT, goes_on: bool = False) -> None:
        self._path = path
        self._limit = limit
        self._interfaces = 0
        self._left = limit
        head = section(application)
        self._file = _create(path, TRACE_BEGINS, TRACE, goes_on=goes_on)
        self._write(head)

    def interface(self, kind: LinkType, name: str, description: str) -> int:
        """Describe an interface; returns its number."""
        self._write(interface(kind, name, description))
        self._interfaces += 1
        return self._interfaces - 1

    def packet(self, number: int, octets: bytes, direction: Direction, comment: str = "") -> None:
        """Write one packet, now."""
        self._write(packet(number, time.time_ns(), octets, direction, comment))

    def close(self) -> None:
        """Write no more."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _write(self, block: bytes) -> None:
        """One call, one block: who kills the process leaves a whole file."""
        if self._file < 0:
            return
        self._left -= len(block)
        if self._left < 0:
            log.warning("%s has reached %d octets: nothing more is traced", self._path, self._limit)
            self.close()
            return
        try:
            os.write(self._file, block)
        except OSError as error:
            log.warning("%s cannot be written (%s): nothing more is traced", self._path, error.strerror)
            self.close()


class ConnectionTrace:
    """Writes the units of one connection: in packets between its two `ends`, or bare where it has none.

    The packets are of TCP, or of UDP where the units came as `datagrams`.
    """

    def __init__(
        self,
        file: TraceFile | None,
        number: int,
        ends: tuple[Host, Host] | None,
        describe: Describe,
        *,
        datagrams: bool = False,
    ) -> None:
        self._datagrams = datagrams
        self._file = file
        self._number = number
        self._ends = None if ends is None else (End(*ends[0]), End(*ends[1]))
        self._describe = describe
        self._cutters = Cutter(), Cutter()
        self._sequences = [1, 1]

    def received(self, octets: bytes) -> None:
        """Octets came from the peer."""
        for unit in self._cutters[0].receive(octets):
            self._unit(unit, sent=False)

    def sent(self, octets: bytes) -> None:
        """Octets went to the peer."""
        for unit in self._cutters[1].receive(octets):
            self._unit(unit, sent=True)

    def closed(self) -> None:
        """Write what never became a whole unit."""
        for sent, cutter in enumerate(self._cutters):
            left = cutter.rest()
            if left:
                self._unit(left, sent=bool(sent))

    def _unit(self, unit: bytes, *, sent: bool) -> None:
        comment = self._describe(unit, sent)
        if self._file is None:
            return
        direction = Direction.OUT if sent else Direction.IN
        if self._ends is None:
            self._file.packet(self._number, unit, direction, comment)
            return
        own, peer = self._ends
        source, destination = (own, peer) if sent else (peer, own)
        if self._datagrams:
            octets = udp_packet(Segment(UDP, source, destination, unit))
            self._file.packet(self._number, octets, direction, comment)
            return
        for at in range(0, len(unit), _LONGEST_PAYLOAD):
            payload = unit[at : at + _LONGEST_PAYLOAD]
            segment = Segment(TCP, source, destination, payload, self._sequences[sent], PUSH | ACKNOWLEDGE)
            octets = tcp_packet(segment, self._sequences[not sent])
            self._sequences[sent] += len(payload)
            last = at + _LONGEST_PAYLOAD >= len(unit)
            self._file.packet(self._number, octets, direction, comment if last else "")


class KeyLog:
    """A file of the keys in use, readable by its owner only; a line when keys open something for the first time."""

    def __init__(self, path: Path, first_line: str, *, goes_on: bool = False) -> None:
        self._path = path
        self._seen: set[str] = set()
        self._file = _create(path, first_line.encode(), KEY_LOG, goes_on=goes_on)
        if not goes_on:
            self._write(first_line)

    def note(self, entries: dict[str, str]) -> None:
        """Write a line, unless there is such a line already."""
        line = " ".join(f"{name}={value}" for name, value in entries.items() if value)
        if line not in self._seen:
            self._seen.add(line)
            self._write(f"time={time.time_ns()} {line}")

    def close(self) -> None:
        """Write no more."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _write(self, line: str) -> None:
        if self._file < 0:
            return
        try:
            os.write(self._file, f"{line}\n".encode())
        except OSError as error:
            log.warning("%s cannot be written (%s): no more keys are logged", self._path, error.strerror)
            self.close()


def _create(path: Path, begins: bytes, kind: str, *, goes_on: bool) -> int:
    """A file that only its owner may read; a fresh one, perhaps in place of an older one, unless it goes on.

    Raises:
        ConfigurationError: it cannot be written, or there is something else.
    """
    begin = os.O_APPEND if goes_on else os.O_TRUNC
    try:
        check_kind(path, kind, (begins,))
        file = os.open(path, os.O_CREAT | begin | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        os.fchmod(file, 0o600)
    except OSError as error:
        raise ConfigurationError(f"cannot be written ({error.strerror})", str(path)) from None
    return file
