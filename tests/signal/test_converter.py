from fractions import Fraction

import numpy as np

from softmeter.signal.converter import Converter
from softmeter.signal.samples import MAX_COUNT, NO_COUNT

VOLTS = np.array([0.0, 325.0, -325.0, 600.0, -600.0])


def test_counts_have_the_size_that_the_scale_says() -> None:
    converter = Converter()
    block = converter.block(7, VOLTS, VOLTS / 4)
    assert converter.scale == (Fraction(1, 2**14), Fraction(1, 2**16))
    assert block.first_sample == 7
    assert block.voltage.tolist() == [0, 325 * 2**14, -325 * 2**14, MAX_COUNT, -MAX_COUNT]
    assert np.array_equal(block.current, block.voltage)


def test_fewer_bits_are_coarser_steps_of_the_same_scale() -> None:
    coarse = Converter(16)
    assert coarse.scale == Converter().scale
    counts = coarse.block(0, np.linspace(-1, 1, 1001), np.zeros(1001)).voltage
    assert set(np.diff(np.unique(counts)).tolist()) == {256}


def test_what_is_no_number_is_told_apart_and_infinity_is_the_end() -> None:
    values = np.array([np.nan, np.inf, -np.inf, 1.0])
    counts = Converter().block(0, values, values).voltage.tolist()
    assert counts == [NO_COUNT, MAX_COUNT, -MAX_COUNT, 2**14]
