"""Listening sockets where descriptors run out: no line too many, no busy loop, and served again when there are some."""

import asyncio
import contextlib
import gc
import logging
import os
import resource
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, cast

import pytest

from softmeter.runtime import ports
from softmeter.runtime.address import Address
from softmeter.runtime.loop import GC_THRESHOLDS, run
from softmeter.runtime.ports import Listener

Run = Callable[[Coroutine[Any, Any, None]], None]


class Greeting(asyncio.Protocol):
    """Says hello and closes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).write(b"hello\n")
        transport.close()


@contextlib.contextmanager
def no_descriptors() -> Iterator[None]:
    """All descriptors there may be are taken."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = [os.open(os.devnull, os.O_RDONLY)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (taken[0] + 10, hard))
    try:
        with contextlib.suppress(OSError):
            while True:
                taken.append(os.dup(taken[0]))
        yield
    finally:
        for one in taken:
            os.close(one)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextlib.asynccontextmanager
async def listening() -> AsyncIterator[tuple[Listener, Address]]:
    listener = Listener(Address("127.0.0.1", 0, "--wan"), Greeting)
    try:
        yield listener, await listener.open()
    finally:
        listener.close()
        await asyncio.sleep(0.01)


async def greeting(client: socket.socket) -> bytes:
    """What a client hears, and the end of the connection."""
    client.setblocking(False)
    async with asyncio.timeout(10):
        return await asyncio.get_running_loop().sock_recv(client, 100)


def test_without_descriptors_it_waits_says_so_once_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ports, "PAUSE_S", 0.01)
    tries: list[None] = []
    addresses: list[Address] = []

    class Counted(ports._Accepting):
        def _accept(self) -> None:
            tries.append(None)
            super()._accept()

    monkeypatch.setattr(ports, "_Accepting", Counted)

    async def story() -> None:
        async with listening() as (_, address):
            addresses.append(address)
            clients = [socket.create_connection((address.host, address.port)) for _ in range(3)]
            with no_descriptors():
                await asyncio.sleep(0.055)
                assert 1 <= len(tries) <= 7
            for client in clients:
                with client:
                    assert await greeting(client) == b"hello\n"

    asyncio.run(story())
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        f"{address} takes no connections for now: Too many open files" for address in addresses
    ]


def test_without_descriptors_uvloop_drops_who_waits_and_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("uvloop")

    async def story() -> None:
        async with listening() as (_, address):
            with socket.create_connection((address.host, address.port)) as client, no_descriptors():
                await asyncio.sleep(0.05)
                assert await greeting(client) == b""
            with socket.create_connection((address.host, address.port)) as client:
                assert await greeting(client) == b"hello\n"

    run(story())
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_uvloop_takes_one_and_tells_of_it_before_it_takes_the_next() -> None:
    """So a crowd cannot have more descriptors than the port gives them."""
    pytest.importorskip("uvloop")
    seen: list[str] = []

    class Seen(Greeting):
        def __init__(self) -> None:
            seen.append("accepted")

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            seen.append("told")
            super().connection_made(transport)

    async def story() -> None:
        listener = Listener(Address("127.0.0.1", 0, "--wan"), Seen)
        address = await listener.open()
        crowd = [socket.create_connection((address.host, address.port)) for _ in range(50)]
        try:
            for client in crowd:
                assert await greeting(client) == b"hello\n"
        finally:
            for client in crowd:
                client.close()
            listener.close()
            await asyncio.sleep(0.01)

    run(story())
    assert seen == ["accepted", "told"] * 50


@pytest.mark.parametrize("run_in", [run, asyncio.run])
def test_a_closed_port_refuses_and_opens_where_it_was(run_in: Run) -> None:
    async def story() -> None:
        async with listening() as (listener, address):
            listener.close()
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((address.host, address.port))
            assert await listener.open() == address
            with socket.create_connection((address.host, address.port)) as client:
                assert await greeting(client) == b"hello\n"

    run_in(story())


def test_closing_in_a_pause_ends_it() -> None:
    async def story() -> None:
        async with listening() as (listener, address):
            with socket.create_connection((address.host, address.port)), no_descriptors():
                await asyncio.sleep(0.01)
                listener.close()
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((address.host, address.port))

    asyncio.run(story())


def test_peers_that_vanish_are_found_out() -> None:
    alive: list[int] = []

    class Asking(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            link = transport.get_extra_info("socket")
            alive.extend((link.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                          link.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)))  # fmt: skip
            cast(asyncio.Transport, transport).close()

    async def story() -> None:
        listener = Listener(Address("127.0.0.1", 0, "--wan"), Asking)
        address = await listener.open()
        with socket.create_connection((address.host, address.port)) as client:
            client.setblocking(False)
            assert await asyncio.get_running_loop().sock_recv(client, 100) == b""
        listener.close()

    run(story())
    assert alive == [1, 60]


def test_the_collector_is_as_before_after_a_run() -> None:
    before = gc.get_threshold()

    async def story() -> tuple[int, int, int]:
        return gc.get_threshold()

    assert run(story()) == GC_THRESHOLDS
    assert gc.get_threshold() == before
