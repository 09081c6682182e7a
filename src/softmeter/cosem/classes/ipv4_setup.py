"""Class 42, IPv4 setup: addresses of the IP link (IEC 62056-62, 4.9.2). Its methods for multicast are not offered."""

from collections.abc import Callable
from typing import Any

from softmeter.cosem.interface import Holder, Interface, attribute, computed, setter
from softmeter.obis import Obis
from softmeter.wire.types import array_of, boolean, logical_name, octet_string, of, struct, structure, u8, u32


@structure
class IpOption:
    """An option of the IP header."""

    type: int = of(u8)
    length: int = of(u8)
    data: bytes = of(octet_string(most=40))


NO_OPTIONS: tuple[IpOption, ...] = ()
NO_GROUPS: tuple[int, ...] = ()


class Ipv4Setup(Interface, class_id=42, version=0):
    """How IPv4 is used; `address` gives the address in force, `fix` sets the one for when none is assigned."""

    address: Callable[[Any], int]
    fix: Callable[[Any, int], None]
    link_reference: Obis = attribute(2, logical_name, settable=True)

    @computed(3, u32)
    def ip_address(self, meter: Holder) -> int:
        return self.address(meter)

    @setter(3)
    def set_ip_address(self, meter: Holder, address: int) -> None:
        self.fix(meter, address)

    multicast_addresses: tuple[int, ...] = attribute(4, array_of(u32, most=8), settable=True, default=NO_GROUPS)
    ip_options: tuple[IpOption, ...] = attribute(
        5, array_of(struct(IpOption), most=8), settable=True, default=NO_OPTIONS
    )
    subnet_mask: int = attribute(6, u32, settable=True, default=0xFFFF_FF00)
    gateway: int = attribute(7, u32, settable=True, default=0)
    use_dhcp: bool = attribute(8, boolean, settable=True, default=True)
    primary_dns: int = attribute(9, u32, settable=True, default=0)
    secondary_dns: int = attribute(10, u32, settable=True, default=0)
