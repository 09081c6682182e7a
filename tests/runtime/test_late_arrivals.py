"""Whoever was accepted right before a port closed is told to it afterwards, and must not stay."""

import asyncio
import logging
import socket

from runtime.wan_lines import Scene, scene
from softmeter.bench.link import Line
from softmeter.runtime.address import Address
from softmeter.runtime.loop import run
from softmeter.runtime.ports import Listener
from softmeter.runtime.readers import Reader, Readers


async def arrives(listener: Listener, within_s: float) -> bytes | None:
    """What somebody hears whom the loop accepted for a listener before it was closed; None: nothing, and he stays."""
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as accepting:
        theirs = socket.create_connection(accepting.getsockname())
        ours = accepting.accept()[0]
    with theirs:
        theirs.setblocking(False)
        transport, _ = await loop.connect_accepted_socket(listener._factory, ours)
        try:
            async with asyncio.timeout(within_s):
                return await loop.sock_recv(theirs, 100)
        except TimeoutError:
            return None
        except ConnectionResetError:
            return b""
        finally:
            transport.abort()
            await asyncio.sleep(0)


def test_a_late_client_is_dropped() -> None:
    async def story(on: Scene) -> None:
        assert await arrives(on.port._listener, 0.05) is None
        await on.port.close()
        assert await arrives(on.port._listener, 10) == b""
        assert not on.port._peers

    scene(story)


def test_a_late_reader_is_dropped() -> None:
    came: list[Reader] = []

    async def story() -> None:
        readers = Readers(
            Address("127.0.0.1", 0, "--p1"),
            most=1,
            line=Line("p1", b""),
            log=logging.getLogger("softmeter.p1"),
            came=came.append,
            went=lambda _: None,
            relieved=lambda _: None,
        )
        await readers.open()
        assert await arrives(readers._listener, 0.05) is None
        await readers.close()
        await asyncio.sleep(0)
        assert await arrives(readers._listener, 10) == b""
        assert len(readers) == 0

    run(story())
    assert len(came) == 1
