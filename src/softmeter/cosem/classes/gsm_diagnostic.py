"""Class 47, GSM diagnostic, version 2: how the module stands with the network (IEC 62056-62, 4.7.8)."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Protocol

from softmeter.clock import DateTime
from softmeter.cosem.interface import Holder, Interface, computed
from softmeter.wire.types import EnumOf, array_of, date_time, of, struct, structure, u8, u16, u32, visible


class RegistrationStatus(IntEnum):
    """Registration with the network."""

    NOT_REGISTERED = 0
    HOME = 1
    SEARCHING = 2
    DENIED = 3
    UNKNOWN = 4
    ROAMING = 5


class CircuitSwitched(IntEnum):
    """Calls."""

    INACTIVE = 0
    INCOMING = 1
    ACTIVE = 2


class PacketSwitched(IntEnum):
    """Data."""

    INACTIVE = 0
    GPRS = 1
    EDGE = 2
    UMTS = 3
    HSDPA = 4
    LTE = 5
    CDMA = 6
    LTE_CAT_M1 = 7
    NB_IOT = 8


@structure
class CellInfo:
    """The cell in use; signal quality 0 to 31 or 99, bit error rate 0 to 7 or 99."""

    cell: int = of(u32)
    location: int = of(u16)
    signal_quality: int = of(u8)
    bit_error_rate: int = of(u8)
    country: int = of(u16)
    network: int = of(u16)
    channel: int = of(u32)


@structure
class AdjacentCell:
    """A cell that is heard as well."""

    cell: int = of(u32)
    signal_quality: int = of(u8)


class DiagnosticPart(Protocol):
    """The module as it is now."""

    @property
    def operator(self) -> str: ...

    @property
    def status(self) -> RegistrationStatus: ...

    @property
    def ps_status(self) -> PacketSwitched: ...

    @property
    def cell(self) -> CellInfo: ...

    @property
    def neighbours(self) -> tuple[AdjacentCell, ...]: ...

    @property
    def capture_time(self) -> DateTime: ...


class GsmDiagnostic(Interface, class_id=47, version=2):
    """The module as it is now; it takes no calls."""

    part: Callable[[Any], DiagnosticPart]

    @computed(2, visible)
    def operator(self, meter: Holder) -> str:
        return self.part(meter).operator

    @computed(3, EnumOf(RegistrationStatus))
    def status(self, meter: Holder) -> RegistrationStatus:
        return self.part(meter).status

    @computed(4, EnumOf(CircuitSwitched))
    def cs_attachment(self, _: Holder) -> CircuitSwitched:
        return CircuitSwitched.INACTIVE

    @computed(5, EnumOf(PacketSwitched))
    def ps_status(self, meter: Holder) -> PacketSwitched:
        return self.part(meter).ps_status

    @computed(6, struct(CellInfo))
    def cell_info(self, meter: Holder) -> CellInfo:
        return self.part(meter).cell

    @computed(7, array_of(struct(AdjacentCell)))
    def adjacent_cells(self, meter: Holder) -> tuple[AdjacentCell, ...]:
        return self.part(meter).neighbours

    @computed(8, date_time)
    def capture_time(self, meter: Holder) -> DateTime:
        return self.part(meter).capture_time
