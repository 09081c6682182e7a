"""Push setups of the device as the interface class wants to see them."""

from dataclasses import dataclass

from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.classes.push_setup import (
    Destination,
    MessageType,
    PushObject,
    TimeWindow,
    TransportService,
)
from softmeter.device.communication_window import Window
from softmeter.device.push_setting import Pushed, PushSetting
from softmeter.errors import AccessError
from softmeter.meter.parts import lived, refusals
from softmeter.meter.presented import Presented
from softmeter.meter.pushed_values import can_be_pushed


@dataclass
class PushPart:
    """The push setup of one number."""

    meter: Presented
    setup: int

    @property
    def objects(self) -> tuple[PushObject, ...]:
        return tuple(PushObject(*one) for one in self._setting.objects)

    @objects.setter
    def objects(self, objects: tuple[PushObject, ...]) -> None:
        pushed = tuple(Pushed(one.class_id, one.name, one.attribute, one.data_index) for one in objects)
        for one in pushed:
            if not can_be_pushed(self.meter.dictionary, self.setup, one):
                raise AccessError(DataAccessResult.OTHER_REASON, f"{one.class_id},{one.name} cannot be pushed")
        self._change(objects=pushed)

    @property
    def destination(self) -> Destination:
        setting = self._setting
        return Destination(TransportService(setting.service), setting.destination, MessageType(setting.form))

    @destination.setter
    def destination(self, wanted: Destination) -> None:
        self._change(service=int(wanted.service), destination=wanted.destination, form=int(wanted.message))

    @property
    def windows(self) -> tuple[TimeWindow, ...]:
        return tuple(TimeWindow(*window) for window in self._setting.windows)

    @windows.setter
    def windows(self, windows: tuple[TimeWindow, ...]) -> None:
        self._change(windows=tuple(Window(one.start, one.end) for one in windows))

    @property
    def randomisation_s(self) -> int:
        return self._setting.randomisation_s

    @randomisation_s.setter
    def randomisation_s(self, seconds: int) -> None:
        self._change(randomisation_s=seconds)

    @property
    def retries(self) -> int:
        return self._setting.retries

    @retries.setter
    def retries(self, retries: int) -> None:
        self._change(retries=retries)

    @property
    def repetition_delay_s(self) -> int:
        return self._setting.repetition_delay_s

    @repetition_delay_s.setter
    def repetition_delay_s(self, seconds: int) -> None:
        self._change(repetition_delay_s=seconds)

    def push(self) -> None:
        """Trigger a push, now.

        Raises:
            AccessError: there is nowhere to push to.
        """
        if not self._setting.destination:
            raise AccessError(DataAccessResult.OTHER_REASON, "the setup has no destination")
        lived(self.meter)
        self.meter.device.behaviours.pushes.trigger(self.meter.device, self.setup)

    @property
    def _setting(self) -> PushSetting:
        return self.meter.device.behaviours.pushes.setting(self.setup)

    def _change(self, **changes: object) -> None:
        setting = self._setting._replace(**changes)  # type: ignore[arg-type]
        lived(self.meter)
        with refusals():
            self.meter.device.behaviours.pushes.change(self.meter.device, self.setup, setting)
