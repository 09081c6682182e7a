"""A device of the library behind a real TCP port of this process, for one connection of a foreign client."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from softmeter.dlms.server import Server
from softmeter.instant import LinkTime

if TYPE_CHECKING:
    from collections.abc import Iterator

    from softmeter.dlms.host import Host


def _serve(listener: socket.socket, meter: Host, events: list[object]) -> None:
    try:
        connection, _ = listener.accept()
    except OSError:  # nobody came
        return
    server = Server(meter, LinkTime(time.monotonic()))
    with connection, suppress(OSError):  # who has heard enough may leave before the last answer
        while not server.closed:
            data = connection.recv(65536)
            events += server.receive(data, LinkTime(time.monotonic()))
            connection.sendall(server.to_send())


@contextmanager
def listening(meter: Host, events: list[object]) -> Iterator[tuple[str, int]]:
    """Host and port of the device; what its server reports is added to `events`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, meter, events), daemon=True)
        thread.start()
        host, port = listener.getsockname()
        try:
            yield host, port
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # where nobody came, nobody is waited for
            thread.join(60)
