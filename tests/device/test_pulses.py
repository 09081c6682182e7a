"""Pulses: exact in time, numbered through, each with the energy that brought it about."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.making import SETTINGS, Varying
from softmeter.device.device import Device
from softmeter.device.pulses import EachPulse, Output, Pulse, Together, active_pulse_count, reactive_pulse_count
from softmeter.instant import SECOND, Instant, parse_instant
from softmeter.metrology.energy import Quantity
from softmeter.signal.constant import constant

START = parse_instant("2026-01-01T00:00:00Z")
SPAN_S = 3600


def constant_load(**said: str) -> list[Pulse]:
    """The pulses of an hour."""
    heard: list[Pulse] = []
    meter = Device(SETTINGS, constant({"u": "230", "f": "50", **said}, "test"), START)
    meter.advance(Instant(START + SPAN_S * SECOND), EachPulse(heard.append))
    return heard


@pytest.mark.manual("2.3.constant")
def test_a_constant_load_gives_a_pulse_at_each_half_watt_hour_to_the_nanosecond() -> None:
    heard = constant_load(i="5")  # 1150 W: one every 3600 s / (2000 imp/kWh x 1.15 kW)
    assert [pulse.number for pulse in heard] == list(range(1, 2301))
    assert [pulse.at - START for pulse in heard] == [-(-number * 3600 * SECOND // 2300) for number in range(1, 2301)]
    assert {(pulse.output, pulse.energy) for pulse in heard} == {(Output.ACTIVE, Quantity.ACTIVE_IMPORT)}


def test_both_outputs_are_told_in_the_order_of_time_the_active_one_first() -> None:
    heard = constant_load(i="-10", pf="0.8")  # 1840 W exported, 1380 var
    assert [(pulse.at, pulse.output is Output.REACTIVE) for pulse in heard] == sorted(
        (pulse.at, pulse.output is Output.REACTIVE) for pulse in heard
    )
    active = [pulse for pulse in heard if pulse.output is Output.ACTIVE]
    reactive = [pulse for pulse in heard if pulse.output is Output.REACTIVE]
    assert len(active) == 2 * 1840
    assert len(reactive) == 2 * 1380
    assert {pulse.energy for pulse in active} == {Quantity.ACTIVE_EXPORT}
    assert {pulse.energy for pulse in reactive} <= {Quantity.REACTIVE_Q2, Quantity.REACTIVE_Q3}


def lived(cuts_s: list[float]) -> tuple[list[Pulse], Device]:
    heard: list[Pulse] = []
    meter = Device(SETTINGS, Varying([]), START)
    for cut_s in sorted({*cuts_s, float(SPAN_S)}):
        meter.advance(Instant(START + int(cut_s * SECOND)), Together(EachPulse(heard.append)))
    return heard, meter


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0, SPAN_S), max_size=6))
def test_any_cuts_of_time_give_the_same_pulses_with_the_same_numbers(cuts_s: list[float]) -> None:
    heard, meter = lived(cuts_s)
    assert heard == lived([])[0]
    for output, count in ((Output.ACTIVE, active_pulse_count), (Output.REACTIVE, reactive_pulse_count)):
        numbers = [pulse.number for pulse in heard if pulse.output is output]
        assert numbers == list(range(1, count(meter.registers) + 1))
    assert {Quantity.ACTIVE_IMPORT, Quantity.ACTIVE_EXPORT} <= {pulse.energy for pulse in heard}


def test_a_pulse_is_of_what_the_meter_counts_in_its_second() -> None:
    heard, _ = lived([])
    source = Varying([])
    for pulse in heard:
        second = source.measurements((pulse.at - 1) // SECOND, 1)  # one at its very end belongs to it
        exporting, capacitive = second.active_power_w[0] < 0, second.reactive_power_var[0] < 0
        if pulse.output is Output.ACTIVE:
            assert pulse.energy is (Quantity.ACTIVE_EXPORT if exporting else Quantity.ACTIVE_IMPORT)
        elif capacitive:
            assert pulse.energy is (Quantity.REACTIVE_Q3 if exporting else Quantity.REACTIVE_Q4)
        else:
            assert pulse.energy is (Quantity.REACTIVE_Q2 if exporting else Quantity.REACTIVE_Q1)
