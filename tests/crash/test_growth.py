"""What a meter writes stays within bounds."""

from pathlib import Path

import pytest

from crashing.growth import written
from crashing.life import Plan

pytestmark = pytest.mark.slow

LONG_S = 120.0


@pytest.mark.parametrize(
    ("plan", "most_octets_per_s", "most_waits_per_s"),
    [
        (Plan(LONG_S, busy=False), 3_500, 0.35),
        (Plan(LONG_S, busy=False, is_read=True), 20_000, 1.3),
        (Plan(LONG_S), 60_000, 6.0),
    ],
    ids=["at rest", "P1 read", "busy"],
)
def test_what_is_written_each_second_is_bounded(
    tmp_path: Path, plan: Plan, most_octets_per_s: float, most_waits_per_s: float
) -> None:
    rate = written(tmp_path, 1, plan)
    assert rate.waits_per_s < most_waits_per_s
    assert rate.octets_per_s < most_octets_per_s
