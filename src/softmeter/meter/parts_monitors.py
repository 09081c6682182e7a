"""Register monitors of the device as the interface class wants to see them."""

from collections.abc import Iterable
from dataclasses import dataclass

from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.capture import CaptureObject
from softmeter.cosem.classes.register_monitor import ActionPair, MonitoredValue
from softmeter.cosem.classes.single_action_schedule import ScriptReference
from softmeter.device.behaviour import Script
from softmeter.device.monitors import Actions, Monitor
from softmeter.errors import AccessError, LocalProtocolError
from softmeter.meter.model.capture import CAPTURABLE, key
from softmeter.meter.parts import lived, refusals
from softmeter.meter.presented import Presented
from softmeter.obis import Obis
from softmeter.wire.types import WHOLE_NUMBERS, Data, Tag, encode_data


@dataclass
class MonitorPart:
    """The monitor `name` of a meter; thresholds travel in the type of the value."""

    meter: Presented
    name: Obis

    @property
    def thresholds(self) -> tuple[Data, ...]:
        monitor = self._monitor
        tag = threshold_type(monitor.watched)
        return tuple(Data(tag, threshold) for threshold in monitor.thresholds)

    @thresholds.setter
    def thresholds(self, thresholds: tuple[Data, ...]) -> None:
        if any(one.type not in WHOLE_NUMBERS for one in thresholds):
            raise AccessError(DataAccessResult.TYPE_UNMATCHED, "thresholds are whole numbers")
        self._change(self._monitor._replace(thresholds=tuple(int(one.value) for one in thresholds)))

    @property
    def monitored_value(self) -> MonitoredValue:
        return monitored(self._monitor.watched)

    @monitored_value.setter
    def monitored_value(self, value: MonitoredValue) -> None:
        watched = watched_key(value)
        if threshold_type(watched) not in WHOLE_NUMBERS:
            raise AccessError(DataAccessResult.OTHER_REASON, f"{watched} is no number")
        self._change(self._monitor._replace(watched=watched))

    @property
    def actions(self) -> tuple[ActionPair, ...]:
        return tuple(ActionPair(ScriptReference(*up), ScriptReference(*down)) for up, down in self._monitor.actions)

    @actions.setter
    def actions(self, actions: tuple[ActionPair, ...]) -> None:
        pairs = tuple(Actions(_script(pair.up), _script(pair.down)) for pair in actions)
        self._change(self._monitor._replace(actions=pairs))

    @property
    def _monitor(self) -> Monitor:
        return self.meter.device.behaviours.monitors.monitors[self.name]

    def _change(self, monitor: Monitor) -> None:
        expect_fitting(monitor.watched, monitor.thresholds)
        lived(self.meter)
        device = self.meter.device
        with refusals():
            device.behaviours.monitors.change(device, self.name, monitor)


def threshold_type(watched: str) -> Tag:
    """The type in which thresholds of a watched value travel: its own."""
    found = CAPTURABLE.get(watched)
    return Tag.DOUBLE_LONG_UNSIGNED if found is None else found.type


def expect_fitting(watched: str, thresholds: Iterable[int]) -> None:
    """Refuse (AccessError) thresholds that the type of the watched value cannot hold: nobody could read them back."""
    tag = threshold_type(watched)
    for threshold in thresholds:
        try:
            encode_data(Data(tag, threshold))
        except LocalProtocolError as error:
            raise AccessError(DataAccessResult.OTHER_REASON, f"{threshold} is no {tag.name}") from error


def monitored(watched: str) -> MonitoredValue:
    """A key of the catalogue as it travels."""
    class_id, name, attribute, _ = watched.split(",")
    return MonitoredValue(int(class_id), Obis.parse(name), int(attribute))


def watched_key(value: MonitoredValue) -> str:
    """The key under which the catalogue would have a value."""
    return key(CaptureObject(value.class_id, value.name, value.attribute, 0))


def _script(reference: ScriptReference) -> Script:
    return Script(reference.table, reference.identifier)
