"""Takes what meters push to a TCP port, and confirms what asks for it; with keys only what is authentic and encrypted.

python examples/library_push.py 4060 [SYSTEM_TITLE ENCRYPTION_KEY AUTHENTICATION_KEY]
python examples/library_push.py 4060 --blocking
"""

import asyncio
import socketserver
import sys
from typing import Any

from softmeter.dlms.dialect import STANDARD
from softmeter.dlms.messages import DataNotification
from softmeter.dlms.notifications import PushReceiver
from softmeter.dlms.sealing import KeySet, Sealer
from softmeter.errors import MeterError, SecurityError
from softmeter.security.ciphering import Protection
from softmeter.transport.entropy import SystemEntropy
from softmeter.wire.types import Data, decode_data
from softmeter.wire.wrapper import Datagram, Reassembly, encode_datagram

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 4060
KEYS = [bytes.fromhex(word) for word in sys.argv[2:5]] if len(sys.argv) == 5 else []


def new_receiver() -> PushReceiver:
    """For one connection; the receiver confirms in clear, as it has no counter of its own."""
    if not KEYS:
        return PushReceiver()
    title, encryption, authentication = KEYS
    keys = KeySet(unicast=encryption, authentication=authentication)
    sealer = Sealer(keys, (b"", title), lambda _: 0, SystemEntropy(), STANDARD)
    last = 0

    def opened(apdu: bytes) -> bytes:
        nonlocal last
        inside = sealer.unwrap(apdu)
        if inside.protection is not Protection.FULL:
            raise SecurityError("a push that is not authenticated and encrypted")
        counter = inside.counters[0][1]
        if counter <= last:  # a program that ends keeps it somewhere
            raise SecurityError("a push that was seen before")
        last = counter
        return inside.plain

    return PushReceiver(opened)


class Line:
    """One connection from a meter: octets in, octets out."""

    def __init__(self) -> None:
        self._receiver = new_receiver()
        self._stream = Reassembly()

    def receive(self, data: bytes) -> bytes:
        out = b""
        self._stream.receive(data)
        while (datagram := self._stream.take()) is not None:
            notification = self._receiver.receive(datagram.apdu)
            if isinstance(notification, DataNotification):
                print(plain(decode_data(notification.body)), flush=True)
            elif notification is not None:
                print(notification.reference, plain(decode_data(notification.value)), flush=True)
            for apdu in self._receiver.to_send():
                out += encode_datagram(Datagram(datagram.destination, datagram.source, apdu))
        return out


def plain(data: Data) -> Any:
    """Values without their types."""
    return [plain(one) for one in data.value] if isinstance(data.value, list | tuple) else data.value


class Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        line = Line()
        while data := self.request.recv(4096):
            self.request.sendall(line.receive(data))


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    line = Line()
    try:
        while data := await reader.read(4096):
            writer.write(line.receive(data))
            await writer.drain()
    except MeterError as error:
        print(f"refused: {error}", flush=True)
    finally:
        writer.close()


async def main(port: int) -> None:
    async with await asyncio.start_server(serve, "127.0.0.1", port) as server:
        print(f"listening at 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await server.serve_forever()


if "--blocking" in sys.argv:
    with socketserver.TCPServer(("127.0.0.1", PORT), Handler) as listener:
        print(f"listening at 127.0.0.1:{listener.server_address[1]}", flush=True)
        listener.serve_forever()
else:
    asyncio.run(main(PORT))
