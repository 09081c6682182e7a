"""Push setups of the device as the interface class wants to see them, and what their object lists mean."""

from dataclasses import dataclass

from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.classes.push_setup import (
    Destination,
    MessageType,
    PushObject,
    TimeWindow,
    TransportService,
)
from softmeter.cosem.dictionary import Dictionary, View
from softmeter.device.communication_window import Window
from softmeter.device.push_setting import CONSUMER, Pushed, PushSetting
from softmeter.errors import AccessError
from softmeter.meter.parts import lived, refusals
from softmeter.meter.policies import Audience
from softmeter.meter.presented import Presented
from softmeter.wire.types import NULL, Data, Tag, decode_data, encode_data, encode_length

MOST_OCTETS = 0xFFFF
"""Of the values in one push; what has no room in them is left out."""
_HEAD_OCTETS = 4
"""Of a structure."""


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
        seen = _view(self.meter.dictionary, self.setup)
        for one in pushed:
            if not _keys(seen, one):
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
        """Trigger a push, now."""
        lived(self.meter)
        self.meter.device.behaviours.pushes.trigger(self.meter.device, self.setup)

    @property
    def _setting(self) -> PushSetting:
        return self.meter.device.behaviours.pushes.setting(self.setup)

    def _change(self, **changes: object) -> None:
        setting = self._setting._replace(**changes)  # type: ignore[arg-type]
        with refusals():
            self.meter.device.behaviours.pushes.change(self.setup, setting)


def audience(setup: int) -> Audience:
    """Who a push is for, and so what may be in it: consumer information is for the readout client."""
    return Audience.READOUT if setup == CONSUMER else Audience.MANAGEMENT


def collected(meter: Presented, dictionary: Dictionary, setup: int) -> bytes:
    """The values that a setup lists, as one encoded structure; what cannot be read or has no room is null-data."""
    view, objects = _view(dictionary, setup), meter.device.behaviours.pushes.setting(setup).objects
    parts, nothing = [], encode_data(NULL)
    room = MOST_OCTETS - _HEAD_OCTETS - len(objects) * len(nothing)
    for one in objects:
        part = _value(meter, view, one)
        grows = len(part) - len(nothing)
        parts.append(part if grows <= room else nothing)
        room -= grows if grows <= room else 0
    return bytes((Tag.STRUCTURE,)) + encode_length(len(parts)) + b"".join(parts)


def _view(dictionary: Dictionary, setup: int) -> View:
    return dictionary.view(audience(setup))


def _keys(view: View, pushed: Pushed) -> list[bytes]:
    """The attributes that are meant: one, or for attribute 0 all that may be read."""
    place = pushed.class_id.to_bytes(2, "big") + pushed.name.octets
    if pushed.attribute:
        key = place + bytes((pushed.attribute & 0xFF,))
        return [key] if key in view.readers else []
    return sorted(key for key in view.readers if key.startswith(place))


def _value(meter: Presented, view: View, pushed: Pushed) -> bytes:
    values = []
    for key in _keys(view, pushed):
        try:
            values.append(view.readers[key](meter))
        except AccessError:
            values.append(encode_data(NULL))
    if not values:
        return encode_data(NULL)
    if not pushed.attribute:
        return bytes((Tag.STRUCTURE,)) + encode_length(len(values)) + b"".join(values)
    return _element(values[0], pushed.element) if pushed.element else values[0]


def _element(value: bytes, number: int) -> bytes:
    """One element of a structure or array, counted from 1."""
    whole = decode_data(value)
    elements: tuple[Data, ...] = whole.value if whole.type in {Tag.STRUCTURE, Tag.ARRAY} else ()
    return encode_data(elements[number - 1] if number <= len(elements) else NULL)
