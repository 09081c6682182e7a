"""Class 48, IPv6 setup: addresses of the IP link (IEC 62056-62, 4.9.3). Its methods for addresses are not offered."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Protocol

from softmeter.cosem.interface import Holder, Interface, attribute, computed, setter
from softmeter.obis import Obis
from softmeter.wire.types import (
    Codec,
    EnumOf,
    array_of,
    logical_name,
    octet_string,
    of,
    struct,
    structure,
    u8,
    u16,
    u32,
)

ADDRESS_OCTETS = 16


class AddressMode(IntEnum):
    """How the meter comes by its addresses."""

    AUTO = 0
    DHCP = 1
    MANUAL = 2
    NEIGHBOUR_DISCOVERY = 3


@structure
class NeighbourDiscovery:
    """How routers are asked for: how often, after how long, and how long an answer holds, in seconds."""

    most_retries: int = of(u8)
    retry_s: int = of(u16)
    period_s: int = of(u32)


NO_ADDRESSES: tuple[bytes, ...] = ()
NO_DISCOVERY: tuple[NeighbourDiscovery, ...] = ()
address: Codec[bytes] = octet_string(ADDRESS_OCTETS)
addresses: Codec[tuple[bytes, ...]] = array_of(address, most=8)
server: Codec[bytes] = octet_string(most=ADDRESS_OCTETS)


class Ipv6Part(Protocol):
    """The addresses in force; those that are set hold where none are assigned."""

    unicast_addresses: tuple[bytes, ...]
    gateways: tuple[bytes, ...]
    primary_dns: bytes
    secondary_dns: bytes


class Ipv6Setup(Interface, class_id=48, version=0):
    """How IPv6 is used."""

    part: Callable[[Any], Ipv6Part]
    link_reference: Obis = attribute(2, logical_name, settable=True)
    address_config_mode: AddressMode = attribute(3, EnumOf(AddressMode), settable=True, default=AddressMode.AUTO)
    multicast_addresses: tuple[bytes, ...] = attribute(5, addresses, settable=True, default=NO_ADDRESSES)
    traffic_class: int = attribute(9, u8, settable=True, default=0)
    neighbour_discovery: tuple[NeighbourDiscovery, ...] = attribute(
        10, array_of(struct(NeighbourDiscovery), most=4), settable=True, default=NO_DISCOVERY
    )

    @computed(4, addresses)
    def unicast_addresses(self, meter: Holder) -> tuple[bytes, ...]:
        return self.part(meter).unicast_addresses

    @setter(4)
    def set_unicast_addresses(self, meter: Holder, wanted: tuple[bytes, ...]) -> None:
        self.part(meter).unicast_addresses = wanted

    @computed(6, addresses)
    def gateways(self, meter: Holder) -> tuple[bytes, ...]:
        return self.part(meter).gateways

    @setter(6)
    def set_gateways(self, meter: Holder, wanted: tuple[bytes, ...]) -> None:
        self.part(meter).gateways = wanted

    @computed(7, server)
    def primary_dns(self, meter: Holder) -> bytes:
        return self.part(meter).primary_dns

    @setter(7)
    def set_primary_dns(self, meter: Holder, wanted: bytes) -> None:
        self.part(meter).primary_dns = wanted

    @computed(8, server)
    def secondary_dns(self, meter: Holder) -> bytes:
        return self.part(meter).secondary_dns

    @setter(8)
    def set_secondary_dns(self, meter: Holder, wanted: bytes) -> None:
        self.part(meter).secondary_dns = wanted
