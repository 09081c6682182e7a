"""Reads and sets over an authenticated and encrypted association (HLS 5), and keeps the invocation counter.

python examples/library_secure.py 127.0.0.1:4059 counter.txt
"""

import sys
from pathlib import Path

from softmeter.dlms.acse import Mechanism
from softmeter.dlms.client import first_counter
from softmeter.dlms.credentials import Credentials, Family
from softmeter.dlms.typed import Attribute, read_register
from softmeter.security.suites import Key
from softmeter.transport.entropy import SystemEntropy
from softmeter.transport.session import open_session
from softmeter.transport.tcp import Address, run
from softmeter.wire.types import u16

address, kept = Address.parse(sys.argv[1], client_sap=1), Path(sys.argv[2])
credentials = Credentials(
    Mechanism.HLS_GMAC,
    family=Family.SERVICE,
    system_title=b"EXAMPLE1",
    encryption_key=Key(bytes.fromhex("000102030405060708090A0B0C0D0E0F")),
    authentication_key=Key(bytes.fromhex("D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF")),
)
public = Address(address.host, address.port)
counter = int(kept.read_text("ascii")) if kept.exists() else run(first_counter(SystemEntropy(), 1), public)
kept.write_text(str(counter + 1000), "ascii")  # reserved before it is used: no number may ever protect two requests

LIMIT = Attribute(3, 2, u16)

with open_session(address, credentials, counter=counter) as device:
    volume = device.run(read_register(device.client, "8-0:1.0.0"))
    device.put(LIMIT, "8-0:2.0.0", 60)
    limit = device.get(LIMIT, "8-0:2.0.0")

print(f"{volume.quantity} {volume.unit.symbol}, limit {limit} l/h")
