from math import pi

import numpy as np
import pytest

from accuracy.truth import phase_fired as true_shape
from softmeter.metrology.type_test import Result, count, run
from softmeter.metrology.type_test_points import AccuracyClass, Judged, phase_fired, points
from softmeter.signal.front_end import Channel, FrontEnd


@pytest.fixture(scope="module")
def ideal() -> list[Result]:
    return list(run(FrontEnd(), 4000, AccuracyClass.B))


@pytest.mark.slow
def test_the_metrology_leaves_the_limits_to_hardware(ideal: list[Result]) -> None:
    assert len(ideal) == count()
    assert all(result.passed for result in ideal)
    errors = [abs(result.error) for result in ideal if result.unit == "%"]
    assert max(errors) < 0.002
    other = {result.condition: result.error for result in ideal if result.unit != "%"}
    assert other["20 mA, export: first pulse"] == pytest.approx(391.3, abs=0.2)
    assert other["264.5 V, no current, 23 min: pulses"] == 0


@pytest.mark.slow
def test_a_front_end_shows_where_it_must() -> None:
    lagging = FrontEnd(Channel(0.004), lag_degrees=0.5)
    results = {result.condition: result for result in run(lagging, 4000, AccuracyClass.B)}
    # 0.5 degrees change nothing at PF 1, and √3 times 0.5 degrees of an arc at PF 0.5.
    assert results["5 A, PF 1, import"].error == pytest.approx(0.4, abs=0.01)
    assert results["5 A, PF 0.5 ind, import"].error == pytest.approx(0.4 - 100 * 3**0.5 * 0.5 * pi / 180, abs=0.02)
    assert results["5 A, PF 0.5 ind, import"].passed is False
    assert results["51 Hz, 5 A, PF 1"].passed is True


def test_limits_depend_on_the_class() -> None:
    first = next(points())
    assert [first.limits[each] for each in AccuracyClass] == [2.5, 1.5, 1.0]
    assert {point.judged for point in points()} == set(Judged)
    references = {point.reference for point in points()} - {""}
    assert references <= {point.condition for point in points() if not point.reference}


def test_conditions_are_told_apart() -> None:
    conditions = [point.condition for point in points()]
    assert len(set(conditions)) == len(conditions)


def test_the_phase_fired_shape_is_that_of_the_truth() -> None:
    current, lag, shape = phase_fired(10 / 2**0.5)
    expected = true_shape(50.0, 230.0, 10.0, 39)
    turns = 2 * np.pi * np.arange(1600) / 1600
    # There the voltage is a sine, here a cosine: a quarter turn later.
    theirs = sum(2**0.5 * sine.rms * np.cos(sine.order * (turns + np.pi / 2) + sine.angle) for sine in expected.current)
    ours = 2**0.5 * current * np.cos(turns - lag)
    for order, ratio, degrees in shape:
        ours = ours + 2**0.5 * current * ratio * np.cos(order * (turns - lag) + np.radians(degrees))
    assert np.abs(ours - theirs).max() < 1e-9
