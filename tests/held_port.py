"""A port of loopback that nobody else gets, and at which nobody answers until this process listens there."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_port() -> Iterator[int]:
    """Its number: bound, and not listened on, while the block runs.

    A number that was free a moment ago another process may have by now; and who connects to it over and over may meet
    himself.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        number = int(held.getsockname()[1])
        if sys.platform != "linux":  # there who only has it bound does not stand in the way of who listens
            held.close()
        yield number
