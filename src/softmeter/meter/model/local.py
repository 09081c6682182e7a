"""What a person at the meter deals with: the optical port, messages on P1, versions of the parts (manual 11, 12)."""

import re

from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.classes.data import Data, SettableData
from softmeter.cosem.classes.hdlc_setup import HdlcSetup
from softmeter.cosem.classes.local_port_setup import LocalPortSetup
from softmeter.cosem.classes.readout_list import ReadoutList
from softmeter.cosem.dictionary import Row
from softmeter.cosem.interface import Source
from softmeter.device.device import Device
from softmeter.errors import AccessError
from softmeter.meter.policies import HDLC_LINE, LOCAL_PORT, MESSAGE, READ
from softmeter.meter.policies import READOUT_LIST as LISTED
from softmeter.meter.presented import Presented
from softmeter.meter.readout import READOUT_LIST, LocalReadout
from softmeter.obis import Obis
from softmeter.wire.types import Data as Value
from softmeter.wire.types import Tag, decode_data, encode_data, octet_string

LOCAL_PORT_SETUP, HDLC_SETUP = Obis(0, 0, 20, 0, 0), Obis(0, 0, 22, 0, 0)
P1_VERSION = "50"
MODULE = "MN200"
"""The communication module (manual 3.2)."""

LONGEST_MESSAGE, LONGEST_CODE = 1024, 8

_ADDRESS = b"\x00\x13" + LOCAL_PORT_SETUP.octets + b"\x06"
_MESSAGE, _CODE = (b"\x00\x01" + Obis(0, 0, 96, 13, e).octets + b"\x02" for e in (0, 1))


class OpticalPort:
    """The optical port of a meter."""

    def __init__(self, meter: Presented) -> None:
        self._meter = meter

    @property
    def address(self) -> bytes:
        """The address by which a reader may ask for the meter: its serial number, until a client sets another."""
        stored = self._meter.attributes.get(_ADDRESS)
        return self._meter.identity.serial.encode("ascii") if stored is None else decode_data(stored).value

    @address.setter
    def address(self, address: bytes) -> None:
        if not re.fullmatch(rb"[0-9A-Za-z ]{1,32}", address):
            raise AccessError(DataAccessResult.OTHER_REASON, "an address has 1 to 32 digits, letters and spaces")
        self._meter.attributes[_ADDRESS] = encode_data(Value(Tag.OCTET_STRING, address))


def message(device: Device) -> bytes:
    """The message to the consumer, for P1."""
    return _kept(device, _MESSAGE)


def message_code(device: Device) -> bytes:
    """The code to the consumer, for P1."""
    return _kept(device, _CODE)


def _kept(device: Device, key: bytes) -> bytes:
    stored = device.attributes.get(key)
    return b"" if stored is None else decode_data(stored).value


def _for_consumers(most: int) -> SettableData:
    return SettableData(value=Value(Tag.OCTET_STRING, b""), form=octet_string(most=most))


def _module(meter: Presented) -> bytes:
    """The module's version; empty while it is not there."""
    present = meter.device.feeling.state.module_present
    return f"{MODULE} {meter.identity.application_firmware}".encode("ascii") if present else b""


def _module_signature(meter: Presented) -> bytes:
    return meter.device.settings.program_signature if meter.device.feeling.state.module_present else b""


def _application(meter: Presented) -> bytes:
    return meter.identity.application_firmware.encode("ascii")


def _application_signature(meter: Presented) -> bytes:
    return meter.device.settings.program_signature


def _p1(_: Presented) -> bytes:
    return P1_VERSION.encode("ascii")


_PARTS = (
    ("1-2:0.2.0", "Communication module firmware identifier", _module),
    ("1-2:0.2.8", "Communication module firmware signature", _module_signature),
    ("1-3:0.2.0", "P1 port DSMR version", _p1),
    ("1-3:0.2.8", "P1 port version", _p1),
    ("1-4:0.2.0", "M-Bus driver firmware identifier", _application),
    ("1-4:0.2.8", "M-Bus driver firmware signature", _application_signature),
)

# fmt: off
ROWS = (
    Row("0-0:20.0.0",  "IEC local port setup, optical port", LocalPortSetup(part=OpticalPort),   LOCAL_PORT),
    Row(READOUT_LIST.short, "General local port readout",    ReadoutList(part=LocalReadout),     LISTED),
    Row("0-0:22.0.0",  "IEC HDLC setup, optical port",       HdlcSetup(),                        HDLC_LINE),
    Row("0-0:96.13.0", "Consumer message text",              _for_consumers(LONGEST_MESSAGE),    MESSAGE),
    Row("0-0:96.13.1", "Consumer message code",              _for_consumers(LONGEST_CODE),       MESSAGE),
    *(Row(obis, title, Data(source=Source(Tag.OCTET_STRING, read)), READ) for obis, title, read in _PARTS),
)
# fmt: on
