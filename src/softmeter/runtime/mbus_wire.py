"""What an M-Bus master is connected to: a gateway over TCP, a serial device, or a terminal of its own."""

import asyncio
import os
import tty
from collections.abc import Awaitable, Callable

from softmeter.runtime.address import Address
from softmeter.transport.serial import open_serial
from softmeter.transport.serial_transport import SerialTransport

TCP_LATENCY_S, DEVICE_LATENCY_S = 0.3, 0.1
"""How much later than on the wire itself octets may come through a network, and through an operating system."""
CONNECT_S = 5.0
_MOST_KEPT = 4096
"""Octets kept until somebody reads them."""


class Heard(asyncio.Protocol):
    """What came and was not read yet."""

    def __init__(self) -> None:
        self._octets = bytearray()
        self._came = asyncio.Event()
        self.lost = False

    def data_received(self, data: bytes) -> None:
        self._octets += data[-_MOST_KEPT:]
        del self._octets[:-_MOST_KEPT]
        self._came.set()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.lost = True
        self._came.set()

    async def read(self) -> bytes:
        await self._came.wait()
        if self.lost and not self._octets:
            raise ConnectionError("the other end closed the line")
        octets = bytes(self._octets)
        self.forget()
        return octets

    def forget(self) -> None:
        self._octets.clear()
        if not self.lost:
            self._came.clear()


Connect = Callable[[Heard, int], Awaitable[asyncio.WriteTransport]]


class Wire:
    """A line with a transport while it is open. By `latency_s` octets may come later than on the wire itself."""

    def __init__(self, connect: Connect, latency_s: float = DEVICE_LATENCY_S) -> None:
        self.latency_s = latency_s
        self._connect = connect
        self._baud = 0
        self._heard: Heard | None = None
        self._transport: asyncio.WriteTransport | None = None

    async def open(self, baud: int) -> None:
        """Be ready to send at a speed; OSError where that cannot be."""
        if self._heard is not None and not self._heard.lost and self._baud == baud:
            return
        await self.close()
        heard = Heard()
        self._transport = await self._connect(heard, baud)
        self._heard, self._baud = heard, baud

    def write(self, octets: bytes) -> None:
        """Send, unless nobody has taken what was sent before."""
        if self._transport is not None and not self._transport.get_write_buffer_size():
            self._transport.write(octets)

    async def read(self) -> bytes:
        """What came, as soon as something comes; OSError when the line ends."""
        if self._heard is None:
            raise ConnectionError("the line is not open")
        return await self._heard.read()

    def forget(self) -> None:
        """Drop what came and nobody waited for."""
        if self._heard is not None:
            self._heard.forget()

    async def close(self) -> None:
        """Leave the line."""
        transport, self._transport, self._heard = self._transport, None, None
        if transport is not None:
            transport.abort()
            await asyncio.sleep(0)


def tcp_wire(address: Address) -> Wire:
    """A gateway, which hands octets on to a line of its own."""

    async def connect(heard: Heard, baud: int) -> asyncio.WriteTransport:
        del baud  # the gateway knows that of its own line
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_S):
                transport, _ = await loop.create_connection(lambda: heard, address.host, address.port)
        except TimeoutError:
            raise ConnectionError(f"{address} does not answer") from None
        return transport

    return Wire(connect, TCP_LATENCY_S)


def device_wire(path: str) -> Wire:
    """A serial device with a level converter behind it; M-Bus has even parity."""

    async def connect(heard: Heard, baud: int) -> asyncio.WriteTransport:
        return SerialTransport(asyncio.get_running_loop(), open_serial(path, baud, even_parity=True), heard, baud)

    return Wire(connect)


def terminal_wire() -> tuple[Wire, str]:
    """A pseudo-terminal of our own and the path that others open; it stays the same while the process lives."""
    near, far = os.openpty()
    tty.setraw(far)
    os.set_blocking(near, False)

    async def connect(heard: Heard, baud: int) -> asyncio.WriteTransport:
        return SerialTransport(asyncio.get_running_loop(), os.dup(near), heard, baud)

    return Wire(connect), os.ttyname(far)
