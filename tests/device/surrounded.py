"""Surroundings that change at given seconds, for tests of what a device feels."""

from collections.abc import Mapping

from softmeter.device.surroundings import CALM, Surrounded
from softmeter.device.zone import FOREVER


class Timeline:
    """From each bench second on, the surroundings given for it."""

    def __init__(self, changes: Mapping[int, Surrounded]) -> None:
        self._changes = dict(sorted(changes.items()))

    def state(self, second: int) -> Surrounded:
        begun = [state for at, state in self._changes.items() if at <= second]
        return begun[-1] if begun else CALM

    def next_change(self, second: int) -> int:
        return min((at for at in self._changes if at > second), default=FOREVER)
