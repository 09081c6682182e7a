"""Masters on a line of simulated sub-meters: over TCP and on a pseudo-terminal, whole frames and pieces of them."""

import asyncio
import contextlib
import os
from typing import cast

import pytest

from runtime.turns import PATIENCE_S
from softmeter.errors import ConfigurationError
from softmeter.runtime.address import Address
from softmeter.runtime.mbus_line import MOST_MASTERS, MOST_UNTAKEN, PAUSE_S, MBusPort
from softmeter.wire.mbus import ACKNOWLEDGE, Control, Frame, encode

NKE = encode(Frame(Control.SND_NKE, 1))


def answer(frame: Frame) -> bytes:
    return ACKNOWLEDGE if frame.address == 1 else b""


async def left(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


def test_masters_over_tcp() -> None:
    async def talk() -> None:
        port = MBusPort(answer)
        try:
            address = await port.listen(Address("127.0.0.1", 0, "--listen"))
            for octets in (NKE, b"\xff\x10" + NKE, NKE):
                reader, writer = await asyncio.open_connection(address.host, address.port)
                writer.write(octets[:3])
                await writer.drain()
                writer.write(octets[3:])
                assert await asyncio.wait_for(reader.readexactly(1), PATIENCE_S) == ACKNOWLEDGE
                await left(writer)
            lines = [await asyncio.open_connection(address.host, address.port) for _ in range(MOST_MASTERS + 1)]
            assert await asyncio.wait_for(lines[-1][0].read(1), PATIENCE_S) == b""
            for _, writer in lines:
                await left(writer)
        finally:
            await port.close()

    asyncio.run(talk())


def test_a_frame_that_does_not_go_on_is_forgotten() -> None:
    async def talk() -> None:
        port = MBusPort(answer)
        try:
            address = await port.listen(Address("127.0.0.1", 0, "--listen"))
            reader, writer = await asyncio.open_connection(address.host, address.port)
            writer.write(bytes.fromhex("68404068"))
            await asyncio.sleep(PAUSE_S * 2)
            writer.write(NKE)
            assert await asyncio.wait_for(reader.readexactly(1), PATIENCE_S) == ACKNOWLEDGE
            await left(writer)
        finally:
            await port.close()

    asyncio.run(talk())


def test_a_master_on_a_terminal_and_a_device_that_is_none() -> None:
    async def talk() -> None:
        port = MBusPort(answer)
        try:
            path = port.open_terminal()
            file = os.open(path, os.O_RDWR | os.O_NOCTTY)
            heard: asyncio.Queue[bytes] = asyncio.Queue()
            asyncio.get_running_loop().add_reader(file, lambda: heard.put_nowait(os.read(file, 9)))
            os.write(file, NKE)
            assert await asyncio.wait_for(heard.get(), PATIENCE_S) == ACKNOWLEDGE
            asyncio.get_running_loop().remove_reader(file)
            os.close(file)
            with pytest.raises(ConfigurationError, match="--listen: /dev/none-such cannot be opened"):
                port.open_device("/dev/none-such", 2400, "--listen")
        finally:
            await port.close()

    asyncio.run(talk())


def test_a_master_that_takes_no_answers_fills_no_memory() -> None:
    long = encode(Frame(Control.RSP_UD, 1, 0x72, bytes(240)))
    answers = 0

    def counted(frame: Frame) -> bytes:
        nonlocal answers
        answers += frame.address == 1
        return long

    async def talk() -> None:
        port = MBusPort(counted)
        try:
            path = port.open_terminal()
            file = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            async with asyncio.timeout(PATIENCE_S):
                while answers <= 100:
                    with contextlib.suppress(BlockingIOError):
                        os.write(file, NKE)
                    await asyncio.sleep(0)
            (transport,) = port.masters
            assert cast(asyncio.WriteTransport, transport).get_write_buffer_size() < MOST_UNTAKEN + len(long)
            os.close(file)
        finally:
            await port.close()

    asyncio.run(talk())
