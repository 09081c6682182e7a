"""A meter as one serial actor: it lives on in a successor, which is stored before anybody sees it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import numpy as np

from softmeter.device.device import Device
from softmeter.device.pulses import Outputs
from softmeter.instant import Instant
from softmeter.meter.meter import Meter
from softmeter.persistent import Changes, Memory, Persistent, Rows, Scalar

MEASURED = frozenset({"progress", "registers", "averages"})
"""The parts that change every second by what is measured."""
POWER = ("progress", "lost_at_ns")
"""What among them changes when power goes or comes."""


class StoredRows(Protocol):
    """The rows of one ring as a store kept them."""

    @property
    def first(self) -> int:
        """The number of the oldest row."""
        ...

    def rows(self, dtype: np.dtype[Any]) -> Rows:
        """The rows as an array of `dtype`; StorageError where they have another form."""
        ...


class Actor:
    """Moves one meter through time and tells what must be stored.

    `outputs` hears the pulses of what `advanced` lives through.
    """

    __slots__ = ("_memory", "meter", "outputs")

    def __init__(self, meter: Meter, outputs: Outputs | None = None) -> None:
        self.meter = meter
        self.outputs = outputs
        self._memory = Memory()

    @property
    def now(self) -> Instant:
        """How far the visible state has lived."""
        return self.meter.device.now

    @property
    def must_store(self) -> bool:
        return self.meter.must_store

    @property
    def locked(self) -> bool:
        return self.meter.locked

    @locked.setter
    def locked(self, locked: bool) -> None:
        self.meter.locked = locked

    @property
    def present(self) -> Callable[[], Instant]:
        """Bench time as of now."""
        return self.meter.present

    @present.setter
    def present(self, present: Callable[[], Instant]) -> None:
        self.meter.present = present

    def advanced(self, until: Instant) -> Device:
        """A successor of the visible device that has lived until an instant."""
        successor = self.meter.device.fork()
        for event in self.meter.reported():
            successor.record(event)
        successor.advance(until, self.outputs)
        return successor

    def adopt(self, successor: Device) -> None:
        """Let the successor be seen."""
        self.meter.device = successor

    def jump(self, until: Instant) -> None:
        """Live on in place, while nobody looks."""
        self.meter.device.advance(until)

    def changes(self, successor: Device | None = None) -> Changes:
        """What differs from what was stored last, with the successor or the visible device."""
        self.meter.unchanged()
        self.meter.counters.pace()
        device = successor or self.meter.device
        return self._memory.changes(self._parts(device), device.rings())

    def can_wait(self, changes: Changes) -> bool:
        """Whether changes hold nothing but measurements: no row, no event, no power cut, nothing anybody has done."""
        if changes.appended or changes.dropped:
            return False
        return all(part in MEASURED and (part, name) != POWER for part, name in changes.values)

    def restore(self, values: Mapping[str, Mapping[str, Scalar]], rings: Mapping[str, StoredRows]) -> None:
        """Take over what a store kept; time has not passed since."""
        device = self.meter.device
        for name, part in self._parts(device):
            if name in values:
                part.restore(values[name])
        for name, stored in rings.items():
            ring = device.ring(name)
            if ring is not None:
                ring.load(stored.first, stored.rows(ring.dtype))
        self._memory.note(self._parts(device), device.rings())

    def stop(self) -> None:
        """Get ready for a clean end: counters are stored as they stand."""
        self.meter.counters.settle()

    def _parts(self, device: Device) -> Iterator[tuple[str, Persistent]]:
        yield "factory", self.meter.factory
        yield from device.parts()
        yield "keys", self.meter.key_ring
        yield "trust", self.meter.trust
        yield "counters", self.meter.counters
