"""Conversations over HDLC, blocking and asyncio: over TCP, a serial device or a pseudo-terminal, also after mode E."""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from softmeter.dlms.conversation import Conversation, Patient, Unanswered, drive
from softmeter.dlms.hdlc_client import HdlcClient, LineSettings
from softmeter.errors import MeterError
from softmeter.instant import LinkTime
from softmeter.transport.errors import closed, silent, unreachable
from softmeter.transport.serial import SerialStream, open_serial
from softmeter.transport.serial_transport import SerialTransport
from softmeter.transport.stream import Stream, TcpStream
from softmeter.transport.tap import MakeTap
from softmeter.transport.tcp import Address
from softmeter.wire.hdlc import Address as StationAddress
from softmeter.wire.hdlc_parameters import LARGEST, Parameters
from softmeter.wire.hdlc_primary import Patience
from softmeter.wire.mode_e import SPEEDS
from softmeter.wire.mode_e_link import ModeEClient

T = TypeVar("T")
OPTICAL_PORT = 4062
"""Where the optical port of a meter of this machine listens."""
SERIAL = Parameters(512, 512, 1, 1)
"""What a client proposes on a line that takes its time."""
_TRIES = 3
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class HdlcOptions:
    """How to speak to the meter.

    `device_address`: its physical address on a line with several, which makes the address one of `address_octets`;
    `mode_e`: open with IEC 62056-21, perhaps for one meter address; `baud`: of a serial line, or the most to ask for.
    """

    client_sap: int = 16
    server_sap: int = 1
    device_address: int | None = None
    address_octets: int = 4
    mode_e: bool = False
    meter_address: str = ""
    baud: int = 9600
    proposal: Parameters | None = None


def line_client(options: HdlcOptions, timeout_s: float, *, serial: bool) -> HdlcClient:
    """The client's end of a line, before any octet."""
    proposal = options.proposal or (SERIAL if serial else LARGEST)
    line_s = 0.0
    if serial:
        octets = proposal.transmit_window * proposal.transmit_octets + proposal.receive_window * proposal.receive_octets
        line_s = (octets + 100) * 10 / options.baud
    if options.device_address is None:
        server = StationAddress(options.server_sap)
    else:
        server = StationAddress(options.server_sap, options.device_address, options.address_octets)
    settings = LineSettings(server, proposal, Patience(timeout_s / _TRIES + line_s, _TRIES, wait_s=timeout_s))
    if not options.mode_e:
        return HdlcClient(settings, baud=options.baud)
    fastest = max(letter for letter, baud in SPEEDS.items() if baud <= options.baud)
    opening = ModeEClient(options.meter_address, fastest=fastest, parity=serial)
    return HdlcClient(settings, opening)


class HdlcLink:
    """An open line to a meter, over which conversations run one after the other. Closes as a context."""

    def __init__(
        self,
        stream: Stream,
        client: HdlcClient,
        *,
        client_sap: int = 16,
        timeout_s: float = 10.0,
        make_tap: MakeTap | None = None,
    ) -> None:
        self._tap = None if make_tap is None else make_tap(*stream.ends)
        self._stream = stream
        self._client = client
        self._sap = client_sap
        self._timeout_s = timeout_s

    @classmethod
    def tcp(
        cls, address: Address, options: HdlcOptions, timeout_s: float = 10.0, make_tap: MakeTap | None = None
    ) -> Self:
        """Over TCP, as to the optical port of a software meter or through a serial server.

        Raises:
            TransportError: nobody is reached.
        """
        client = line_client(options, timeout_s, serial=False)
        stream = TcpStream(address.host, address.port, timeout_s)
        return cls(stream, client, client_sap=options.client_sap, timeout_s=timeout_s, make_tap=make_tap)

    @classmethod
    def serial(
        cls, device: str, options: HdlcOptions, timeout_s: float = 10.0, make_tap: MakeTap | None = None
    ) -> Self:
        """Through a serial device or the path of a pseudo-terminal.

        Raises:
            TransportError: it cannot be opened.
            ConfigurationError: it is no serial device.
        """
        client = line_client(options, timeout_s, serial=True)
        stream = SerialStream(device, client.baud)
        return cls(stream, client, client_sap=options.client_sap, timeout_s=timeout_s, make_tap=make_tap)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(MeterError, TimeoutError):  # whoever does not take leave is left all the same
            self._client.finish(_now())
            while not self._client.closed:
                self._step()
        self._stream.close()
        if self._tap is not None:
            self._tap.closed()

    def run(self, conversation: Conversation[T], *, client_sap: int | None = None) -> T:
        """Run a conversation to its end, perhaps as another client.

        Raises:
            TransportError: the meter fell silent or went away.
            RemoteProtocolError: it refused or ended the link.
        """
        sap = self._sap if client_sap is None else client_sap
        return drive(conversation, lambda request: self._exchange(request, sap))

    def _exchange(self, request: bytes, sap: int) -> bytes:
        client = self._client
        if request or not client.arrived:
            client.ask(request, sap, _now())
        awaited = not isinstance(request, Unanswered)
        while not (client.arrived if awaited else client.settled):
            self._step()
            if client.silent:
                if isinstance(request, Patient) and not client.closed:
                    return b""
                raise silent(self._stream.name, self._timeout_s)
        return client.arrived.popleft() if awaited else b""

    def _step(self) -> None:
        """Send what is to be sent, and take what comes until the deadline."""
        client = self._client
        octets = client.to_send()
        if self._tap is not None and octets:
            self._tap.sent(octets)
        self._stream.write(octets, client.baud)
        deadline = client.deadline
        try:
            data = self._stream.read(None if deadline is None else max(0.0, deadline - _now()))
        except TimeoutError:
            client.expire(_now())
        else:
            if self._tap is not None:
                self._tap.received(data)
            client.receive(data, _now())


class AsyncHdlcLink:
    """The same for asyncio; made by `open_hdlc` or `open_hdlc_serial`."""

    def __init__(
        self,
        name: str,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        client: HdlcClient,
        *,
        client_sap: int = 16,
        timeout_s: float = 10.0,
    ) -> None:
        self._name = name
        self._reader, self._writer = streams
        self._client = client
        self._sap = client_sap
        self._timeout_s = timeout_s

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(MeterError, OSError):
            self._client.finish(_now())
            while not self._client.closed:
                await self._step()
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def run(self, conversation: Conversation[T], *, client_sap: int | None = None) -> T:
        """Run a conversation to its end; as `HdlcLink.run`."""
        sap = self._sap if client_sap is None else client_sap
        try:
            request = next(conversation)
            while True:
                request = conversation.send(await self._exchange(request, sap))
        except StopIteration as stop:
            value: T = stop.value
            return value
        finally:
            conversation.close()

    async def _exchange(self, request: bytes, sap: int) -> bytes:
        client = self._client
        if request or not client.arrived:
            client.ask(request, sap, _now())
        awaited = not isinstance(request, Unanswered)
        while not (client.arrived if awaited else client.settled):
            await self._step()
            if client.silent:
                if isinstance(request, Patient) and not client.closed:
                    return b""
                raise silent(self._name, self._timeout_s)
        return client.arrived.popleft() if awaited else b""

    async def _step(self) -> None:
        client = self._client
        deadline = client.deadline
        try:
            self._writer.write(client.to_send())
            if isinstance(self._writer.transport, SerialTransport):
                self._writer.transport.set_baud(client.baud)
            async with asyncio.timeout(None if deadline is None else max(0.0, deadline - _now())):
                data = await self._reader.read(_CHUNK)
        except TimeoutError:
            client.expire(_now())
        except OSError as error:
            raise closed(self._name) from error
        else:
            if not data:
                raise closed(self._name)
            client.receive(data, _now())


async def open_hdlc(address: Address, options: HdlcOptions, timeout_s: float = 10.0) -> AsyncHdlcLink:
    """Connect to a meter that speaks HDLC over TCP.

    Raises:
        TransportError: it is not reached.
    """
    try:
        async with asyncio.timeout(timeout_s):
            streams = await asyncio.open_connection(address.host, address.port)
    except OSError as error:
        raise unreachable(str(address), error) from error
    client = line_client(options, timeout_s, serial=False)
    return AsyncHdlcLink(str(address), streams, client, client_sap=options.client_sap, timeout_s=timeout_s)


async def open_hdlc_serial(device: str, options: HdlcOptions, timeout_s: float = 10.0) -> AsyncHdlcLink:
    """Open a serial device or the path of a pseudo-terminal.

    Raises:
        TransportError: it cannot be opened.
        ConfigurationError: it is no serial device.
    """
    client = line_client(options, timeout_s, serial=True)
    try:
        file = open_serial(device, client.baud)
    except OSError as error:
        raise unreachable(device, error) from error
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport = SerialTransport(loop, file, protocol, client.baud)
    streams = reader, asyncio.StreamWriter(transport, protocol, reader, loop)
    return AsyncHdlcLink(device, streams, client, client_sap=options.client_sap, timeout_s=timeout_s)


def _now() -> LinkTime:
    return LinkTime(time.monotonic())
