"""Simulated sub-meters: what they count is a function of the second, never falls, and is plausible."""

import pytest

from softmeter.bench.submeters import KINDS, SubMeter, parse_sub_meters
from softmeter.errors import ConfigurationError
from softmeter.instant import parse_instant, whole_second

YEAR_S = 31_557_600
JANUARY, JULY = (whole_second(parse_instant(text)) for text in ("2026-01-01T00:00:00Z", "2026-07-01T00:00:00Z"))
YEARLY = {"gas": (8e5, 1.6e6), "water": (8e4, 1.6e5), "heat": (6e3, 1.2e4), "electricity": (1e6, 2.1e6)}
"""Litres, litres, kWh, Wh of a year."""


@pytest.mark.parametrize("name", KINDS)
def test_it_never_falls_and_a_year_is_plausible(name: str) -> None:
    meter = SubMeter(name, 5)
    counted = [meter.counted(JANUARY + step * 1800) for step in range(48 * 366)]
    assert counted == sorted(counted)
    least, most = YEARLY[name]
    assert least < meter.counted(JANUARY + YEAR_S) - counted[0] < most
    assert meter.counted(JANUARY + 12_345) == SubMeter(name, 5).counted(JANUARY + 12_345)
    assert meter.counted(JANUARY) != SubMeter(name, 6).counted(JANUARY)


def test_heating_follows_the_season_and_water_hardly() -> None:
    month = 30 * 86_400
    ratios = {}
    for name in ("gas", "water"):
        meter = SubMeter(name, 1)
        cold, warm = (meter.counted(begin + month) - meter.counted(begin) for begin in (JANUARY, JULY))
        ratios[name] = cold / warm
    assert ratios["gas"] > 4
    assert 1 < ratios["water"] < 1.5


def test_who_they_are() -> None:
    meters = parse_sub_meters(" gas, water:7,gas:2 ")
    assert meters == (SubMeter("gas", 1), SubMeter("water", 7), SubMeter("gas", 2))
    assert len({meter.identification for meter in meters}) == 3
    assert all(f"{meter.identification:08x}".isdecimal() for meter in meters)
    assert len(meters[0].default_key) == 16
    assert parse_sub_meters("") == ()


@pytest.mark.parametrize(
    "text", ["oil", "gas:x", "gas:" + 5000 * "9", "gas,gas:1", ",".join(f"gas:{seed}" for seed in range(9))]
)
def test_what_cannot_be_named(text: str) -> None:
    with pytest.raises(ConfigurationError, match="sub-meters"):
        parse_sub_meters(text)
