"""The telegram tells what the registers tell."""

import pytest

from meter.making import START, Made, steady
from softmeter.device.device import Device
from softmeter.instant import SECOND, Instant
from softmeter.meter.p1 import telegram
from softmeter.metrology.energy import Quantity
from softmeter.wire.telegram import parse


def lines(made: Made) -> dict[str, tuple[str, ...]]:
    return {line.code: line.values for line in parse(telegram(made.meter.device, made.meter.identity)).lines}


@pytest.mark.manual("11.5.dsmr")
def test_a_dutch_telegram_has_the_lines_of_the_standard_in_its_order() -> None:
    made = Made(config="nl")
    made.actor.jump(Instant(START + 3600 * SECOND))
    parsed = parse(telegram(made.meter.device, made.meter.identity))
    assert parsed.identification == "KWQ5IQ0102065BNEM01"
    assert [line.code for line in parsed.lines] == [
        "1-3:0.2.8",
        "0-0:1.0.0",
        "0-0:96.1.1",
        "1-0:1.8.1",
        "1-0:1.8.2",
        "1-0:2.8.1",
        "1-0:2.8.2",
        "0-0:96.14.0",
        "1-0:1.7.0",
        "1-0:2.7.0",
        "0-0:96.7.21",
        "0-0:96.7.9",
        "1-0:99.97.0",
        "1-0:32.32.0",
        "1-0:32.36.0",
        "0-0:96.13.0",
        "1-0:32.7.0",
        "1-0:31.7.0",
        "1-0:21.7.0",
        "1-0:22.7.0",
    ]


@pytest.mark.manual("11.5.content")
def test_values_are_those_of_an_hour_at_1150_watts() -> None:
    made = Made(config="nl")
    made.actor.jump(Instant(START + 3600 * SECOND))
    found = lines(made)
    assert found["0-0:1.0.0"] == ("260101020000W",)
    assert found["0-0:96.1.1"] == (b"E0099001234567821".hex().upper(),)
    assert found["1-0:1.8.1"] == ("000001.150*kWh",)
    assert found["1-0:1.8.2"] == ("000000.000*kWh",)
    assert found["0-0:96.14.0"] == ("0001",)
    assert found["1-0:1.7.0"] == ("01.150*kW",)
    assert found["1-0:21.7.0"] == ("01.150*kW",)
    assert found["1-0:2.7.0"] == ("00.000*kW",)
    assert found["1-0:32.7.0"] == ("230.0*V",)
    assert found["1-0:31.7.0"] == ("005*A",)


def test_export_goes_to_the_export_lines() -> None:
    made = Made(source=steady(i="-2"))
    made.actor.jump(Instant(START + 60 * SECOND))
    found = lines(made)
    assert found["1-0:2.7.0"] == found["1-0:22.7.0"] == ("00.460*kW",)
    assert found["1-0:1.7.0"] == ("00.000*kW",)
    assert found["1-0:2.8.1"] == ("000000.007*kWh",)


def test_no_energy_is_missing_however_many_rates_count() -> None:
    made = Made()
    made.actor.jump(Instant(START + 86_400 * SECOND))
    found = lines(made)
    in_lines = sum(int(found[f"1-0:1.8.{rate}"][0][:10].replace(".", "")) for rate in range(1, 5))
    device: Device = made.meter.device
    assert 0 <= device.registers.wh(Quantity.ACTIVE_IMPORT) - in_lines < 4  # each line is cut to whole Wh


def test_summer_time_is_marked() -> None:
    made = Made()
    made.actor.jump(Instant(START + 200 * 86_400 * SECOND))
    assert lines(made)["0-0:1.0.0"] == ("260720020000S",)
