"""Scripts: what a client, a schedule or a monitor has the meter do to its own objects (manual 7, 8.3)."""

import contextlib
from typing import TYPE_CHECKING

from softmeter.cosem.classes.script_table import Action, ScriptTable, Service
from softmeter.cosem.dictionary import Dictionary, Inside
from softmeter.cosem.sessions import Sessions
from softmeter.device.attributes import Attributes
from softmeter.device.behaviour import Script
from softmeter.device.device import Device
from softmeter.errors import AccessError
from softmeter.instant import Instant
from softmeter.meter.counters import InvocationCounters
from softmeter.meter.identity import Identity, in_force
from softmeter.meter.keys import KeyRing
from softmeter.meter.parts import lived
from softmeter.meter.presented import Forwarded, Presented
from softmeter.meter.pushed_values import collected
from softmeter.meter.upgraded import suite_of
from softmeter.security.suites import Suite
from softmeter.wire.types import encode_data

if TYPE_CHECKING:
    from softmeter.meter.meter import Meter


class Living(Forwarded):
    """A meter as seen from inside a device that lives on, which others may not see yet."""

    def __init__(self, meter: Presented, device: Device) -> None:
        super().__init__(meter)
        self.device = device

    @property
    def attributes(self) -> Attributes:
        return self.device.attributes

    @property
    def dictionary(self) -> Dictionary:
        return self._meter.dictionary

    @property
    def sessions(self) -> Sessions:
        return self._meter.sessions

    @property
    def identity(self) -> Identity:
        return in_force(self._meter.identity, self.device.behaviours.firmware)

    @property
    def counters(self) -> InvocationCounters:
        return self._meter.counters

    @property
    def key_ring(self) -> KeyRing:
        return self._meter.key_ring

    @property
    def suite(self) -> Suite:
        return suite_of(self.device)

    def name(self, equipment_identifier: str) -> None:
        self._meter.name(equipment_identifier)

    def present(self) -> Instant:
        return self.device.now

    def changed(self) -> None:
        self._meter.changed()


def collect(meter: "Meter", device: Device, setup: int) -> bytes:
    """The values that a push setup lists, as a device has them now."""
    return collected(Living(meter, device), meter.dictionary, setup)


def execute(meter: "Meter", device: Device, script: Script) -> None:
    """Do what a script says to a device; a table or script that does not exist is nothing."""
    table = meter.dictionary.interface(ScriptTable.class_id, script.table)
    if isinstance(table, ScriptTable):
        _act(Living(meter, device), meter.dictionary, table.actions(script.selector) or ())


def perform(meter: "Meter", actions: tuple[Action, ...]) -> None:
    """Do actions for a client, now: all whole seconds before are lived through first."""
    lived(meter)
    _act(meter, meter.dictionary, actions)


def _act(meter: Presented, dictionary: Dictionary, actions: tuple[Action, ...]) -> None:
    view = dictionary.view(Inside.INSIDE)
    for action in actions:
        key = action.class_id.to_bytes(2, "big") + action.name.octets + bytes((action.index & 0xFF,))
        parameter = encode_data(action.parameter)
        with contextlib.suppress(AccessError):  # one action that cannot be done does not keep the others from it
            if action.service == Service.WRITE_ATTRIBUTE and key in view.writers:
                view.writers[key](meter, parameter)
            elif action.service == Service.EXECUTE_METHOD and key in view.invokers:
                view.invokers[key](meter, parameter)
