"""An asyncio transport on a serial device or pseudo-terminal, with a speed that changes between messages."""

import asyncio
import os
import termios
from typing import Any, cast

from softmeter.transport.errors import unreachable
from softmeter.transport.serial import open_serial, set_speed
from softmeter.transport.stream import PairStream
from softmeter.transport.unsent import unsent_octets

HIGH_WATER = 64 * 1024
"""Octets that may wait to be sent before the protocol is asked to pause."""
_CHUNK = 4096
_LOOK_AGAIN_S = 0.005


class SerialTransport(asyncio.Transport):
    """Moves octets between a file descriptor, which it owns, and a protocol."""

    def __init__(self, loop: asyncio.AbstractEventLoop, file: int, protocol: asyncio.Protocol, baud: int) -> None:
        super().__init__()
        self._loop = loop
        self._file = file
        self._protocol = protocol
        self._baud = self._wanted_baud = baud
        self._buffer = bytearray()
        self._before = 0  # octets of the buffer that leave before the speed changes
        self._reading = self._full = self._closing = self._lost = False
        loop.call_soon(self._begin)

    def set_baud(self, baud: int) -> None:
        """Take up a speed when all that was written is on the line; what is written from now on waits for it."""
        if baud != self._wanted_baud:
            self._wanted_baud, self._before = baud, len(self._buffer)
            self._flush()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        del name
        return default

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = cast(asyncio.Protocol, protocol)

    def get_protocol(self) -> asyncio.Protocol:
        return self._protocol

    def is_closing(self) -> bool:
        return self._closing

    def get_write_buffer_size(self) -> int:
        return len(self._buffer)

    def pause_reading(self) -> None:
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._file)

    def resume_reading(self) -> None:
        if not self._reading and not self._closing:
            self._reading = True
            self._loop.add_reader(self._file, self._read)

    def write(self, data: "bytes | bytearray | memoryview[Any]") -> None:
        if self._closing or not data:
            return
        self._buffer += data
        self._flush()
        if len(self._buffer) > HIGH_WATER and not self._full:
            self._full = True
            self._protocol.pause_writing()

    def close(self) -> None:
        if not self._closing:
            self.pause_reading()
            self._closing = True
            if not self._buffer:
                self._loop.call_soon(self._lose, None)

    def abort(self) -> None:
        self.pause_reading()
        self._closing = True
        self._loop.call_soon(self._lose, None)

    def _begin(self) -> None:
        if not self._lost:
            self._protocol.connection_made(self)
            self.resume_reading()

    def _read(self) -> None:
        try:
            data = os.read(self._file, _CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(error)
            return
        if data:
            self._protocol.data_received(data)
        else:
            self._lose(None)

    def _flush(self) -> None:
        if self._lost:
            return
        changing = self._baud != self._wanted_baud
        try:
            if self._before or not changing:
                sent = os.write(self._file, self._buffer[: self._before or None]) if self._buffer else 0
                del self._buffer[:sent]
                self._before = max(0, self._before - sent)
        except BlockingIOError:
            pass
        except OSError as error:
            self._lose(error)
            return
        if changing and not self._before:
            self._loop.remove_writer(self._file)
            self._change_speed()
        elif self._buffer:
            self._loop.add_writer(self._file, self._flush)
        else:
            self._flushed()

    def _flushed(self) -> None:
        self._loop.remove_writer(self._file)
        if self._full:
            self._full = False
            self._protocol.resume_writing()
        if self._closing:
            self._lose(None)

    def _change_speed(self) -> None:
        """Change it if nothing is on its way any more, else look again soon: waiting here would stop everybody."""
        try:
            if unsent_octets(self._file):
                self._loop.call_later(_LOOK_AGAIN_S, self._flush)
                return
            set_speed(self._file, self._wanted_baud)
        except (OSError, termios.error) as error:
            self._lose(OSError(*error.args))
            return
        self._baud = self._wanted_baud
        self._flush()

    def _lose(self, error: Exception | None) -> None:
        if self._lost:
            return
        self.pause_reading()
        self._lost = self._closing = True
        self._loop.remove_writer(self._file)
        os.close(self._file)
        self._protocol.connection_lost(error)


class SerialPair(PairStream):
    """A serial device or the far end of a pseudo-terminal for asyncio; made by `opened`."""

    def __init__(self, name: str, reader: asyncio.StreamReader, transport: SerialTransport, timeout_s: float) -> None:
        protocol = transport.get_protocol()
        loop = asyncio.get_running_loop()
        super().__init__(name, reader, asyncio.StreamWriter(transport, protocol, reader, loop), timeout_s)
        self._transport = transport

    async def write(self, octets: bytes, baud: int) -> None:
        await super().write(octets, baud)
        self._transport.set_baud(baud)


def opened(device: str, baud: int, timeout_s: float) -> SerialPair:
    """Open a serial device, within a running loop.

    Raises:
        TransportError: it cannot be opened.
        ConfigurationError: it is no serial device, or has no such speed.
    """
    try:
        file = open_serial(device, baud)
    except OSError as error:
        raise unreachable(device, error) from error
    reader = asyncio.StreamReader()
    transport = SerialTransport(asyncio.get_running_loop(), file, asyncio.StreamReaderProtocol(reader), baud)
    return SerialPair(device, reader, transport, timeout_s)
