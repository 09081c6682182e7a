"""An association over any link, opened and released around a block of code; blocking and asyncio.

A client that ciphers must go on from the counter it used last. Where the caller does not know it, the meter is asked
first, over the same link and as the public client.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Generic, Protocol, TypeVar

from softmeter.dlms.client import Client, first_counter
from softmeter.dlms.conversation import Conversation
from softmeter.dlms.credentials import Credentials
from softmeter.dlms.typed import Attribute, get, put
from softmeter.entropy import Entropy
from softmeter.obis import Obis
from softmeter.transport.entropy import SystemEntropy
from softmeter.transport.tcp import Address, Link, open_link

T = TypeVar("T")
PUBLIC_SAP = 16
"""The address of the client that needs no secrets."""
_PUBLIC = Credentials()


class BlockingLink(Protocol):
    """What carries conversations: `softmeter.transport.tcp.Link`, `softmeter.transport.hdlc.HdlcLink`."""

    def run(self, conversation: Conversation[T], *, client_sap: int | None = None) -> T: ...


class WaitingLink(Protocol):
    """The same for asyncio."""

    async def run(self, conversation: Conversation[T], *, client_sap: int | None = None) -> T: ...


L = TypeVar("L")


class _Association(Generic[L]):
    """An open association and the link under it."""

    def __init__(self, link: L, client: Client, client_sap: int) -> None:
        self.client = client
        self._link = link
        self._sap = client_sap


class Session(_Association[BlockingLink]):
    """An open association; made by `associated` and `open_session`."""

    def run(self, conversation: Conversation[T]) -> T:
        """Run a conversation of `client`, or one about it such as `read_profile`.

        Raises:
            TransportError: the meter fell silent or went away.
        """
        return self._link.run(conversation, client_sap=self._sap)

    def get(self, attribute: Attribute[T], name: Obis | str) -> T:
        """The value of an attribute of the object `name`, such as `Clock.time` of `softmeter.dlms.typed`.

        Raises:
            AccessError: the meter gives no value.
            DecodeError: the value is of another type.
        """
        return self.run(get(self.client, attribute, name))

    def put(self, attribute: Attribute[T], name: Obis | str, value: T) -> None:
        """Set an attribute of the object `name`.

        Raises:
            AccessError: the meter does not take it.
        """
        self.run(put(self.client, attribute, name, value))


class AsyncSession(_Association[WaitingLink]):
    """The same for asyncio; made by `async_associated` and `open_async_session`."""

    async def run(self, conversation: Conversation[T]) -> T:
        """As `Session.run`."""
        return await self._link.run(conversation, client_sap=self._sap)

    async def get(self, attribute: Attribute[T], name: Obis | str) -> T:
        """As `Session.get`."""
        return await self.run(get(self.client, attribute, name))

    async def put(self, attribute: Attribute[T], name: Obis | str, value: T) -> None:
        """As `Session.put`."""
        await self.run(put(self.client, attribute, name, value))


@contextmanager
def associated(
    link: BlockingLink,
    credentials: Credentials = _PUBLIC,
    *,
    client_sap: int = PUBLIC_SAP,
    counter: int | None = None,
    entropy: Entropy | None = None,
) -> Iterator[Session]:
    """An association over an open link; released at the end of the block, unless that ends in an error.

    `counter`: the first invocation counter to use; None: ask the meter.

    Raises:
        RefusalError: the meter refused; its class says why.
        TransportError: the meter fell silent or went away.
    """
    chance = entropy or SystemEntropy()
    if counter is None and credentials.is_ciphered:
        counter = link.run(first_counter(chance, client_sap), client_sap=PUBLIC_SAP)
    session = Session(link, Client(credentials, chance, counter=counter or 1), client_sap)
    session.run(session.client.associate())
    yield session
    session.run(session.client.release())


@contextmanager
def open_session(
    address: Address | str, credentials: Credentials = _PUBLIC, *, counter: int | None = None, timeout_s: float = 10.0
) -> Iterator[Session]:
    """An association over a TCP connection of its own; as `associated`.

    Raises:
        ConfigurationError: the text is no address.
    """
    where = Address.parse(address) if isinstance(address, str) else address
    with (
        Link(where, timeout_s) as link,
        associated(link, credentials, client_sap=where.client_sap, counter=counter) as session,
    ):
        yield session


@asynccontextmanager
async def async_associated(
    link: WaitingLink,
    credentials: Credentials = _PUBLIC,
    *,
    client_sap: int = PUBLIC_SAP,
    counter: int | None = None,
    entropy: Entropy | None = None,
) -> AsyncIterator[AsyncSession]:
    """As `associated`, for asyncio."""
    chance = entropy or SystemEntropy()
    if counter is None and credentials.is_ciphered:
        counter = await link.run(first_counter(chance, client_sap), client_sap=PUBLIC_SAP)
    session = AsyncSession(link, Client(credentials, chance, counter=counter or 1), client_sap)
    await session.run(session.client.associate())
    yield session
    await session.run(session.client.release())


@asynccontextmanager
async def open_async_session(
    address: Address | str, credentials: Credentials = _PUBLIC, *, counter: int | None = None, timeout_s: float = 10.0
) -> AsyncIterator[AsyncSession]:
    """As `open_session`, for asyncio."""
    where = Address.parse(address) if isinstance(address, str) else address
    async with (
        await open_link(where, timeout_s) as link,
        async_associated(link, credentials, client_sap=where.client_sap, counter=counter) as session,
    ):
        yield session
