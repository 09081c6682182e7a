"""Class 27, Modem configuration, version 1 (IEC 62056-62, 4.7.4)."""

from enum import IntEnum

from softmeter.cosem.interface import Interface, attribute
from softmeter.wire.types import EnumOf, array_of, octet_string, of, struct, structure, u16


class Baud(IntEnum):
    """The speed between meter and module."""

    BAUD_300 = 0
    BAUD_600 = 1
    BAUD_1200 = 2
    BAUD_2400 = 3
    BAUD_4800 = 4
    BAUD_9600 = 5
    BAUD_19200 = 6
    BAUD_38400 = 7
    BAUD_57600 = 8
    BAUD_115200 = 9


@structure
class InitialisationString:
    """A command to the module, what it answers, and how long to wait then, in milliseconds."""

    request: bytes = of(octet_string(most=128))
    response: bytes = of(octet_string(most=128))
    delay_ms: int = of(u16)


NO_STRINGS: tuple[InitialisationString, ...] = ()
NO_PROFILE: tuple[bytes, ...] = ()


class ModemConfiguration(Interface, class_id=27, version=1):
    """How the meter talks to its module."""

    comm_speed: Baud = attribute(2, EnumOf(Baud), settable=True, default=Baud.BAUD_115200)
    initialisation_strings: tuple[InitialisationString, ...] = attribute(
        3, array_of(struct(InitialisationString), most=16), settable=True, default=NO_STRINGS
    )
    modem_profile: tuple[bytes, ...] = attribute(
        4, array_of(octet_string(most=64), most=32), settable=True, default=NO_PROFILE
    )
