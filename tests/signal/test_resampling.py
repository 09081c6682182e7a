from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softmeter.instant import SECOND
from softmeter.signal.played import Played
from softmeter.signal.resampling import BAND, Resampler, nearest_rate
from softmeter.signal.samples import RATES_HZ, Floats
from softmeter.signal.sidecar import Layout, sample_rate
from softmeter.signal.track import Track

START = 1_767_225_600
RATES = [Fraction(11_025), Fraction(1_234), Fraction(15_625, 2), Fraction(401), Fraction(64_000), Fraction(250_000)]


@pytest.mark.parametrize(
    ("rate", "nearest"),
    [("11025", 11_025), ("1234", 1_250), ("7812.5", 7_825), ("400", 400), ("49999.9", 50_000), ("1e999", 0)],
)
def test_the_next_possible_rate_above_is_taken(rate: str, nearest: int) -> None:
    if not nearest:
        with pytest.raises(ValueError, match="is no number"):
            sample_rate(rate)
        return
    assert nearest_rate(sample_rate(rate)) == nearest
    assert nearest in RATES_HZ


@pytest.mark.slow
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("share", [0.0, 0.01, 0.123, 0.3, BAND])
def test_a_tone_in_band_is_right_within_a_millionth(rate: Fraction, share: float) -> None:
    to_hz = nearest_rate(rate)
    resampler, turns = Resampler(rate, to_hz), share * min(float(rate), to_hz) / float(rate)
    given_at = np.arange(3_000 + 2 * resampler.reach) + 1 - resampler.reach
    places = np.arange(0.1, 2_900, float(rate / to_hz))
    between = resampler.between(np.cos(2 * np.pi * turns * given_at + 1), places)
    assert np.abs(between - np.cos(2 * np.pi * turns * places + 1)).max() < 1e-6


@pytest.mark.slow
def test_what_would_fold_back_is_removed() -> None:
    resampler = Resampler(Fraction(250_000), 50_000)
    given_at = np.arange(3_000 + 2 * resampler.reach)
    tone = np.cos(2 * np.pi * 0.12 * given_at)  # 30 kHz
    assert np.abs(resampler.between(tone, np.arange(0.0, 2_900, 5.0))).max() < 1e-6


def played(rate: Fraction, seconds: int, *, first_ns: int = 0, loop: bool = False, hz: float = 50.0) -> Played:
    phase = 2 * np.pi * hz * (np.arange(int(rate * seconds)) + 0.5) / float(rate)
    channels = {"U": 325 * np.cos(phase), "I": 7 * np.sin(3 * phase)}
    return Played(Track(rate, channels, {"U": "V", "I": "A"}), Layout(), "x", START * SECOND + first_ns, loop=loop)


def volts(waveform: Played, first: int, count: int) -> Floats:
    return waveform.samples(first, count).voltage.astype(np.float64) * float(waveform.scale.volts)


@pytest.mark.parametrize("rate", [Fraction(1_234), Fraction(7_813), Fraction(15_625, 2)])
def test_a_recording_keeps_its_time_to_a_fraction_of_a_sample(rate: Fraction) -> None:
    late_ns = 123_456_789
    waveform = played(rate, 4, first_ns=late_ns)
    hz = waveform.rate_hz
    assert hz == nearest_rate(rate)
    assert f"to {hz} samples per second, exact up to {BAND * float(rate):.0f} Hz" in waveform.findings[-2]
    times = (np.arange(hz) + 0.5) / hz + 2 - late_ns / SECOND
    expected = 325 * np.cos(2 * np.pi * 50 * times)
    assert volts(waveform, (START + 2) * hz, hz) == pytest.approx(expected, abs=325e-6)
    assert not volts(waveform, (START - 2) * hz, hz).any()
    assert not volts(waveform, (START + 6) * hz, hz).any()


def test_a_loop_goes_on_without_a_seam() -> None:
    waveform = played(Fraction(1_234), 1, loop=True)
    hz = waveform.rate_hz
    for second in (0, 1, 1_000_000):
        expected = 325 * np.cos(2 * np.pi * 50 * (np.arange(hz) + 0.5) / hz)
        assert volts(waveform, (START + second) * hz, hz) == pytest.approx(expected, abs=325e-6)


@settings(max_examples=20)
@given(st.lists(st.integers(0, 700), min_size=1, max_size=6), st.booleans())
@pytest.mark.slow
def test_any_span_holds_the_same_samples(lengths: list[int], loop: bool) -> None:  # noqa: FBT001
    whole = played(Fraction(4_003, 10), 2, loop=loop)
    first = START * whole.rate_hz - 100
    parts, at, again = [], first, played(Fraction(4_003, 10), 2, loop=loop)
    for length in lengths:
        parts.append(volts(again, at, length))
        at += length
    assert np.array_equal(np.concatenate(parts), volts(whole, first, at - first))
