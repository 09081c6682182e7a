"""The display: what the LCD shows at a time (manual 4, annex I)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from softmeter.clock import DateTime
from softmeter.device.saved import saved_int, saved_text
from softmeter.errors import ConfigurationError
from softmeter.instant import LinkTime
from softmeter.obis import Obis
from softmeter.persistent import Scalar
from softmeter.units import Unit

WIDTH = 9
WHOLE_DIGITS = 6
DASHES = "-" * WIDTH
POWER_ON_S = 5.0
MOST_ITEMS = 100

_THOUSANDS = {
    Unit.WATT_HOUR: "kWh",
    Unit.VAR_HOUR: "kvarh",
    Unit.VOLT_AMPERE_HOUR: "kVAh",
    Unit.WATT: "kW",
    Unit.VAR: "kvar",
    Unit.VOLT_AMPERE: "kVA",
}
_ENERGIES = frozenset((Unit.WATT_HOUR, Unit.VAR_HOUR, Unit.VOLT_AMPERE_HOUR))


class Item(NamedTuple):
    """One line of a display list: an attribute of an object; `title` says what it is."""

    class_id: int
    obis: Obis
    attribute: int
    title: str = ""

    @property
    def code(self) -> str:
        """What the upper row shows."""
        return f"{self.obis.c}.{self.obis.d}.{self.obis.e}"


class Reading(NamedTuple):
    """A number to show: `number * 10**scaler` in `unit`."""

    number: int
    scaler: int
    unit: Unit


DisplayValue = Reading | str | DateTime
Values = Callable[[Item], DisplayValue | None]
"""What an item shows now; None where the meter has no such object."""


class Indicators(NamedTuple):
    """What the display shows beside its rows: 1 for import, -1 for export, 0 for no energy; signal in bars, 0..4."""

    rate: int | None = None
    active_direction: int = 0
    reactive_direction: int = 0
    breaker_closed: bool | None = None
    signal: int | None = None
    triangles: frozenset[str] = frozenset()


class Page(NamedTuple):
    """Upper row, lower row and unit of one screen, and what it shows."""

    alphanumeric: str
    numeric: str
    unit: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Screen:
    """All that is visible at one time; the rows hold up to nine characters, points and colons not counted."""

    alphanumeric: str
    numeric: str
    unit: str = ""
    rate: int | None = None
    active_direction: int = 0
    reactive_direction: int = 0
    breaker_closed: bool | None = None
    signal: int | None = None
    triangles: frozenset[str] = frozenset()
    title: str = ""
    """What the item is, for people; not on the glass."""


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
            ("energy decimals", self.energy_decimals, 0, 3),
            ("length of the automatic list", len(self.automatic), 1, MOST_ITEMS),
            ("length of the manual list", len(self.manual), 1, MOST_ITEMS),
        ):
            if not least <= value <= greatest:
                raise ConfigurationError(f"{name} {value}; it must be {least}..{greatest}", "display")


class Display:
    """Which item is shown: first the firmware version, then the automatic list, after a press the manual one.

    `version` is that of the metrological part, and behind a space its checksum, which the upper row shows.
    Only the settings survive a power cut. Times are those of a person looking, whatever the rate of the bench.
    """

    __slots__ = ("_power_on", "_pressed", "_presses", "settings", "version")

    def __init__(self, settings: DisplaySettings, version: str, now: LinkTime) -> None:
        self.settings = settings
        self.version = version
        self._power_on = now
        self._pressed: LinkTime | None = None
        self._presses = 0

    def power_on(self, now: LinkTime) -> None:
        """Begin anew."""
        self._power_on, self._pressed, self._presses = now, None, 0

    def press(self, now: LinkTime) -> None:
        """The display button: into the manual list, or on to its next screen."""
        self._presses = self._presses + 1 if self.is_manual(now) else 0
        self._pressed = now

    def is_manual(self, now: LinkTime) -> bool:
        """Whether the button was pressed not long ago."""
        return self._pressed is not None and now - self._pressed < self.settings.return_s

    def screen(self, now: LinkTime, values: Values, indicators: Indicators) -> Screen:
        """What is visible at `now`."""
        page = self._page(now, values)
        return Screen(page.alphanumeric, page.numeric, page.unit, *indicators, title=page.title)

    def saved(self) -> Mapping[str, Scalar]:
        settings = self.settings
        return {
            "automatic": _listed(settings.automatic),
            "manual": _listed(settings.manual),
            "scroll_s": settings.scroll_s,
            "return_s": settings.return_s,
            "energy_decimals": settings.energy_decimals,
        }

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        settings = self.settings
        restored = replace(
            settings,
            automatic=_items(saved_text(saved, "automatic", _listed(settings.automatic))),
            manual=_items(saved_text(saved, "manual", _listed(settings.manual))),
            scroll_s=saved_int(saved, "scroll_s", settings.scroll_s),
            return_s=saved_int(saved, "return_s", settings.return_s),
            energy_decimals=saved_int(saved, "energy_decimals", settings.energy_decimals),
        )
        if restored != settings:  # else a thousand meters go on sharing one
            self.settings = restored

    def _page(self, now: LinkTime, values: Values) -> Page:
        settings = self.settings
        if self.is_manual(now):
            items, position = settings.manual, self._presses
        else:
            shown_for = now - self._power_on - POWER_ON_S
            if shown_for < 0:
                version, _, checksum = self.version.partition(" ")
                return Page(checksum, version, title="Firmware version")
            if self._pressed is not None:
                shown_for = now - self._pressed - settings.return_s
            items, position = settings.automatic, int(shown_for // settings.scroll_s)
        pages = [page for item in items for page in item_pages(item, values(item), settings.energy_decimals)]
        return pages[position % len(pages)]


def item_pages(item: Item, value: DisplayValue | None, energy_decimals: int) -> list[Page]:
    """The screens that an item takes."""
    match value:
        case None:
            return [Page(item.code, DASHES, title=item.title)]
        case DateTime():
            time = f"{value.hour:02d}:{value.minute:02d}:{value.second:02d}"
            return [Page(time, f"{value.year % 100:02d}.{value.month:02d}.{value.day:02d}", title=item.title)]
        case str():
            return _pages(item.code, value, "", item.title)
        case Reading():
            text, unit = number_text(value, energy_decimals)
            return _pages(item.code, text, unit, item.title)


def number_text(reading: Reading, energy_decimals: int) -> tuple[str, str]:
    """A number as the LCD writes it, and its unit: energy in kWh with leading zeros, powers in kW."""
    number, decimals, unit = reading.number, max(-reading.scaler, 0), reading.unit
    if reading.scaler > 0:
        number *= 10**reading.scaler
    symbol, digits = unit.symbol, 1
    if unit in _THOUSANDS:
        symbol, decimals = _THOUSANDS[unit], decimals + 3
    if unit in _ENERGIES:
        digits = WHOLE_DIGITS
        magnitude = abs(number) // 10 ** (decimals - energy_decimals)
        decimals = energy_decimals
        magnitude %= 10**WIDTH
    else:
        magnitude = abs(number)
    text = f"{magnitude:0{digits + decimals}d}"
    if decimals:
        text = f"{text[:-decimals]}.{text[-decimals:]}"
    return (f"-{text}" if number < 0 and magnitude else text), symbol


def _pages(code: str, text: str, unit: str, title: str) -> list[Page]:
    """Cut a text into screens of nine characters, at a space where there is one; a point shares a cell."""
    pages, row, cells = [], "", 0
    for word in text.split(" "):
        length = sum(map(_is_wide, word))
        if row and cells + 1 + length > WIDTH:
            pages.append(Page(code, row, unit, title))
            row, cells = "", 0
        for character in f" {word}" if row else word:
            wide = _is_wide(character)
            if cells + wide > WIDTH:
                pages.append(Page(code, row, unit, title))
                row, cells = "", 0
            row, cells = row + character, cells + wide
    return [*pages, Page(code, row, unit, title)]


def _is_wide(character: str) -> bool:
    """Whether it needs a cell of its own."""
    return character not in ".:"


@lru_cache(maxsize=64)  # a thousand meters share the text of one list
def _listed(items: tuple[Item, ...]) -> str:
    return "\n".join(f"{item.class_id},{item.obis},{item.attribute},{item.title}" for item in items)


def _items(text: str) -> tuple[Item, ...]:
    items = []
    for line in text.split("\n"):
        class_id, obis, attribute, title = line.split(",", 3)
        items.append(Item(int(class_id), Obis.parse(obis), int(attribute), title))
    return tuple(items)
