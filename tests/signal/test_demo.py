import numpy as np
import pytest

from softmeter.data import DARMSTADT_POWER, SCEAUX_VOLTAGE, packaged
from softmeter.metrology.energy import Quantity, quantities
from softmeter.metrology.engine import integrate
from softmeter.signal.demo import DAY_S, demo
from softmeter.signal.recording import Recording

MIDNIGHT = 1_327_014_000


pytestmark = pytest.mark.slow  # reads the whole day


@pytest.fixture(scope="module")
def source() -> Recording:
    return demo()


def lines(name: str) -> list[tuple[int, float]]:
    rows = packaged(name).read().decode().splitlines()[1:]
    return [(int(row.split(",")[0]), float(row.split(",")[1])) for row in rows]


def test_a_day_counts_the_integral_of_the_recording(source: Recording) -> None:
    total_j = sum(round(value) for _, value in lines(DARMSTADT_POWER))
    assert total_j == 44_578_850
    for begin in (MIDNIGHT, MIDNIGHT + 5 * DAY_S + 12_345):
        counted = quantities(integrate(source.measurements(begin, DAY_S)))
        assert int(counted[Quantity.ACTIVE_IMPORT].sum()) == total_j * 1000
        assert counted[1:6].sum() == 0


def test_each_day_is_like_the_recorded_one(source: Recording) -> None:
    recorded = source.measurements(MIDNIGHT, 3_600)
    later = source.measurements(MIDNIGHT + 5_000 * DAY_S, 3_600)
    assert np.array_equal(recorded.active_power_w, later.active_power_w)
    assert np.array_equal(recorded.voltage_v, later.voltage_v)


def test_the_voltage_goes_through_the_minute_means(source: Recording) -> None:
    minutes = lines(SCEAUX_VOLTAGE)
    assert len(minutes) == 1440
    day = source.measurements(MIDNIGHT, DAY_S)
    # The middle of a minute lies between two seconds, whose mean is the minute's value.
    for second, value in minutes[::60]:
        assert day.voltage_v[second + 29 : second + 31].mean() == pytest.approx(value, abs=0.03)
    assert day.voltage_v.mean() == pytest.approx(np.mean([value for _, value in minutes]), abs=0.01)
    steps = np.abs(np.diff(day.voltage_v, append=day.voltage_v[:1]))
    assert steps.max() < 0.1
    assert day.current_a.max() < 65


def test_it_says_what_it_is(source: Recording) -> None:
    text = "\n".join(source.findings)
    for words in ("tracebase, ODbL 1.0", "CC BY 4.0", "50 assumed", "repeated every 86400 s"):
        assert words in text


def test_the_attribution_is_packaged() -> None:
    text = " ".join(packaged("LICENSES.md").read().decode().split())
    assert "Contains information from the tracebase data set, which is made available at" in text
    assert "under the Open Database License (ODbL)." in text
    assert "CC BY 4.0" in text
