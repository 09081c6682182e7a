"""What a display is set to show: its items, lists and times, and those of the factory (manual 4.3, 4.4, annex I)."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from softmeter.errors import ConfigurationError
from softmeter.obis import Obis

MOST_ITEMS = 100
MOST_DECIMALS = 3


class Item(NamedTuple):
    """One line of a display list: an attribute of an object, or an element of it; `title` says what it is.

    `data_index` 0 is the whole attribute.
    """

    class_id: int
    obis: Obis
    attribute: int
    title: str = ""
    data_index: int = 0

    @property
    def code(self) -> str:
        """What the upper row shows."""
        return f"{self.obis.c}.{self.obis.d}.{self.obis.e}"


@dataclass(frozen=True, slots=True)
class DisplaySettings:
    """Both lists and the times of the display."""

    automatic: tuple[Item, ...]
    manual: tuple[Item, ...]
    scroll_s: int = 5
    return_s: int = 60
    energy_decimals: int = 0

    def __post_init__(self) -> None:
        for name, value, least, greatest in (
            ("scroll period", self.scroll_s, 5, 60),
            ("return time", self.return_s, 1, 300),
            ("energy decimals", self.energy_decimals, 0, MOST_DECIMALS),
            ("length of the automatic list", len(self.automatic), 1, MOST_ITEMS),
            ("length of the manual list", len(self.manual), 1, MOST_ITEMS),
        ):
            if not least <= value <= greatest:
                raise ConfigurationError(f"{name} {value}; it must be {least}..{greatest}", "display")


@lru_cache(maxsize=64)  # a thousand meters share the text of one list
def listed(items: tuple[Item, ...]) -> str:
    """A list as it is stored: a line for each item."""
    return "\n".join(f"{item.class_id},{item.obis},{_place(item)},{item.title}" for item in items)


@lru_cache(maxsize=64)
def unlisted(text: str) -> tuple[Item, ...]:
    """The list that was stored as `text`."""
    items = []
    for line in text.split("\n"):
        class_id, obis, place, title = line.split(",", 3)
        attribute, _, data_index = place.partition("/")
        items.append(Item(int(class_id), Obis.parse(obis), int(attribute), title, int(data_index or 0)))
    return tuple(items)


def _place(item: Item) -> str:
    return f"{item.attribute}/{item.data_index}" if item.data_index else str(item.attribute)


# fmt: off
AUTOMATIC = (
    Item(3, Obis(1, 0, 1, 8, 0), 2, "Active energy import"),
    Item(3, Obis(1, 0, 2, 8, 0), 2, "Active energy export"),
    Item(3, Obis(1, 0, 1, 7, 0), 2, "Active power import"),
    Item(3, Obis(1, 0, 2, 7, 0), 2, "Active power export"),
)

MANUAL = (
    Item(8, Obis(0, 0, 1, 0, 0), 2, "Clock"),
    Item(1, Obis(0, 0, 97, 98, 0), 2, "Alarm register 1"),
    Item(3, Obis(1, 0, 1, 8, 0), 2, "Active energy import"),
    Item(3, Obis(1, 0, 2, 8, 0), 2, "Active energy export"),
    Item(3, Obis(1, 0, 1, 8, 1), 2, "Active energy import, rate 1"),
    Item(3, Obis(1, 0, 1, 8, 2), 2, "Active energy import, rate 2"),
    Item(3, Obis(1, 0, 2, 8, 1), 2, "Active energy export, rate 1"),
    Item(3, Obis(1, 0, 2, 8, 2), 2, "Active energy export, rate 2"),
    Item(3, Obis(1, 0, 14, 7, 0), 2, "Frequency"),
    Item(3, Obis(1, 0, 16, 7, 0), 2, "Net active power"),
    Item(3, Obis(1, 0, 32, 7, 0), 2, "Voltage L1"),
    Item(3, Obis(1, 0, 31, 7, 0), 2, "Current L1"),
    Item(47, Obis(0, 0, 25, 6, 0), 2, "GSM operator"),
    Item(47, Obis(0, 0, 25, 6, 0), 3, "GSM registration status"),
    Item(47, Obis(0, 0, 25, 6, 0), 5, "GSM attachment"),
    Item(1, Obis(0, 1, 94, 31, 6), 2, "Modem signal strength"),
    Item(1, Obis(0, 1, 94, 31, 7), 2, "Modem RSRP"),
    Item(1, Obis(0, 1, 94, 31, 8), 2, "Modem RSRQ"),
    Item(1, Obis(0, 1, 94, 31, 9), 2, "Modem RSSI"),
    Item(45, Obis(0, 0, 25, 4, 0), 2, "Access point name"),
    Item(1, Obis(0, 1, 94, 31, 4), 2, "Modem ICCID"),
    Item(42, Obis(0, 0, 25, 1, 0), 3, "IP address"),
    Item(1, Obis(1, 0, 0, 2, 0), 2, "Legal firmware version"),
    Item(1, Obis(1, 1, 0, 2, 0), 2, "Application firmware version"),
)
# fmt: on

FACTORY_DISPLAY = DisplaySettings(AUTOMATIC, MANUAL)
