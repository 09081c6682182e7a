"""Class 48, IPv6 setup: addresses of the IP link (IEC 62056-62, 4.9.3). Its methods for addresses are not offered."""

from enum import IntEnum

from softmeter.cosem.interface import Interface, attribute
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
_address: Codec[bytes] = octet_string(ADDRESS_OCTETS)
_addresses = array_of(_address, most=8)
_server: Codec[bytes] = octet_string(most=ADDRESS_OCTETS)


class Ipv6Setup(Interface, class_id=48, version=0):
    """How IPv6 is used."""

    link_reference: Obis = attribute(2, logical_name, settable=True)
    address_config_mode: AddressMode = attribute(3, EnumOf(AddressMode), settable=True, default=AddressMode.AUTO)
    unicast_addresses: tuple[bytes, ...] = attribute(4, _addresses, settable=True, default=NO_ADDRESSES)
    multicast_addresses: tuple[bytes, ...] = attribute(5, _addresses, settable=True, default=NO_ADDRESSES)
    gateways: tuple[bytes, ...] = attribute(6, _addresses, settable=True, default=NO_ADDRESSES)
    primary_dns: bytes = attribute(7, _server, settable=True, default=b"")
    secondary_dns: bytes = attribute(8, _server, settable=True, default=b"")
    traffic_class: int = attribute(9, u8, settable=True, default=0)
    neighbour_discovery: tuple[NeighbourDiscovery, ...] = attribute(
        10, array_of(struct(NeighbourDiscovery), most=4), settable=True, default=NO_DISCOVERY
    )
