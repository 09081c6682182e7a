"""Reads the name of a meter over whatever leads to it, first blocking, then with asyncio.

python examples/library_links.py udp 127.0.0.1:4059
python examples/library_links.py hdlc 127.0.0.1:4062
python examples/library_links.py optical /dev/ttyUSB0
"""

import asyncio
import sys

from softmeter.dlms.typed import Attribute
from softmeter.transport.hdlc import AsyncHdlcLink, HdlcLink, HdlcOptions, open_hdlc, open_hdlc_serial
from softmeter.transport.session import associated, async_associated
from softmeter.transport.tcp import Address
from softmeter.transport.udp import AsyncUdpLink, UdpLink, open_udp
from softmeter.wire.types import octets

NAME = Attribute(1, 2, octets)


def link_to(kind: str, where: str) -> UdpLink | HdlcLink:
    match kind:
        case "udp":
            return UdpLink(Address.parse(where))
        case "hdlc":
            return HdlcLink.tcp(Address.parse(where), HdlcOptions())
        case _:
            return HdlcLink.serial(where, HdlcOptions(mode_e=True))


async def async_link_to(kind: str, where: str) -> AsyncUdpLink | AsyncHdlcLink:
    match kind:
        case "udp":
            return await open_udp(Address.parse(where))
        case "hdlc":
            return await open_hdlc(Address.parse(where), HdlcOptions())
        case _:
            return await open_hdlc_serial(where, HdlcOptions(mode_e=True))


def read(kind: str, where: str) -> str:
    with link_to(kind, where) as link, associated(link) as meter:
        return meter.get(NAME, "0-0:42.0.0").decode()


async def async_read(kind: str, where: str) -> str:
    async with await async_link_to(kind, where) as link, async_associated(link) as meter:
        return (await meter.get(NAME, "0-0:42.0.0")).decode()


arguments = sys.argv[1:3] if len(sys.argv) > 2 else ("udp", "127.0.0.1:4059")
print("blocking:", read(*arguments))
print("asyncio:", asyncio.run(async_read(*arguments)))
