"""Instantaneous values."""

import pytest

from softmeter.device.instantaneous import NOTHING, Instantaneous
from softmeter.metrology.engine import integrate
from softmeter.signal.constant import constant


@pytest.mark.manual("2.4.instantaneous")
def test_values_of_one_second() -> None:
    seconds = integrate(constant({"u": "231.5", "i": "-4", "pf": "0.5c"}, "test").measurements(100, 3))
    values = Instantaneous.of(seconds, 2)
    assert values == (231_500, 4000, -463_000, -801_940, 926_000, 50_000)
    assert values.power_factor_permille == 500


@pytest.mark.parametrize(("active", "apparent", "expected"), [(0, 0, 1000), (999, 1000, 999), (1001, 1000, 1000)])
@pytest.mark.manual("9.1.power-factor")
def test_the_power_factor(active: int, apparent: int, expected: int) -> None:
    values = NOTHING._replace(active_power_mw=active, apparent_power_mva=apparent)
    assert values.power_factor_permille == expected
