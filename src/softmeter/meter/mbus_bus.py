"""The bus of a meter in frames: what its M-Bus master asks and tells, over a line of octets (EN 13757-3)."""

from collections.abc import Callable
from typing import TypeVar

from softmeter.device.mbus_channel import Asked, Errand, Kind, Moment, Order, Outcome, Task
from softmeter.meter.mbus_answers import identity, meaning, opened
from softmeter.meter.mbus_written import written
from softmeter.wire.mbus import ANYBODY, SELECTED, Header
from softmeter.wire.mbus_master import Conversation, Told, is_free, read, search, select, send

T = TypeVar("T")

Exchange = Callable[[str, bytes, Moment], tuple[str, bytes]]
"""A line: what is remembered on it and the octets of a frame, to what is remembered then and the octets answered."""

Felt = Callable[[str, Moment, Moment], str]
"""What is remembered on a line after its surroundings have changed from one moment to the next."""


class FramedBus:
    """A `Bus` over a line of octets; `felt` tells who is on it that their surroundings changed."""

    def __init__(self, exchange: Exchange, felt: Felt = lambda memory, _, __: memory) -> None:
        self._exchange = exchange
        self._felt = felt

    def perform(self, memory: str, moment: Moment, errand: Errand) -> tuple[str, Outcome]:
        """Run an errand."""
        conversation, answer = run(errand), b""
        try:
            frame = next(conversation)
            while True:
                memory, answer = self._exchange(memory, frame, moment)
                frame = conversation.send(answer)
        except StopIteration as end:
            outcome: Outcome = end.value
            return memory, outcome

    def felt(self, memory: str, before: Moment, now: Moment) -> str:
        """Tell who is on the line that what surrounds them has changed."""
        return self._felt(memory, before, now)


def run(errand: Errand) -> Conversation[Outcome]:
    """What is said on the bus to run an errand."""
    match errand.task:
        case Task.READ:
            told = yield from _read(errand.asked)
            return Outcome(None if told is None else meaning(told, errand.asked))
        case Task.INSTALL:
            return (yield from _install(errand))
        case Task.TELL:
            if errand.order is None:
                return Outcome()
            order = written(errand.order, errand.asked)
            return Outcome(taken=bool((yield from _addressed(errand.asked, lambda address: send(address, *order)))))


def _install(errand: Errand) -> Conversation[Outcome]:
    """Find whom to install, and hear what he says."""
    asked = errand.asked
    if not asked.primary_address and not asked.identity.identification:
        found = yield from search(lambda header: identity(header) not in errand.known)
        if not found or identity(found[-1]) in errand.known:
            return Outcome()
        asked = asked._replace(identity=identity(found[-1]))
        asked = asked._replace(primary_address=(yield from _named(asked, errand.channel)))
    told = yield from _read(asked)
    if told is None or not told.header.is_named:
        return Outcome()
    return Outcome(meaning(told, asked), primary_address=asked.primary_address)


def _named(asked: Asked, address: int) -> Conversation[int]:
    """Have somebody take a primary address, unless another one listens to it; the address, 0 where he has none."""
    if not (yield from is_free(address)):
        return 0
    order = written(Order(Kind.ADDRESS, address), asked)
    taken = yield from _addressed(asked, lambda selected: send(selected, *order))
    return address if taken else 0


def _read(asked: Asked) -> Conversation[Told | None]:
    wanted = _selection(Header(*asked.identity))
    return (
        yield from _addressed(
            asked,
            lambda address: read(
                address,
                wanted if address == SELECTED else ANYBODY,
                lambda header, content: opened(header, content, asked),
            ),
        )
    )


def _addressed(asked: Asked, talk: Callable[[int], Conversation[T]]) -> Conversation[T | None]:
    """Talk to whoever is asked; None where he has to be selected and is not there."""
    if asked.primary_address:
        return (yield from talk(asked.primary_address))
    if not any(asked.identity):
        return None
    wanted = Header(*asked.identity)
    if not (yield from select(_selection(wanted))):
        return None
    return (yield from talk(SELECTED))


def _selection(wanted: Header) -> bytes:
    """The secondary address of a header; what it says nothing of is not looked at."""
    address = wanted.address
    maker = address[4:6] if wanted.manufacturer else b"\xff\xff"
    rest = address[6:8] if wanted.device_type else b"\xff\xff"
    return address[:4] + maker + rest
