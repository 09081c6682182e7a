import numpy as np
import pytest

from softmeter.metrology.windows import ALL, BLOCKS, EARLY, LATE, PARTS, Windows, windows

RATES = [400, 4000, 8000, 50_000]


@pytest.fixture(scope="module", params=RATES)
def made(request: pytest.FixtureRequest) -> Windows:
    return windows(int(request.param))


def test_neighbouring_windows_add_up_to_one(made: Windows) -> None:
    ramps = made.ramps
    assert made.block * BLOCKS == made.rate_hz
    assert ramps[:, ALL].tolist() == [1.0] * made.block
    # What one window leaves on one side of an edge, the other takes: the ramp is symmetric about it.
    assert ramps[:, EARLY] + ramps[::-1, LATE] == pytest.approx(np.ones(made.block), abs=1e-12)
    assert (np.diff(ramps[:, EARLY]) >= 0).all()
    assert ramps[-1, EARLY] < 0.5 < ramps[0, LATE]


def test_kernels_of_phasors_add_up_to_one(made: Windows) -> None:
    cosine, sine = made.carriers[:, ::2], made.carriers[:, 1::2]
    turns = 2 * np.pi * 50 * (np.arange(made.block) + 0.5) / made.rate_hz
    kernel = cosine * np.cos(turns)[:, None] - sine * np.sin(turns)[:, None]
    assert kernel.shape == (made.block, PARTS)
    assert kernel.sum(axis=1) == pytest.approx(np.ones(made.block), abs=1e-12)


@pytest.mark.parametrize("hz", [40.0, 45.0, 47.5, 50.0, 51.3, 55.0, 60.0])
def test_the_gain_is_that_of_the_kernel(made: Windows, hz: float) -> None:
    times = (np.arange(PARTS * made.block) + 0.5) / made.rate_hz
    kernel = (made.carriers[:, ::2] + 1j * made.carriers[:, 1::2]).T.ravel()
    phasor = 2 / made.block * (kernel * np.cos(2 * np.pi * hz * (times - times.mean()))).sum()
    gain = made.gain_squared(np.array([hz]))[0]
    assert abs(phasor) ** 2 == pytest.approx(gain, rel=1e-6 if 45 <= hz <= 55 else 1e-4)


def test_rates_that_are_none_are_refused() -> None:
    for rate in (0, 399, 4001, 50_025):
        with pytest.raises(ValueError, match=f"{rate} samples per second"):
            windows(rate)
