"""Listening sockets where descriptors run out: no line too many, no busy loop, and served again when there are some."""

import asyncio
import contextlib
import gc
import logging
import os
import resource
import socket
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, cast

import pytest

from softmeter.runtime import ports
from softmeter.runtime.address import Address
from softmeter.runtime.loop import GC_THRESHOLDS, run
from softmeter.runtime.ports import Listener


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


@pytest.mark.parametrize("run_in", [run, asyncio.run])
def test_without_descriptors_it_waits_says_so_once_and_goes_on(
    run_in: Callable[[Coroutine[Any, Any, None]], None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(ports, "PAUSE_S", 0.01)
    tries: list[Listener] = []
    addresses: list[Address] = []

    class Counted(Listener):
        def _accept(self) -> None:
            tries.append(self)
            super()._accept()

    async def story() -> None:
        listener = Counted(Address("127.0.0.1", 0, "--wan"), Greeting)
        addresses.append(address := await listener.open())
        clients = [socket.create_connection((address.host, address.port)) for _ in range(3)]
        with no_descriptors():
            await asyncio.sleep(0.055)
            assert 1 <= len(tries) <= 7
        for client in clients:
            client.setblocking(False)
            async with asyncio.timeout(1):
                assert await asyncio.get_running_loop().sock_recv(client, 100) == b"hello\n"
            client.close()
        listener.close()
        await asyncio.sleep(0.01)

    run_in(story())
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        f"{address} takes no connections for now: Too many open files" for address in addresses
    ]


def test_closing_in_a_pause_ends_it() -> None:
    async def story() -> None:
        listener = Listener(Address("127.0.0.1", 0, "--wan"), Greeting)
        address = await listener.open()
        with socket.create_connection((address.host, address.port)) as client, no_descriptors():
            await asyncio.sleep(0.01)
            listener.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address.host, address.port))
        assert await listener.open() == address
        with socket.create_connection((address.host, address.port)) as client:
            client.setblocking(False)
            assert await asyncio.get_running_loop().sock_recv(client, 100) == b"hello\n"
        listener.close()
        await asyncio.sleep(0.01)

    run(story())


def test_a_peer_accepted_while_it_closes_is_dropped() -> None:
    class Closing(Listener):
        async def _connect(self, link: socket.socket, listening: socket.socket) -> None:
            self.close()
            await super()._connect(link, listening)

    async def story() -> None:
        address = await Closing(Address("127.0.0.1", 0, "--wan"), asyncio.Protocol).open()
        with socket.create_connection((address.host, address.port)) as client:
            client.setblocking(False)
            with contextlib.suppress(ConnectionError):
                assert await asyncio.get_running_loop().sock_recv(client, 100) == b""

    run(story())


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
