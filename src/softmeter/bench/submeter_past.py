"""What a simulated sub-meter remembers, and what it has counted by its own habit, at a flow imposed, behind a valve."""

from typing import NamedTuple

from softmeter.bench.submeters import HOUR_S, SubMeter
from softmeter.device.breaker import State
from softmeter.device.surroundings import OWN_FLOW

NEVER = -1
_LOCAL_S = 3600


class Past(NamedTuple):
    """What a sub-meter remembers.

    Its habit rests since `closed_at`, behind a closed valve or while a flow is imposed, and `held_back` is what it did
    not count so. A flow since `flow_since` comes on top of `flowed`; both are in 1/3600 of what flows in an hour.
    """

    address: int = 0
    selected: int = 0
    access: int = 0
    counted_frame: int = NEVER
    valve: int = State.CONNECTED
    closed_at: int = NEVER
    held_back: int = 0
    clock_offset_s: int = _LOCAL_S
    key: str = ""
    flow: int = OWN_FLOW
    flow_since: int = 0
    flowed: int = 0
    key_counter: int = NEVER
    """That of the last key that had one."""
    last_key: str = ""
    last_order: str = ""
    """By which a key and an encrypted order are known again."""
    accesses: str = ""
    """Access numbers of the last encrypted orders, in hexadecimal."""

    def counted(self, meter: SubMeter, second: int) -> int:
        """What stands on the sub-meter at a bench second."""
        own = meter.counted(second if self.closed_at == NEVER else self.closed_at) - self.held_back
        return own + self._flowed(second) // (HOUR_S * meter.kind.flow_per_unit)

    def turned(self, meter: SubMeter, second: int, *, valve: int | None = None, flow: int | None = None) -> "Past":
        """Its past from a bench second on: with another state of its valve, or with another flow."""
        past = self._replace(
            valve=self.valve if valve is None else valve,
            flow=self.flow if flow is None else flow,
            flow_since=second,
            flowed=self._flowed(second),
        )
        goes_on = past.valve == State.CONNECTED and past.flow == OWN_FLOW
        if self.closed_at == NEVER:
            return past if goes_on else past._replace(closed_at=second)
        if not goes_on:
            return past
        missed = meter.counted(second) - meter.counted(self.closed_at)
        return past._replace(closed_at=NEVER, held_back=past.held_back + missed)

    def _flowed(self, second: int) -> int:
        if self.flow == OWN_FLOW or self.valve != State.CONNECTED:
            return self.flowed
        return self.flowed + self.flow * (second - self.flow_since)
