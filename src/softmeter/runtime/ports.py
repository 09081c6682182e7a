"""Ports that open and close with the meter's power."""

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from typing import Protocol

from softmeter.runtime.address import Address, keep_alive
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

    It accepts by itself, as event loops differ in what they do without descriptors: some print a traceback for every
    connection that waits, some drop them all. Here they wait, and one line says so.
    """

    def __init__(self, address: Address, factory: Callable[[], asyncio.Protocol]) -> None:
        self._address = address
        self._factory = factory
        self._listening: socket.socket | None = None
        self._paused: asyncio.TimerHandle | None = None
        self._complained = False
        self._arriving: dict[socket.socket, asyncio.Task[None]] = {}

    @property
    def is_open(self) -> bool:
        return self._listening is not None

    async def open(self) -> Address:
        """Listen; a port number once taken is kept.

        Raises:
            ConfigurationError: the address cannot be listened on.
        """
        if self._listening is None:
            listening = await self._address.listen()
            listening.setblocking(False)
            keep_alive(listening)
            self._address = self._address.bound(listening)
            self._listening = listening
            self._resume()
        return self._address

    def close(self) -> None:
        """Stop listening; open connections stay."""
        listening, self._listening = self._listening, None
        if listening is None:
            return
        if self._paused is None:
            asyncio.get_running_loop().remove_reader(listening)
        else:
            self._paused.cancel()
            self._paused = None
        listening.close()

    def _resume(self) -> None:
        self._paused = None
        if self._listening is not None:
            asyncio.get_running_loop().add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        """Take one of those who wait; the others after everybody else's turn."""
        listening = self._listening
        if listening is None:
            return
        try:
            link, _ = listening.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            self._pause(listening, error)
            return
        self._complained = False
        link.setblocking(False)
        self._arriving[link] = asyncio.get_running_loop().create_task(self._connect(link, listening))

    def _pause(self, listening: socket.socket, error: OSError) -> None:
        if not self._complained:
            log.warning("%s takes no connections for now: %s", self._address, error.strerror)
        self._complained = True
        loop = asyncio.get_running_loop()
        loop.remove_reader(listening)
        self._paused = loop.call_later(PAUSE_S, self._resume)

    async def _connect(self, link: socket.socket, listening: socket.socket) -> None:
        """Give an accepted connection to a protocol instance; drop it if the port was closed in between."""
        try:
            transport, _ = await asyncio.get_running_loop().connect_accepted_socket(self._factory, link)
        except OSError as error:
            log.info("%s lost a connection at once: %s", self._address, error)
            link.close()
            return
        finally:
            del self._arriving[link]
        if self._listening is not listening:
            transport.abort()


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
