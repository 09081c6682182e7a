"""Class 64, Security setup: policy, suite and titles of a group of clients (IEC 62056-62, 4.4.7)."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Protocol

from softmeter.cosem.interface import Holder, Interface, computed
from softmeter.security.suites import Suite
from softmeter.wire.types import EnumOf, octets


class SecurityPolicy(IntEnum):
    """security_policy of version 0: what every APDU must at least be."""

    NOTHING = 0
    AUTHENTICATED = 1
    ENCRYPTED = 2
    AUTHENTICATED_ENCRYPTED = 3


class SecurityPart(Protocol):
    """A meter's security settings for one group of clients."""

    @property
    def policy(self) -> int: ...

    @property
    def suite(self) -> int: ...

    @property
    def client_system_title(self) -> bytes:
        """Of the last client; empty before there was one."""
        ...

    @property
    def server_system_title(self) -> bytes: ...


class SecuritySetup(Interface, class_id=64, version=0):
    """The readable part; keys never leave the meter."""

    part: Callable[[Any], SecurityPart]

    @computed(2, EnumOf(SecurityPolicy))
    def security_policy(self, meter: Holder) -> SecurityPolicy:
        return SecurityPolicy(self.part(meter).policy)

    @computed(3, EnumOf(Suite))
    def security_suite(self, meter: Holder) -> Suite:
        return Suite(self.part(meter).suite)

    @computed(4, octets)
    def client_system_title(self, meter: Holder) -> bytes:
        return self.part(meter).client_system_title

    @computed(5, octets)
    def server_system_title(self, meter: Holder) -> bytes:
        return self.part(meter).server_system_title
