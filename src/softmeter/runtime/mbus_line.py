"""A line of simulated sub-meters that other masters read: on TCP, a pseudo-terminal or a serial device (EN 13757-2).

All masters talk to the same sub-meters, one frame at a time, as on a pair of wires. Octets of a frame that does not go
on are forgotten after a pause.
"""

import asyncio
import os
import tty
from collections.abc import Callable
from typing import cast

from softmeter.errors import ConfigurationError
from softmeter.runtime.address import Address
from softmeter.transport.serial import open_serial
from softmeter.transport.serial_transport import SerialTransport
from softmeter.wire.mbus import Frame, FrameReader

BAUD = 2400
PAUSE_S = 0.2
MOST_MASTERS = 16
MOST_UNTAKEN = 4096
"""Octets that a master may leave untaken before it gets no more answers."""

Answer = Callable[[Frame], bytes]
"""What a frame is answered with, nothing where nobody is meant."""


class MBusPort:
    """Serves masters until it is closed."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._servers: list[asyncio.Server] = []
        self._far: list[int] = []
        self._transports: list[SerialTransport] = []
        self.masters: set[asyncio.BaseTransport] = set()

    async def listen(self, address: Address) -> Address:
        """Serve masters over TCP; returns where, with the true port number.

        Raises:
            ConfigurationError: the address cannot be listened on.
        """
        listening = await address.listen()
        server = await asyncio.get_running_loop().create_server(lambda: _Master(self, self._answer), sock=listening)
        self._servers.append(server)
        return address.bound(listening)

    def open_terminal(self) -> str:
        """Serve a master on a new pseudo-terminal; returns its path."""
        near, far = os.openpty()
        tty.setraw(far)
        os.set_blocking(near, False)
        self._far.append(far)
        self._attach(near, BAUD)
        return os.ttyname(far)

    def open_device(self, path: str, baud: int, option: str) -> str:
        """Serve the master of a serial line; returns its path.

        Raises:
            ConfigurationError: the device cannot be opened.
        """
        try:
            self._attach(open_serial(path, baud, even_parity=True), baud)
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be opened: {error.strerror}", option) from None
        return path

    async def close(self) -> None:
        """Leave all lines."""
        for server in self._servers:
            server.close()
        for master in tuple(self.masters):
            master.close()
        for transport in self._transports:
            transport.abort()
        await asyncio.sleep(0)
        for far in self._far:
            os.close(far)

    def _attach(self, file: int, baud: int) -> None:
        loop = asyncio.get_running_loop()
        self._transports.append(SerialTransport(loop, file, _Master(self, self._answer), baud))


class _Master(asyncio.Protocol):
    """One master's line."""

    def __init__(self, port: MBusPort, answer: Answer) -> None:
        self._port = port
        self._answer = answer
        self._reader = FrameReader()
        self._pause: asyncio.TimerHandle | None = None
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if len(self._port.masters) >= MOST_MASTERS:
            transport.close()
            return
        self._port.masters.add(transport)
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        if self._transport is None:
            return
        if self._pause is not None:
            self._pause.cancel()
        for frame in self._reader.receive(data):
            answer = self._answer(frame)
            if answer and self._transport.get_write_buffer_size() < MOST_UNTAKEN:
                self._transport.write(answer)
        self._pause = asyncio.get_running_loop().call_later(PAUSE_S, self._reader.silence)

    def connection_lost(self, error: Exception | None) -> None:
        del error
        if self._pause is not None:
            self._pause.cancel()
        if self._transport is not None:
            self._port.masters.discard(self._transport)
