"""Where a meter may push to: a client's write must not open sockets anywhere (design of ports; loopback by default)."""

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Iterable, Sequence
from typing import Any

from softmeter.errors import ConfigurationError

LOOPBACK = ("127.0.0.0/8", "::1/128")
ANYWHERE = "*"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Known = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]
"""As `socket.getaddrinfo` tells it."""


class Places:
    """The networks and host names that may be connected to.

    Raises:
        ConfigurationError: an entry is no network in the form of `192.0.2.0/24`, no address and no host name.
    """

    def __init__(self, allowed: Iterable[str] = LOOPBACK, where: str = "push_to") -> None:
        self._networks: list[Network] = []
        self._names: set[str] = set()
        self._anywhere = False
        for entry in allowed:
            self._allow(entry.strip(), where)

    async def found(self, host: str, port: int) -> list[tuple[int, tuple[str, int]]]:
        """Families and addresses of a host that may be used, in the system's order.

        Raises:
            OSError: it is not known, or none of them may be used.
        """
        try:
            known = await _resolved(host, port)
        except UnicodeError as error:
            raise OSError(f"{host!r} is no host name") from error
        found = [(int(family), (str(where[0]), port)) for family, _, _, _, where in known]
        allowed = [one for one in found if self._may(host, one[1][0])]
        if not allowed:
            raise OSError(f"{host} is not among the places that pushes may go to")
        return allowed

    def _allow(self, entry: str, where: str) -> None:
        if entry == ANYWHERE:
            self._anywhere = True
            return
        try:
            self._networks.append(ipaddress.ip_network(entry))
        except ValueError:
            if not entry or any(letter in entry for letter in "/:* "):
                message = f"{entry!r} is no network, address or host name; write it like 192.0.2.0/24 or example.org"
                raise ConfigurationError(message, where) from None
            self._names.add(entry.lower())

    def _may(self, host: str, numbers: str) -> bool:
        address = ipaddress.ip_address(numbers.partition("%")[0])
        return (
            self._anywhere
            or host.lower() in self._names
            or any(address.version == one.version and address in one for one in self._networks)
        )


async def _resolved(host: str, port: int) -> Sequence[_Known]:
    """What the system's resolver says, asked in a thread that nothing waits for: it may take half a minute to give up.

    Raises:
        OSError: the host is not known.
        UnicodeError: it is no host name.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Sequence[_Known]] = loop.create_future()

    def tell(known: Sequence[_Known] | Exception) -> None:
        if answer.done():
            return
        if isinstance(known, Exception):
            answer.set_exception(known)
        else:
            answer.set_result(known)

    def ask() -> None:
        known: Sequence[_Known] | Exception
        try:
            known = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            known = error
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(tell, known)

    threading.Thread(target=ask, name="push-resolver", daemon=True).start()
    return await answer
