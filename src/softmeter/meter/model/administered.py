"""What a head-end for SMR5 meters looks for: administrative state and the switches of the ports (optional objects)."""

from enum import IntEnum

from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.classes.data import Data, SettableData
from softmeter.cosem.dictionary import Row
from softmeter.cosem.interface import Source
from softmeter.device.modem_parameters import Interface
from softmeter.errors import AccessError
from softmeter.meter.parts_network import change
from softmeter.meter.policies import SET
from softmeter.meter.presented import Presented
from softmeter.security.suites import Suite
from softmeter.wire.types import Bits, EnumOf, Tag
from softmeter.wire.types import Data as Value

COUNT = 16


class Administrative(IntEnum):
    """Whether the customer has the meter read: for the head-end to keep, the meter acts as always."""

    NOT_DEFINED = 0
    OPTION_OUT = 1
    DEFAULT = 2
    OPTION_IN = 3


class Switch(IntEnum):
    """Bits of the configuration object, the first one being 0 (SMR5)."""

    OPTICAL_ENABLED = 3
    HLS_5_ON_WAN = 6
    HLS_5_ON_OPTICAL = 9
    HLS_6_ON_WAN = 11
    HLS_6_ON_OPTICAL = 12
    HLS_7_ON_WAN = 13
    HLS_7_ON_OPTICAL = 14

    @property
    def bit(self) -> int:
        return 1 << COUNT - 1 - self


_HLS_5 = Switch.HLS_5_ON_WAN.bit | Switch.HLS_5_ON_OPTICAL.bit
_HLS_6_AND_7 = sum(one.bit for one in Switch if one >= Switch.HLS_6_ON_WAN)


def _configuration(meter: Presented) -> Bits:
    is_open = meter.device.behaviours.modem.parameters.interfaces & Interface.OPTICAL
    optical = Switch.OPTICAL_ENABLED.bit if is_open else 0
    return Bits(optical | _HLS_5 | (0 if meter.suite is Suite.SUITE_0 else _HLS_6_AND_7), COUNT)


def _configure(meter: Presented, wanted: Bits) -> None:
    optical = Switch.OPTICAL_ENABLED.bit
    if wanted.length != COUNT:
        raise AccessError(DataAccessResult.TYPE_UNMATCHED, f"{wanted.length} bits, not {COUNT}")
    if (wanted.value ^ _configuration(meter).value) & ~optical:
        raise AccessError(DataAccessResult.OTHER_REASON, "only the bit of the optical port can be changed")
    parameters = meter.device.behaviours.modem.parameters
    rest = parameters.interfaces & ~Interface.OPTICAL
    interfaces = rest | Interface.OPTICAL if wanted.value & optical else rest
    change(meter, parameters._replace(interfaces=int(interfaces)))


_CONFIGURATION: Source[Bits] = Source(Tag.BIT_STRING, _configuration, _configure)

# fmt: off
ROWS = (
    Row("0-1:94.31.0", "Administrative in/out",
        SettableData(value=Value(Tag.ENUM, Administrative.NOT_DEFINED), form=EnumOf(Administrative)), SET),
    Row("0-1:94.31.3", "Configuration object", Data(source=_CONFIGURATION), SET),
)
# fmt: on
