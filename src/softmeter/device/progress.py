"""How far a meter has lived, and whether it has power."""

from collections.abc import Mapping

from softmeter.device.saved import saved_int
from softmeter.instant import SECOND, Instant, whole_second
from softmeter.persistent import Scalar

POWERED = -1


class Progress:
    """`now` is the instant reached, `second` the first one not yet counted, `lost_at` when power went if it is off."""

    __slots__ = ("lost_at", "now", "second")

    def __init__(self, start: Instant) -> None:
        self.now = start
        self.second = -(-start // SECOND)
        self.lost_at: Instant | None = None

    def saved(self) -> Mapping[str, Scalar]:
        lost_at = POWERED if self.lost_at is None else self.lost_at
        return {"now_ns": self.now, "second": self.second, "lost_at_ns": lost_at}

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        self.now = Instant(saved_int(saved, "now_ns", self.now))
        self.second = saved_int(saved, "second", whole_second(self.now))
        lost_at = saved_int(saved, "lost_at_ns", POWERED)
        self.lost_at = None if lost_at == POWERED else Instant(lost_at)
