"""The breaker of the variant with a disconnector: who may open and close it, by its mode (IEC 62056-62, class 70).

Three states: disconnected, connected, ready for reconnection. Only connected means that current can flow.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import TYPE_CHECKING

from softmeter.device.behaviour import Behaviour, Script
from softmeter.device.events import Event
from softmeter.device.saved import saved_int
from softmeter.device.surroundings import Surrounded
from softmeter.persistent import Scalar

if TYPE_CHECKING:
    from softmeter.device.device import Device

MOST_MODE = 6


class State(IntEnum):
    """The state of the control, as it travels."""

    DISCONNECTED = 0
    CONNECTED = 1
    READY = 2


_MANUAL_DISCONNECTION = frozenset({1, 2, 5})
DIRECT_RECONNECTION = frozenset({2, 4})
_LOCAL_RECONNECTION = frozenset({5, 6})


class Breaker(Behaviour):
    """The breaker; a meter without one is always connected and has nothing to control.

    In mode 0 the breaker stays closed whatever is asked for.
    """

    __slots__ = ("_local", "fitted", "mode", "state")

    name = "breaker"

    def __init__(self, *, fitted: bool) -> None:
        super().__init__()
        self.fitted = fitted
        self.mode = 4
        self.state = State.CONNECTED
        self._local = False

    @property
    def closed(self) -> bool:
        """Whether current can flow."""
        return self.state is State.CONNECTED

    def set_mode(self, mode: int) -> None:
        """Take another mode; in mode 0 the breaker closes."""
        self.mode = mode
        if mode == 0:
            self.state = State.CONNECTED

    def disconnect(self, device: "Device") -> bool:
        """A client, a schedule, or the meter itself for its limiter opens the breaker; False where it may not."""
        if not self.mode:
            return False
        if self._local:
            return self._move(device, State.CONNECTED, State.READY, Event.LOCALLY_DISCONNECTED)
        return self._move(device, State.CONNECTED, State.DISCONNECTED, Event.REMOTELY_DISCONNECTED) or self._move(
            device, State.READY, State.DISCONNECTED, Event.REMOTELY_DISCONNECTED
        )

    def reconnect(self, device: "Device") -> bool:
        """The same for closing it: where the mode wants a person to press the button, it gets ready for that."""
        if not self.mode:
            return False
        if self._local:
            allowed = self.mode in _LOCAL_RECONNECTION
            return allowed and self._move(device, State.READY, State.CONNECTED, Event.LOCALLY_CONNECTED)
        if self.mode in DIRECT_RECONNECTION:
            return self._move(device, State.DISCONNECTED, State.CONNECTED, Event.REMOTELY_CONNECTED)
        return self._move(device, State.DISCONNECTED, State.READY, Event.READY_FOR_RECONNECTION)

    def press(self, device: "Device") -> bool:
        """Somebody holds the button: reconnects what is ready for it, else disconnects if the mode lets him."""
        if not self.mode:
            return False
        if self._move(device, State.READY, State.CONNECTED, Event.MANUALLY_CONNECTED):
            return True
        allowed = self.mode in _MANUAL_DISCONNECTION
        return allowed and self._move(device, State.CONNECTED, State.READY, Event.MANUALLY_DISCONNECTED)

    def execute_locally(self, device: "Device", script: Script) -> None:
        """Execute a script as the meter's own decision, not a client's."""
        self._local = True
        try:
            device.execute(script)
        finally:
            self._local = False

    def felt(self, device: "Device", before: Surrounded, now: Surrounded) -> None:
        if self.fitted and device.powered and now.long_presses > before.long_presses:
            self.press(device)

    def saved(self) -> Mapping[str, Scalar]:
        return {"mode": self.mode, "state": int(self.state)} if self.fitted else {}

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        self.mode = saved_int(saved, "mode", self.mode)
        self.state = State(saved_int(saved, "state", State.CONNECTED))

    def _move(self, device: "Device", before: State, after: State, event: Event) -> bool:
        if self.state is not before:
            return False
        self.state = after
        device.record(event)
        return True
