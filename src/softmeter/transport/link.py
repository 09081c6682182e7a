"""What all links share: how a conversation goes over a line, told once, and the two ways to wait."""

import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from types import TracebackType
from typing import Generic, NamedTuple, Protocol, Self, TypeVar

from softmeter.dlms.conversation import Conversation, Patient, Unanswered
from softmeter.errors import MeterError
from softmeter.instant import LinkTime
from softmeter.transport.errors import silent
from softmeter.transport.stream import AsyncStream, Stream
from softmeter.transport.tap import Host, MakeTap

T = TypeVar("T")


class Carrier(Protocol):
    """The client's end of a link, without IO.

    `softmeter.transport.wrapper_client.WrapperClient`, `softmeter.transport.correspondence.Correspondences` and
    `softmeter.dlms.hdlc_client.HdlcClient` are some.
    """

    @property
    def arrived(self) -> deque[bytes]:
        """The APDUs for the client that asked last, which nobody has taken yet."""
        ...

    @property
    def settled(self) -> bool:
        """Whether all that was asked is on its way."""
        ...

    @property
    def silent(self) -> bool:
        """Whether the last request has no answer, and none is awaited any more."""
        ...

    @property
    def closed(self) -> bool:
        """Whether there is nothing to take leave of."""
        ...

    @property
    def baud(self) -> int:
        """The speed from the end of what `to_send` gives; 0 on what has none."""
        ...

    @property
    def deadline(self) -> LinkTime | None:
        """When to call `expire`."""
        ...

    def ask(self, apdu: bytes, sap: int, now: LinkTime) -> None:
        """Send a request as client `sap`; empty: wait for what else there is."""
        ...

    def finish(self, now: LinkTime) -> None:
        """Take leave."""
        ...

    def receive(self, data: bytes, now: LinkTime) -> None:
        """Take what arrived.

        Raises:
            RemoteProtocolError: the peer broke the protocol.
        """
        ...

    def expire(self, now: LinkTime) -> None:
        """Ask again, or give up."""
        ...

    def to_send(self) -> bytes: ...


class Step(NamedTuple):
    """Send the octets, take up the speed, and tell what arrives within the time; None: nothing does."""

    octets: bytes
    baud: int
    wait_s: float | None


Steps = Generator[Step, bytes | None, T]
"""What is to be done on a line, one step after the other, until there is a value."""


class Talk:
    """Conversations over one line, one after the other, as steps."""

    def __init__(
        self,
        carrier: Carrier,
        client_sap: int,
        timeout_s: float,
        name: str,
        ends: tuple[Host, Host],
        make_tap: MakeTap | None,
        now: Callable[[], LinkTime],
    ) -> None:
        self._carrier = carrier
        self._now = now
        self._sap = client_sap
        self._timeout_s = timeout_s
        self._name = name
        self._tap = None if make_tap is None else make_tap(*ends)

    def steps(self, conversation: Conversation[T], client_sap: int | None) -> Steps[T]:
        """Run a conversation to its end, perhaps as another client."""
        sap = self._sap if client_sap is None else client_sap
        try:
            request = next(conversation)
            while True:
                request = conversation.send((yield from self._exchange(request, sap)))
        except StopIteration as stop:
            value: T = stop.value
            return value
        finally:
            conversation.close()

    def say(self, octets: bytes) -> Steps[None]:
        """Send what nobody answers, and take what has arrived."""
        if self._tap is not None:
            self._tap.sent(octets)
        data = yield Step(octets, self._carrier.baud, 0.0)
        if data is not None:
            self._taken(data)

    def leave(self) -> Steps[None]:
        """Take leave of the peer."""
        self._carrier.finish(self._now())
        while not self._carrier.closed:
            yield from self._step()

    def closed(self) -> None:
        """Say that the line is closed."""
        if self._tap is not None:
            self._tap.closed()

    def _exchange(self, request: bytes, sap: int) -> Steps[bytes]:
        carrier = self._carrier
        if request or not carrier.arrived:
            carrier.ask(request, sap, self._now())
        awaited = not isinstance(request, Unanswered)
        while not (carrier.arrived if awaited else carrier.settled):
            yield from self._step()
            if carrier.silent:
                if isinstance(request, Patient) and not carrier.closed:
                    return b""
                raise silent(self._name, self._timeout_s)
        return carrier.arrived.popleft() if awaited else b""

    def _step(self) -> Steps[None]:
        """Have sent what is to be sent, and take what comes until the deadline."""
        carrier = self._carrier
        octets, deadline = carrier.to_send(), carrier.deadline
        if self._tap is not None and octets:
            self._tap.sent(octets)
        data = yield Step(octets, carrier.baud, None if deadline is None else max(0.0, deadline - self._now()))
        if data is None:
            carrier.expire(self._now())
            return
        self._taken(data)

    def _taken(self, data: bytes) -> None:
        if self._tap is not None:
            self._tap.received(data)
        self._carrier.receive(data, self._now())


class _Ends(Protocol):
    """What both kinds of streams say of themselves."""

    @property
    def name(self) -> str: ...

    @property
    def ends(self) -> tuple[Host, Host]: ...


S = TypeVar("S", bound=_Ends)


class _Line(Generic[S]):
    """A stream, and the conversations over it."""

    def __init__(
        self,
        stream: S,
        carrier: Carrier,
        *,
        client_sap: int = 16,
        timeout_s: float = 10.0,
        make_tap: MakeTap | None = None,
        now: Callable[[], LinkTime] | None = None,
    ) -> None:
        """`now`: the time of the line, that of the machine unless it has one of its own."""
        self._stream = stream
        self._talk = Talk(carrier, client_sap, timeout_s, stream.name, stream.ends, make_tap, now or _now)


class OpenLink(_Line[Stream]):
    """An open link to a meter, over which conversations run one after the other. Closes as a context."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(MeterError):  # whoever does not take leave is left all the same
            self._walk(self._talk.leave())
        self._stream.close()
        self._talk.closed()

    def run(self, conversation: Conversation[T], *, client_sap: int | None = None) -> T:
        """Run a conversation to its end, perhaps as another client.

        Raises:
            TransportError: the meter fell silent or went away.
            RemoteProtocolError: it broke the protocol, refused or ended the link.
        """
        return self._walk(self._talk.steps(conversation, client_sap))

    def _walk(self, steps: Steps[T]) -> T:
        data: bytes | None
        try:
            step = next(steps)
            while True:
                self._stream.write(step.octets, step.baud)
                try:
                    data = self._stream.read(step.wait_s)
                except TimeoutError:
                    data = None
                step = steps.send(data)
        except StopIteration as stop:
            value: T = stop.value
            return value
        finally:
            steps.close()


class AsyncOpenLink(_Line[AsyncStream]):
    """The same for asyncio."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(MeterError):
            await self._walk(self._talk.leave())
        await self._stream.close()
        self._talk.closed()

    async def run(self, conversation: Conversation[T], *, client_sap: int | None = None) -> T:
        """Run a conversation to its end, perhaps as another client; as `OpenLink.run`."""
        return await self._walk(self._talk.steps(conversation, client_sap))

    async def _walk(self, steps: Steps[T]) -> T:
        data: bytes | None
        try:
            step = next(steps)
            while True:
                await self._stream.write(step.octets, step.baud)
                try:
                    data = await self._stream.read(step.wait_s)
                except TimeoutError:
                    data = None
                step = steps.send(data)
        except StopIteration as stop:
            value: T = stop.value
            return value
        finally:
            steps.close()


def run_once(opened: Callable[[], OpenLink], conversation: Conversation[T]) -> T:
    """Run one conversation over a link of its own."""
    try:
        with opened() as link:
            return link.run(conversation)
    finally:
        conversation.close()


async def arun_once(opening: Callable[[], Awaitable[AsyncOpenLink]], conversation: Conversation[T]) -> T:
    """The same for asyncio."""
    try:
        async with await opening() as link:
            return await link.run(conversation)
    finally:
        conversation.close()


def _now() -> LinkTime:
    return LinkTime(time.monotonic())
