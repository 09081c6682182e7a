"""A link that loses, doubles, delays and damages what it carries, by a seed, between a client and a server.

Damage is found as links find it: every unit travels with a checksum, and one that does not fit is dropped. The link
loses nothing while the association is opened: what is tried is the block transfer.
"""

from collections import deque

from dlms.link import Link
from softmeter.dlms.conversation import Conversation, Patient, T, Unanswered
from softmeter.entropy import SeededEntropy
from softmeter.instant import LinkTime
from softmeter.wire.crc import x25
from softmeter.wire.wrapper import Datagram, encode_datagram


class Lossy:
    """One direction; each fault befalls so many of 256 units."""

    def __init__(self, seed: str, rate: float) -> None:
        self._entropy = SeededEntropy(seed)
        self._often = int(rate * 256)
        self._held: list[tuple[int, bytes]] = []
        self.faults = 0

    def _strikes(self) -> bool:
        struck = self._entropy.octets(1)[0] < self._often
        self.faults += struck
        return struck

    def carried(self, unit: bytes) -> list[bytes]:
        """What arrives at the other end now, in its order."""
        sent = unit + x25(unit).to_bytes(2, "big")
        arriving = [] if self._strikes() else [sent]
        if self._strikes():
            arriving = arriving * 2
        if arriving and self._strikes():
            arriving[0] = self._damaged(arriving[0])
        if arriving and self._strikes():
            self._held.append((1 + self._entropy.octets(1)[0] % 4, arriving.pop()))
        self._held = [(wait - 1, one) for wait, one in self._held]
        arriving += [one for wait, one in self._held if wait <= 0]
        self._held = [(wait, one) for wait, one in self._held if wait > 0]
        return [one[:-2] for one in arriving if x25(one[:-2]).to_bytes(2, "big") == one[-2:]]

    def settle(self) -> None:
        """Let go of what is held back."""
        self._held.clear()

    def _damaged(self, sent: bytes) -> bytes:
        at = int.from_bytes(self._entropy.octets(2), "big") % len(sent)
        return sent[:at] + bytes((sent[at] ^ (1 << self._entropy.octets(1)[0] % 8),)) + sent[at + 1 :]


class LossyLink:
    """A client's conversations over a lossy connection; nobody waits for time-outs: silence is known at once."""

    def __init__(self, link: Link, seed: int, rate: float) -> None:
        self.link = link
        self._there = Lossy(f"{seed} there", rate)
        self._back = Lossy(f"{seed} back", rate)
        self._arrived: deque[bytes] = deque()
        self.silences = 0
        self._now = 100.0

    @property
    def faults(self) -> int:
        return self._there.faults + self._back.faults

    def run(self, conversation: Conversation[T]) -> T:
        """Run a conversation to its end; afterwards nothing is under way any more."""
        try:
            request = next(conversation)
            while True:
                self._send(request)
                request = conversation.send(b"" if isinstance(request, Unanswered) else self._next(request))
        except StopIteration as stop:
            value: T = stop.value
            return value
        finally:
            conversation.close()
            self._arrived.clear()
            self._there.settle()
            self._back.settle()

    def _send(self, request: bytes) -> None:
        for unit in self._there.carried(bytes(request)) if request else []:
            self._now += 0.01
            datagram = encode_datagram(Datagram(self.link.sap, 1, unit))
            self.link.events += self.link.server.receive(datagram, LinkTime(self._now))
            answers = self.link.server.to_send()
            if answers:
                self.link.answers.receive(answers)
            while (answer := self.link.answers.take()) is not None:
                self._arrived += self._back.carried(answer.apdu)

    def _next(self, request: bytes) -> bytes:
        if self._arrived:
            return self._arrived.popleft()
        assert isinstance(request, Patient), "silence where none is borne"
        self.silences += 1
        return b""
