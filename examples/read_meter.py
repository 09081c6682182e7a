"""Reads a meter with the library in ten lines: the public client needs no keys.

python examples/read_meter.py 127.0.0.1:4059
"""

import sys

from softmeter.dlms.channel import Credentials
from softmeter.dlms.client import Client
from softmeter.dlms.messages import AttributeReference
from softmeter.obis import Obis
from softmeter.runtime.entropy import SystemEntropy
from softmeter.transport.tcp import Address, Link
from softmeter.wire.types import date_time, octets

client = Client(Credentials(), SystemEntropy())
with Link(Address.parse(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:4059")) as link:
    link.run(client.associate())
    name = link.run(client.read(AttributeReference(1, Obis.parse("0-0:42.0.0"), 2), octets))
    time = link.run(client.read(AttributeReference(8, Obis.parse("0-0:1.0.0"), 2), date_time))
    link.run(client.release())
print(name.decode(), time.iso())
