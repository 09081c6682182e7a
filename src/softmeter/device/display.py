"""The display: what the LCD shows at a time (manual 4, annex I)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from softmeter.clock import DateTime
from softmeter.device.display_lists import DisplaySettings, Item
from softmeter.device.surroundings import Surrounded
from softmeter.instant import LinkTime
from softmeter.obis import Obis
from softmeter.units import Unit

WIDTH = 9
WHOLE_DIGITS = 6
DASHES = "-" * WIDTH
UNITS = ("kWh", "kvarh", "kW", "kvar", "kVA", "V", "A", "Hz", "dBm", "%")
"""The indications of a unit that the glass has; other units are not shown."""
POWER_ON_S = 5.0
VERSION = Item(1, Obis(1, 0, 0, 2, 0), 2, "Firmware version")
SIGNAL_S = 30.0
"""How long a signal strength is shown before it is looked at again (manual 4.3)."""

_THOUSANDS = {
    Unit.WATT_HOUR: "kWh",
    Unit.VAR_HOUR: "kvarh",
    Unit.VOLT_AMPERE_HOUR: "kVAh",
    Unit.WATT: "kW",
    Unit.VAR: "kvar",
    Unit.VOLT_AMPERE: "kVA",
}
_POINTS = {"", ".", ":"}
_ENERGIES = frozenset((Unit.WATT_HOUR, Unit.VAR_HOUR, Unit.VOLT_AMPERE_HOUR))


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


class Display:
    """Which item is shown: first the firmware version, then the automatic list, after a press the manual one.

    The version is that of the metrological part, and behind a space its checksum, which the upper row shows.
    Nothing here survives a power cut. Times are those of a person looking, whatever the rate of the bench.
    """

    __slots__ = ("_felt", "_foretold", "_power_on", "_pressed", "_presses", "_signal")

    def __init__(self, now: LinkTime) -> None:
        self.power_on(now)

    def power_on(self, now: LinkTime) -> None:
        """Begin anew."""
        self._power_on = now
        self._pressed: LinkTime | None = None
        self._presses = 0
        self._foretold = 0
        self._felt: tuple[int, int] | None = None
        self._signal: tuple[LinkTime, int | None] | None = None

    def press(self, settings: DisplaySettings, now: LinkTime, around: Surrounded | None = None) -> None:
        """The display button: into the manual list, or on to its next screen.

        A press that the device will feel later is given with what it feels `around` it now, and counts once.
        """
        if around is not None:
            self.feel(settings, around, now)
            self._foretold += 1
        self._presses = self._presses + 1 if self.is_manual(settings, now) else 0
        self._pressed = now

    def feel(self, settings: DisplaySettings, around: Surrounded, now: LinkTime) -> None:
        """Take note of the presses that the device felt: each one scrolls, a long one ends the manual list."""
        before, self._felt = self._felt, (around.display_button, around.long_presses)
        if before is None:
            return
        pressed = max(around.display_button - before[0], 0)
        foretold = min(pressed, self._foretold)
        self._foretold -= foretold
        for _ in range(pressed - foretold):
            self.press(settings, now)
        if around.long_presses > before[1] and self.is_manual(settings, now):
            self._pressed = LinkTime(now - settings.return_s)

    def is_manual(self, settings: DisplaySettings, now: LinkTime) -> bool:
        """Whether the button was pressed not long ago."""
        return self._pressed is not None and now - self._pressed < settings.return_s

    def screen(
        self, settings: DisplaySettings, now: LinkTime, values: Values, indicators: Indicators, more_decimals: int = 0
    ) -> Screen:
        """What is visible at `now`; energies with so many decimals more than set."""
        if self._signal is None or now - self._signal[0] >= SIGNAL_S:
            self._signal = (now, indicators.signal)
        beside = indicators._replace(signal=self._signal[1])
        page = self._page(settings, now, values, settings.energy_decimals + more_decimals)
        return Screen(page.alphanumeric, page.numeric, page.unit, *beside, title=page.title)

    def _page(self, settings: DisplaySettings, now: LinkTime, values: Values, energy_decimals: int) -> Page:
        if self.is_manual(settings, now):
            items, position = settings.manual, self._presses
        else:
            shown_for = now - self._power_on - POWER_ON_S
            if shown_for < 0:
                version, _, checksum = str(values(VERSION) or DASHES).partition(" ")
                return Page(checksum, version, title=VERSION.title)
            if self._pressed is not None:
                shown_for = now - self._pressed - settings.return_s
            items, position = settings.automatic, int(shown_for // settings.scroll_s)
        pages = [page for item in items for page in item_pages(item, values(item), energy_decimals)]
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
            return _pages(item.code, text, unit if unit in UNITS else "", item.title)


def number_text(reading: Reading, energy_decimals: int) -> tuple[str, str]:
    """A number as the LCD writes it, and its unit: energy in kWh with leading zeros, powers in kW."""
    number, decimals, unit = reading.number, max(-reading.scaler, 0), reading.unit
    if reading.scaler > 0:
        number *= 10**reading.scaler
    symbol, digits = unit.symbol, 1
    if unit in _THOUSANDS:
        symbol, decimals = _THOUSANDS[unit], decimals + 3
    if unit in _ENERGIES:
        energy_decimals = min(energy_decimals, decimals)
        cells = WIDTH - (number < 0)
        digits = min(WHOLE_DIGITS, cells - energy_decimals)
        magnitude = abs(number) // 10 ** (decimals - energy_decimals) % 10**cells
        decimals = energy_decimals
    else:
        magnitude = abs(number)
    text = f"{magnitude:0{digits + decimals}d}"
    if decimals:
        text = f"{text[:-decimals]}.{text[-decimals:]}"
    return (f"-{text}" if number < 0 and magnitude else text), symbol


def signal_class(rsrp_dbm: int) -> int:
    """Bars of a signal strength, 0 for no reception to 4 for an excellent one (manual 4.3)."""
    return sum(rsrp_dbm >= least for least in (-120, -100, -90, -80))


def _pages(code: str, text: str, unit: str, title: str) -> list[Page]:
    """Cut a text into screens of nine characters, at a space where there is one; a point shares a cell."""
    pages, row, cells = [], "", 0
    for word in text.split(" "):
        length = sum(map(_is_wide, word, f" {word}"))
        if row and cells + 1 + length > WIDTH:
            pages.append(Page(code, row, unit, title))
            row, cells = "", 0
        for character in f" {word}" if row else word:
            wide = _is_wide(character, row[-1:])
            if cells + wide > WIDTH:
                pages.append(Page(code, row, unit, title))
                row, cells = "", 0
            row, cells = row + character, cells + wide
    return [*pages, Page(code, row, unit, title)]


def _is_wide(character: str, before: str) -> bool:
    """Whether it needs a cell of its own: a point shares that of the character before it, unless that is a point."""
    return character not in _POINTS or before in _POINTS
