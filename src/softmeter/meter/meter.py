"""One meter: a device with an identity, its keys and counters, and what clients have set.

It serves the shared object model; a thousand meters in one process share one `Dictionary`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import Enum
from functools import cache
from types import MethodType
from typing import NamedTuple

from softmeter.cosem.dictionary import Dictionary, View
from softmeter.cosem.sessions import Sessions
from softmeter.device.attributes import Attributes
from softmeter.device.device import Device
from softmeter.device.display import Display
from softmeter.device.events import Event
from softmeter.dlms.host import Client, Keys
from softmeter.entropy import Entropy
from softmeter.firmware.payload import SECURITY_SUITE
from softmeter.instant import Instant
from softmeter.meter import model
from softmeter.meter.clients import BROADCAST, MANAGEMENT
from softmeter.meter.counters import InvocationCounters
from softmeter.meter.factory import Factory
from softmeter.meter.firmware import install
from softmeter.meter.identity import Identity, in_force
from softmeter.meter.keys import NONE, KeyRing
from softmeter.meter.scripts import collect, execute
from softmeter.meter.upgraded import clients_of, suite_of
from softmeter.security.suites import Suite
from softmeter.security.trust import Trusting, TrustStore

MOST_REPORTS = 64


class _Kind(NamedTuple):
    """What follows from what the application can do."""

    suite: Suite
    clients: Mapping[int, Client]
    extended_clients: Mapping[int, Client]
    """Those of a meter that has services beyond the manual's, whatever its application says."""
    dictionary: Dictionary


@cache
def _kind_of(suite: Suite, extra_services: bool, has_disconnector: bool) -> _Kind:  # noqa: FBT001 - keys of the cache
    extended = clients_of(suite, extended=True)
    dictionary = model.dictionary(has_disconnector=has_disconnector, suite=suite)
    return _Kind(suite, extended if extra_services else clients_of(suite), extended, dictionary)


class Meter:
    """What a DLMS server asks of a meter (`Host`), and what the rows of the model read of it (`Presented`).

    `device` is the visible state; `locked` says that a successor of it is being stored and changes must wait; `present`
    gives bench time as of now; `extra_services` says whether clients get services beyond the manual's.
    """

    __slots__ = (
        "_capabilities",
        "_changed",
        "_known_kind",
        "_reported",
        "counters",
        "device",
        "display",
        "entropy",
        "extra_services",
        "factory",
        "key_ring",
        "locked",
        "present",
        "sessions",
        "system_title",
        "trust",
    )

    def __init__(self, factory: Factory, device: Device, display: Display, key_ring: KeyRing, entropy: Entropy) -> None:
        self.factory = factory
        self.system_title = factory.identity.system_title  # asked for with every association, and never another
        self.device = device
        self.display = display
        self.key_ring = key_ring
        self.trust = TrustStore(self.system_title, Suite.SUITE_1, follow=self._authorities)
        self.entropy = entropy
        self.counters = InvocationCounters()
        self.sessions = Sessions()
        self.locked = False
        self.extra_services = False
        self.present: Callable[[], Instant] = lambda: self.device.now
        self._capabilities: Mapping[str, int] | None = None
        self._known_kind: _Kind
        self._changed = False
        self._reported: list[Event] = []
        # Bound as methods are: a partial takes three times the memory, and a process may have a thousand meters.
        device.executor = MethodType(execute, self)
        device.collector = MethodType(collect, self)
        device.seed = self.system_title
        device.installer = MethodType(install, self)

    @property
    def attributes(self) -> Attributes:
        """What clients have set, opaque to the device that keeps it."""
        return self.device.attributes

    @property
    def dictionary(self) -> Dictionary:
        """The object model of the meter's type."""
        return self._kind.dictionary

    @property
    def suite(self) -> Suite:
        """The security suite: 0 until an application brings another."""
        return self._kind.suite

    @property
    def _kind(self) -> _Kind:
        """Found out anew only when the visible device has an application that can do something else."""
        capabilities = self.device.behaviours.firmware.capabilities
        if capabilities is not self._capabilities:
            extra_services = bool(self.device.behaviours.firmware.able("extra_services"))
            self._known_kind = _kind_of(suite_of(self.device), extra_services, self.device.settings.has_breaker)
            self._capabilities = capabilities
        return self._known_kind

    @property
    def identity(self) -> Identity:
        """What is printed on the plate, the operator's name for the meter, and the versions of what runs."""
        return in_force(self.factory.identity, self.device.behaviours.firmware)

    @property
    def clients(self) -> Mapping[int, Client]:
        kind = self._kind
        return kind.extended_clients if self.extra_services else kind.clients

    @property
    def must_store(self) -> bool:
        return self._changed or self.counters.must_store

    def view(self, audience: Enum) -> View:
        """The objects as an audience sees them."""
        return self._kind.dictionary.view(audience)

    def keys(self, sap: int) -> Keys:
        """The secrets in force for a client."""
        ring = self.key_ring
        if ring.suite != self.device.behaviours.firmware.capabilities.get(SECURITY_SUITE, 0):
            ring.rise(self.suite, Trusting(self.trust, self._moment))
        return ring.clients.get(MANAGEMENT if sap == BROADCAST else sap, NONE)

    def _authorities(self) -> tuple[bytes, ...]:
        """Whom the application trusts that runs in the visible device."""
        return self.device.behaviours.firmware.authorities

    def _moment(self) -> Instant:
        """Bench time as of now, whoever tells it by then."""
        return self.present()

    def name(self, equipment_identifier: str) -> None:
        """Give the meter another identifier of the grid operator.

        Raises:
            ConfigurationError: it has not 17 characters of ASCII.
        """
        self.factory.identity = replace(self.factory.identity, equipment_identifier=equipment_identifier)

    def report(self, event: Event) -> None:
        """Have an event logged that happened outside the device, as soon as time goes on."""
        if len(self._reported) < MOST_REPORTS:
            self._reported.append(event)

    def reported(self) -> list[Event]:
        """What was reported since the last call."""
        events, self._reported = self._reported, []
        return events

    def changed(self) -> None:
        """A client changed something: it must be stored before the answer leaves."""
        self._changed = True

    def unchanged(self) -> None:
        """All changes so far are being stored."""
        self._changed = False
        self.counters.must_store = False
