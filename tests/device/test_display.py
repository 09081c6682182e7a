"""The display, looked at as time passes."""

from dataclasses import replace

import pytest

from softmeter.clock import DateTime
from softmeter.device.display import (
    DASHES,
    Display,
    DisplaySettings,
    DisplayValue,
    Indicators,
    Item,
    Reading,
    item_pages,
    number_text,
)
from softmeter.device.display_lists import FACTORY_DISPLAY, MANUAL
from softmeter.errors import ConfigurationError
from softmeter.instant import LinkTime
from softmeter.obis import Obis
from softmeter.units import Unit

VALUES: dict[Obis, DisplayValue] = {
    Obis.parse("1-0:1.8.0"): Reading(1_234_567, 0, Unit.WATT_HOUR),
    Obis.parse("1-0:2.8.0"): Reading(999, 0, Unit.WATT_HOUR),
    Obis.parse("1-0:1.7.0"): Reading(428, 0, Unit.WATT),
    Obis.parse("1-0:2.7.0"): Reading(0, 0, Unit.WATT),
    Obis.parse("0-0:1.0.0"): DateTime(2026, 1, 5, 1, 13, 7, 9, 0, -60, 0),
    Obis.parse("0-0:97.98.0"): Reading(8193, 0, Unit.COUNT),
}


def value(item: Item) -> DisplayValue | None:
    return VALUES.get(item.obis)


def made(settings: DisplaySettings = FACTORY_DISPLAY) -> Display:
    return Display(settings, "V1.03", LinkTime(1000.0))


def look(display: Display, after_s: float) -> tuple[str, str, str]:
    screen = display.screen(LinkTime(1000.0 + after_s), value, Indicators())
    return screen.alphanumeric, screen.numeric, screen.unit


def test_first_the_version_then_the_automatic_list_every_five_seconds() -> None:
    display = made()
    seen = [look(display, after_s) for after_s in (0, 4.9, 5, 9.9, 10, 15, 20, 25)]
    assert seen == [
        ("", "V1.03", ""),
        ("", "V1.03", ""),
        ("1.8.0", "001234", "kWh"),
        ("1.8.0", "001234", "kWh"),
        ("2.8.0", "000000", "kWh"),
        ("1.7.0", "0.428", "kW"),
        ("2.7.0", "0.000", "kW"),
        ("1.8.0", "001234", "kWh"),
    ]


def test_the_button_scrolls_and_a_minute_later_the_automatic_list_is_back() -> None:
    display = made()
    seen = []
    for after_s in (2, 12, 22, 32):
        display.press(LinkTime(1000.0 + after_s))
        seen.append(look(display, after_s)[0])
    assert seen == ["13:07:09", "97.98.0", "1.8.0", "2.8.0"]
    assert look(display, 91.9)[0] == "2.8.0"
    assert look(display, 92)[0] == "1.8.0"
    assert look(display, 97)[0] == "2.8.0"
    display.press(LinkTime(1100.0))
    assert look(display, 100) == ("13:07:09", "26.01.05", "")
    display.power_on(LinkTime(1101.0))
    assert look(display, 101) == ("", "V1.03", "")


def test_the_manual_list_begins_again_after_its_end() -> None:
    display = made()
    for _ in range(len(MANUAL) + 1):
        display.press(LinkTime(1010.0))
    assert look(display, 10)[0] == "13:07:09"


def test_an_item_without_object_shows_dashes() -> None:
    assert item_pages(MANUAL[12], None, 0) == [("25.6.0", DASHES, "", "GSM operator")]


def test_long_values_take_several_screens() -> None:
    item = Item(45, Obis.parse("0-0:25.4.0"), 2)
    pages = item_pages(item, "internet.example.net", 0)
    assert [page[1] for page in pages] == ["internet.e", "xample.net"]
    assert item_pages(item, "192.168.1.100", 0) == [("25.4.0", "192.168.1.10", "", ""), ("25.4.0", "0", "", "")]
    assert item_pages(item, "", 0) == [("25.4.0", "", "", "")]


def test_a_text_of_words_is_cut_between_them() -> None:
    item = Item(1, Obis.parse("1-0:0.2.0"), 2)
    assert [page[1] for page in item_pages(item, "1.05.00 4651AC4A", 0)] == ["1.05.00", "4651AC4A"]
    assert [page[1] for page in item_pages(item, "a bc internetexample d", 0)] == ["a bc", "internete", "xample d"]


def test_the_checksum_of_the_version_stands_above_it() -> None:
    display = Display(FACTORY_DISPLAY, "1.05.00 4651AC4A", LinkTime(1000.0))
    assert look(display, 4.9) == ("4651AC4A", "1.05.00", "")


# fmt: off
NUMBERS = [
    (Reading(1_234_567, 0, Unit.WATT_HOUR), 0, ("001234", "kWh")),
    (Reading(1_234_567, 0, Unit.WATT_HOUR), 3, ("001234.567", "kWh")),
    (Reading(4_294_967_295, 0, Unit.WATT_HOUR), 3, ("294967.295", "kWh")),  # the last nine digits
    (Reading(1_999, 0, Unit.VAR_HOUR), 1, ("000001.9", "kvarh")),
    (Reading(-1_999, 0, Unit.WATT_HOUR), 0, ("-000001", "kWh")),
    (Reading(-999, 0, Unit.WATT_HOUR), 0, ("000000", "kWh")),
    (Reading(12, 3, Unit.WATT_HOUR), 0, ("000012", "kWh")),
    (Reading(-428, 0, Unit.WATT), 0, ("-0.428", "kW")),
    (Reading(2305, -1, Unit.VOLT), 0, ("230.5", "V")),
    (Reading(7, -2, Unit.AMPERE), 0, ("0.07", "A")),
    (Reading(5001, -2, Unit.HERTZ), 0, ("50.01", "Hz")),
    (Reading(8193, 0, Unit.COUNT), 0, ("8193", "")),
]
# fmt: on


@pytest.mark.parametrize(("reading", "decimals", "expected"), NUMBERS)
def test_numbers(reading: Reading, decimals: int, expected: tuple[str, str]) -> None:
    assert number_text(reading, decimals) == expected


def test_indicators_are_passed_through() -> None:
    indicators = Indicators(3, -1, 1, None, 4, frozenset(("L1", "T")))
    screen = made().screen(LinkTime(1006.0), value, indicators)
    assert (screen.rate, screen.active_direction, screen.signal) == (3, -1, 4)
    assert screen.triangles == {"L1", "T"}
    assert screen.title == "Active energy import"


def test_settings_survive_and_modes_do_not() -> None:
    display = made(replace(FACTORY_DISPLAY, automatic=MANUAL[:2], energy_decimals=2, scroll_s=10, return_s=30))
    display.press(LinkTime(1006.0))
    twin = made()
    twin.restore(dict(display.saved()))
    assert twin.settings == display.settings
    assert twin.saved() == display.saved()
    assert not twin.is_manual(LinkTime(1006.0))
    same = made()
    same.restore(dict(made().saved()))
    assert same.settings is FACTORY_DISPLAY


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"scroll_s": 4}, "scroll period 4"),
        ({"return_s": 301}, "return time 301"),
        ({"energy_decimals": 4}, "energy decimals 4"),
        ({"automatic": ()}, "automatic list 0"),
    ],
)
def test_settings_out_of_range_are_refused(change: dict[str, int], match: str) -> None:
    with pytest.raises(ConfigurationError, match=match):
        replace(FACTORY_DISPLAY, **change)  # type: ignore[arg-type]
