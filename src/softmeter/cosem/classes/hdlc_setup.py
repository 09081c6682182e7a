"""Class 23, IEC HDLC setup: what a line agrees to (IEC 62056-62, 4.6.2; IEC 62056-46)."""

from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.classes.local_port_setup import Baud
from softmeter.cosem.interface import Interface, attribute, check
from softmeter.errors import AccessError
from softmeter.wire.hdlc_parameters import LARGEST, LONGEST_INFORMATION, SHORTEST_INFORMATION, WIDEST_WINDOW
from softmeter.wire.types import EnumOf, u8, u16

SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS = 20, 6000
LEAST_ADDRESS, GREATEST_ADDRESS = 0x10, 0x3FFD
RESERVED_ADDRESSES = frozenset({0x7E, 0x7F})
"""Of one octet: the device that calls in, and all stations."""


class HdlcSetup(Interface, class_id=23, version=1):
    """An HDLC line of a meter; lengths and windows are the most that it agrees to."""

    comm_speed: Baud = attribute(2, EnumOf(Baud), default=Baud.B9600)
    window_size_transmit: int = attribute(3, u8, settable=True, default=LARGEST.transmit_window)
    window_size_receive: int = attribute(4, u8, settable=True, default=LARGEST.receive_window)
    max_info_field_length_transmit: int = attribute(5, u16, settable=True, default=LARGEST.transmit_octets)
    max_info_field_length_receive: int = attribute(6, u16, settable=True, default=LARGEST.receive_octets)
    inter_octet_time_out: int = attribute(7, u16, settable=True, default=200)
    inactivity_time_out: int = attribute(8, u16, settable=True, default=120)
    device_address: int = attribute(9, u16, settable=True, default=17)

    @check(3)
    def sends_window(self, frames: int) -> None:
        _within("window", frames, 1, WIDEST_WINDOW)

    @check(4)
    def takes_window(self, frames: int) -> None:
        _within("window", frames, 1, WIDEST_WINDOW)

    @check(5)
    def sends_length(self, octets: int) -> None:
        _within("information field", octets, SHORTEST_INFORMATION, LONGEST_INFORMATION)

    @check(6)
    def takes_length(self, octets: int) -> None:
        _within("information field", octets, SHORTEST_INFORMATION, LONGEST_INFORMATION)

    @check(7)
    def is_pause(self, milliseconds: int) -> None:
        _within("inter-octet time-out", milliseconds, SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS)

    @check(9)
    def is_address(self, address: int) -> None:
        _within("device address", address, LEAST_ADDRESS, GREATEST_ADDRESS)
        if address in RESERVED_ADDRESSES:
            raise AccessError(DataAccessResult.OTHER_REASON, f"device address {address} is reserved")


def _within(name: str, value: int, least: int, greatest: int) -> None:
    if not least <= value <= greatest:
        raise AccessError(DataAccessResult.OTHER_REASON, f"{name} {value}; it must be {least}..{greatest}")
