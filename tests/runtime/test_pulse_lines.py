"""Lines of the stream: their form, their order, and names for every energy that has pulses."""

import json

import numpy as np
import pytest

from softmeter.device.pulses import Train
from softmeter.metrology.energy import Quantity
from softmeter.runtime.pulse_lines import ENERGIES, Burst, Given, told, written

FOUR_O_CLOCK = 1_767_240_000 * 10**9


def train(instants: list[int], energy: Quantity, first: int) -> Train:
    return Train(np.array(instants), np.full(len(instants), energy, dtype=np.int64), first)


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (0, "1970-01-01T00:00:00.000000000Z"),
        (1, "1970-01-01T00:00:00.000000001Z"),
        (FOUR_O_CLOCK, "2026-01-01T04:00:00.000000000Z"),
        (FOUR_O_CLOCK - 1, "2026-01-01T03:59:59.999999999Z"),
        ((2**32 - 1) * 10**9, "2106-02-07T06:28:15.000000000Z"),
    ],
)
def test_times_have_all_their_nanoseconds(instant: int, text: str) -> None:
    assert written(instant) == text
    line = told(Given((train([instant], Quantity.ACTIVE_EXPORT, 7),)), Given())
    assert json.loads(line) == {
        "type": "pulse",
        "output": "active",
        "number": 7,
        "time": text,
        "ns": instant,
        "energy": "-A",
    }


def test_lines_are_in_the_order_of_time_and_the_active_output_comes_first() -> None:
    active = Given((train([10, 30], Quantity.ACTIVE_IMPORT, 1), Train(np.array([40]))))
    reactive = Given((train([10, 20, 40], Quantity.REACTIVE_Q4, 5),))
    lines = [json.loads(line) for line in told(active, reactive).splitlines()]
    assert [(line["ns"], line["type"], line["output"], line.get("energy")) for line in lines] == [
        (10, "pulse", "active", "+A"),
        (10, "pulse", "reactive", "R4"),
        (20, "pulse", "reactive", "R4"),
        (30, "pulse", "active", "+A"),
        (40, "period", "active", None),
        (40, "pulse", "reactive", "R4"),
    ]


def test_a_burst_comes_where_it_ends() -> None:
    burst = Burst((1, 10), (9000, 50), {Quantity.ACTIVE_IMPORT: 8000, Quantity.ACTIVE_EXPORT: 1000})
    lines = [
        json.loads(line)
        for line in told(Given((), burst), Given((train([20, 60], Quantity.REACTIVE_Q1, 1),))).splitlines()
    ]
    assert [line.get("ns") for line in lines] == [20, None, 60]
    assert lines[1] == {
        "type": "burst",
        "output": "active",
        "first": {"number": 1, "time": written(10), "ns": 10},
        "last": {"number": 9000, "time": written(50), "ns": 50},
        "energies": {"+A": 8000, "-A": 1000},
    }


def test_every_energy_with_pulses_has_a_name() -> None:
    assert set(Quantity) - set(ENERGIES) == {Quantity.APPARENT_IMPORT, Quantity.APPARENT_EXPORT}
    assert len(set(ENERGIES.values())) == len(ENERGIES)
