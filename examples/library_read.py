"""Reads a meter in ten lines: its name and its clock, as the client that needs no secrets.

python examples/library_read.py 127.0.0.1:4059
"""

import sys

from softmeter.dlms.typed import Attribute, Clock
from softmeter.transport.session import open_session
from softmeter.wire.types import octets

with open_session(sys.argv[1]) as meter:
    name = meter.get(Attribute(1, 2, octets), "0-0:42.0.0")
    time = meter.get(Clock.time, "0-0:1.0.0")

print(name.decode(), time.iso())
