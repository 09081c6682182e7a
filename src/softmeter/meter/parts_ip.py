"""Addresses as the IP set-ups have them: what the network gives while the meter is in it, or what a client has set.

Octets really travel with the addresses of the machine; these are what a meter in such a network would show.
"""

from typing import Any, Final, Generic, TypeVar

from softmeter.cosem.classes.ipv6_setup import AddressMode, addresses, server
from softmeter.meter.presented import Presented
from softmeter.obis import Obis
from softmeter.wire.types import Codec, EnumOf, boolean, u32

T = TypeVar("T")
IPV4, IPV6 = Obis.parse("0-0:25.1.0"), Obis.parse("0-0:25.7.0")
_IPV4_CLASS, _IPV6_CLASS = 42, 48
_PRIVATE: Final = 10 << 24
_PREFIX: Final = bytes.fromhex("fd736f66746d0000")
"""Of the simulated network: unique local addresses (RFC 4193)."""
_LINK_LOCAL: Final = bytes.fromhex("fe80000000000000")
_ROUTER, _RESOLVER, _SECOND_RESOLVER = 0xFF_FF01, 0xFF_FF35, 0xFF_FF36
"""The hosts of the network that everybody is told of."""


class _Entry(Generic[T]):
    """An address of a set-up: `given` by the network while that assigns addresses, else the one that was set."""

    def __init__(self, place: tuple[int, Obis, int], codec: Codec[T], given: Any, otherwise: T) -> None:
        class_id, name, attribute = place
        self._key = class_id.to_bytes(2, "big") + name.octets + bytes((attribute,))
        self._codec = codec
        self._given = given
        self._otherwise = otherwise

    def __get__(self, part: "Ipv4Part | Ipv6Part", _: object = None) -> T:
        if part.is_assigned:
            given: T = self._given(part) if part.meter.device.behaviours.modem.attached else self._otherwise
            return given
        kept = part.meter.attributes.get(self._key)
        return self._otherwise if kept is None else self._codec.decode(kept)

    def __set__(self, part: "Ipv4Part | Ipv6Part", wanted: T) -> None:
        part.meter.attributes[self._key] = self._codec.encode(wanted)


def _v4(attribute: int, given: Any) -> _Entry[int]:
    return _Entry((_IPV4_CLASS, IPV4, attribute), u32, given, 0)


class Ipv4Part:
    """The IPv4 set-up: DHCP is in use until a client ends that."""

    def __init__(self, meter: Presented) -> None:
        self.meter = meter

    address = _v4(3, lambda part: _PRIVATE | int.from_bytes(part.meter.identity.system_title[-3:], "big"))
    subnet_mask = _v4(6, lambda _: 0xFF << 24)
    gateway = _v4(7, lambda _: _PRIVATE | _ROUTER)
    primary_dns = _v4(9, lambda _: _PRIVATE | _RESOLVER)
    secondary_dns = _v4(10, lambda _: _PRIVATE | _SECOND_RESOLVER)

    @property
    def is_assigned(self) -> bool:
        """Whether the network gives the addresses."""
        kept = self.meter.attributes.get(_IPV4_CLASS.to_bytes(2, "big") + IPV4.octets + b"\x08")
        return kept is None or boolean.decode(kept)


def _v6(attribute: int, codec: Codec[T], given: Any, otherwise: T) -> _Entry[T]:
    return _Entry((_IPV6_CLASS, IPV6, attribute), codec, given, otherwise)


def _host(prefix: bytes, number: int) -> bytes:
    return prefix + number.to_bytes(8, "big")


class Ipv6Part:
    """The IPv6 set-up: addresses are configured by themselves unless a client wants his own."""

    def __init__(self, meter: Presented) -> None:
        self.meter = meter

    unicast_addresses = _v6(
        4,
        addresses,
        lambda part: tuple(prefix + part.meter.identity.system_title for prefix in (_LINK_LOCAL, _PREFIX)),
        (),
    )
    gateways = _v6(6, addresses, lambda _: (_host(_LINK_LOCAL, _ROUTER),), ())
    primary_dns = _v6(7, server, lambda _: _host(_PREFIX, _RESOLVER), b"")
    secondary_dns = _v6(8, server, lambda _: _host(_PREFIX, _SECOND_RESOLVER), b"")

    @property
    def is_assigned(self) -> bool:
        """Whether the network gives the addresses."""
        kept = self.meter.attributes.get(_IPV6_CLASS.to_bytes(2, "big") + IPV6.octets + b"\x03")
        return kept is None or EnumOf(AddressMode).decode(kept) is not AddressMode.MANUAL


def ip_address(meter: Presented) -> int:
    """The IPv4 address in force; 0 without one."""
    return Ipv4Part(meter).address
