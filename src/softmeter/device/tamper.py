"""Tampering: covers, magnets, the module, current that runs backwards (manual 5.3.2, 12.1).

Covers are watched without power too, as long as the capacitor lasts; what happens then is logged when power is back,
with its own time. A field must last three seconds. Nothing here touches what is measured.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from softmeter.clock import Stamp
from softmeter.device.behaviour import Behaviour, Block
from softmeter.device.events import Event
from softmeter.device.saved import saved_int, saved_text
from softmeter.device.surroundings import Surrounded
from softmeter.device.zone import FOREVER
from softmeter.instant import SECOND, Instant
from softmeter.persistent import Scalar

if TYPE_CHECKING:
    from softmeter.device.device import Device

FIELD_S = 3
"""A field that lasts less is not logged (manual 5.3.2)."""

REVERSAL_S = 60
"""Current that runs backwards for so long is logged once, until it has run forwards for as long."""


class Covers(NamedTuple):
    """Which covers are open."""

    terminal: int = 0
    meter: int = 0
    module: int = 0


_OPENED = (Event.TERMINAL_COVER_REMOVED, Event.METER_COVER_REMOVED, Event.EXTERNAL_ALERT)
_CLOSED = (Event.TERMINAL_COVER_CLOSED, Event.METER_COVER_CLOSED, None)


class Tamper(Behaviour):
    """What somebody does to the meter that nobody should."""

    __slots__ = ("_covers", "_waiting", "field", "reversed", "running")

    name = "tamper"
    watches = True

    def __init__(self) -> None:
        super().__init__()
        self._covers = Covers()
        self.field = False
        """Whether a strong field was logged that has not gone."""
        self._waiting: tuple[tuple[str, Stamp], ...] = ()
        self.reversed = False
        """Whether a reversed current was logged that has not ended."""
        self.running = 0
        """For how many seconds the current has been running the other way than `reversed` says."""

    @property
    def covers(self) -> Covers:
        """The covers as last seen."""
        return self._covers

    def felt(self, device: "Device", before: Surrounded, now: Surrounded) -> None:
        if device.powered:
            self._look_at_covers(device, now)
            if now.strong_field != before.strong_field:
                self._field_changed(device, now)
        elif device.progress.now - (device.progress.lost_at or 0) <= device.settings.reserve_s * SECOND:
            self._look_at_covers(device, now)

    def power_up(self, device: "Device", at: Instant) -> None:  # noqa: ARG002
        waiting, self._waiting = self._waiting, ()
        for name, stamp in waiting:
            device.record(Event[name], stamp)
        now = device.feeling.state
        self._look_at_covers(device, now)
        self._field_changed(device, now)

    def power_down(self, device: "Device", at: Instant) -> None:  # noqa: ARG002
        self.due, self.running = FOREVER, 0

    def reschedule(self, device: "Device", second: int) -> None:  # noqa: ARG002
        if self.due != FOREVER:
            self.due = second + FIELD_S

    def run(self, device: "Device", second: int) -> None:  # noqa: ARG002
        self.due = FOREVER
        if device.feeling.state.strong_field and not self.field:
            self.field = True
            device.record(Event.STRONG_FIELD_DETECTED)

    def limit(self, device: "Device", block: Block, begin: int, end: int) -> int:  # noqa: ARG002
        other = not self.reversed
        if block.reverse.never(holds=other):
            return end
        reached = block.reverse.reaches(begin, end, self.running, REVERSAL_S, holds=other)
        return end if reached is None else reached + 1

    def passed(self, device: "Device", block: Block, begin: int, end: int) -> None:
        self.running = block.reverse.lasted(begin, end, self.running, holds=not self.reversed)
        if self.running >= REVERSAL_S:
            self.reversed, self.running = not self.reversed, 0
            if self.reversed:
                device.record(Event.CURRENT_REVERSAL)

    def saved(self) -> Mapping[str, Scalar]:
        saved: dict[str, Scalar] = {f"{name}_open": value for name, value in self._covers._asdict().items() if value}
        if self.field:
            saved["field"] = 1
        if self.reversed or self.running:
            saved |= {"reversed": int(self.reversed), "running": self.running}
        if self.due != FOREVER:
            saved["due"] = self.due
        if self._waiting:
            saved["waiting"] = "\n".join(f"{name},{stamp.second},{stamp.mode}" for name, stamp in self._waiting)
        return saved

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        self._covers = Covers(*[saved_int(saved, f"{name}_open", 0) for name in Covers._fields])
        self.field = bool(saved_int(saved, "field", 0))
        self.reversed, self.running = bool(saved_int(saved, "reversed", 0)), saved_int(saved, "running", 0)
        self.due = saved_int(saved, "due", FOREVER)
        lines = [line.split(",") for line in saved_text(saved, "waiting", "").split("\n") if line]
        self._waiting = tuple((name, Stamp(int(second), int(mode))) for name, second, mode in lines)

    def _look_at_covers(self, device: "Device", now: Surrounded) -> None:
        covers = Covers(now.terminal_cover_open, now.meter_cover_open, now.module_cover_open)
        for is_open, was_open, opened, closed in zip(covers, self._covers, _OPENED, _CLOSED, strict=True):
            event = opened if is_open else closed
            if is_open != was_open and event is not None:
                self._tell(device, event)
        self._covers = covers

    def _tell(self, device: "Device", event: Event) -> None:
        if device.powered:
            device.record(event)
        else:
            self._waiting = (*self._waiting, (event.name, device.stamp))

    def _field_changed(self, device: "Device", now: Surrounded) -> None:
        if now.strong_field and not self.field:
            self.due = device.clock.time(device.now) // SECOND + FIELD_S
        elif not now.strong_field:
            self.due = FOREVER
            if self.field:
                self.field = False
                device.record(Event.STRONG_FIELD_GONE)
