from fractions import Fraction
from math import pi

import numpy as np
import pytest

from accuracy.truth import phase_fired as true_shape
from softmeter.bench.type_test import Result, System, _error, count, run
from softmeter.bench.type_test_limits import AccuracyClass, Mark, permissible
from softmeter.bench.type_test_points import MID_CLAUSE, Judged, Point, points
from softmeter.bench.type_test_signals import Switched, Turns, phase_fired
from softmeter.signal.constant import Constant
from softmeter.signal.front_end import Channel, FrontEnd
from softmeter.signal.grid import Grid, GridWaveform
from softmeter.signal.phase import Phase


@pytest.fixture(scope="module")
def ideal() -> list[Result]:
    return list(run(System(FrontEnd(), 4000), AccuracyClass.B))


def point_of(condition: str) -> Point:
    return next(point for point in points(23.0) if point.condition == condition)


@pytest.mark.slow
@pytest.mark.manual("2.3.accuracy")
def test_the_metrology_leaves_the_limits_to_hardware(ideal: list[Result]) -> None:
    assert len(ideal) == count()
    assert [result.condition for result in ideal if not result.passed] == ["5 times 20 s at 5 A, PF 1: spread"]
    errors = [abs(result.error) for result in ideal if result.unit == "%"]
    assert max(errors) < 0.002
    other = {result.condition: result.error for result in ideal if result.unit != "%"}
    assert other["20 mA, export: first pulse"] == pytest.approx(391.3, abs=0.2)
    assert other["264.5 V, no current, 23 min: pulses"] == 0


@pytest.mark.slow
def test_a_front_end_shows_where_it_must() -> None:
    lagging = FrontEnd(Channel(0.004), lag_degrees=0.5)
    results = {result.condition: result for result in run(System(lagging, 4000), AccuracyClass.B)}
    # 0.5 degrees change nothing at PF 1, and √3 times 0.5 degrees of an arc at PF 0.5.
    assert results["5 A, PF 1, import"].error == pytest.approx(0.4, abs=0.01)
    assert results["5 A, PF 0.5 ind, import"].error == pytest.approx(0.4 - 100 * 3**0.5 * 0.5 * pi / 180, abs=0.02)
    assert results["5 A, PF 0.5 ind, import"].passed is False
    assert results["51 Hz, 5 A, PF 1"].passed is True


def test_limits_depend_on_the_class() -> None:
    first = next(points(23.0))
    assert [first.limits[each].greatest for each in AccuracyClass] == [2.5, 1.5, 1.0]
    assert {point.judged for point in points(23.0)} == set(Judged)
    references = {point.reference for point in points(23.0)} - {""}
    assert references <= {point.condition for point in points(23.0) if not point.reference}


def test_no_limit_is_invented() -> None:
    influences = [point for point in points(23.0) if point.reference]
    assert influences
    assert all(set(point.limits) == {AccuracyClass.B} for point in influences)
    marks = {limit.mark for point in influences for limit in point.limits.values()}
    assert marks == {Mark.UNVERIFIED}


@pytest.mark.parametrize(
    ("celsius", "low", "rest"), [(23, 2, 2), (5, 2, 2), (40, 2.5, 2.5), (-20, 3.5, 3.5), (-40, 4, 4), (70, 4, 4)]
)
def test_the_mid_gives_limits_by_temperature(celsius: float, low: float, rest: float) -> None:
    limits = {point.current_a: point.limits for point in points(celsius) if point.clause == MID_CLAUSE}
    assert limits[0.25][AccuracyClass.B] == (low, Mark.VERIFIED)
    assert limits[65.0][AccuracyClass.B] == (rest, Mark.VERIFIED)
    assert permissible(71.0, below_itr=True) == permissible(-41.0, below_itr=False) == {}
    assert permissible(23.0, below_itr=False)[AccuracyClass.C].greatest == 0.7


def test_a_front_end_that_drifts_shows_it() -> None:
    drifting = System(FrontEnd(Channel(drift_per_k=300e-6), Channel(drift_per_k=300e-6)), 4000)
    warmer = point_of("+10 K, 5 A, PF 1")
    assert _error(warmer, drifting) - _error(point_of(warmer.reference), drifting) == pytest.approx(0.6, abs=0.001)
    assert warmer.limits[AccuracyClass.B].greatest == 0.5


@pytest.mark.slow
def test_a_calibrated_system_forgets_the_faults_of_its_front_end() -> None:
    faulty = System(FrontEnd(Channel(0.008, noise=0.02), Channel(-0.012, noise=0.0003), lag_degrees=0.4), 4000)
    point = point_of("5 A, PF 0.8 cap, export")
    assert abs(_error(point, faulty)) > 0.1
    assert abs(_error(point, faulty.calibrated())) < 0.001


def test_a_switched_load_flows_for_whole_cycles() -> None:
    grid = GridWaveform(Grid(Phase(Fraction(50)), rate_hz=4000), Constant(230.0, 2.5, 575.0))
    switched = Switched(grid, Turns(Fraction(1, 25), Fraction(1, 25)))
    steady, given = grid.samples(0, 4000), switched.samples(0, 4000)
    flows = given.current != 0
    assert np.array_equal(given.voltage, steady.voltage)
    assert np.array_equal(given.current[flows], steady.current[flows])
    edges = np.flatnonzero(np.diff(flows.astype(int)) == 1) + 1
    assert edges[:3].tolist() == [20, 340, 660]  # every 80 ms, a quarter of a cycle after the crest
    assert (switched.scale, switched.findings) == (grid.scale, grid.findings)


def test_conditions_are_told_apart() -> None:
    conditions = [point.condition for point in points(23.0)]
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
