"""Reads a whole profile, shows how far it is, and goes on where it stopped when the link breaks.

python examples/library_long_read.py 127.0.0.1:4059 demo/keys.toml
"""

import asyncio
import sys
import time

from library_keys import management

from softmeter.dlms.profile import Profile
from softmeter.dlms.resuming import ProfileReading
from softmeter.errors import MeterError
from softmeter.obis import Obis
from softmeter.transport.errors import TransportError
from softmeter.transport.session import open_async_session, open_session
from softmeter.transport.tcp import Address

LOAD = Obis.parse("1-0:99.1.0")
ATTEMPTS = 5

where, keys = sys.argv[1:3] if len(sys.argv) > 2 else ("127.0.0.1:4059", "demo/keys.toml")
sap, credentials = management(keys)
address = Address.parse(where, client_sap=sap)


def show(octets: int) -> None:
    print(f"{octets} octets", file=sys.stderr)


def read_all() -> Profile:
    reading = ProfileReading(LOAD, progress=show)
    for attempt in range(ATTEMPTS):
        try:
            with open_session(address, credentials) as meter:
                return meter.run(reading.read(meter.client))
        except TransportError as error:
            print(f"{error}; {reading.rows_kept} rows are kept", file=sys.stderr)
            time.sleep(attempt)
    raise MeterError(f"{address} did not give its profile in {ATTEMPTS} attempts")


async def async_read_all() -> Profile:
    reading = ProfileReading(LOAD)
    for attempt in range(ATTEMPTS):
        try:
            async with open_async_session(address, credentials) as meter:
                return await meter.run(reading.read(meter.client))
        except TransportError:
            await asyncio.sleep(attempt)
    raise MeterError(f"{address} did not give its profile in {ATTEMPTS} attempts")


print(len(read_all()), "rows")
print(len(asyncio.run(async_read_all())), "rows")
