"""Class 17, SAP assignment: the logical devices of the physical one (IEC 62056-62, 4.4.2)."""

from collections.abc import Callable
from typing import Any

from softmeter.cosem.access import ActionResult
from softmeter.cosem.interface import Holder, Interface, computed, method
from softmeter.errors import AccessError
from softmeter.wire.types import array_of, octets, of, struct, structure, u16


@structure
class SapAssigned:
    """One logical device."""

    sap: int = of(u16)
    logical_device_name: bytes = of(octets)


class SapAssignment(Interface, class_id=17, version=0):
    """Which logical device answers at which address."""

    devices: Callable[[Any], tuple[SapAssigned, ...]]

    @computed(2, array_of(struct(SapAssigned)))
    def sap_assignment_list(self, meter: Holder) -> tuple[SapAssigned, ...]:
        return self.devices(meter)

    @method(1, struct(SapAssigned))
    def connect_logical_device(self, _meter: Holder, _: SapAssigned) -> None:
        """Refuse: the addresses of a meter's logical devices are fixed."""
        raise AccessError(ActionResult.READ_WRITE_DENIED)
