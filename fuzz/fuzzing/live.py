"""Live associations with a whole meter in this process, as targets.

An input is a script of steps: what a hostile peer sends on a connection whose client is (or is not) associated. After
every step the answers must be well formed; after every batch the meter's memory must be what it was, unless the server
has reported a change, and an honest client must be served.
"""

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Generic, Protocol, TypeVar

from fuzzing import grammar
from fuzzing.mutation import Mutator
from fuzzing.peer import WAYS, Peer, Way
from fuzzing.seeds import kept, vectors
from fuzzing.subject import Subject
from fuzzing.target import FaultError, Target
from softmeter.dlms.credentials import Family
from softmeter.meter.meter import Meter

_MOST_STEPS = 12
_LONGEST = 0xFFFF
_CIPHERED = (*(2,) * 24, 1, 1, 3, 4, 4, 5, 6, 6, 7, 8, 8, 0)
_PLAIN = (*(1,) * 16, 5, 6, 8, 0)


def targets() -> Iterator[Target]:
    """One for each way into the meter."""
    for way in WAYS:
        yield live(way)


def live(way: Way) -> Target:
    """A meter that is attacked by a client who came in by `way`."""
    session = Session(lambda meter, counter: Peer(meter, way, counter), _DOINGS, may_change=way.may_change)
    return Target(
        way.name,
        session.run,
        (),
        kept(way.name),
        Script(way, session.subject),
        session.settle,
        lambda: live(way),
        whole=True,
    )


class Script:
    """Draws scripts."""

    def __init__(self, way: Way, subject: Subject) -> None:
        self._requests = grammar.Requests(subject.attribute_keys, subject.method_keys)
        self._ciphered = way.family is not Family.PLAIN
        self._kept = kept(way.name)
        self._mutate = Mutator(vectors("xdlms.", "acse.", "hls5.pass"), self._requests)

    def __call__(self, random: Random) -> bytes:
        if self._kept and random.random() < 0.2:
            return packed([self._changed(random, step) for step in _steps(random.choice(self._kept))])
        return packed([self._step(random) for _ in range(random.choice((1, 1, 1, 1, 2, 3, 5)))])

    def _changed(self, random: Random, step: tuple[int, bytes]) -> tuple[int, bytes]:
        if random.random() < 0.5:
            return step
        return (step[0], self._mutate.change(random, step[1])) if random.random() < 0.8 else self._step(random)

    def _step(self, random: Random) -> tuple[int, bytes]:
        kind = random.choice(_CIPHERED if self._ciphered else _PLAIN)
        if kind in {1, 2, 8} and random.random() < 0.5:
            return kind, self._requests(random)
        if kind == 6:
            return kind, random.choice((grammar.aarq, grammar.release, grammar.initiate))(random)
        if kind == 4:
            return kind, random.randbytes(2) + self._requests(random)
        if kind == 5:
            return kind, random.choice(
                (b"\x00\x10\x00\x01", b"\x00\x01\x00\x02", random.randbytes(4))
            ) + self._requests(random)
        if kind == 0:
            return kind, b"\x00\x01" + random.randbytes(4) + b"\x00" + random.randbytes(random.randrange(20))
        return kind, self._mutate(random)


def packed(steps: list[tuple[int, bytes]]) -> bytes:
    """Steps as a script."""
    whole = ((kind, octets[:_LONGEST]) for kind, octets in steps)
    return b"".join(bytes((kind,)) + len(octets).to_bytes(2, "big") + octets for kind, octets in whole)


def _steps(script: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    for _ in range(_MOST_STEPS):
        if at + 3 > len(script):
            return
        stop = at + 3 + int.from_bytes(script[at + 1 : at + 3], "big")
        yield script[at], script[at + 3 : stop]
        at = stop


class Attacker(Protocol):
    """A hostile client at its end of a connection; `counter` is the last invocation counter it has used."""

    counter: int
    spent_s: float
    """How long the server has taken for the last octets."""

    @property
    def usable(self) -> bool: ...

    def take(self) -> int: ...

    def close(self) -> None: ...


A = TypeVar("A", bound=Attacker)


class Session(Generic[A]):
    """A meter and one hostile connection to it, made anew whenever it breaks."""

    def __init__(
        self, connect: Callable[[Meter, int], A], doings: Sequence[Callable[[A, bytes], None]], *, may_change: bool
    ) -> None:
        self.subject = Subject()
        self._connect = connect
        self._doings = doings
        self._may_change = may_change
        self._peer: A | None = None
        self._reported = 0

    def run(self, script: bytes) -> float:
        """Send the steps of a script; returns the seconds the server took for the slowest."""
        subject, peer, slowest = self.subject, self._peer, 0.0
        if peer is None or not peer.usable:
            if peer is not None:
                peer.close()
            peer = self._peer = self._connect(subject.meter, subject.counter)
        for kind, octets in _steps(script):
            self._doings[kind % len(self._doings)](peer, octets)
            slowest = max(slowest, peer.spent_s)
            self._reported += peer.take()
        subject.counter = peer.counter
        subject.meter.unchanged()
        return slowest

    def settle(self) -> None:
        """Close the connection and look at the meter."""
        if self._peer is not None:
            self._peer.close()
            self._peer = None
        reported, self._reported = self._reported, 0
        if reported and not self._may_change:
            raise FaultError("state", f"{reported} changes by a client that may not change anything")
        self.subject.settle(changed=bool(reported))


_DOINGS: tuple[Callable[[Peer, bytes], None], ...] = (
    lambda peer, octets: peer.stream(octets),
    lambda peer, octets: peer.send(octets),
    lambda peer, octets: peer.send(peer.sealed(octets)),
    lambda peer, _: peer.send(peer.again()),
    lambda peer, octets: (
        peer.send(peer.sealed(octets[2:], control=octets[0], dedicated=octets[1] > 0x7F)) if len(octets) > 2 else None
    ),
    lambda peer, octets: peer.send(octets[4:], octets[:4]),
    lambda peer, octets: peer.send(peer.opening(octets)),
    lambda peer, octets: peer.send(peer.damaged(octets)),
    lambda peer, octets: peer.locked(peer.sealed(octets)),
)
"""What each kind of step sends."""
