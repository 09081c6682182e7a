"""The display, looked at as time passes."""

from dataclasses import replace

import pytest

from softmeter.clock import DateTime
from softmeter.device.display import (
    DASHES,
    Display,
    DisplayValue,
    Indicators,
    Reading,
    Screen,
    item_pages,
    number_text,
    signal_class,
)
from softmeter.device.display_control import DisplayControl
from softmeter.device.display_lists import FACTORY_DISPLAY, MANUAL, DisplaySettings, Item
from softmeter.device.surroundings import CALM, Surrounded
from softmeter.errors import ConfigurationError
from softmeter.instant import Instant, LinkTime
from softmeter.obis import Obis
from softmeter.units import Unit

VALUES: dict[Obis, DisplayValue] = {
    Obis.parse("1-0:1.8.0"): Reading(1_234_567, 0, Unit.WATT_HOUR),
    Obis.parse("1-0:2.8.0"): Reading(999, 0, Unit.WATT_HOUR),
    Obis.parse("1-0:1.7.0"): Reading(428, 0, Unit.WATT),
    Obis.parse("1-0:2.7.0"): Reading(0, 0, Unit.WATT),
    Obis.parse("0-0:1.0.0"): DateTime(2026, 1, 5, 1, 13, 7, 9, 0, -60, 0),
    Obis.parse("0-0:97.98.0"): Reading(8193, 0, Unit.COUNT),
    Obis.parse("1-0:0.2.0"): "V1.03",
}


def value(item: Item) -> DisplayValue | None:
    return VALUES.get(item.obis)


def made() -> Display:
    return Display(LinkTime(1000.0))


def seen_at(
    display: Display, after_s: float, settings: DisplaySettings = FACTORY_DISPLAY, beside: Indicators | None = None
) -> Screen:
    return display.screen(settings, LinkTime(1000.0 + after_s), value, beside or Indicators())


def look(display: Display, after_s: float) -> tuple[str, str, str]:
    screen = seen_at(display, after_s)
    return screen.alphanumeric, screen.numeric, screen.unit


def press(display: Display, after_s: float) -> None:
    display.press(FACTORY_DISPLAY, LinkTime(1000.0 + after_s))


def feel(display: Display, after_s: float, around: Surrounded) -> None:
    display.feel(FACTORY_DISPLAY, around, LinkTime(1000.0 + after_s))


@pytest.mark.manual("4.3.automatic-list")
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


@pytest.mark.manual("4.3.manual-list")
def test_the_button_scrolls_and_a_minute_later_the_automatic_list_is_back() -> None:
    display = made()
    seen = []
    for after_s in (2, 12, 22, 32):
        press(display, after_s)
        seen.append(look(display, after_s)[0])
    assert seen == ["13:07:09", "97.98.0", "1.8.0", "2.8.0"]
    assert look(display, 91.9)[0] == "2.8.0"
    assert look(display, 92)[0] == "1.8.0"
    assert look(display, 97)[0] == "2.8.0"
    press(display, 100)
    assert look(display, 100) == ("13:07:09", "26.01.05", "")
    display.power_on(LinkTime(1101.0))
    assert look(display, 101) == ("", "V1.03", "")


def test_the_manual_list_begins_again_after_its_end() -> None:
    display = made()
    for _ in range(len(MANUAL) + 1):
        press(display, 10)
    assert look(display, 10)[0] == "13:07:09"


def test_an_item_without_object_shows_dashes() -> None:
    assert item_pages(MANUAL[12], None, 0) == [("25.6.0", DASHES, "", "GSM operator")]


@pytest.mark.manual("4.4.long-values")
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
    screen = made().screen(FACTORY_DISPLAY, LinkTime(1004.9), lambda _: "1.05.00 4651AC4A", Indicators())
    assert (screen.alphanumeric, screen.numeric) == ("4651AC4A", "1.05.00")


# fmt: off
NUMBERS = [
    (Reading(1_234_567, 0, Unit.WATT_HOUR), 0, ("001234", "kWh")),
    (Reading(1_234_567, 0, Unit.WATT_HOUR), 3, ("001234.567", "kWh")),
    (Reading(4_294_967_295, 0, Unit.WATT_HOUR), 3, ("294967.295", "kWh")),  # the last nine digits
    (Reading(1_999, 0, Unit.VAR_HOUR), 1, ("000001.9", "kvarh")),
    (Reading(-1_999, 0, Unit.WATT_HOUR), 0, ("-000001", "kWh")),
    (Reading(-999, 0, Unit.WATT_HOUR), 0, ("000000", "kWh")),
    (Reading(-4_294_967_295, 0, Unit.WATT_HOUR), 3, ("-94967.295", "kWh")),  # the sign takes a cell
    (Reading(1_234_567_891, -3, Unit.WATT_HOUR), 6, ("234.567891", "kWh")),
    (Reading(1_234_567_891, -3, Unit.WATT_HOUR), 3, ("001234.567", "kWh")),
    (Reading(1_234_567, 0, Unit.WATT_HOUR), 6, ("001234.567", "kWh")),  # no more than is known
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


@pytest.mark.manual("4.2.layout")
def test_indicators_are_passed_through() -> None:
    indicators = Indicators(3, -1, 1, None, 4, frozenset(("L1", "T")))
    screen = seen_at(made(), 6, beside=indicators)
    assert (screen.rate, screen.active_direction, screen.signal) == (3, -1, 4)
    assert screen.triangles == {"L1", "T"}
    assert screen.title == "Active energy import"


def test_settings_survive_and_modes_do_not() -> None:
    odd = Item(4, Obis.parse("1-0:1.6.0"), 5, "Maximum demand, its time", 3)
    settings = replace(FACTORY_DISPLAY, automatic=(*MANUAL[:2], odd), energy_decimals=2, scroll_s=10, return_s=30)
    control = DisplayControl(settings)
    control.certification = True
    control.programming_until = Instant(10**18)
    twin = DisplayControl(FACTORY_DISPLAY)
    twin.restore(dict(control.saved()))
    assert twin.settings == settings
    assert twin.saved() == control.saved()
    assert (twin.certification, twin.may_program(Instant(0))) == (False, False)
    same = DisplayControl(FACTORY_DISPLAY)
    same.restore(dict(same.saved()))
    assert same.settings is FACTORY_DISPLAY


def test_presses_that_the_device_feels_scroll_and_a_long_one_ends_the_list() -> None:
    display = made()
    feel(display, 6, Surrounded(display_button=7))  # before this display was looked at
    assert look(display, 6)[0] == "1.8.0"
    feel(display, 7, Surrounded(display_button=8))
    assert look(display, 7)[0] == "13:07:09"
    feel(display, 8, Surrounded(display_button=10))
    assert look(display, 8)[0] == "1.8.0"
    feel(display, 20, Surrounded(display_button=10, long_presses=1))
    assert [look(display, after_s)[0] for after_s in (20, 25)] == ["1.8.0", "2.8.0"]
    feel(display, 30, CALM)  # a new journal begins to count anew
    assert look(display, 30)[0] == "1.7.0"


@pytest.mark.manual("4.3.clock-item")
def test_a_press_that_is_felt_later_counts_once() -> None:
    display = made()
    display.press(FACTORY_DISPLAY, LinkTime(1006.0), CALM)
    feel(display, 7, Surrounded(display_button=1))
    assert look(display, 7)[0] == "13:07:09"
    feel(display, 8, Surrounded(display_button=2))
    assert look(display, 8)[0] == "97.98.0"


@pytest.mark.parametrize(
    ("rsrp_dbm", "bars"),
    [(-140, 0), (-121, 0), (-120, 1), (-101, 1), (-100, 2), (-90, 3), (-81, 3), (-80, 4), (-44, 4)],
)
@pytest.mark.manual("4.3.signal-classes")
def test_the_class_of_a_signal(rsrp_dbm: int, bars: int) -> None:
    assert signal_class(rsrp_dbm) == bars


@pytest.mark.manual("4.3.signal-refresh")
def test_the_signal_is_looked_at_every_thirty_seconds() -> None:
    display = made()
    seen = [
        seen_at(display, after_s, beside=Indicators(signal=bars)).signal
        for after_s, bars in ((0, 1), (10, 2), (29.9, 3), (30, 3), (45, 4), (60, 0))
    ]
    assert seen == [1, 1, 1, 3, 3, 0]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"scroll_s": 4}, "scroll period 4"),
        ({"return_s": 301}, "return time 301"),
        ({"energy_decimals": 4}, "energy decimals 4"),
        ({"automatic": ()}, "automatic list 0"),
    ],
)
@pytest.mark.manual("4.4.scroll-period")
def test_settings_out_of_range_are_refused(change: dict[str, int], match: str) -> None:
    with pytest.raises(ConfigurationError, match=match):
        replace(FACTORY_DISPLAY, **change)  # type: ignore[arg-type]
