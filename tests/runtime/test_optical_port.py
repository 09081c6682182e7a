"""The optical port in real life: places, one reader at a time, what waits for the store, power that goes and comes."""

import asyncio
import os
import select
import termios
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import pytest

from dlms.device import KEYS, READOUT_SAP, SmallMeter
from dlms.link import ber, plain_aarq
from runtime.turns import PATIENCE_S, until
from softmeter.bench.link import Line, Quality
from softmeter.dlms.client import Client
from softmeter.dlms.credentials import Credentials
from softmeter.dlms.hdlc_server import HdlcServer, Station
from softmeter.dlms.messages import AttributeReference
from softmeter.dlms.optical import OpticalServer
from softmeter.entropy import SeededEntropy
from softmeter.errors import ConfigurationError
from softmeter.obis import Obis
from softmeter.runtime.address import Address
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.loop import run
from softmeter.runtime.optical_port import OpticalPort, Place, SerialAddress, parse_place
from softmeter.transport.hdlc import AsyncHdlcLink, HdlcOptions, open_hdlc, open_hdlc_serial
from softmeter.transport.tcp import Address as Peer
from softmeter.wire.hdlc import LLC_COMMAND, Frame, Kind, control_of, encode_frame
from softmeter.wire.hdlc import Address as StationAddress
from softmeter.wire.mode_e import Identification
from softmeter.wire.mode_e_link import ModeEServer

pytestmark = pytest.mark.slow

NAME = AttributeReference(1, Obis.parse("0-0:42.0.0"), 2)
PLACES = ["127.0.0.1:0", "pty"]
DIRECT, MODE_E = HdlcOptions(), HdlcOptions(mode_e=True)


def frame(control: int, information: bytes = b"") -> bytes:
    return encode_frame(Frame(StationAddress(1), StationAddress(READOUT_SAP), control, information))


LOGIN = plain_aarq(None, "8A0207808B0760857405080201", ber(0xAC, b"\x80\x08" + KEYS.password))
SNRM, AARQ = frame(control_of(Kind.SNRM)), frame(control_of(Kind.I), LLC_COMMAND + LOGIN)


@dataclass
class Scene:
    meter: SmallMeter
    barrier: Barrier
    port: OpticalPort
    place: Place
    bauds: list[int]
    line: Line

    async def link(self, options: HdlcOptions) -> AsyncHdlcLink:
        if isinstance(self.place, Address):
            return await open_hdlc(Peer(self.place.host, self.place.port), options)
        return await open_hdlc_serial(self.place.path, options)

    async def reads(self, options: HdlcOptions) -> None:
        async with await self.link(options) as link:
            client = Client(Credentials(), SeededEntropy(1))
            await link.run(client.associate())
            assert (await link.run(client.get(NAME))).endswith(b"KWQ1010400000001")

    async def socket(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        assert isinstance(self.place, Address)
        return await asyncio.open_connection(self.place.host, self.place.port)


def scene(text: str, story: Callable[[Scene], Coroutine[Any, Any, None]]) -> None:
    async def play() -> None:
        meter, bauds = SmallMeter(), []
        barrier = Barrier(lambda: meter.must_store)

        def factory(baud: int, inter_octet_s: float | None) -> OpticalServer:
            bauds.append(baud)
            opening = ModeEServer(Identification("KWQ", "5", "TEST"), lambda: (), reaction_s=0.01, idle_baud=baud)
            return OpticalServer(opening, HdlcServer(meter, Station(inter_octet_s=inter_octet_s)))

        line = Line("optical", b"seed", bits_per_octet=10)
        port = OpticalPort(parse_place(text, "--optical"), factory, barrier, line=line)
        try:
            await story(Scene(meter, barrier, port, await port.open(), bauds, line))
        finally:
            await port.close()
            await asyncio.sleep(0)

    run(play())


@pytest.mark.parametrize("text", PLACES)
def test_readers_come_one_after_the_other(text: str) -> None:
    async def story(on: Scene) -> None:
        for options in (DIRECT, MODE_E, DIRECT, MODE_E):
            await on.reads(options)

    scene(text, story)


@pytest.mark.parametrize("text", PLACES)
def test_a_bad_line_is_read_through_all_the_same_with_and_without_a_change_of_speed(text: str) -> None:
    async def story(on: Scene) -> None:
        await on.reads(DIRECT)
        on.line.up.quality = on.line.down.quality = Quality(latency_s=0.02, bits_per_s=100_000, damage=0.02)
        on.port.tick()
        began = time.monotonic()
        for options in (MODE_E, DIRECT):
            await on.reads(options)
        assert time.monotonic() - began > 0.3

    scene(text, story)


@pytest.mark.parametrize("text", PLACES)
def test_the_place_stays_the_same_after_a_power_cut(text: str) -> None:
    async def story(on: Scene) -> None:
        await on.reads(MODE_E)
        await on.port.close()
        await asyncio.sleep(0)
        assert await on.port.open() == on.place
        await on.reads(MODE_E)

    scene(text, story)


def test_what_is_said_on_a_terminal_while_the_port_is_closed_is_not_heard() -> None:
    async def story(on: Scene) -> None:
        assert isinstance(on.place, SerialAddress)
        await on.port.close()
        file = os.open(on.place.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        os.write(file, SNRM)
        await on.port.open()
        await asyncio.sleep(0.1)
        with pytest.raises(BlockingIOError):
            os.read(file, 100)
        os.write(file, SNRM)
        await until(lambda: bool(select.select([file], [], [], 0)[0]))
        assert os.read(file, 100)[:1] == b"\x7e"
        os.close(file)

    scene("pty", story)


@pytest.mark.parametrize("text", PLACES)
def test_an_answer_leaves_when_the_change_is_stored(text: str) -> None:
    async def story(on: Scene) -> None:
        on.meter.locked = True
        reading = asyncio.create_task(on.reads(MODE_E))
        await asyncio.sleep(0.2)
        assert not reading.done()
        on.meter.locked = False
        on.meter.must_store = True
        on.port.tick()
        await asyncio.sleep(0.2)
        assert not reading.done()
        on.barrier.begin()
        on.meter.must_store = False
        on.barrier.end()
        await asyncio.wait_for(reading, PATIENCE_S)

    scene(text, story)


def test_a_reader_that_has_logged_in_keeps_the_port() -> None:
    async def story(on: Scene) -> None:
        first, writer = await on.socket()
        second, other = await on.socket()
        assert await first.read() == b""  # without an association it gives way
        other.write(SNRM + AARQ)
        assert await second.readuntil(b"\x61")
        third, last = await on.socket()
        assert await third.read() == b""
        other.write(frame(control_of(Kind.RR, received=1)))
        assert await second.readuntil(b"\x7e")
        for one in (writer, other, last):
            one.close()

    scene("127.0.0.1:0", lambda on: asyncio.wait_for(story(on), PATIENCE_S))


def test_the_speed_of_a_line_follows_the_opening() -> None:
    async def story(on: Scene) -> None:
        assert isinstance(on.place, SerialAddress)
        file = os.open(on.place.path, os.O_RDWR | os.O_NOCTTY)
        try:
            async with await on.link(MODE_E) as link:
                await link.run(Client(Credentials(), SeededEntropy(1)).associate())
                assert termios.tcgetattr(file)[4] == termios.B9600
        finally:
            os.close(file)
        await on.reads(MODE_E)
        assert on.bauds == [300]

    scene("pty", story)


def test_a_device_by_its_path() -> None:
    near, far = os.openpty()
    path = os.ttyname(far)

    async def story(on: Scene) -> None:
        assert on.place == SerialAddress(path, 9600)
        assert on.bauds == [9600]
        os.write(near, SNRM)
        os.set_blocking(near, False)
        for _ in range(6000):
            await asyncio.sleep(0.01)
            try:
                assert os.read(near, 4)[:1] == b"\x7e"
            except BlockingIOError:
                continue
            return
        pytest.fail("no answer")

    scene(f"{path}@9600", story)
    os.close(near)
    os.close(far)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("pty", SerialAddress("pty")),
        ("/dev/ttyUSB0", SerialAddress("/dev/ttyUSB0", 300)),
        ("/dev/ttyUSB0@9600", SerialAddress("/dev/ttyUSB0", 9600)),
        ("127.0.0.1:4062", Address("127.0.0.1", 4062, "--optical")),
    ],
)
def test_places(text: str, place: Place) -> None:
    assert parse_place(text, "--optical") == place


@pytest.mark.parametrize("text", ["nowhere", "/dev/ttyUSB0@fast", "/dev/ttyUSB0@" + 5000 * "9", "host:port"])
def test_places_that_are_none(text: str) -> None:
    with pytest.raises(ConfigurationError, match="--optical"):
        parse_place(text, "--optical")


@pytest.mark.parametrize("text", ["/dev/there-is-none", "/dev/null", "/dev/null@1234"])
def test_a_device_that_is_none_is_named(text: str) -> None:
    async def story(_: Scene) -> None:
        pytest.fail("was opened")

    with pytest.raises(ConfigurationError, match=text.partition("@")[0]):
        scene(text, story)
