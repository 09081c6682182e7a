"""Class 43, MAC address setup (IEC 62056-62, 4.9.4)."""

from softmeter.cosem.interface import Interface, attribute
from softmeter.wire.types import octet_string


class MacAddressSetup(Interface, class_id=43, version=0):
    """The hardware address of a link."""

    mac_address: bytes = attribute(2, octet_string(most=8), settable=True)
