"""The same with asyncio, from several meters at once.

python examples/library_read_async.py 127.0.0.1:4059 192.0.2.7:4059
"""

import asyncio
import sys

from softmeter.dlms.typed import Attribute, Clock
from softmeter.errors import MeterError
from softmeter.transport.session import open_async_session
from softmeter.wire.types import octets

NAME = Attribute(1, 2, octets)


async def read(address: str) -> str:
    try:
        async with open_async_session(address, timeout_s=3.0) as meter:
            name = await meter.get(NAME, "0-0:42.0.0")
            time = await meter.get(Clock.time, "0-0:1.0.0")
    except MeterError as error:
        return f"{address}: {error}"
    return f"{name.decode()} {time.iso()}"


async def main(addresses: list[str]) -> None:
    for line in await asyncio.gather(*map(read, addresses)):
        print(line)


asyncio.run(main(sys.argv[1:]))
