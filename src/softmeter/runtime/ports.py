"""Ports that open and close with the meter's power."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from softmeter.runtime.address import BACKLOG, Address
from softmeter.runtime.signal import Signal


class Port(Protocol):
    """Something that listens."""

    async def open(self) -> Address:
        """Listen; returns where, with the true port number, which stays the same from then on."""
        ...

    async def close(self) -> None:
        """Stop listening and drop whoever is connected."""
        ...


class Listener:
    """One listening socket and the protocol instances behind it."""

    def __init__(self, address: Address, factory: Callable[[], asyncio.Protocol]) -> None:
        self._address = address
        self._factory = factory
        self._server: asyncio.Server | None = None

    async def open(self) -> Address:
        """Listen; a port number once taken is kept.

        Raises:
            ConfigurationError: the address cannot be listened on.
        """
        if self._server is None:
            listening = await self._address.listen()
            self._address = self._address.bound(listening)
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(self._factory, sock=listening, backlog=BACKLOG)
        return self._address

    def close(self) -> None:
        """Stop listening; open connections stay."""
        server, self._server = self._server, None
        if server is not None:
            server.close()


async def follow_power(ports: Sequence[Port], powered: Callable[[], bool], ticked: Signal) -> None:
    """Keep `ports`, open at first, closed while the meter has no power. Runs until cancelled.

    Raises:
        ConfigurationError: a port cannot be opened again.
    """
    opened = True
    while True:
        wanted = powered()
        if wanted != opened:
            for port in ports:
                await (port.open() if wanted else port.close())
            opened = wanted
        await ticked.wait()
