"""The display lists of the device as the interface class wants to see them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.capture import CaptureObject
from softmeter.device.display_lists import FACTORY_DISPLAY, DisplaySettings, Item
from softmeter.errors import AccessError
from softmeter.meter.displayable import displayable, encoded
from softmeter.meter.parts import refusals
from softmeter.meter.presented import Presented
from softmeter.wire.types import NULL, encode_data

_FACTORY = {item._replace(title=""): item for item in (*FACTORY_DISPLAY.manual, *FACTORY_DISPLAY.automatic)}
"""What may be listed though its object is not there: then the display shows dashes."""


@dataclass
class DisplayList:
    """One of the two lists of a meter: its items, and the time that belongs to it."""

    meter: Presented
    name: Literal["automatic", "manual"]

    @property
    def objects(self) -> tuple[CaptureObject, ...]:
        return tuple(CaptureObject(item.class_id, item.obis, item.attribute, item.data_index) for item in self._items)

    @objects.setter
    def objects(self, objects: tuple[CaptureObject, ...]) -> None:
        items = tuple(map(self._item, objects))
        with refusals():
            settings = self._settings
            changed = replace(settings, manual=items) if self.name == "manual" else replace(settings, automatic=items)
            self._put(changed)

    @property
    def period_s(self) -> int:
        return self._settings.return_s if self.name == "manual" else self._settings.scroll_s

    @period_s.setter
    def period_s(self, period_s: int) -> None:
        with refusals():
            settings = self._settings
            manual = self.name == "manual"
            self._put(replace(settings, return_s=period_s) if manual else replace(settings, scroll_s=period_s))

    def values(self) -> Sequence[bytes]:
        """What the items hold now, encoded."""
        absent = encode_data(NULL)
        return [encoded(self.meter, item) or absent for item in self._items]

    @property
    def _items(self) -> tuple[Item, ...]:
        return self._settings.manual if self.name == "manual" else self._settings.automatic

    @property
    def _settings(self) -> DisplaySettings:
        return self.meter.device.behaviours.display.settings

    def _put(self, settings: DisplaySettings) -> None:
        self.meter.device.behaviours.display.settings = settings

    def _item(self, wanted: CaptureObject) -> Item:
        """What a client asks to be shown, with the title that it has in the factory lists or in the model."""
        item = Item(wanted.class_id, wanted.name, wanted.attribute, data_index=wanted.data_index)
        factory = _FACTORY.get(item)
        if factory is not None:
            return factory
        if not displayable(self.meter, item):
            raise AccessError(
                DataAccessResult.OTHER_REASON, f"{item.class_id},{item.obis},{item.attribute} cannot be displayed"
            )
        rows = self.meter.dictionary.rows
        title = next(row.title for row in rows if (row.interface.class_id, row.name) == (item.class_id, item.obis))
        return item._replace(title=title)


def set_energy_decimals(meter: Presented, decimals: int) -> None:
    """Show energies with other decimals from now on."""
    control = meter.device.behaviours.display
    with refusals():
        control.settings = replace(control.settings, energy_decimals=decimals)
