"""A way to a meter on which one answer gets lost: whoever asked finds the connection closed."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def cutting(where: str, connection: int, request: int, *, delivered: bool, last: bool = False) -> Iterator[str]:
    """An address that leads to `where`, but for one request on one connection, both counted from 1.

    That one's answer is lost, and where it is not `delivered` the request too; after the `last` one nothing passes.
    """
    host, _, port = where.partition(":")
    listening = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        number = 0
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            number += 1
            if last and number > connection:
                near.close()
                continue
            cut = request if number == connection else 0
            threading.Thread(target=carry, args=(near, cut), daemon=True).start()

    def carry(near: socket.socket, cut: int) -> None:
        with suppress(OSError), near, socket.create_connection((host, int(port))) as far:
            count = 0
            while data := near.recv(1 << 16):
                count += 1
                if count == cut:
                    if delivered:
                        far.sendall(data)
                        far.recv(1 << 16)
                    return
                far.sendall(data)
                near.sendall(far.recv(1 << 16))

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
