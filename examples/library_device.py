"""Serves a small device: a water meter whose volume an operator with keys may read, and whose limit he may set.

python examples/library_device.py 4059
"""

import asyncio
import sys
from enum import Enum, auto

from softmeter.cosem.access import ALL, Policy, Rights
from softmeter.cosem.classes.association_ln import AssociationLN
from softmeter.cosem.classes.data import Data
from softmeter.cosem.classes.register import Register, ScalerUnit
from softmeter.cosem.dictionary import Dictionary, Row
from softmeter.cosem.interface import Source
from softmeter.dlms.acse import Context, Mechanism
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.hdlc_server import HdlcServer
from softmeter.dlms.host import Client, Keys
from softmeter.dlms.standalone import Standalone
from softmeter.transport.entropy import SystemEntropy
from softmeter.transport.serving import serve_tcp, serve_udp
from softmeter.units import Unit
from softmeter.wire.types import Tag

OPERATOR = 1  # the client address of who has the keys


class Audience(Enum):
    PUBLIC = auto()
    OPERATOR = auto()


class WaterMeter(Standalone):
    """What the sources of the rows below read and write."""

    litres = 123_456
    limit_l_per_h = 100


def set_limit(meter: WaterMeter, litres_per_hour: int) -> None:
    meter.limit_l_per_h = litres_per_hour


OPEN = Policy("OPEN", {Audience.PUBLIC: Rights(ALL), Audience.OPERATOR: Rights(ALL)})
READ = Policy("READ", {Audience.OPERATOR: Rights(ALL)})
LIMIT = Policy("LIMIT", {Audience.OPERATOR: Rights(ALL, write="value")})
LOGIN = Policy("LOGIN", {Audience.OPERATOR: Rights("object_list", call="reply_to_hls_authentication")})

NAME = Source(Tag.OCTET_STRING, lambda _: b"KWQ7010400000001")
COUNTER = Source(Tag.DOUBLE_LONG_UNSIGNED, lambda meter: meter.counters.highest_accepted(OPERATOR))
VOLUME = Source(Tag.DOUBLE_LONG_UNSIGNED, lambda meter: meter.litres)
FLOW = Source(Tag.LONG_UNSIGNED, lambda meter: meter.limit_l_per_h, set_limit)

WATER_METER = Dictionary(
    (
        Row("0-0:42.0.0", "Name", Data(source=NAME), OPEN),
        Row("0-0:43.1.1", "Invocation counter", Data(source=COUNTER), OPEN),
        Row("8-0:1.0.0", "Volume", Register(source=VOLUME, scaler_unit=ScalerUnit(-3, Unit.CUBIC_METRE)), READ),
        Row("8-0:2.0.0", "Limit", Register(source=FLOW, scaler_unit=ScalerUnit(-3, Unit.CUBIC_METRE_PER_HOUR)), LIMIT),
        Row("0-0:40.0.0", "Association", AssociationLN(), LOGIN),
    )
)
SERVICES = (
    Conformance.GET | Conformance.SET | Conformance.ACTION | Conformance.BLOCK_GET | Conformance.GENERAL_PROTECTION
)
CLIENTS = (
    Client(16, "public", {(Context.LOGICAL_NAMES, Mechanism.LOWEST): Audience.PUBLIC}, SERVICES),
    Client(OPERATOR, "operator", {(Context.LOGICAL_NAMES_CIPHERED, Mechanism.HLS_GMAC): Audience.OPERATOR}, SERVICES),
)
KEYS = {
    OPERATOR: Keys(bytes.fromhex("000102030405060708090A0B0C0D0E0F"), bytes.fromhex("D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF"))
}


async def main(port: int) -> None:
    device = WaterMeter(WATER_METER, CLIENTS, system_title=b"KWQ00001", entropy=SystemEntropy(), keys=KEYS)
    tcp = await serve_tcp(device, port=port, report=print)
    at = tcp.sockets[0].getsockname()[1]
    await serve_udp(device, port=at, report=print)
    hdlc = await serve_tcp(device, port=0, connect=lambda host, _: HdlcServer(host), report=print)
    print(f"listening at 127.0.0.1:{at}", flush=True)
    print(f"HDLC over TCP at 127.0.0.1:{hdlc.sockets[0].getsockname()[1]}", flush=True)
    async with tcp, hdlc:
        await tcp.serve_forever()


asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 4059))
