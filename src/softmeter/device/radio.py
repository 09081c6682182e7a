"""The radio side of a cellular module: technologies with what their links carry, and how well the cell is heard.

Source: manual 12.3 (bands and rates), 4.3 (classes of signal strength); 3GPP TS 36.214 for how RSSI, RSRP and RSRQ hang
together.
"""

from enum import IntEnum
from typing import NamedTuple

from softmeter.device.surroundings import Surrounded

WEAKEST_DBM = -125
"""Below this RSRP there is no network to be found."""
UNKNOWN_QUALITY = 99
UNKNOWN_REPORT = 127
"""Of RSRP and RSRQ, as LTE monitoring has them."""
_FAULTLESS_DBM = -85
"""RSSI down to which GSM has no wrong bits; each four dB less are a class more of them."""


class Technology(IntEnum):
    """How the module talks to the cell, as ps_status of the GSM diagnostic numbers it."""

    INACTIVE = 0
    GPRS = 1
    EDGE = 2
    LTE = 5
    LTE_CAT_M = 7
    NB_IOT = 8


class Carrier(NamedTuple):
    """What a technology carries, bits per second, its round trip, and a channel of the band it uses here."""

    uplink_bps: int
    downlink_bps: int
    latency_ms: int
    channel: int
    resource_blocks_db: int
    """Ten times the logarithm of how many resource blocks RSSI sums over."""


_CARRIERS = {
    Technology.GPRS: Carrier(42_800, 85_600, 600, 975, 0),  # 900 MHz
    Technology.EDGE: Carrier(118_000, 236_000, 400, 975, 0),
    Technology.LTE: Carrier(5_000_000, 10_000_000, 50, 1300, 17),  # B3, 10 MHz
    Technology.LTE_CAT_M: Carrier(1_119_000, 588_000, 100, 6300, 8),  # B20, six resource blocks
    Technology.NB_IOT: Carrier(66_000, 34_000, 1_500, 3500, 0),  # B8
}


class Signal(NamedTuple):
    """How well the cell is heard: dBm, dB, dBm."""

    rsrp: int
    rsrq: int
    rssi: int
    technology: Technology = Technology.LTE_CAT_M

    @classmethod
    def of(cls, around: Surrounded) -> "Signal":
        """What the module hears."""
        blocks = carrier(around).resource_blocks_db
        return cls(around.rsrp, around.rsrq, around.rsrp - around.rsrq + blocks, technology(around))

    @property
    def is_lte(self) -> bool:
        """Whether RSRP and RSRQ are measures of its kind of cell."""
        return self.technology not in {Technology.GPRS, Technology.EDGE}

    @property
    def bit_errors(self) -> int:
        """The class of wrong bits that GSM reports, 0 to 7; LTE has none."""
        return UNKNOWN_QUALITY if self.is_lte else min(max((_FAULTLESS_DBM - self.rssi + 3) // 4, 0), 7)

    @property
    def quality(self) -> int:
        """RSSI as GSM reports it: 0 to 31, of two dB each from -113 dBm on."""
        return min(max((self.rssi + 113) // 2, 0), 31)

    @property
    def rsrp_report(self) -> int:
        """RSRP as LTE reports it: 0 to 97, of NB-IoT 0 to 113."""
        if self.technology is Technology.NB_IOT:
            return min(max(self.rsrp + 156, 0), 113)
        return min(max(self.rsrp + 140, 0), 97)

    @property
    def rsrq_report(self) -> int:
        """RSRQ as LTE reports it: 0 to 34, of half a dB each."""
        return min(max(2 * self.rsrq + 39, 0), 34)


def technology(around: Surrounded) -> Technology:
    """The technology of the cell around; one that is none counts as Cat-M."""
    try:
        return Technology(around.technology) or Technology.LTE_CAT_M
    except ValueError:
        return Technology.LTE_CAT_M


def carrier(around: Surrounded) -> Carrier:
    """What the cell around carries."""
    return _CARRIERS[technology(around)]


def is_heard(around: Surrounded) -> bool:
    """Whether there is a module, and a network for it."""
    return bool(around.module_present and around.network_up and around.rsrp >= WEAKEST_DBM)
