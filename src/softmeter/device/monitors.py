"""Register monitors: scripts executed when a value crosses a threshold (IEC 62056-62, class Register monitor).

What can be captured can be monitored, and the alarm words. Alarm words are looked at when they change; other values at
the end of every second, so a monitor on one of them makes simulated time pass more slowly.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from softmeter.device.behaviour import Behaviour, Block, Script
from softmeter.device.saved import saved_int, saved_text
from softmeter.device.supervision import FUSE
from softmeter.errors import ConfigurationError
from softmeter.obis import Obis
from softmeter.persistent import NONE, Scalar

if TYPE_CHECKING:
    from softmeter.device.device import Device

MOST_THRESHOLDS = 8
Read = Callable[["Device"], int]


class Actions(NamedTuple):
    """What is done when a value rises above a threshold, and when it falls to it or below."""

    up: Script
    down: Script


class Monitor(NamedTuple):
    """One monitor: `watched` is the key of a capturable value, or of an alarm word."""

    watched: str
    thresholds: tuple[int, ...] = ()
    actions: tuple[Actions, ...] = ()

    @property
    def acts(self) -> bool:
        """Whether a crossing has any consequence."""
        pairs = self.actions[: len(self.thresholds)]
        return any(script.selector for pair in pairs for script in pair)


class Monitors(Behaviour):
    """All register monitors of a meter, by the name of their object; `alarm_words` are read without waiting."""

    __slots__ = ("_above", "_changed", "_steps", "alarm_words", "monitors")

    name = "monitors"
    watches = True

    def __init__(self, monitors: Mapping[Obis, Monitor], alarm_words: Mapping[str, Read]) -> None:
        super().__init__()
        self.monitors = monitors
        self.alarm_words = alarm_words
        self._above: Mapping[Obis, tuple[bool, ...]] = {}
        self._changed: frozenset[Obis] = NONE
        self._steps = self._has_steps()

    def change(self, device: "Device", name: Obis, monitor: Monitor) -> None:
        """Let a monitor be another one from now on: only what crosses a threshold later counts.

        Raises:
            ConfigurationError: the value cannot be monitored, or there are too many thresholds.
        """
        if len(monitor.thresholds) > MOST_THRESHOLDS or len(monitor.actions) > MOST_THRESHOLDS:
            raise ConfigurationError(f"at most {MOST_THRESHOLDS} thresholds are possible", "monitor")
        if monitor.watched not in self.alarm_words:
            device.settings.catalogue.form((monitor.watched,))
        self.monitors = {**self.monitors, name: monitor}
        self._changed |= {name}
        self._above = {**self._above, name: self._compared(device, monitor)}
        self._steps = self._has_steps()

    def look(self, device: "Device") -> None:
        """An alarm word changed."""
        for name, monitor in self.monitors.items():
            if monitor.watched in self.alarm_words:
                self._look(device, name, monitor)

    def limit(self, device: "Device", block: Block, begin: int, end: int) -> int:  # noqa: ARG002
        return begin + 1 if self._steps else end

    def passed(self, device: "Device", block: Block, begin: int, end: int) -> None:  # noqa: ARG002
        if not self._steps:
            return
        for name, monitor in self.monitors.items():
            if monitor.acts and monitor.watched not in self.alarm_words:
                self._look(device, name, monitor)

    def saved(self) -> Mapping[str, Scalar]:
        saved: dict[str, Scalar] = {}
        for name in self._changed:
            saved[str(name)] = _text(self.monitors[name])
        for name, above in self._above.items():
            saved[f"above,{name}"] = sum(1 << place for place, is_above in enumerate(above) if is_above)
        return saved

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        monitors = dict(self.monitors)
        for name in monitors:
            text = saved_text(saved, str(name), "")
            if text:
                monitors[name] = _monitor(text)
                self._changed |= {name}
        self.monitors = monitors
        self._above = {
            name: tuple(
                bool(saved_int(saved, f"above,{name}", 0) >> place & 1) for place in range(len(monitor.thresholds))
            )
            for name, monitor in monitors.items()
            if f"above,{name}" in saved
        }
        self._steps = self._has_steps()

    def _has_steps(self) -> bool:
        return any(monitor.acts and monitor.watched not in self.alarm_words for monitor in self.monitors.values())

    def _look(self, device: "Device", name: Obis, monitor: Monitor) -> None:
        """Compare, and act on each threshold that was crossed since the last time."""
        before = self._above.get(name, (False,) * len(monitor.thresholds))
        now = self._compared(device, monitor)
        if now == before:
            return
        self._above = {**self._above, name: now}
        for pair, is_above, was_above in zip(monitor.actions, now, before, strict=False):
            if is_above == was_above:
                continue
            script = pair.up if is_above else pair.down
            if name == FUSE:
                device.behaviours.supervision.crossed(device, script, above=is_above)
            else:
                device.execute(script)

    def _compared(self, device: "Device", monitor: Monitor) -> tuple[bool, ...]:
        read = self.alarm_words.get(monitor.watched)
        value = read(device) if read else device.settings.catalogue.form((monitor.watched,)).reads[0](device)
        return tuple(isinstance(value, int) and value > threshold for threshold in monitor.thresholds)


def _text(monitor: Monitor) -> str:
    pairs = ";".join(
        f"{up.table}:{up.selector},{down.table}:{down.selector}".replace(" ", "") for up, down in monitor.actions
    )
    return "\n".join((monitor.watched, ",".join(map(str, monitor.thresholds)), pairs))


def _monitor(text: str) -> Monitor:
    watched, thresholds, pairs = text.split("\n")
    actions = [Actions(*[_script(part) for part in pair.split(",")]) for pair in pairs.split(";") if pair]
    return Monitor(watched, tuple(int(part) for part in thresholds.split(",") if part), tuple(actions))


def _script(text: str) -> Script:
    table, _, selector = text.rpartition(":")
    return Script(Obis.parse(table), int(selector))
