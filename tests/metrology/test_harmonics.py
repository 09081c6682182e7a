"""What the accuracy of harmonics is, is in tests/accuracy; here is when there are any."""

from fractions import Fraction

import numpy as np
import pytest

from softmeter.metrology.engine import integrate
from softmeter.metrology.harmonics import distortion, harmonics, orders
from softmeter.metrology.metering import Metering, metered
from softmeter.metrology.stream import Stream
from softmeter.signal.constant import Constant
from softmeter.signal.converter import Converter
from softmeter.signal.grid import Grid, GridWaveform, Harmonic
from softmeter.signal.phase import Phase
from softmeter.signal.samples import Waveform, joined

START = 1_767_225_600


def waveform(hz: str = "50", rate: int = 4000) -> GridWaveform:
    grid = Grid(Phase(Fraction(hz)), (Harmonic(5, 0.03), Harmonic(7, 0.04)), (Harmonic(3, 0.2),), rate_hz=rate)
    return GridWaveform(grid, Constant(230.0, 5.0, 1150.0))


@pytest.mark.parametrize(("rate", "highest"), [(400, 3), (800, 6), (4000, 34), (5000, 40), (50_000, 40)])
def test_a_rate_holds_so_many_orders(rate: int, highest: int) -> None:
    assert orders(rate) == highest
    assert Metering(waveform(rate=rate), with_harmonics=True).measurements(START, 0).harmonics is not None


def test_the_engine_gives_them_typed() -> None:
    seconds = integrate(Metering(waveform("49.7"), with_harmonics=True).measurements(START, 2))
    assert seconds.harmonics is not None
    assert seconds.harmonics.voltage_mv.shape == (2, 34)
    assert seconds.harmonics.voltage_mv[:, [0, 4, 6]].tolist() == [[230_000, 6_900, 9_200]] * 2
    assert seconds.harmonics.current_ma[:, [0, 2]].tolist() == [[5_000, 1_000]] * 2
    assert seconds.harmonics.voltage_thd_ppm == pytest.approx([50_000] * 2, abs=2)
    assert seconds.harmonics.current_thd_ppm == pytest.approx([200_000] * 2, abs=2)


def test_nobody_pays_who_did_not_ask() -> None:
    assert integrate(Metering(waveform()).measurements(START, 1)).harmonics is None
    source = metered(waveform(), with_harmonics=True)
    assert source.measurements(START, 1).harmonics is not None


def test_a_stream_gives_the_same() -> None:
    given: Waveform = waveform()
    stream = Stream(4000, given.scale, START, with_harmonics=True)
    streamed = [*stream.add(given.samples(START * 4000, 3 * 4000)), *stream.finish()]
    pulled = Metering(given, with_harmonics=True).measurements(START, 3)
    together = joined(streamed)
    assert together.harmonics is not None
    assert pulled.harmonics is not None
    assert together.harmonics[1].tolist() == pulled.harmonics[1].tolist()


def test_without_a_frequency_there_are_none() -> None:
    second = waveform().samples(START * 4000, 4000)
    assert not harmonics(second, np.zeros(5), Converter().scale).any()
    assert distortion(np.zeros((3, 40))).tolist() == [0.0] * 3
    some = np.array([0.0, 50.0, 50.0, 99.0, 50.0])
    assert harmonics(second, some, Converter().scale)[0, 0] == pytest.approx(230.0, rel=1e-6)
