"""HOST:PORT: what is understood, and one clear line for all else."""

import asyncio
import socket

import pytest

from runtime.turns import turns
from softmeter.errors import ConfigurationError
from softmeter.runtime.address import Address
from softmeter.runtime.loop import run
from softmeter.runtime.ports import Listener, follow_power
from softmeter.runtime.signal import Signal


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:4059", "127.0.0.1", 4059),
        ("localhost:0", "localhost", 0),
        ("[::1]:65535", "::1", 65535),
        (" 0.0.0.0:1 ", "0.0.0.0", 1),  # noqa: S104
    ],
)
def test_addresses(text: str, host: str, port: int) -> None:
    address = Address.parse(text, "--wan")
    assert address == Address(host, port, "--wan")
    assert str(address) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        *("", "4059", ":4059", "localhost", "host:", "host:x", "host:-1", "host:65536", "host:\u0663"),
        *("::1:4059", "[::1]", "[]:1", "http://host:1", "a b:1", "[host]x:1", "host:4059:1"),
    ],
)
def test_other_texts_are_refused_by_the_options_name(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^--p1: .*(write it like|0 to 65535)"):
        Address.parse(text, "--p1")


def test_a_port_in_use_says_so_and_what_to_try() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError) as caught:
            run(Address("127.0.0.1", port, "--wan").listen())
    assert str(caught.value) == (
        f"--wan: 127.0.0.1:{port} is in use by another process; stop it, or choose another port (0 takes any free one)"
    )


@pytest.mark.parametrize("host", ["no.such.host.invalid", "a" * 70 + ".invalid", ".."])
def test_an_unknown_host_is_named(host: str) -> None:
    with pytest.raises(ConfigurationError, match=r"--panel: .* is no known host"):
        run(Address(host, 8080, "--panel").listen())


def test_a_foreign_address_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"--wan: 192\.0\.2\.1:4059 is not an address of this machine"):
        run(Address("192.0.2.1", 4059, "--wan").listen())


def test_localhost_with_any_port_is_one_port() -> None:
    async def story() -> None:
        address = Address("localhost", 0, "--wan")
        with await address.listen() as listening:
            bound = address.bound(listening)
            assert bound.port > 0
            _, writer = await asyncio.open_connection("127.0.0.1", bound.port)
            writer.close()

    run(story())


def test_ports_follow_the_power() -> None:
    async def story() -> None:
        class Plug:
            def __init__(self) -> None:
                self.listener = Listener(Address("127.0.0.1", 0, "--wan"), asyncio.Protocol)
                self.closed = 0

            async def open(self) -> Address:
                return await self.listener.open()

            async def close(self) -> None:
                self.closed += 1
                self.listener.close()

        async def connect() -> None:
            _, writer = await asyncio.open_connection(address.host, address.port)
            writer.close()

        plug, power, restarts, ticked = Plug(), [True], [0], Signal()
        address = await plug.open()
        following = asyncio.create_task(follow_power([plug], lambda: power[0], ticked, lambda: restarts[0]))
        for on in (True, False, False, True):
            power[0] = on
            await asyncio.sleep(0)
            ticked.fire()
            await turns()
            if on:
                await connect()
            else:
                with pytest.raises(ConnectionRefusedError):
                    await connect()
        before = plug.closed
        for count, closed in ((0, before), (1, before + 1), (1, before + 1), (2, before + 2)):
            restarts[0] = count
            ticked.fire()
            await turns()
            assert plug.closed == closed
            await connect()
        following.cancel()
        await plug.close()

    run(story())
