"""Class 44, PPP setup: options and credentials of the point-to-point link (IEC 62056-62, 4.9.5)."""

from collections.abc import Callable
from typing import Any

from softmeter.cosem.interface import Holder, Interface, attribute, computed, setter
from softmeter.obis import Obis
from softmeter.wire.types import (
    Data,
    anything,
    array_of,
    logical_name,
    octet_string,
    of,
    secret,
    struct,
    structure,
    u8,
)


@structure
class PppOption:
    """An option of LCP or IPCP."""

    type: int = of(u8)
    length: int = of(u8)
    data: Data = of(anything)


@structure
class PapAuthentication:
    """Who the meter is to the data network."""

    user: bytes = of(octet_string(most=64))
    password: bytes = secret(octet_string(most=64))


NO_OPTIONS: tuple[PppOption, ...] = ()
_options = array_of(struct(PppOption), most=16)


class PppSetup(Interface, class_id=44, version=0):
    """How PPP is used; `authenticate` takes user and password, which are never read."""

    authenticate: Callable[[Any, PapAuthentication], None]
    phy_reference: Obis = attribute(2, logical_name, settable=True)
    lcp_options: tuple[PppOption, ...] = attribute(3, _options, settable=True, default=NO_OPTIONS)
    ipcp_options: tuple[PppOption, ...] = attribute(4, _options, settable=True, default=NO_OPTIONS)

    @computed(5, struct(PapAuthentication))
    def authentication(self, _: Holder) -> PapAuthentication:
        return PapAuthentication(b"", b"")

    @setter(5)
    def set_authentication(self, meter: Holder, authentication: PapAuthentication) -> None:
        self.authenticate(meter, authentication)
