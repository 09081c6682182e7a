"""What the upgrade to another security suite changes (manual 12.2): who may come in how.

The suite is a capability of the application that runs, and survives every later one: it only rises.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from softmeter.device.device import Device
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.host import Client
from softmeter.firmware.payload import SECURITY_SUITE
from softmeter.meter.clients import CLIENTS, EXTENDED
from softmeter.security.suites import Suite

_SUITES = tuple(Suite)
_STRONGER = Mechanism.HLS_ECDSA, Mechanism.HLS_SHA256


def suite_of(device: Device) -> Suite:
    """The security suite that a device has come to."""
    return _SUITES[device.behaviours.firmware.able(SECURITY_SUITE)]


def kept_capabilities(device: Device, declared: Mapping[str, int]) -> dict[str, int]:
    """What an application can do that declares so much, in a device of some suite already."""
    suite = max(suite_of(device), declared.get(SECURITY_SUITE, 0))
    return {**declared, SECURITY_SUITE: int(suite)} if suite else dict(declared)


@cache
def clients_of(suite: Suite, extended: bool = False) -> Mapping[int, Client]:  # noqa: FBT001, FBT002 - a key of the cache
    """The clients by their addresses; above suite 0 whoever may come in by GMAC may do so by HLS 7 and 6."""
    clients = EXTENDED if extended else CLIENTS
    if suite is Suite.SUITE_0:
        return clients
    return {sap: _risen(client) for sap, client in clients.items()}


def _risen(client: Client) -> Client:
    stronger = {
        (context, mechanism): audience
        for mechanism in _STRONGER
        for (context, usual), audience in client.ways.items()
        if usual is Mechanism.HLS_GMAC
    }
    return replace(client, ways={**stronger, **client.ways})
