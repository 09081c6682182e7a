"""Reads the newest rows of load profile 1 as a PyArrow table, first blocking, then with asyncio.

pip install 'softmeter[arrow]'
python examples/library_table.py 127.0.0.1:4059 demo/keys.toml
"""

import asyncio
import sys

from library_keys import management

from softmeter.dlms.profile import by_entry
from softmeter.dlms.tables import read_table
from softmeter.dlms.typed import ProfileGeneric
from softmeter.obis import Obis
from softmeter.transport.session import open_async_session, open_session
from softmeter.transport.tcp import Address

LOAD = Obis.parse("1-0:99.1.0")

where, keys = sys.argv[1:3] if len(sys.argv) > 2 else ("127.0.0.1:4059", "demo/keys.toml")
sap, credentials = management(keys)
address = Address.parse(where, client_sap=sap)

with open_session(address, credentials) as meter:
    in_use = meter.get(ProfileGeneric.entries_in_use, LOAD)
    table = meter.run(read_table(meter.client, LOAD, by_entry(max(1, in_use - 3))))

print(table.schema.to_string(show_field_metadata=False))
print(table.to_pylist()[-1])


async def rows() -> int:
    async with open_async_session(address, credentials) as meter:
        table = await meter.run(read_table(meter.client, LOAD, by_entry(1, 10)))
    return len(table)


print(asyncio.run(rows()), "rows")
