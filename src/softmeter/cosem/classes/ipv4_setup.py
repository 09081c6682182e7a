"""Class 42, IPv4 setup: addresses of the IP link (IEC 62056-62, 4.9.2). Its methods for multicast are not offered."""

from collections.abc import Callable
from typing import Any, Protocol

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


class Ipv4Part(Protocol):
    """The addresses in force; those that are set hold where none are assigned."""

    address: int
    subnet_mask: int
    gateway: int
    primary_dns: int
    secondary_dns: int


class Ipv4Setup(Interface, class_id=42, version=0):
    """How IPv4 is used."""

    part: Callable[[Any], Ipv4Part]
    link_reference: Obis = attribute(2, logical_name, settable=True)
    multicast_addresses: tuple[int, ...] = attribute(4, array_of(u32, most=8), settable=True, default=NO_GROUPS)
    ip_options: tuple[IpOption, ...] = attribute(
        5, array_of(struct(IpOption), most=8), settable=True, default=NO_OPTIONS
    )
    use_dhcp: bool = attribute(8, boolean, settable=True, default=True)

    @computed(3, u32)
    def ip_address(self, meter: Holder) -> int:
        return self.part(meter).address

    @setter(3)
    def set_ip_address(self, meter: Holder, wanted: int) -> None:
        self.part(meter).address = wanted

    @computed(6, u32)
    def subnet_mask(self, meter: Holder) -> int:
        return self.part(meter).subnet_mask

    @setter(6)
    def set_subnet_mask(self, meter: Holder, wanted: int) -> None:
        self.part(meter).subnet_mask = wanted

    @computed(7, u32)
    def gateway(self, meter: Holder) -> int:
        return self.part(meter).gateway

    @setter(7)
    def set_gateway(self, meter: Holder, wanted: int) -> None:
        self.part(meter).gateway = wanted

    @computed(9, u32)
    def primary_dns(self, meter: Holder) -> int:
        return self.part(meter).primary_dns

    @setter(9)
    def set_primary_dns(self, meter: Holder, wanted: int) -> None:
        self.part(meter).primary_dns = wanted

    @computed(10, u32)
    def secondary_dns(self, meter: Holder) -> int:
        return self.part(meter).secondary_dns

    @setter(10)
    def set_secondary_dns(self, meter: Holder, wanted: int) -> None:
        self.part(meter).secondary_dns = wanted
