"""The links of a meter, as the bench has them and as its radio limits them."""

from collections.abc import Mapping

from softmeter.bench.journal import Control, Journal, LinkFault
from softmeter.bench.link import Line, Quality
from softmeter.device.radio import Carrier, carrier
from softmeter.device.surroundings import Surrounded

_WITH_START_AND_STOP = 10
"""Bits of an octet on a serial line."""

_Given = Mapping[Control, float | None]


class Links:
    """One line for each port. `look` has them follow the journal and the cell around.

    `limited`: the WAN carries no more than the technology of the cell, unless the journal says otherwise.
    """

    def __init__(self, journal: Journal, seed: bytes, *, limited: bool = False) -> None:
        self.wan = Line("wan", seed)
        self.optical = Line("optical", seed, _WITH_START_AND_STOP)
        self.p1 = Line("p1", seed, _WITH_START_AND_STOP)
        self._journal = journal
        self._seed = seed
        self._limited = limited

    def look(self, second: int, around: Surrounded) -> None:
        """Be as the links are in a bench second."""
        given = self._journal.current(second)
        limited = given.get(LinkFault.WAN_LIMITS)
        limits = carrier(around) if (self._limited if limited is None else limited) else None
        number = given.get(LinkFault.LINK_SEED)
        seed = self._seed if number is None else b"%d" % int(number)
        for name, line in (("WAN", self.wan), ("OPTICAL", self.optical), ("P1", self.p1)):
            line.up.seed = line.down.seed = seed
            line.up.quality = line.down.quality = _quality(name, given)
            line.close_s = _value(name, "CLOSE_S", given)
        if limits is not None:
            self.wan.up.quality = _limited(self.wan.up.quality, limits, limits.uplink_bps)
            self.wan.down.quality = _limited(self.wan.down.quality, limits, limits.downlink_bps)


def _quality(name: str, given: _Given) -> Quality:
    return Quality(
        _value(name, "LATENCY_MS", given) / 1000,
        _value(name, "BITS_PER_S", given),
        _value(name, "DROP", given),
        _value(name, "DAMAGE", given),
    )


def _value(name: str, what: str, given: _Given) -> float:
    return given.get(LinkFault[f"{name}_{what}"]) or 0.0


def _limited(quality: Quality, limits: Carrier, bits_per_s: int) -> Quality:
    """A link that also has the limits of its technology."""
    return quality._replace(
        latency_s=quality.latency_s + limits.latency_ms / 2000,
        bits_per_s=min(quality.bits_per_s or bits_per_s, bits_per_s),
    )
