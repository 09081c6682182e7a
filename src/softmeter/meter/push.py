"""Pushes on their way out: what the device wants sent, as the octets that go to their destination.

A push is a DataNotification, protected with the keys of the client it is for, in general blocks where it does not fit
one segment. Its invocation counter must be stored before it leaves, as with any answer.
"""

from typing import NamedTuple

from softmeter.device.push import Message
from softmeter.device.push_setting import Form, Service, place
from softmeter.dlms.apdu import encode_apdu
from softmeter.dlms.gbt import unanswered_blocks
from softmeter.dlms.host import Keys
from softmeter.dlms.layers import Form as LayerForm
from softmeter.dlms.layers import Layer, Layers
from softmeter.dlms.messages import DataNotification
from softmeter.dlms.sealing import Sealer
from softmeter.errors import LocalProtocolError
from softmeter.meter.clients import MANAGEMENT, READOUT, SERVER_SAP
from softmeter.meter.meter import Meter
from softmeter.meter.parts_network import segment_octets
from softmeter.meter.policies import Audience
from softmeter.meter.pushed_values import audience
from softmeter.security.ciphering import Protection
from softmeter.security.suites import Use
from softmeter.wire.wrapper import HEADER_OCTETS, LONGEST_IN_DATAGRAM, encode_datagram


class Outgoing(NamedTuple):
    """A push to send: where, and the datagrams of the wrapper, one for each block."""

    number: int
    service: Service
    host: str
    port: int
    datagrams: tuple[bytes, ...]


def outgoing(meter: Meter) -> list[Outgoing]:
    """Take what is to be sent now; each number is to be settled with the device when it is known what became of it."""
    device = meter.device
    sent = []
    for message in device.behaviours.pushes.taken():
        try:
            sent.append(_prepared(meter, message))
        except LocalProtocolError:  # the counter of the key is used up: only a new key helps
            device.behaviours.pushes.settle(device, message.number, arrived=False)
    return sent


def _prepared(meter: Meter, message: Message) -> Outgoing:
    host, port = place(message.setting.destination)
    client = READOUT if audience(message.setup) is Audience.READOUT else MANAGEMENT
    plain = encode_apdu(DataNotification(message.number, message.time, message.body))
    apdu = _sealed(meter, client, Form(message.setting.form), plain)
    service = Service(message.setting.service)
    room = segment_octets(meter) - HEADER_OCTETS
    if service is Service.UDP:
        room = min(room, LONGEST_IN_DATAGRAM)
    blocks = [apdu] if len(apdu) <= room else unanswered_blocks(apdu, room)
    datagrams = tuple(encode_datagram((SERVER_SAP, client, block)) for block in blocks)
    return Outgoing(message.number, service, host, port, datagrams)


def _sealed(meter: Meter, client: int, form: Form, plain: bytes) -> bytes:
    keys = meter.keys(client)
    titles = meter.system_title, meter.counters.last_title(client)
    dialect = meter.clients[client].dialect
    sealer = Sealer(keys.key_set, titles, lambda _: meter.counters.next_own(client), meter.entropy, dialect)
    return sealer.wrap(_layers(form, keys), plain)


def _layers(form: Form, keys: Keys) -> Layers:
    """How a push is protected: where the client has keys, with all they give unless the setup says otherwise."""
    if form is Form.PLAIN or not keys.unicast_encryption:
        return ()
    written = LayerForm.CIPHERING if form is Form.GENERAL_CIPHERING else LayerForm.GENERAL
    return (Layer(written, Use.UNICAST, Protection.FULL),)
