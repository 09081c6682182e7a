from fractions import Fraction

import numpy as np
import pytest

from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND
from softmeter.signal.played import Played
from softmeter.signal.samples import Column, Floats, Waveform
from softmeter.signal.sidecar import ColumnLayout, Layout
from softmeter.signal.track import Track

RATE = 400
CREST = 325.0 * np.cos(2 * np.pi * 50 * (np.arange(2 * RATE) + 0.5) / RATE + 0.1)
LAYOUT = Layout(columns={Column.VOLTAGE: ColumnLayout("1", 2.0), Column.CURRENT: ColumnLayout("2", 0.5)}, explicit=True)


def track(voltage: Floats = CREST, rate: float = RATE, **units: str) -> Track:
    return Track(Fraction(rate), {"1": voltage, "2": CREST / 100}, units or {"1": "V", "2": "A"})


def played(
    given: Track, layout: Layout | None = None, first_ns: int = 0, *, loop: bool = False, dated: bool = True
) -> Played:
    return Played(given, layout or Layout(), "x.wav", first_ns, loop=loop, dated=dated)


def volts(waveform: Played, first: int, count: int) -> Floats:
    return waveform.samples(first, count).voltage.astype(np.float64) * float(waveform.scale.volts)


def test_channels_are_found_by_unit_or_by_name() -> None:
    plain, scaled = played(track()), played(track(CREST / 2), LAYOUT)
    assert isinstance(plain, Waveform)
    assert volts(plain, 0, RATE) == pytest.approx(CREST[:RATE], abs=1e-4)
    assert volts(scaled, 0, RATE) == pytest.approx(CREST[:RATE], abs=1e-4)
    assert plain.findings == (
        "channels used: voltage_v: 1 x 1, current_a: 2 x 1",
        "2 s of 400 samples per second from 1970-01-01T00:00:00Z; before and after it nothing",
    )
    assert played(track(), dated=False).findings[1].startswith("2 s of 400 samples per second without a date; before")
    ratio = scaled.samples(0, 1).current[0] / plain.samples(0, 1).current[0]
    assert ratio == pytest.approx(0.5, rel=1e-4)


def test_before_and_after_a_track_is_nothing_unless_it_repeats() -> None:
    once, always = played(track(), first_ns=3 * SECOND), played(track(), first_ns=3 * SECOND, loop=True)
    assert not volts(once, 2 * RATE, RATE).any()
    assert not volts(once, 5 * RATE, RATE).any()
    assert volts(once, 4 * RATE, RATE).any()
    for first in (-1, 1, 3, 5, 1003):
        assert np.array_equal(volts(always, first * RATE, 2 * RATE), volts(once, 3 * RATE, 2 * RATE))


def test_a_track_begins_at_the_nearest_sample() -> None:
    late = played(track(), first_ns=3 * SECOND + 6_000_000)
    assert np.array_equal(volts(late, 3 * RATE + 2, RATE), volts(played(track()), 0, RATE))


def test_what_a_track_lacks_is_told() -> None:
    broken = CREST.copy()
    broken[[5, 9, 700]] = np.nan
    broken[6] = np.inf
    waveform = played(track(broken))
    assert "x.wav:sample 6: voltage_v (1): 4 values are missing, this is the first; interpolated" in waveform.findings
    assert volts(waveform, 9, 1)[0] == pytest.approx((CREST[8] + CREST[10]) / 2, abs=1e-4)
    assert "x.wav: voltage_v (1) never changes from 230: is it stuck?" in played(track(np.full(800, 230.0))).findings
    slow = np.clip(400 * np.cos(np.arange(800) / 20), -325, 325)
    told = "".join(played(track(slow)).findings)
    assert "x.wav:sample 52: voltage_v (1) looks clipped: it stays at -325 or beyond" in told
    assert "voltage_v (1) looks clipped: it stays at 325 or beyond" in told
    assert "voltage_v is 2.29" in "".join(played(track(CREST / 100)).findings)
    alone = played(Track(Fraction(RATE), {"1": CREST}, {"1": "V"}))
    assert "current_a is not recorded: none flows" in alone.findings
    assert not alone.samples(0, RATE).current.any()


BAD = [
    (track(CREST * 1e9), Layout(), "more than 1e+06: is the scale right?"),
    (track(rate=399), Layout(), "has 399 samples per second; 400 to 1000000 can be"),
    (track(rate=100), Layout(), "has 100 samples per second"),
    (track(a="x"), Layout(), "does not say which channel is a voltage (1, 2); name it, and its scale, in x.wav.toml"),
    (track(np.full(800, np.nan)), Layout(), "voltage_v (1) has no value"),
    (track(), Layout(columns={Column.VOLTAGE: ColumnLayout("3")}, explicit=True), "has no channel '3'; it has 1, 2"),
    (track(), Layout(columns={Column.FREQUENCY: ColumnLayout("1")}, explicit=True), "frequency_hz is no waveform"),
    (track(), Layout(columns={Column.CURRENT: ColumnLayout("2")}, explicit=True), "needs a voltage"),
    (track(), Layout(columns={Column.CURRENT: ColumnLayout("1")}, explicit=True), "are they swapped?"),
]


@pytest.mark.parametrize(("given", "layout", "reason"), BAD)
def test_what_cannot_be_played_is_refused(given: Track, layout: Layout, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        played(given, layout)
    assert reason in str(caught.value)
