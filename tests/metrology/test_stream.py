from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softmeter.metrology.metering import Metering
from softmeter.metrology.stream import Stream
from softmeter.signal.constant import Constant
from softmeter.signal.grid import Grid, GridWaveform, Level
from softmeter.signal.phase import Phase
from softmeter.signal.samples import RATES_HZ, Block, Measurements

START, RATE, SECONDS = 1_767_225_600, 400, 4
LOAD = Constant(voltage_v=230.0, active_power_w=-1000.0, reactive_power_var=321.0)
LEVELS = (Level(Fraction(0), Fraction(START), 0.0), Level(Fraction(START + SECONDS), Fraction(START + 100), 0.0))
WAVEFORM = GridWaveform(Grid(Phase(Fraction("50.21")), levels=LEVELS, rate_hz=RATE), LOAD)
"""Voltage and current only in the seconds that are streamed."""


def rows(measurements: Measurements) -> list[list[float]]:
    columns = [getattr(measurements, name) for name in Measurements.__slots__[1:]]
    return [column.tolist() for column in columns if column is not None]


def streamed(lengths: list[int]) -> list[Measurements]:
    stream, first, seconds = Stream(RATE, WAVEFORM.scale, START), START * RATE, []
    end, turn = first + SECONDS * RATE, 0
    while first < end:
        length = min(lengths[turn % len(lengths)], end - first)
        seconds += stream.add(WAVEFORM.samples(first, length))
        first, turn = first + length, turn + 1
    return [*seconds, *stream.finish()]


def pulled() -> list[list[list[float]]]:
    metering = Metering(WAVEFORM)
    return [rows(metering.measurements(START + second, 1)) for second in range(SECONDS)]


@pytest.mark.parametrize("length", [1, 8, 37, RATE, 3 * RATE, 3600 * RATE])
def test_a_stream_gives_the_seconds_of_the_waveform(length: int) -> None:
    seconds = streamed([length])
    assert [measured.first_second for measured in seconds] == list(range(START, START + SECONDS))
    assert [rows(measured) for measured in seconds] == pulled()


@pytest.mark.slow
@settings(max_examples=20)
@given(st.lists(st.integers(1, 1000), min_size=1, max_size=10))
def test_blocks_of_any_lengths_give_the_same(lengths: list[int]) -> None:
    assert [rows(measured) for measured in streamed(lengths)] == pulled()


RATES = [*RATES_HZ[:: len(RATES_HZ) // 40], RATES_HZ[-1]]


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.sampled_from(RATES), st.sampled_from([1 / 50, 0.37, 1.0, 3600.0]), st.data())
def test_at_any_rate_blocks_of_any_length_give_the_same(rate: int, length_s: float, data: st.DataObject) -> None:
    given_waveform = GridWaveform(Grid(Phase(Fraction("49.93")), levels=LEVELS, rate_hz=rate), LOAD)
    lengths = [max(1, round(rate * length_s)), data.draw(st.integers(1, rate))]
    stream, first, streamed_rows = Stream(rate, given_waveform.scale, START), START * rate, []
    while first < (START + SECONDS) * rate:
        length = min(lengths[first % 2], (START + SECONDS) * rate - first)
        streamed_rows += [rows(each) for each in stream.add(given_waveform.samples(first, length))]
        first += length
    streamed_rows += [rows(each) for each in stream.finish()]
    metering = Metering(given_waveform)
    assert streamed_rows == [rows(metering.measurements(START + second, 1)) for second in range(SECONDS)]


@pytest.mark.slow
def test_a_block_of_an_hour() -> None:
    waveform = GridWaveform(Grid(Phase(Fraction("50.02")), rate_hz=RATE), Constant(230.0, active_power_w=777.0))
    stream, single = Stream(RATE, waveform.scale, START), Stream(RATE, waveform.scale, START)
    parts = [waveform.samples((START + second) * RATE, RATE) for second in range(3600)]
    hour = Block(START * RATE, *(np.concatenate([part[channel] for part in parts]) for channel in (1, 2)))
    at_once = [*stream.add(hour), *stream.finish()]
    one_by_one = [measured for part in parts for measured in single.add(part)] + single.finish()
    assert [rows(each) for each in at_once] == [rows(each) for each in one_by_one]
    assert len(at_once) == 3600


def test_a_second_is_complete_with_the_one_after_it() -> None:
    stream = Stream(RATE, WAVEFORM.scale, START)
    assert stream.add(WAVEFORM.samples(START * RATE, 2 * RATE - 1)) == []
    assert len(stream.add(WAVEFORM.samples((START + 2) * RATE - 1, 1))) == 1
    assert [finding.partition(":")[0] for finding in stream.findings] == ["energy flows out"]


def test_a_hole_between_blocks_is_refused() -> None:
    stream = Stream(RATE, WAVEFORM.scale, START)
    stream.add(WAVEFORM.samples(START * RATE, 10))
    with pytest.raises(ValueError, match="cannot follow"):
        stream.add(WAVEFORM.samples(START * RATE + 11, 10))


def test_a_second_that_was_not_completed_is_dropped() -> None:
    stream = Stream(RATE, WAVEFORM.scale, START)
    assert stream.finish() == []
    seconds = stream.add(WAVEFORM.samples(START * RATE, RATE + 5))
    assert seconds == []
    assert [measured.first_second for measured in stream.finish()] == [START]
