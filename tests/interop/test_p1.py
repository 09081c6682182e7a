"""Every variant of P1 as Home Assistant reads it: with the readers of dsmr-parser, in a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from interop.foreign import dsmr_stream
from interop.meter_process import running
from interop.p1_reading import PACED, VERSIONS, heard

pytestmark = [pytest.mark.interop, pytest.mark.slow]

BEFORE_SUMMER: Final = ("--start", "2026-03-29T00:55:00Z")
GOLDEN: Final = Path(__file__).parents[1] / "golden" / "p1"
MESSAGE: Final = b"Low tariff tonight".hex().upper()


@pytest.mark.parametrize("variant", VERSIONS)
def test_every_telegram_is_parsed_and_none_is_missing(variant: str, tmp_path: Path) -> None:
    with running(tmp_path / "state", "--p1-variant", variant, *PACED, *BEFORE_SUMMER) as meter:
        told = heard(meter, variant, 601)
    assert (told["telegrams"], told["gaps"], told["complaints"]) == (601, 0, [])
    assert (told["first"], told["last"]) == ("2026-03-29T00:55:00Z", "2026-03-29T01:05:00Z")


def test_a_reader_who_comes_again_goes_on_where_he_was(tmp_path: Path) -> None:
    with running(tmp_path / "state", *PACED, *BEFORE_SUMMER) as meter:
        first, second = (heard(meter, "nl", 50) for _ in range(2))
    assert first["last"] <= second["first"]
    assert (first["gaps"], second["gaps"]) == (0, 0)


def test_a_pseudo_terminal_is_a_serial_port(tmp_path: Path) -> None:
    with running(tmp_path / "state", "--p1", "pty", *PACED, *BEFORE_SUMMER) as meter:
        told = heard(meter, "nl", 100)
    assert (told["telegrams"], told["gaps"], told["complaints"]) == (100, 0, [])


def parsed(name: str) -> Any:
    told = dsmr_stream("--octets", str(GOLDEN / f"{name}.txt"), "--version", VERSIONS[name])
    assert (told["telegrams"], told["complaints"]) == (1, [])
    return told


def test_the_dutch_failures_message_and_sub_meters_are_understood() -> None:
    told = parsed("nl")
    values = told["values"]
    assert values["POWER_EVENT_FAILURE_LOG"] == [["2026-03-01T03:37:20Z", 240], ["2026-02-28T23:11:41Z", 301]]
    assert (values["SHORT_POWER_FAILURE_COUNT"][0], values["LONG_POWER_FAILURE_COUNT"][0]) == (3, 2)
    assert (values["VOLTAGE_SAG_L1_COUNT"][0], values["VOLTAGE_SWELL_L1_COUNT"][0]) == (1, 1)
    assert values["TEXT_MESSAGE"][0] == MESSAGE
    readings = {channel: found.get("MBUS_METER_READING") for channel, found in told["sub_meters"].items()}
    assert readings == {
        "1": ["2026-03-01T10:00:00Z", "112.384", "m3"],
        "2": ["2026-03-01T10:00:00Z", "987.65", "m3"],
        "3": ["2026-03-01T10:00:00Z", "12.34", "GJ"],
        "4": None,
    }


def test_the_belgian_peaks_and_sub_meters_are_understood() -> None:
    told = parsed("be")
    values = told["values"]
    assert values["BELGIUM_MAXIMUM_DEMAND_MONTH"] == ["2026-03-01T06:30:00Z", "4.682", "kW"]
    assert values["BELGIUM_MAXIMUM_DEMAND_13_MONTHS"] == [["2026-02-28T22:15:00Z", "0.960", "kW"]]
    assert values["INSTANTANEOUS_CURRENT_L1"] == ["5.48", "A"]
    gas = told["sub_meters"]["1"]
    assert gas["MBUS_METER_READING"] == ["2026-03-01T10:00:00Z", "112.384", "m3"]
    assert gas["MBUS_VALVE_POSITION"][0] == 1
