"""Conversations over TCP with the wrapper (IEC 62056-47), blocking and asyncio."""

from dataclasses import dataclass
from typing import TypeVar

from softmeter.dlms.conversation import Conversation
from softmeter.errors import ConfigurationError
from softmeter.transport.errors import TransportError
from softmeter.transport.link import AsyncOpenLink, OpenLink, arun_once, run_once
from softmeter.transport.stream import PairStream, TcpStream, connected, named
from softmeter.transport.tap import MakeTap
from softmeter.transport.wrapper_client import WrapperClient

T = TypeVar("T")
PORT = 4059
"""The registered port of DLMS/COSEM."""


@dataclass(frozen=True, slots=True)
class Address:
    """A meter's host and port, and the two service access points a conversation runs between."""

    host: str
    port: int = PORT
    client_sap: int = 16
    server_sap: int = 1

    def __str__(self) -> str:
        return named(self.host, self.port)

    @classmethod
    def parse(cls, text: str, client_sap: int = 16, server_sap: int = 1) -> "Address":
        """Read `HOST`, `HOST:PORT` or `[HOST]:PORT`.

        Raises:
            ConfigurationError: the port is no number from 1 to 65535, or there is no host, or none that could be.
        """
        host, colon, port = text.rpartition(":") if text.count(":") == 1 or "]:" in text else (text, "", "")
        number = int(port) if port.isascii() and port.isdigit() else 0 if colon else PORT
        host = host.removeprefix("[").removesuffix("]")
        if not _may_be_asked_for(host) or not 0 < number < 1 << 16:
            raise ConfigurationError(f"{text!r} is no address of a meter; write it like 127.0.0.1:{PORT}")
        return cls(host, number, client_sap, server_sap)


def _may_be_asked_for(host: str) -> bool:
    """Whether this is an address, or a name in the form in which it is looked up (RFC 3490)."""
    try:
        return bool(host.encode("idna"))
    except UnicodeError:
        return False


class Link(OpenLink):
    """An open connection to a meter, over which conversations run one after the other. Closes as a context."""

    def __init__(
        self,
        address: Address,
        timeout_s: float = 10.0,
        make_tap: MakeTap | None = None,
        *,
        stream: TcpStream | None = None,
    ) -> None:
        """Connect, unless there is a connection already.

        Raises:
            TransportError: nobody is reached.
        """
        super().__init__(
            stream or TcpStream(address.host, address.port, timeout_s),
            WrapperClient(address.server_sap, timeout_s),
            client_sap=address.client_sap,
            timeout_s=timeout_s,
            make_tap=make_tap,
        )


class AsyncLink(AsyncOpenLink):
    """The same for asyncio; made by `open_link`."""

    def __init__(self, stream: PairStream, address: Address, timeout_s: float) -> None:
        carrier = WrapperClient(address.server_sap, timeout_s)
        super().__init__(stream, carrier, client_sap=address.client_sap, timeout_s=timeout_s)


async def open_link(address: Address, timeout_s: float = 10.0) -> AsyncLink:
    """Connect to a meter.

    Raises:
        TransportError: it is not reached.
    """
    return AsyncLink(await connected(address.host, address.port, timeout_s), address, timeout_s)


def run(conversation: Conversation[T], address: Address, timeout_s: float = 10.0) -> T:
    """Run one conversation over a connection of its own.

    Raises:
        TransportError: the meter is not reached, fell silent or went away.
    """
    return run_once(lambda: Link(address, timeout_s), conversation)


async def arun(conversation: Conversation[T], address: Address, timeout_s: float = 10.0) -> T:
    """The same for asyncio."""
    return await arun_once(lambda: open_link(address, timeout_s), conversation)


__all__ = ["PORT", "Address", "AsyncLink", "Link", "TransportError", "arun", "open_link", "run"]
