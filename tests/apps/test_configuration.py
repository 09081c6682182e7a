"""Settings from TOML: what the factory prints is the default, and what is wrong is named."""

from pathlib import Path

import pytest

from softmeter.apps import configuration
from softmeter.device.calendar import FACTORY_CALENDAR, Calendar
from softmeter.device.demand import DemandSettings
from softmeter.device.hands import Crystal
from softmeter.errors import ConfigurationError
from softmeter.meter.p1 import P1Settings, Variant


def test_the_printed_factory_settings_are_the_defaults() -> None:
    empty, factory = configuration.parse("", "empty"), configuration.read("factory")
    assert factory.identity == empty.identity
    assert factory.device.display == empty.device.display
    assert factory.ports == empty.ports
    assert factory.device.profiles == empty.device.profiles
    assert factory.device.zone == empty.device.zone
    assert factory.device.tariff == empty.device.tariff == FACTORY_CALENDAR
    assert not factory.serial_given


def rate_at(calendar: Calendar, local: int) -> int:
    action = calendar.action(local)
    assert action is not None
    return action.selector


def test_the_dutch_table_has_two_rates_and_is_low_at_night_and_on_weekends() -> None:
    table = configuration.read("nl").device.tariff
    assert table.highest_rate == 2
    monday = 4 * 86_400  # 1970-01-05
    assert [rate_at(table, monday + hour * 3600) for hour in (0, 6, 7, 22, 23)] == [1, 1, 2, 2, 1]
    saturday = 2 * 86_400
    assert {rate_at(table, saturday + hour * 3600) for hour in range(24)} == {1}


def test_a_file_chooses(tmp_path: Path) -> None:
    path = tmp_path / "meter.toml"
    path.write_text('[identity]\nserial = "77"\n[display]\nscroll_s = 9\n[clock]\nutc_offset_min = 0\n')
    made = configuration.read(str(path))
    assert (made.identity.serial, made.serial_given, made.device.display.scroll_s) == ("77", True, 9)
    assert made.device.zone.standard_min == 0


def test_demand_and_drift_are_chosen() -> None:
    text = "[demand]\nperiod_s = 300\nperiods = 3\n[clock]\ndrift_s_per_day = -0.25\ndrift_s_per_day_per_degree = 0.1\n"
    device = configuration.parse(text, "meter.toml").device
    assert device.demand == DemandSettings(300, 3)
    assert device.crystal == Crystal(-250_000_000, 100_000_000)


TARIFF = """
[[tariff.seasons]]
name = "A"
start = "{start}"
week = "{week}"
[tariff.weeks]
W = [0, 0, 0, 0, 0, 0, 0]
[tariff.days]
0 = {{ "{time}" = 1 }}
"""
SPECIAL = """
[[tariff.special_days]]
date = "{date}"
day = 0
"""


def test_special_days_are_chosen_by_date() -> None:
    text = TARIFF.format(start="01-01", week="W", time="00:00")
    text += SPECIAL.format(date="12-25") + SPECIAL.format(date="2026-04-27")
    entries = configuration.parse(text, "meter.toml").device.special_days.entries
    assert [(entry.number, *entry.date, entry.day_id) for entry in entries] == [
        (1, 0xFFFF, 12, 25, 0xFF, 0),
        (2, 2026, 4, 27, 0xFF, 0),
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[identity\n", "is no TOML"),
        ("[idenity]\n", "idenity"),
        ('[identity]\ntype = "XX"\n', "identity.type"),
        ('[identity]\nyear = "new"\n', "identity.year"),
        ("[display]\nscroll_s = 4\n", "scroll period 4"),
        ("[demand]\nperiod_s = 7\n", "period of 7 s"),
        ("[clock]\ndrift_s_per_day = 99\n", "clock.drift_s_per_day"),
        ("[profiles.load]\nperiod_s = 7\ncapacity = 10\n", "profile load"),
        ("[profiles.load]\nperiod_s = 900\ncapacity = 0\n", "profiles.load.capacity"),
        ("[tariff]\nseasons = []\nweeks = {}\ndays = {}\n", "season"),
        (TARIFF.format(start="01-01", week="W", time="00:00") + SPECIAL.format(date="02-30"), "no date"),
        (TARIFF.format(start="01-01", week="W", time="00:00") + SPECIAL.format(date="1-1"), "special_days"),
        (TARIFF.format(start="13-01", week="W", time="00:00"), "month"),
        (TARIFF.format(start="01-01", week="X", time="00:00"), "'X' does not exist"),
        (TARIFF.format(start="01-01", week="W", time="25:00"), "tariff.days.0"),
    ],
)
def test_what_is_wrong_is_named(text: str, names: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        configuration.parse(text, "meter.toml")
    assert names in str(refused.value)
    assert str(refused.value).startswith("meter.toml")
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"No such file.*factory, nl"):
        configuration.read(str(tmp_path / "none.toml"))


def test_a_belgian_meter_captures_the_peaks_of_its_months() -> None:
    made = configuration.read("be")
    assert made.p1.variant is Variant.BE
    columns = {profile.name: profile.columns for profile in made.device.profiles}
    factory = {profile.name: profile.columns for profile in configuration.read("factory").device.profiles}
    assert columns["billing"] == (*factory["billing"], "4,1-0:1.6.0.255,2,0", "4,1-0:1.6.0.255,5,0")
    assert {name: columns[name] for name in columns if name != "billing"} == {
        name: factory[name] for name in factory if name != "billing"
    }
    table = made.device.tariff
    monday, saturday = 4 * 86_400, 2 * 86_400
    assert [rate_at(table, monday + hour * 3600) for hour in (0, 6, 7, 21, 22)] == [2, 2, 1, 1, 2]
    assert {rate_at(table, saturday + hour * 3600) for hour in range(24)} == {2}


def test_the_variant_of_p1_is_chosen() -> None:
    made = configuration.parse('[p1]\nvariant = "lu"\nidentification = "KWQ5X"\n', "meter.toml")
    assert made.p1 == P1Settings(Variant.LU, "KWQ5X")
    assert configuration.read("nl").p1 == configuration.read("factory").p1 == P1Settings(Variant.NL)
    with pytest.raises(ConfigurationError, match=r"line 2, p1\.variant"):
        configuration.parse('[p1]\nvariant = "fr"\n', "meter.toml")
    with pytest.raises(ConfigurationError, match=r"line 2: p1\.identification"):
        configuration.parse('[p1]\nidentification = "none"\n', "meter.toml")
