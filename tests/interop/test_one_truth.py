"""One measurement is the truth: every port shows the same number at the same instant."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pytest

from interop.environments import HERE
from interop.foreign import dsmr, gurux
from interop.meter_process import running, smartset

if TYPE_CHECKING:
    from pathlib import Path

    from interop.meter_process import Meter

pytestmark = [pytest.mark.interop, pytest.mark.slow]

DAY_S: Final = 86_400
DARMSTADT: Final = HERE.parents[1] / "src" / "softmeter" / "data" / "darmstadt_2012-01-20.csv"
RATES: Final = range(1, 5)


def energy(meter: Meter, kind: int) -> tuple[int, list[int]]:
    """Total and rates of +A (1) or -A (2), in Wh, by one association."""
    with meter.client("management") as client:
        total = client.get(3, f"1-0:{kind}.8.0")
        rates = [client.get(3, f"1-0:{kind}.8.{rate}") for rate in RATES]
        client.release()
    return total, rates


def test_rates_sum_to_the_total(meter: Meter) -> None:
    for kind in (1, 2):
        total, rates = energy(meter, kind)
        assert 0 <= total - sum(rates) < len(RATES)  # each is truncated to whole Wh


def test_register_and_last_profile_row_agree(meter: Meter) -> None:
    with meter.client("readout") as client:
        stamp, _, imported, exported = client.get(7, "1-0:99.1.0")[-1]
        clock = client.get(8, "0-0:1.0.0")
        assert stamp[:4] + stamp[5:8] == clock[:4] + clock[5:8]
        assert imported == client.get(3, "1-0:1.8.0")
        assert exported == client.get(3, "1-0:2.8.0")
        client.release()


def test_telegram_and_registers_agree(meter: Meter) -> None:
    told = dsmr(meter, 2)
    total, rates = energy(meter, 1)
    _, given = energy(meter, 2)
    for telegram in told["telegrams"]:
        used = [Decimal(telegram[f"ELECTRICITY_USED_TARIFF_{rate}"][0]) for rate in (1, 2)]
        delivered = [Decimal(telegram[f"ELECTRICITY_DELIVERED_TARIFF_{rate}"][0]) for rate in (1, 2)]
        assert [int(value * 1000) for value in used] == rates[:2]
        assert [int(value * 1000) for value in delivered] == given[:2]
        assert telegram["P1_MESSAGE_TIMESTAMP"][0] == "2024-03-11T11:00:00Z"
    lines = dict(line.rstrip(")").split("(", 1) for line in told["raw"][0].splitlines() if "(" in line)
    on_p1 = [
        int(Decimal(lines[f"1-0:1.8.{rate}"].split("*")[0]) * 1000) for rate in RATES if f"1-0:1.8.{rate}" in lines
    ]
    assert 0 <= total - sum(on_p1) < len(RATES)


def test_panel_display_and_pulses_agree_with_the_register(meter: Meter) -> None:
    total, _ = energy(meter, 1)
    given, _ = energy(meter, 2)
    state = meter.panel()
    shown = {reading["obis"]: reading["value"] for reading in state["readings"]["registers"]}
    assert shown["1-0:1.8.0"] == total
    assert shown["1-0:2.8.0"] == given
    assert 0 <= state["leds"]["active"]["count"] * 0.5 - (total + given) < 2
    assert displayed(meter, "1.8.0") == total // 1000


def displayed(meter: Meter, code: str) -> int:
    """The kWh on the LCD under an OBIS code, scrolled to with the button."""
    for _ in range(60):
        lcd: dict[str, Any] = meter.panel()["lcd"]
        if lcd["alphanumeric"].strip() == code:
            assert lcd["unit"] == "kWh"
            return int(Decimal(lcd["numeric"].strip()))
        meter.press()
    raise AssertionError(f"the display never shows {code}")


def test_smartset_reads_what_gurux_reads(meter: Meter) -> None:
    read = smartset(meter, "readout", "get", "1-0:1.8.0")
    assert read["unit"] == "Wh"
    assert read["value"] == gurux(meter, "readout", ["get", 3, "1.0.1.8.0.255", 2])[0]


def integrated(path: Path, length_s: int) -> dict[str, float]:
    """Import and export of a recording by a script of its own, in Wh."""
    command = [sys.executable, "-I", str(HERE / "integral.py"), str(path), str(length_s)]
    return dict(json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout))


def irregular(path: Path) -> Path:
    """A day with steps of 1 to 90 s and both directions of energy."""
    lines, time = ["time,active_power_w"], 0
    while time < DAY_S:
        lines.append(f"{time},{(time * 7919) % 6000 - 2200}.{time % 10}")
        time += 1 + (time * 31) % 90
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    return path


@pytest.mark.parametrize("recording", ["darmstadt", "irregular"])
def test_a_recorded_day_is_counted_to_the_watt_hour(recording: str, tmp_path: Path) -> None:
    path = DARMSTADT if recording == "darmstadt" else irregular(tmp_path / "irregular.csv")
    day = ("--start", "2012-01-20T00:00:00+01:00", "--jump-to", "2012-01-21T00:00:00+01:00", "--rate", "0")
    expected = integrated(path, DAY_S)
    with running(tmp_path / "state", "--source", str(path), *day) as meter:
        imported, _ = energy(meter, 1)
        exported, _ = energy(meter, 2)
    assert abs(imported - expected["import_wh"]) <= 1
    assert abs(exported - expected["export_wh"]) <= 1
