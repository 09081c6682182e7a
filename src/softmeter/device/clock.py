"""The meter's own clock: hands, time zone and validity (manual 6; IEC 62056-62, class Clock)."""

from collections.abc import Mapping
from typing import NamedTuple

from softmeter.clock import DAYLIGHT_SAVING, INVALID, DateTime, Stamp
from softmeter.device.hands import Hands
from softmeter.device.saved import saved_int, saved_octets
from softmeter.device.zone import Segment, Zone
from softmeter.instant import SECOND, Instant, whole_second
from softmeter.persistent import Scalar

HUNDREDTH = SECOND // 100
NEVER = -1
WIDEST = 2**32 - 1  # a clock set to 2105 runs over in 2106


class Preset(NamedTuple):
    """A time to be taken over on command while it is valid: UTC seconds by the meter's clock."""

    second: int
    valid_from: int
    valid_until: int


class Clock:
    """What a meter takes for the time; `due` is the meter second of the next change of daylight saving."""

    __slots__ = ("_segment", "_zone", "due", "hands", "invalid", "limit_s", "preset")

    def __init__(self, zone: Zone, limit_s: int, start: Instant, drift_ns: int = 0) -> None:
        self.zone = zone
        self.limit_s = limit_s
        self.invalid = False
        self.preset: Preset | None = None
        self.hands = Hands(0, start, 0, start, drift_ns)
        self.due = self.segment(whole_second(start)).end

    @property
    def zone(self) -> Zone:
        """The zone whose local time the meter shows."""
        return self._zone

    @zone.setter
    def zone(self, zone: Zone) -> None:
        self._zone = zone
        self._segment = Segment(0, 0, 0, daylight_saving=False)  # no second lies in it, so it is found anew

    def time(self, at: Instant) -> int:
        """Meter time at an instant: UTC nanoseconds as the meter believes them."""
        return self.hands.time(at)

    def stamp(self, at: Instant) -> Stamp:
        """The time stamp of an instant."""
        return self.stamp_of(self.time(at) // SECOND)

    def stamp_of(self, second: int, *, before_change: bool = False) -> Stamp:
        """The time stamp of a meter second; of one at which daylight saving changes, perhaps as it was before."""
        segment = self.segment(second - before_change)
        return Stamp.of(second & WIDEST, segment.deviation_min, self._status(segment))

    def date_time(self, at: Instant) -> DateTime:
        """The COSEM date-time of an instant, with hundredths."""
        second, rest = divmod(self.time(at), SECOND)
        segment = self.segment(second)
        return DateTime.of(second, segment.deviation_min, self._status(segment), rest // HUNDREDTH)

    def segment(self, second: int) -> Segment:
        """The span of constant deviation around a meter second."""
        if not self._segment.begin <= second < self._segment.end:
            self._segment = self.zone.segment(second)
        return self._segment

    def saved(self) -> Mapping[str, Scalar]:
        preset = self.preset or Preset(NEVER, NEVER, NEVER)
        return {
            "offset_ns": self.hands.offset_ns,
            "slew_from_ns": self.hands.slew_from,
            "slew_by_ns": self.hands.slew_by_ns,
            "drift_from_ns": self.hands.drift_from,
            "drift_ns": self.hands.drift_ns,
            "due": self.due,
            "invalid": int(self.invalid),
            "limit_s": self.limit_s,
            "standard_min": self.zone.standard_min,
            "daylight_saving_begin": self.zone.begin.encode(),
            "daylight_saving_end": self.zone.end.encode(),
            "daylight_saving_min": self.zone.daylight_saving_min,
            "daylight_saving_enabled": int(self.zone.enabled),
            "preset_second": preset.second,
            "preset_valid_from": preset.valid_from,
            "preset_valid_until": preset.valid_until,
        }

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        zone = self.zone
        restored = Zone(
            saved_int(saved, "standard_min", zone.standard_min),
            DateTime.decode(saved_octets(saved, "daylight_saving_begin", zone.begin.encode())),
            DateTime.decode(saved_octets(saved, "daylight_saving_end", zone.end.encode())),
            saved_int(saved, "daylight_saving_min", zone.daylight_saving_min),
            bool(saved_int(saved, "daylight_saving_enabled", int(zone.enabled))),
        )
        if restored != zone:  # else a thousand meters go on sharing one
            self.zone = restored
        self.hands = Hands(
            saved_int(saved, "offset_ns", self.hands.offset_ns),
            Instant(saved_int(saved, "slew_from_ns", self.hands.slew_from)),
            saved_int(saved, "slew_by_ns", self.hands.slew_by_ns),
            Instant(saved_int(saved, "drift_from_ns", self.hands.drift_from)),
            saved_int(saved, "drift_ns", self.hands.drift_ns),
        )
        self.due = saved_int(saved, "due", self.due)
        self.invalid = bool(saved_int(saved, "invalid", int(self.invalid)))
        self.limit_s = saved_int(saved, "limit_s", self.limit_s)
        times = [saved_int(saved, f"preset_{name}", NEVER) for name in Preset._fields]
        self.preset = None if times[0] == NEVER else Preset(*times)

    def _status(self, segment: Segment) -> int:
        return (DAYLIGHT_SAVING if segment.daylight_saving else 0) | (INVALID if self.invalid else 0)
