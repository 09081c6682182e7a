"""Conversations over HDLC as programs run them: TCP and pseudo-terminals, blocking and asyncio, silence and refusal."""

import asyncio
import os
import select
import socket
import termios
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from dlms.device import KEYS, READOUT_SAP, SmallMeter
from held_port import held_port
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import Conversation, Patient, Unanswered
from softmeter.dlms.credentials import Credentials
from softmeter.dlms.hdlc_server import HdlcServer
from softmeter.dlms.messages import AttributeReference
from softmeter.dlms.optical import OpticalServer
from softmeter.entropy import SeededEntropy
from softmeter.errors import ConfigurationError, RemoteProtocolError
from softmeter.instant import LinkTime
from softmeter.obis import Obis
from softmeter.security.suites import Key
from softmeter.transport.errors import TransportError
from softmeter.transport.hdlc import HdlcLink, HdlcOptions, line_client, open_hdlc, open_hdlc_serial
from softmeter.transport.serial import INTER_OCTET_S
from softmeter.transport.tcp import Address
from softmeter.wire.hdlc import Address as StationAddress
from softmeter.wire.hdlc import Frame, Kind, control_of, encode_frame
from softmeter.wire.hdlc_parameters import Parameters
from softmeter.wire.mode_e import Identification
from softmeter.wire.mode_e_link import ModeEServer

pytestmark = pytest.mark.slow

NAME = AttributeReference(1, Obis.parse("0-0:42.0.0"), 2)
ENERGY = AttributeReference(3, Obis.parse("1-0:1.8.0"), 2)
WAYS = [
    pytest.param(HdlcOptions(), id="direct"),
    pytest.param(HdlcOptions(mode_e=True), id="mode E"),
    pytest.param(HdlcOptions(device_address=17, proposal=Parameters(32, 32, 1, 1)), id="four octets, short frames"),
    pytest.param(HdlcOptions(device_address=17, address_octets=2, mode_e=True, meter_address="77"), id="two octets"),
]
Read = Callable[[], bytes]
Write = Callable[[bytes], object]


def _serve(file: int, read: Read, write: Write) -> None:
    """The meter's side of a line, until the other end is gone."""
    opening = ModeEServer(Identification("KWQ", "5", "TEST"), lambda: (), "77", reaction_s=0.01)
    port = OpticalServer(opening, HdlcServer(SmallMeter()))
    while not port.closed:
        deadline = port.deadline
        wait = None if deadline is None else max(0.0, deadline - time.monotonic())
        try:
            if select.select([file], [], [], wait)[0]:
                port.receive(read(), LinkTime(time.monotonic()))
            else:
                port.expire(LinkTime(time.monotonic()))
            octets = port.to_send()
            if octets:
                write(octets)
        except OSError:
            return


@contextmanager
def tcp_meter() -> Iterator[Address]:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                _serve(connection.fileno(), lambda: connection.recv(4096), connection.sendall)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield Address("127.0.0.1", listener.getsockname()[1])
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # where nobody came, nobody is waited for
            thread.join(60)


@contextmanager
def pty_meter() -> Iterator[str]:
    near, far = os.openpty()
    tty.setraw(far)
    thread = threading.Thread(
        target=_serve, args=(near, lambda: os.read(near, 4096), lambda octets: os.write(near, octets)), daemon=True
    )
    thread.start()
    try:
        yield os.ttyname(far)
    finally:
        os.close(far)
        thread.join(60)
        os.close(near)


def everything(link: HdlcLink) -> None:
    client = Client(Credentials(), SeededEntropy(1))
    link.run(client.associate())
    assert link.run(client.get(NAME)).endswith(b"KWQ1010400000001")
    link.run(client.release())
    other = Client(Credentials(Mechanism.LLS, Key(KEYS.password)), SeededEntropy(1))
    link.run(other.associate(), client_sap=READOUT_SAP)
    assert link.run(other.get(ENERGY), client_sap=READOUT_SAP) == b"\x06" + (123_456).to_bytes(4, "big")


@pytest.mark.parametrize("options", WAYS)
def test_blocking_over_tcp(options: HdlcOptions) -> None:
    with tcp_meter() as address, HdlcLink.tcp(address, options) as link:
        everything(link)


@pytest.mark.parametrize("options", WAYS)
def test_blocking_over_a_pseudo_terminal(options: HdlcOptions) -> None:
    with pty_meter() as path, HdlcLink.serial(path, options) as link:
        everything(link)


@pytest.mark.parametrize("serial", [False, True])
@pytest.mark.parametrize("options", WAYS)
def test_asyncio(options: HdlcOptions, serial: bool) -> None:  # noqa: FBT001
    async def story() -> None:
        if serial:
            with pty_meter() as path:
                async with await open_hdlc_serial(path, options) as link:
                    client = Client(Credentials(), SeededEntropy(1))
                    await link.run(client.associate())
                    assert (await link.run(client.get(NAME))).endswith(b"KWQ1010400000001")
        else:
            with tcp_meter() as address:
                async with await open_hdlc(address, options) as link:
                    client = Client(Credentials(), SeededEntropy(1))
                    await link.run(client.associate())
                    assert (await link.run(client.get(NAME))).endswith(b"KWQ1010400000001")

    asyncio.run(story())


def speed_of(path: str) -> int:
    file = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        return int(termios.tcgetattr(file)[5])
    finally:
        os.close(file)


def test_the_device_takes_up_the_speeds_of_mode_e() -> None:
    options = HdlcOptions(mode_e=True)
    with pty_meter() as path, HdlcLink.serial(path, options) as link:
        assert speed_of(path) == termios.B300
        link.run(Client(Credentials(), SeededEntropy(1)).associate())
        assert speed_of(path) == termios.B9600

    async def story() -> None:
        with pty_meter() as path:
            async with await open_hdlc_serial(path, options) as link:
                assert speed_of(path) == termios.B300
                await link.run(Client(Credentials(), SeededEntropy(1)).associate())
                assert speed_of(path) == termios.B9600

    asyncio.run(story())


@pytest.mark.parametrize("serial", [False, True])
def test_a_pause_inside_a_frame_ends_it_on_a_device_only(serial: bool) -> None:  # noqa: FBT001
    """The beginning of a long frame that nobody completes does not swallow the next one."""
    client = line_client(HdlcOptions(), 3.0, serial=serial)
    client.ask(b"x", 16, LinkTime(0.0))
    asked = client.to_send()
    assert asked
    ends = StationAddress(16), StationAddress(1)
    broken = encode_frame(Frame(*ends, control_of(Kind.I), bytes(1000)))[:20]
    client.receive(broken, LinkTime(0.1))
    client.receive(encode_frame(Frame(*ends, control_of(Kind.UA))), LinkTime(0.1 + 2 * INTER_OCTET_S))
    assert bool(client.to_send()) is serial


def telling(*requests: bytes) -> Conversation[list[bytes]]:
    answers = []
    for request in requests:
        answer = yield request
        answers.append(answer)
    return answers


def test_requests_that_nobody_answers() -> None:
    """A SET that is not confirmed: the link knows that the meter has it, and goes on."""
    unconfirmed = bytes.fromhex("C10181000301001F0400FF0200120007")
    with tcp_meter() as address, HdlcLink.tcp(address, HdlcOptions()) as link:
        client = Client(Credentials(), SeededEntropy(1))
        link.run(client.associate())
        told, name = link.run(telling(Unanswered(unconfirmed), bytes.fromhex("C001C1000100002A0000FF0200")))
        assert told == b""
        assert name.startswith(b"\xc4\x01\xc1\x00")


@contextmanager
def deaf_meter() -> Iterator[Address]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Address("127.0.0.1", listener.getsockname()[1])


@pytest.mark.parametrize("request_", [b"ask", Patient(b"ask"), Unanswered(b"ask")])
def test_a_meter_that_says_nothing(request_: bytes) -> None:
    with (
        deaf_meter() as address,
        HdlcLink.tcp(address, HdlcOptions(), 0.15) as link,
        pytest.raises(TransportError, match="gave no answer"),
    ):
        link.run(telling(request_))


def test_a_meter_that_does_not_open_with_mode_e() -> None:
    with (
        tcp_meter() as address,
        HdlcLink.tcp(address, HdlcOptions(mode_e=True, meter_address="78"), 1.0) as link,
        pytest.raises(RemoteProtocolError, match="mode E"),
    ):
        link.run(telling(b"ask"))


def test_a_client_address_that_does_not_fit() -> None:
    with (
        deaf_meter() as address,
        HdlcLink.tcp(address, HdlcOptions(), 0.3) as link,
        pytest.raises(RemoteProtocolError, match="from 1 to 126"),
    ):
        link.run(telling(b"ask"), client_sap=1000)


def test_a_meter_that_closes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = Address("127.0.0.1", listener.getsockname()[1])
        with HdlcLink.tcp(address, HdlcOptions(), 30.0) as link:
            listener.accept()[0].close()
            with pytest.raises(TransportError, match="closed the connection"):
                link.run(telling(b"ask"))


def test_what_cannot_be_opened() -> None:
    with held_port() as port, pytest.raises(TransportError):
        HdlcLink.tcp(Address("127.0.0.1", port), HdlcOptions())
    with pytest.raises(ConfigurationError, match="no serial device"):
        HdlcLink.serial("/dev/null", HdlcOptions())
    with pytest.raises(TransportError, match="No such file"):
        HdlcLink.serial("/dev/there-is-none", HdlcOptions())
    with pty_meter() as path, pytest.raises(ConfigurationError, match="123 baud"):
        HdlcLink.serial(path, HdlcOptions(baud=123))


ANNOUNCED, TO_ONE = (
    bytes.fromhex("7EA00EFFCD034B05E6E600DB008DD87E"),
    bytes.fromhex("7EA011000200232103DA26E6E600DB008DD87E"),
)
"""UI frames of client 102 to all stations, and of client 16 to one with four octets of address."""


def test_what_is_said_to_all_stations() -> None:
    async def story(address: Address) -> None:
        async with await open_hdlc(address, HdlcOptions()) as link:
            await link.announce(b"\xdb\x00")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = Address("127.0.0.1", listener.getsockname()[1])
        with HdlcLink.tcp(address, HdlcOptions()) as link:
            link.announce(b"\xdb\x00")
            link.announce(b"\xdb\x00", StationAddress(1, 17, 4), 16)
        with listener.accept()[0] as connection, connection.makefile("rb") as heard:
            assert heard.read() == ANNOUNCED + TO_ONE
        asyncio.run(story(address))
        with listener.accept()[0] as connection, connection.makefile("rb") as heard:
            assert heard.read() == ANNOUNCED


def test_a_line_that_announced_still_reads() -> None:
    for options in (HdlcOptions(), HdlcOptions(mode_e=True)):
        with tcp_meter() as address, HdlcLink.tcp(address, options) as link:
            everything(link)
            link.announce(b"\xdb\x00")
            everything(link)


@pytest.mark.parametrize("baud", [299, 0, -9600])
def test_a_line_slower_than_any(baud: int) -> None:
    for mode_e in (False, True):
        with pytest.raises(ConfigurationError, match=f"{baud} baud is not offered"):
            HdlcOptions(baud=baud, mode_e=mode_e)


def test_a_slow_line_is_given_the_time_it_takes() -> None:
    slow = line_client(HdlcOptions(baud=300), 3.0, serial=True)
    slow.ask(b"x", 16, LinkTime(0.0))
    assert slow.deadline is not None
    assert slow.deadline > 30
    quick = line_client(HdlcOptions(), 3.0, serial=False)
    quick.ask(b"x", 16, LinkTime(0.0))
    assert quick.deadline == 1.0
    fast = line_client(HdlcOptions(mode_e=True, baud=2400), 3.0, serial=True)
    assert fast.baud == 300
