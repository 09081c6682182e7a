"""HOST:PORT as people type it, and the socket that listens there."""

import asyncio
import contextlib
import errno
import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from softmeter.errors import ConfigurationError

BACKLOG = 512
_LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")
KEEPALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))
_REASONS = {
    errno.EADDRINUSE: "is in use by another process; stop it, or choose another port (0 takes any free one)",
    errno.EACCES: "is not allowed; choose a port of 1024 or above",
    errno.EADDRNOTAVAIL: "is not an address of this machine; take 127.0.0.1 for this machine only, 0.0.0.0 for all",
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; `option` is the name under which it was given."""

    host: str
    port: int
    option: str

    @classmethod
    def parse(cls, text: str, option: str) -> "Address":
        """Read HOST:PORT, an IPv6 address in brackets; port 0 is any free one.

        Raises:
            ConfigurationError: the text has another form.
        """
        host, colon, port = text.strip().rpartition(":")
        bracketed = host.startswith("[") and host.endswith("]")
        if bracketed:
            host = host[1:-1]
        if not colon or not host or (":" in host) != bracketed or any(letter in host for letter in "[] /@"):
            raise ConfigurationError(f"{text!r} is no HOST:PORT; write it like 127.0.0.1:4059 or [::1]:4059", option)
        if not _is_host(host):
            raise ConfigurationError(f"{host!r} in {text!r} is no address and no host name", option)
        if not (port.isascii() and port.isdecimal() and len(port) <= 5 and int(port) <= 0xFFFF):
            raise ConfigurationError(f"{port!r} in {text!r} is no port; it is a number from 0 to 65535", option)
        return cls(host, int(port), option)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    async def listen(self) -> socket.socket:
        """A socket that listens here.

        Raises:
            ConfigurationError: it cannot; says why and what to try.
        """
        family, where = await self._found()
        try:
            return socket.create_server((where, self.port), family=family, backlog=BACKLOG)
        except OSError as error:
            raise self._unusable(error) from None

    async def datagrams(self) -> socket.socket:
        """A UDP socket that is bound here.

        Raises:
            ConfigurationError: it cannot; says why and what to try.
        """
        family, where = await self._found()
        bound = socket.socket(family, socket.SOCK_DGRAM)
        try:
            bound.setblocking(False)
            if family == socket.AF_INET6:
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            bound.bind((where, self.port))
        except OSError as error:
            bound.close()
            raise self._unusable(error) from None
        return bound

    async def _found(self) -> tuple[int, str]:
        """The family and the numbers of the host."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except (socket.gaierror, UnicodeError):
            message = f"{self.host!r} is no known host; write a name or address of this machine, like 127.0.0.1"
            raise ConfigurationError(message, self.option) from None
        return _preferred([(family, str(where[0])) for family, _, _, _, where in found])

    def _unusable(self, error: OSError) -> ConfigurationError:
        reason = _REASONS.get(error.errno or 0, f"cannot be listened on ({error.strerror})")
        return ConfigurationError(f"{self} {reason}", self.option)

    def bound(self, listening: socket.socket) -> "Address":
        """This address with the port that `listening` got."""
        return Address(self.host, listening.getsockname()[1], self.option)


def _is_host(host: str) -> bool:
    """Whether this is an address, or has the form of a name (RFC 1123, with the underscores of some networks)."""
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(host)
        return True
    labels = host.removesuffix(".").split(".")
    return not labels[-1].isdecimal() and all(_LABEL.fullmatch(label) for label in labels)


def _preferred(found: Sequence[tuple[int, str]]) -> tuple[int, str]:
    """One of a name's addresses, IPv4 first: so that port 0 is one port and not one for each."""
    return next((one for one in found if one[0] == socket.AF_INET), found[0])


def peer_name(transport: asyncio.BaseTransport) -> str:
    """Who is at the other end, for log lines."""
    return name_of(transport.get_extra_info("peername"))


def name_of(peer: object) -> str:
    """The same, of what a transport knows of its peer."""
    if not isinstance(peer, tuple):
        return "unknown"
    return f"[{peer[0]}]:{peer[1]}" if ":" in str(peer[0]) else f"{peer[0]}:{peer[1]}"


def keep_alive(link: socket.socket) -> None:
    """Find out about peers that vanished without a word; what a listening socket accepts takes it over."""
    link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, number in KEEPALIVE:
        if hasattr(socket, name):
            link.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), number)
