"""Class 151, LTE monitoring, version 1: timers of the network and quality of the link (IEC 62056-62, 4.7.10)."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Protocol

from softmeter.cosem.interface import Holder, Interface, computed
from softmeter.wire.types import EnumOf, i8, of, struct, structure, u16, u32


class CoverageEnhancement(IntEnum):
    """How often everything is repeated to get through."""

    MODE_A_LEVEL_0 = 0
    MODE_A_LEVEL_1 = 1
    MODE_B_LEVEL_2 = 2
    MODE_B_LEVEL_3 = 3


@structure
class NetworkParameters:
    """What the network decides: seconds, for eDRX and its window hundredths; the least levels in dBm."""

    t3402_s: int = of(u16)
    t3412_s: int = of(u16)
    t3412_extended_s: int = of(u32)
    t3324_s: int = of(u32)
    edrx_cycle: int = of(u32)
    paging_window: int = of(u32)
    least_level: int = of(i8)
    least_level_ce: int = of(i8)
    least_level_ce1: int = of(i8)


@structure
class LinkQuality:
    """RSRQ as 0 to 34, RSRP as 0 to 97, of NB-IoT 0 to 113 (3GPP TS 36.133), 127 unknown; signal to noise in dB."""

    rsrq: int = of(i8)
    rsrp: int = of(i8)
    signal_to_noise: int = of(i8)
    coverage: CoverageEnhancement = of(EnumOf(CoverageEnhancement))


class LtePart(Protocol):
    """The LTE side of a module."""

    @property
    def parameters(self) -> NetworkParameters: ...

    @property
    def quality(self) -> LinkQuality: ...


class LteMonitoring(Interface, class_id=151, version=1):
    """The LTE link as it is now."""

    part: Callable[[Any], LtePart]

    @computed(2, struct(NetworkParameters))
    def network_parameters(self, meter: Holder) -> NetworkParameters:
        return self.part(meter).parameters

    @computed(3, struct(LinkQuality))
    def quality_of_service(self, meter: Holder) -> LinkQuality:
        return self.part(meter).quality
