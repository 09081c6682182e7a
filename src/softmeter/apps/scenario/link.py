"""The ways of a scenario's clients to the meter: straight into it, or over the link of a port in simulated time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from softmeter.bench.link import Line as Link
from softmeter.bench.reader import Served, SimulatedStream
from softmeter.device.modem import is_reachable
from softmeter.device.modem_parameters import Interface
from softmeter.dlms.conversation import Conversation, drive
from softmeter.dlms.server import Server
from softmeter.instant import LinkTime
from softmeter.meter.meter import Meter
from softmeter.meter.optical import optical_server
from softmeter.meter.vigilance import Watch
from softmeter.transport.errors import TransportError
from softmeter.transport.hdlc import HdlcOptions, line_client
from softmeter.transport.link import Carrier, OpenLink
from softmeter.transport.serial import INTER_OCTET_S
from softmeter.transport.wrapper_client import WrapperClient
from softmeter.wire.wrapper import Datagram, Reassembly, encode_datagram

T = TypeVar("T")
SERVER_SAP = 1
BAUD = 9600
PATIENCE_S = 10.0
"""How long a client waits for an answer."""


class Line:
    """A connection of one client to the meter, without a wire; a `BlockingLink`."""

    def __init__(self, meter: Meter, now: Callable[[], LinkTime], guard: Watch, sap: int) -> None:
        self._meter = meter
        self._now = now
        self._sap = sap
        self._server = Server(meter, now(), guard)
        self._answers = Reassembly()

    def run(self, conversation: Conversation[T], *, client_sap: int | None = None) -> T:
        """Run a conversation to its end; TransportError while the meter has no power."""
        if not self._meter.device.powered:
            conversation.close()
            raise TransportError("the meter has no power: nobody answers")
        return drive(conversation, partial(self._answer, self._sap if client_sap is None else client_sap))

    def _answer(self, sap: int, apdu: bytes) -> bytes | None:
        if apdu:
            self._server.receive(encode_datagram(Datagram(sap, SERVER_SAP, apdu)), self._now())
        octets = self._server.to_send()
        if octets:
            self._answers.receive(octets)
        datagram = self._answers.take()
        return None if datagram is None else datagram.apdu


@contextmanager
def linked(
    meter: Meter, port: str, link: Link, guard: Watch, sap: int, now: LinkTime
) -> Iterator[tuple[OpenLink, SimulatedStream]]:
    """A connection over the link of a port from a time on: by TCP and the wrapper, or by HDLC at the optical port.

    Raises:
        TransportError: the meter cannot be reached there.
    """
    device, interface = meter.device, Interface[port.upper()]
    called_in = interface is Interface.WAN and not device.behaviours.modem.answers(device)
    if called_in or not is_reachable(device, interface):
        raise TransportError(f"nobody answers at the {port} port")
    served: Served
    carrier: Carrier
    if interface is Interface.OPTICAL:
        served = optical_server(meter, guard, BAUD, INTER_OCTET_S)
        carrier = line_client(HdlcOptions(client_sap=sap, baud=BAUD), PATIENCE_S, serial=True)
    else:
        served = Server(meter, now, guard)
        carrier = WrapperClient(SERVER_SAP, PATIENCE_S)
    stream = SimulatedStream(served, link, now)
    with OpenLink(stream, carrier, client_sap=sap, timeout_s=PATIENCE_S, now=stream.now) as opened:
        yield opened, stream
