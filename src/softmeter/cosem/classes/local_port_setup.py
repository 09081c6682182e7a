"""Class 19, IEC local port setup: how an optical port begins (IEC 62056-62, 4.6.1; IEC 62056-21)."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Protocol

from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.interface import Holder, Interface, attribute, check, computed, setter
from softmeter.errors import AccessError
from softmeter.wire.types import EnumOf, octet_string


class PortMode(IntEnum):
    """What a port waits for."""

    IEC_62056_21 = 0
    HDLC = 1


class Baud(IntEnum):
    """Speeds of a line by their numbers on the wire; `value` 0 to 6 are the letters of IEC 62056-21, too."""

    B300 = 0
    B600 = 1
    B1200 = 2
    B2400 = 3
    B4800 = 4
    B9600 = 5
    B19200 = 6
    B38400 = 7
    B57600 = 8
    B115200 = 9


class ResponseTime(IntEnum):
    """The least time between a request and its answer."""

    MS_20 = 0
    MS_200 = 1

    @property
    def seconds(self) -> float:
        return 0.02 if self is ResponseTime.MS_20 else 0.2


class PortPart(Protocol):
    """The port of a device. Assignments may raise AccessError."""

    address: bytes


class LocalPortSetup(Interface, class_id=19, version=1):
    """An optical port. It has no passwords: protection is that of the associations."""

    part: Callable[[Any], PortPart]

    default_mode: PortMode = attribute(2, EnumOf(PortMode), settable=True, default=PortMode.IEC_62056_21)
    default_baud: Baud = attribute(3, EnumOf(Baud), default=Baud.B300)
    prop_baud: Baud = attribute(4, EnumOf(Baud), settable=True, default=Baud.B9600)
    response_time: ResponseTime = attribute(5, EnumOf(ResponseTime), settable=True, default=ResponseTime.MS_200)

    @check(4)
    def has_letter(self, baud: Baud) -> None:
        if baud > Baud.B19200:
            raise AccessError(DataAccessResult.OTHER_REASON, f"IEC 62056-21 has no letter for {baud.name}")

    @computed(6, octet_string(most=32))
    def device_addr(self, meter: Holder) -> bytes:
        return self.part(meter).address

    @setter(6)
    def set_device_addr(self, meter: Holder, address: bytes) -> None:
        self.part(meter).address = address

    pass_p1: bytes = attribute(7, octet_string(), default=b"")
    pass_p2: bytes = attribute(8, octet_string(), default=b"")
    pass_w5: bytes = attribute(9, octet_string(), default=b"")
