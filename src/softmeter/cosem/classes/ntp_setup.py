"""Class 100, NTP setup: time from the network (IEC 62056-62, 4.9.10). Its methods are not offered."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Protocol

from softmeter.cosem.interface import Holder, Interface, attribute, computed, setter
from softmeter.wire.types import EnumOf, array_of, boolean, octet_string, of, struct, structure, u16, u32


class NtpAuthentication(IntEnum):
    """How the server proves who it is."""

    NONE = 0
    SHARED_SECRETS = 1
    AUTO_KEY = 2


@structure
class NtpKey:
    """A secret shared with the server."""

    number: int = of(u32)
    key: bytes = of(octet_string(most=32))


class NtpPart(Protocol):
    """How a meter comes by time from the network."""

    active: bool

    @property
    def server(self) -> bytes: ...

    @property
    def port(self) -> int: ...


NO_KEYS: tuple[NtpKey, ...] = ()


class NtpSetup(Interface, class_id=100, version=0):
    """Whether the clock follows a server; which one is the network's business."""

    part: Callable[[Any], NtpPart]

    @computed(2, boolean)
    def activated(self, meter: Holder) -> bool:
        return self.part(meter).active

    @setter(2)
    def set_activated(self, meter: Holder, active: bool) -> None:  # noqa: FBT001 - as every setter is called
        self.part(meter).active = active

    @computed(3, octet_string(most=128))
    def server_address(self, meter: Holder) -> bytes:
        return self.part(meter).server

    @computed(4, u16)
    def server_port(self, meter: Holder) -> int:
        return self.part(meter).port

    authentication_method: NtpAuthentication = attribute(5, EnumOf(NtpAuthentication), default=NtpAuthentication.NONE)
    authentication_keys: tuple[NtpKey, ...] = attribute(
        6, array_of(struct(NtpKey), most=8), settable=True, default=NO_KEYS
    )
    client_key: bytes = attribute(7, octet_string(most=64), settable=True, default=b"")
