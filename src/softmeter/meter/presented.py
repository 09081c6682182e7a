"""What the rows of the model read of a meter."""

from typing import Protocol

from softmeter.cosem.dictionary import Dictionary
from softmeter.cosem.interface import Holder
from softmeter.device.device import Device
from softmeter.entropy import Entropy
from softmeter.instant import Instant
from softmeter.meter.counters import InvocationCounters
from softmeter.meter.identity import Identity
from softmeter.meter.keys import KeyRing
from softmeter.security.suites import Suite
from softmeter.security.trust import TrustStore


class Presented(Holder, Protocol):
    """A meter as its objects see it."""

    @property
    def device(self) -> Device:
        """The visible state."""
        ...

    @property
    def dictionary(self) -> Dictionary:
        """The objects of the meter's type."""
        ...

    @property
    def identity(self) -> Identity: ...

    def name(self, equipment_identifier: str) -> None:
        """Give the meter another identifier of the grid operator; ConfigurationError where it is none."""
        ...

    @property
    def counters(self) -> InvocationCounters: ...

    @property
    def key_ring(self) -> KeyRing: ...

    @property
    def suite(self) -> Suite:
        """The security suite in force."""
        ...

    @property
    def trust(self) -> TrustStore:
        """Key pairs and certificates, of suite 1."""
        ...

    @property
    def entropy(self) -> Entropy: ...

    def present(self) -> Instant:
        """Bench time as of now: for the clock, and for nothing else."""
        ...

    def changed(self) -> None:
        """Something is another than before, and must be stored before an answer tells of it."""
        ...


class Forwarded:
    """Part of a meter, or another view of it: what it hands on is the whole meter's."""

    def __init__(self, meter: Presented) -> None:
        self._meter = meter

    @property
    def trust(self) -> TrustStore:
        return self._meter.trust

    @property
    def entropy(self) -> Entropy:
        return self._meter.entropy
