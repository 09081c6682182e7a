"""Class 74, M-Bus master port setup: the speed of the line (IEC 62056-62, 4.8.5)."""

from enum import IntEnum

from softmeter.cosem.interface import Interface, attribute
from softmeter.wire.types import EnumOf


class LineSpeed(IntEnum):
    """The speeds an M-Bus can have, by their numbers in class IEC local port setup."""

    BAUD_300 = 0
    BAUD_600 = 1
    BAUD_1200 = 2
    BAUD_2400 = 3
    BAUD_4800 = 4
    BAUD_9600 = 5

    @property
    def baud(self) -> int:
        return 300 << self


class MBusPortSetup(Interface, class_id=74, version=0):
    """The line of a master."""

    comm_speed: LineSpeed = attribute(2, EnumOf(LineSpeed), settable=True, default=LineSpeed.BAUD_2400)
