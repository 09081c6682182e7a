"""Conversations over HDLC, blocking and asyncio: over TCP, a serial device or a pseudo-terminal, also after mode E."""

from dataclasses import dataclass
from typing import Self

from softmeter.dlms.announcing import CLIENT, TO_ALL, in_frame
from softmeter.dlms.hdlc_client import HdlcClient, LineSettings
from softmeter.errors import ConfigurationError
from softmeter.transport.link import AsyncOpenLink, OpenLink
from softmeter.transport.serial import INTER_OCTET_S, SerialStream
from softmeter.transport.serial_transport import opened
from softmeter.transport.stream import TcpStream, connected
from softmeter.transport.tap import MakeTap
from softmeter.transport.tcp import Address
from softmeter.wire.hdlc import Address as StationAddress
from softmeter.wire.hdlc_parameters import LARGEST, Parameters
from softmeter.wire.hdlc_primary import Patience
from softmeter.wire.mode_e import SLOW, SPEEDS
from softmeter.wire.mode_e_link import ModeEClient

OPTICAL_PORT = 4062
"""Where the optical port of a meter of this machine listens."""
SERIAL = Parameters(512, 512, 1, 1)
"""What a client proposes on a line that takes its time."""
_TRIES = 3


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

    def __post_init__(self) -> None:
        if self.baud < SLOW:
            raise ConfigurationError(f"{self.baud} baud is not offered; the slowest line has {SLOW}", "baud")


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
    patience = Patience(timeout_s / _TRIES + line_s, _TRIES, wait_s=timeout_s)
    settings = LineSettings(server, proposal, patience, INTER_OCTET_S if serial else None)
    if not options.mode_e:
        return HdlcClient(settings, baud=options.baud)
    fastest = max(letter for letter, baud in SPEEDS.items() if baud <= options.baud)
    opening = ModeEClient(options.meter_address, fastest=fastest, parity=serial)
    return HdlcClient(settings, opening)


class HdlcLink(OpenLink):
    """An open line to a meter, over which conversations run one after the other. Closes as a context."""

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

    def announce(self, message: bytes, to: StationAddress = TO_ALL, client_sap: int = CLIENT) -> None:
        """Say something without a link, as of a `softmeter.dlms.announcing.Announcer`; nobody answers.

        Raises:
            TransportError: the line is gone.
            LocalProtocolError: it fits no frame.
        """
        self._walk(self._talk.say(in_frame(message, to, client_sap)))


class AsyncHdlcLink(AsyncOpenLink):
    """The same for asyncio; made by `open_hdlc` or `open_hdlc_serial`."""

    async def announce(self, message: bytes, to: StationAddress = TO_ALL, client_sap: int = CLIENT) -> None:
        """As `HdlcLink.announce`."""
        await self._walk(self._talk.say(in_frame(message, to, client_sap)))


async def open_hdlc(address: Address, options: HdlcOptions, timeout_s: float = 10.0) -> AsyncHdlcLink:
    """Connect to a meter that speaks HDLC over TCP.

    Raises:
        TransportError: it is not reached.
    """
    client = line_client(options, timeout_s, serial=False)
    stream = await connected(address.host, address.port, timeout_s)
    return AsyncHdlcLink(stream, client, client_sap=options.client_sap, timeout_s=timeout_s)


async def open_hdlc_serial(device: str, options: HdlcOptions, timeout_s: float = 10.0) -> AsyncHdlcLink:
    """Open a serial device or the path of a pseudo-terminal.

    Raises:
        TransportError: it cannot be opened.
        ConfigurationError: it is no serial device.
    """
    client = line_client(options, timeout_s, serial=True)
    stream = opened(device, client.baud, timeout_s)
    return AsyncHdlcLink(stream, client, client_sap=options.client_sap, timeout_s=timeout_s)
