"""Reads the newest day of load profile 1 over an authenticated and encrypted association, as NumPy columns.

python examples/read_profile.py 127.0.0.1:4059 demo/keys.toml
"""

import sys
from pathlib import Path

from softmeter.dlms.acse import Mechanism
from softmeter.dlms.channel import Credentials, Family
from softmeter.dlms.client import Client
from softmeter.dlms.messages import AttributeReference
from softmeter.dlms.profile import by_entry, iso_times, read_profile
from softmeter.obis import Obis
from softmeter.runtime.entropy import SystemEntropy
from softmeter.runtime.keyfile import read_keys
from softmeter.security.suites import Key
from softmeter.transport.tcp import Address, Link
from softmeter.wire.types import u32

PUBLIC_SAP = 16
COUNTER = AttributeReference(1, Obis.parse("0-0:43.1.0"), 2)
LOAD = Obis.parse("1-0:99.1.0")

address, key_file = sys.argv[1:3] if len(sys.argv) > 2 else ("127.0.0.1:4059", "demo/keys.toml")
keys = read_keys(Path(key_file)).clients["management"]
credentials = Credentials(
    Mechanism.HLS_GMAC,
    family=Family.SERVICE,
    system_title=b"EXAMPLE1",
    encryption_key=Key(keys.unicast_encryption_key),
    authentication_key=Key(keys.authentication_key),
)

with Link(Address.parse(address, client_sap=keys.sap)) as link:
    # A ciphered client goes on from the last counter the meter has accepted, which it tells everybody.
    public = Client(Credentials(), SystemEntropy())
    link.run(public.associate(), client_sap=PUBLIC_SAP)
    counter = link.run(public.read(COUNTER, u32), client_sap=PUBLIC_SAP)
    link.run(public.release(), client_sap=PUBLIC_SAP)

    client = Client(credentials, SystemEntropy(), counter=counter + 1)
    link.run(client.associate())
    in_use = link.run(client.read(AttributeReference(7, LOAD, 7), u32))
    profile = link.run(read_profile(client, LOAD, by_entry(max(1, in_use - 95))))
    link.run(client.release())

times, _, imported, exported = (column.values for column in profile.columns)
for time, imported_wh, exported_wh in zip(iso_times(times), imported.tolist(), exported.tolist(), strict=True):
    print(time, imported_wh, exported_wh)
