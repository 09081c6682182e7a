"""Durations and instants as people type them."""

import pytest

from softmeter.apps.options import duration_ns, instant
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("2h30m", 9000), ("3d", 259_200), ("0", 0), ("1.5s", 1.5)]
)
def test_durations(text: str, seconds: float) -> None:
    assert duration_ns(text, "--off-for") == int(seconds * SECOND)


@pytest.mark.parametrize("text", ["", "5", "-1s", "1w", "1 s", "s", "1e3s", "\u0661s"])
def test_other_durations_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="--off-for"):
        duration_ns(text, "--off-for")


def test_instants() -> None:
    assert instant(None, "--start") is None
    assert instant("2026-01-01T00:00:00+01:00", "--start") == instant("2025-12-31T23:00:00", "--start")
    with pytest.raises(ConfigurationError, match=r"--start.*2026-01-31T12:00:00Z"):
        instant("yesterday", "--start")
