"""The server of one correspondent on UDP: a client address at a host and port, and a server address (IEC 62056-47).

Datagrams get lost, come twice and come from whoever pretends to be somebody. So what came last is answered again from
memory, and who has proved to know a secret is not displaced by who has not.
"""

import hashlib
from collections import deque
from collections.abc import Sequence

from softmeter.dlms.association import BusyError
from softmeter.dlms.associations import Associations, Standing
from softmeter.dlms.host import BadRequest, Event, Guard, Host, TimedOut
from softmeter.dlms.pre_established import LONGEST_MESSAGE, MOST_WAITING
from softmeter.dlms.server import ASSOCIATED_S, UNASSOCIATED_S
from softmeter.dlms.unsolicited import Unsolicited
from softmeter.errors import RemoteProtocolError
from softmeter.instant import LinkTime
from softmeter.wire.wrapper import LONGEST_IN_DATAGRAM, Datagram, encode_datagram

REPEAT_S = 10.0
"""How long the same request again is a repetition, where it has no invocation counter to tell."""
QUIET_S = 3.0
"""How long a client that is logged in must have been silent before one that does not prove anything takes its place."""
_AARQ, _GBT = b"\x60", b"\xe0"
_FRESH = frozenset({b"\xc0\x01", b"\xc0\x03"})
"""GET in clear: does no harm twice, and clients without a counter do ask for the same again."""
_IN_CLEAR = frozenset({0x60, 0x62, 0xC0, 0xC1, 0xC3, 0xD9, 0xE0})
_REMEMBERED = 16
"""Ciphered requests whose late copies are dropped: a refusal would look like the answer to the next one."""


class DatagramServer:
    """Answers the APDUs of one correspondent. `now` is when the first came."""

    def __init__(self, host: Host, source: int, destination: int, now: LinkTime, guard: Guard | None = None) -> None:
        self._host = host
        self._guard = guard
        self._pair = source, destination
        self._events: list[Event] = []
        self._associations = self._fresh()
        self._out: list[bytes] = []
        self._last: tuple[bytes, LinkTime, Sequence[bytes]] | None = None
        self._past: deque[bytes] = deque(maxlen=_REMEMBERED)
        self._kept: deque[bytes] = deque()
        self._room = MOST_WAITING if self._associations.is_told_by(source) else 1
        self._active = now
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether it is to be forgotten."""
        return self._closed

    @property
    def waiting(self) -> bool:
        """Whether a request waits until the meter is no longer locked; `resume` takes it up."""
        return bool(self._kept)

    @property
    def standing(self) -> Standing:
        """How much it is worth when there is no room for all."""
        return self._associations.standing

    @property
    def deadline(self) -> LinkTime | None:
        """When to call `expire`."""
        if self._closed:
            return None
        silent = LinkTime(self._active + (ASSOCIATED_S if self._associations.associated else UNASSOCIATED_S))
        still = self._associations.deadline
        return silent if still is None else min(silent, still)

    def receive(self, apdu: bytes, now: LinkTime) -> list[Event]:
        """Take an APDU; while one waits there is no room for another, and the client will repeat it.

        A message to all meters is not repeated: there is some room for more of them.
        """
        if not self._kept and not self._closed:
            self._serve(apdu, now)
        elif len(self._kept) < self._room and len(apdu) <= LONGEST_MESSAGE:
            self._kept.append(apdu)
        return self._reported()

    def resume(self, now: LinkTime) -> list[Event]:
        """Go on with what waited while the host was locked."""
        while self._kept and not self._host.locked:
            self._serve(self._kept.popleft(), now)
        return self._reported()

    def tell(self, message: Unsolicited) -> bool:
        """Say something to the client, if it is associated, that it did not ask for; whether it is told.

        Raises:
            RemoteProtocolError: the meter's counter is used up, or its key is gone.
            LocalProtocolError: the message cannot be written, or needs more blocks than can be numbered.
        """
        apdus = self._associations.tell(*self._pair, message)
        self._send(apdus)
        return bool(apdus)

    def to_send(self) -> list[bytes]:
        """The datagrams made since the last call; they may leave when the host has nothing that must be stored."""
        out, self._out = self._out, []
        return out

    def expire(self, now: LinkTime) -> list[Event]:
        """Give up transfers that stand still, and everything after a long silence."""
        self._associations.expire(now)
        deadline = self.deadline
        if deadline is not None and now >= deadline:
            self._events.append(TimedOut("associated" if self._associations.associated else "not associated"))
            self._close("the client was silent")
        return self._reported()

    def close(self) -> list[Event]:
        """Forget the client."""
        if not self._closed:
            self._close("the client had to give way")
        return self._reported()

    def _fresh(self) -> Associations:
        return Associations(self._host, self._events, LONGEST_IN_DATAGRAM, self._guard)

    def _serve(self, apdu: bytes, now: LinkTime) -> None:
        last = self._last
        if last is not None and last[0] == apdu and now - last[1] < REPEAT_S:
            self._send(last[2])
            return
        has_counter = bool(apdu) and apdu[0] not in _IN_CLEAR
        digest = hashlib.blake2b(apdu, digest_size=16).digest() if has_counter else b""
        if has_counter and digest in self._past and self._past[-1] != digest:
            return
        answers: Sequence[bytes] | None
        try:
            if apdu[:1] == _AARQ and self.standing is Standing.SECRET:
                answers = self._challenged(apdu, now)
            else:
                answers = self._associations.answer(*self._pair, apdu, now)
        except BusyError:
            self._kept.append(apdu)
            return
        except RemoteProtocolError as error:  # a counter is used up: who asks gets no answer
            self._events.append(BadRequest(self._pair[0], str(error)))
            return
        if answers is None:
            return
        if self._associations.progressed:
            self._active = now
        if has_counter:
            self._past.append(digest)
        is_remembered = apdu[:1] != _GBT and apdu[:2] not in _FRESH  # general blocks repeat themselves where needed
        self._last = (apdu, now, answers) if is_remembered else None
        self._send(answers)

    def _challenged(self, apdu: bytes, now: LinkTime) -> Sequence[bytes] | None:
        """Somebody wants the place of a client that is logged in.

        Who logs in gets it; who does not, only after a silence. None: there is no answer, as if nothing had come.
        """
        candidate = self._fresh()
        try:
            answers = candidate.answer(*self._pair, apdu, now)
        except RemoteProtocolError:
            candidate.release("it could not be answered")
            raise
        is_let = candidate.progressed and (candidate.standing is Standing.SECRET or now - self._active >= QUIET_S)
        if not is_let:
            candidate.release("the client it would displace is logged in")
            return None
        self._associations.release("a new AARQ came")
        self._associations = candidate
        return answers

    def _send(self, answers: Sequence[bytes]) -> None:
        source, destination = self._pair
        self._out += [encode_datagram(Datagram(destination, source, answer)) for answer in answers]

    def _close(self, reason: str) -> None:
        self._associations.release(reason)
        self._kept.clear()
        self._last = None
        self._closed = True

    def _reported(self) -> list[Event]:
        if not self._events:
            return []
        events = self._events.copy()
        self._events.clear()
        return events
