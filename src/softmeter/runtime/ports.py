"""Ports that open and close with the meter's power."""

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from typing import Protocol

from softmeter.runtime.address import BACKLOG, Address, keep_alive
from softmeter.runtime.signal import Signal

PAUSE_S = 0.5
"""How long no connection is accepted after the system had no descriptors left for one."""

log = logging.getLogger("softmeter.ports")


class Port(Protocol):
    """Something that listens."""

    async def open(self) -> object:
        """Listen; returns where, with the true port number, which stays the same from then on."""
        ...

    async def close(self) -> None:
        """Stop listening and drop whoever is connected."""
        ...


class Listener:
    """One listening socket and the protocol instances behind it.

    uvloop accepts for us: one who waits at a time, the next after everybody else's turn, and without descriptors it
    drops who waits. The loop of asyncio takes all at once and prints a traceback for each it has no descriptor for;
    there we accept ourselves. An instance whose connection was accepted just before `close` is told of it afterwards:
    it must ask whether the port `is_open`.
    """

    def __init__(self, address: Address, factory: Callable[[], asyncio.Protocol]) -> None:
        self._address = address
        self._factory = factory
        self._accepting: asyncio.AbstractServer | _Accepting | None = None

    @property
    def is_open(self) -> bool:
        return self._accepting is not None

    async def open(self) -> Address:
        """Listen; a port number once taken is kept.

        Raises:
            ConfigurationError: the address cannot be listened on.
        """
        if self._accepting is None:
            listening = await self._address.listen()
            listening.setblocking(False)
            keep_alive(listening)
            self._address = self._address.bound(listening)
            loop = asyncio.get_running_loop()
            if isinstance(loop, asyncio.BaseEventLoop):
                self._accepting = _Accepting(str(self._address), listening, self._factory)
            else:
                self._accepting = await loop.create_server(self._factory, sock=listening, backlog=BACKLOG)
        return self._address

    def close(self) -> None:
        """Stop listening; open connections stay."""
        accepting, self._accepting = self._accepting, None
        if accepting is not None:
            accepting.close()


class _Accepting:
    """Takes those who connect one by one. Without descriptors for them they wait, and one line says so."""

    def __init__(self, name: str, listening: socket.socket, factory: Callable[[], asyncio.Protocol]) -> None:
        self._name = name
        self._listening = listening
        self._factory = factory
        self._paused: asyncio.TimerHandle | None = None
        self._complained = False
        self._arriving: dict[socket.socket, asyncio.Task[None]] = {}
        self._resume()

    def close(self) -> None:
        if self._paused is None:
            asyncio.get_running_loop().remove_reader(self._listening)
        else:
            self._paused.cancel()
        self._listening.close()

    def _resume(self) -> None:
        self._paused = None
        asyncio.get_running_loop().add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        """Take one of those who wait; the others after everybody else's turn."""
        try:
            link, _ = self._listening.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            self._pause(error)
            return
        self._complained = False
        link.setblocking(False)
        self._arriving[link] = asyncio.get_running_loop().create_task(self._connect(link))

    def _pause(self, error: OSError) -> None:
        if not self._complained:
            log.warning("%s takes no connections for now: %s", self._name, error.strerror)
        self._complained = True
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._listening)
        self._paused = loop.call_later(PAUSE_S, self._resume)

    async def _connect(self, link: socket.socket) -> None:
        """Give an accepted connection to a protocol instance."""
        try:
            await asyncio.get_running_loop().connect_accepted_socket(self._factory, link)
        except OSError as error:
            log.info("%s lost a connection at once: %s", self._name, error)
            link.close()
        finally:
            del self._arriving[link]


def _never() -> int:
    return 0


async def follow_power(
    ports: Sequence[Port], powered: Callable[[], bool], ticked: Signal, restarts: Callable[[], int] = _never
) -> None:
    """Keep `ports`, open at first, closed while the meter has no power. Runs until cancelled.

    When the number of `restarts` changes they are closed for a moment: whoever was connected is not any more.

    Raises:
        ConfigurationError: a port cannot be opened again.
    """
    opened, seen = True, restarts()
    while True:
        wanted, restarted, seen = powered(), restarts() != seen, restarts()
        if opened and restarted:
            for port in ports:
                await port.close()
            opened = False
        if wanted != opened:
            for port in ports:
                await (port.open() if wanted else port.close())
            opened = wanted
        await ticked.wait()
