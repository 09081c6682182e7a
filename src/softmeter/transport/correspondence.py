"""The client's end of a correspondence over UDP: says again what may be lost, tells answers from old ones; does no IO.

A request comes again, octet for octet, only where it cannot be served twice: GET does no harm, what is ciphered has a
counter, AARQ and RLRQ state what is to be. SET, ACTION and ACCESS in clear are sent once, as not every meter remembers.
"""

import hashlib
from collections import deque

from softmeter.dlms.conversation import Patient, Unanswered
from softmeter.errors import ConfigurationError, DecodeError
from softmeter.instant import LinkTime
from softmeter.wire.wrapper import LONGEST_IN_DATAGRAM, Datagram, decode_datagram, encode_datagram

_ONCE = frozenset({0xC1, 0xC3, 0xD9, 0xDF})
"""SET, ACTION, ACCESS in clear, and what is signed only."""
_ANSWERS = {0x60: 0x61, 0x62: 0x63, 0xC0: 0xC4, 0xC1: 0xC5, 0xC3: 0xC7, 0xD9: 0xDA}
"""What answers a request in clear, if nothing refuses it."""
_INVOKED = frozenset({0xC0, 0xC1, 0xC3})
"""Requests whose third octet is the invoke id, as that of their answers is."""
_UNTOLD = frozenset({0xD8, 0x0E, 0x0F, 0xC2})
"""Refusals and notifications do not tell what they answer, if anything."""
_NEXT_BLOCK = b"\xc0\x02"
_BLOCK = b"\xc4\x02"
_GBT = 0xE0
_REMEMBERED = 128
"""Answers by whose digests late copies are known."""


class Correspondence:
    """Requests of one client to one server, one after the other."""

    def __init__(self, client_sap: int, server_sap: int, tries: int) -> None:
        self._pair = client_sap, server_sap
        self._tries = tries
        self._request = b""
        self._sent = b""
        self._wait_s = 0.0
        self._left = 0
        self._in_blocks = False
        self._seen: deque[bytes] = deque(maxlen=_REMEMBERED)
        self.arrived: deque[bytes] = deque()
        """The answers that nobody has taken yet."""
        self.deadline = LinkTime(0.0)
        """When to call `expire`."""

    def ask(self, request: bytes, timeout_s: float, now: LinkTime) -> bytes:
        """The datagram of a request; nothing where it is empty and only waits for more."""
        pause_s = timeout_s / self._tries
        self._left = 0
        self._wait_s = pause_s if isinstance(request, Patient) and (request or self._in_blocks) else timeout_s
        if request:
            if request[0] != _GBT:
                self.arrived.clear()
            self._request = request
            self._sent = encode_datagram(Datagram(*self._pair, request))
            if request[0] not in _ONCE and not isinstance(request, Patient):
                self._left, self._wait_s = self._tries - 1, pause_s
        self.deadline = LinkTime(now + self._wait_s)
        return self._sent if request else b""

    def expire(self, now: LinkTime) -> bytes:
        """The datagram to be sent again; nothing when the patience is at its end."""
        if not self._left:
            return b""
        self._left -= 1
        self.deadline = LinkTime(now + self._wait_s)
        return self._sent

    def receive(self, octets: bytes) -> None:
        """Take a datagram; what is none, is not ours or is old news is dropped."""
        try:
            source, destination, apdu = decode_datagram(octets)
        except DecodeError:
            return
        if (destination, source) == self._pair and apdu and not self._is_old(apdu):
            self.arrived.append(apdu)
            self._in_blocks = apdu[0] == _GBT
            self._seen.append(_digest(apdu))

    def _is_old(self, answer: bytes) -> bool:
        """Whether it answers another request than the last one."""
        request, first = self._request, answer[0]
        if not request or first in _UNTOLD or request[0] == first == _GBT:  # such blocks know themselves what is new
            return False
        expected = _ANSWERS.get(request[0])
        if expected is None or first == _GBT:
            return _digest(answer) in self._seen
        if first != expected:
            return True
        if request[0] in _INVOKED and (len(answer) < 3 or len(request) < 3 or (answer[2] ^ request[2]) & 0x0F):
            return True
        if request[:2] == _NEXT_BLOCK and answer[:2] == _BLOCK:
            return answer[4:8] != ((int.from_bytes(request[3:7], "big") + 1) & 0xFFFFFFFF).to_bytes(4, "big")
        return request[0] in _ONCE and request[1] != 1 and _digest(answer) in self._seen  # blocks of one invoke id


class Correspondences:
    """The client's end of a UDP link: a correspondence for each client address, the one that asked last at a time."""

    baud = 0

    def __init__(self, server_sap: int, tries: int, timeout_s: float) -> None:
        self.silent = False
        """Whether the last request has no answer, and none is awaited any more."""
        self.closed = False
        self._server = server_sap
        self._tries = tries
        self._timeout_s = timeout_s
        self._by_sap: dict[int, Correspondence] = {}
        self._ours = Correspondence(0, server_sap, tries)
        self._awaits = False
        self._out = b""

    @property
    def arrived(self) -> deque[bytes]:
        """The answers that nobody has taken yet."""
        return self._ours.arrived

    @property
    def settled(self) -> bool:
        return not self._out

    @property
    def deadline(self) -> LinkTime | None:
        """When to call `expire`; of what nobody answers: at once."""
        return self._ours.deadline if self._awaits else LinkTime(0.0)

    def ask(self, apdu: bytes, sap: int, now: LinkTime) -> None:
        """Send a request as client `sap`; empty: wait for what else there is.

        Raises:
            ConfigurationError: it does not fit a datagram.
        """
        if len(apdu) > LONGEST_IN_DATAGRAM:
            raise ConfigurationError(f"{len(apdu)} octets do not fit a datagram; use TCP, or smaller blocks")
        self._ours = self._by_sap.setdefault(sap, Correspondence(sap, self._server, self._tries))
        self._awaits, self.silent = not isinstance(apdu, Unanswered), False
        self._out = self._ours.ask(apdu, self._timeout_s, now)

    def finish(self, now: LinkTime) -> None:
        """Leave: there is nobody to be told."""
        del now
        self.closed = True

    def receive(self, data: bytes, now: LinkTime) -> None:
        """Take a datagram."""
        self._ours.receive(data)
        if self._awaits and not self.arrived and now >= self._ours.deadline:  # whoever sends other things all the time
            self.expire(now)

    def expire(self, now: LinkTime) -> None:
        """Ask again, or give up."""
        if self._awaits and now >= self._ours.deadline:
            self._out = self._ours.expire(now)
            self.silent = not self._out

    def to_send(self) -> bytes:
        """The datagram to send, if there is one."""
        out, self._out = self._out, b""
        return out


def _digest(answer: bytes) -> bytes:
    return hashlib.blake2b(answer, digest_size=16).digest()
