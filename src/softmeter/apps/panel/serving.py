"""The panel's place on the network: how many may visit, how long they may take, and a quick, quiet end.

An ASGI server's defaults trust their visitors: any number of idle connections, requests that take for ever. Here a
browser is one of a bounded number of visitors, and whoever keeps the panel waiting is shown out.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

import h11
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from softmeter.runtime.address import Address, peer_name
from softmeter.runtime.descriptors import MOST
from softmeter.runtime.ports import Listener

REQUEST_S = 10.0
"""How long a visitor may take from its connection, or from the last answer, to the end of a request."""
STALL_S = 30.0
"""How long a visitor may leave answers unread."""
SWEEP_S = 1.0
"""How often visitors are looked at."""
GRACE_S = 0.5
"""How long answers under way may take at the end."""
_UNFINISHED = frozenset({h11.IDLE, h11.SEND_BODY})

log = logging.getLogger("softmeter.panel")


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, address: Address, most_visitors: int = MOST.panel) -> AsyncIterator[Address]:
    """Serve `app` at `address`; gives where, with the true port number.

    Raises:
        ConfigurationError: the address cannot be listened on.
    """
    config = uvicorn.Config(
        _ending_quietly(app),
        http="h11",
        ws="none",
        interface="asgi3",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )
    config.load()
    state = ServerState()
    listener = Listener(address, lambda: _Visitor(config, state, most_visitors))
    where = await listener.open()
    sweeping = asyncio.create_task(_sweep(state))
    try:
        yield where
    finally:
        sweeping.cancel()
        listener.close()
        await _end(state)


class _Visitor(H11Protocol):
    """One connection."""

    def __init__(self, config: uvicorn.Config, state: ServerState, most_visitors: int) -> None:
        super().__init__(config, state, {})
        self._most_visitors = most_visitors
        self._since = self._drained = self.loop.time()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        is_welcome = len(self.connections) < self._most_visitors or self._is_let_in()
        super().connection_made(transport)
        if not is_welcome:
            log.warning("%s refused: %d visitors are busy", peer_name(transport), self._most_visitors)
            self.show_out()

    def on_response_complete(self) -> None:
        self._since = self.loop.time()
        super().on_response_complete()

    def resume_writing(self) -> None:
        self._drained = self.loop.time()
        super().resume_writing()

    @property
    def keeps_waiting(self) -> bool:
        """Whether it is the visitor's turn: the request is not there yet, or not whole."""
        return self.conn.their_state in _UNFINISHED

    @property
    def since(self) -> float:
        """When the visitor came, or got its last answer."""
        return self._since

    def is_overdue(self, now: float) -> bool:
        """Whether it has not asked, or not read, for too long."""
        if self.transport.get_write_buffer_size() == 0:
            self._drained = now
        return now - self._drained > STALL_S or (self.keeps_waiting and now - self._since > REQUEST_S)

    def show_out(self) -> None:
        """Drop it at once."""
        self.connections.discard(self)
        self.transport.abort()

    def see_off(self) -> None:
        """Let an answer under way be finished, and nothing else."""
        if self.conn.their_state is h11.SEND_BODY:
            self.show_out()
        else:
            self.shutdown()

    def _is_let_in(self) -> bool:
        """Have the visitor that keeps waiting longest make room; False if none does."""
        waiting = [one for one in self.connections if isinstance(one, _Visitor) and one.keeps_waiting]
        if not waiting:
            return False
        longest = min(waiting, key=lambda one: one.since)
        log.warning("%s gives way to another one: it asks nothing", peer_name(longest.transport))
        longest.show_out()
        return True


async def _sweep(state: ServerState) -> None:
    """Show out whoever takes too long, for ever."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(SWEEP_S)
        for one in _visitors(state):
            if one.is_overdue(loop.time()):
                log.info("%s dropped: it takes too long", peer_name(one.transport))
                one.show_out()


async def _end(state: ServerState) -> None:
    """Finish what is under way, then drop everybody."""
    for one in _visitors(state):
        one.see_off()
    if state.tasks:
        await asyncio.wait(tuple(state.tasks), timeout=GRACE_S)
    for one in _visitors(state):
        one.show_out()
    if state.tasks:
        await asyncio.wait(tuple(state.tasks), timeout=GRACE_S)  # most end because nobody listens any more
    rest = tuple(state.tasks)
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


def _visitors(state: ServerState) -> tuple[_Visitor, ...]:
    return tuple(one for one in state.connections if isinstance(one, _Visitor))


def _ending_quietly(app: ASGIApp) -> ASGIApp:
    """`app`, whose answers may be given up at the end of the process without a word about it."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await app(scope, receive, send)

    return serve
