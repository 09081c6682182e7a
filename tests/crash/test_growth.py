"""What a meter writes stays within bounds."""

from pathlib import Path

import pytest

from crashing.growth import written

pytestmark = pytest.mark.slow


def test_a_second_at_rest_is_one_wait_and_two_pages(tmp_path: Path) -> None:
    rate = written(tmp_path, 1, 60.0, busy=False)
    assert rate.waits_per_s < 1.3
    assert rate.octets_per_s < 20_000


def test_a_busy_second_is_bounded(tmp_path: Path) -> None:
    rate = written(tmp_path, 1, 60.0, busy=True)
    assert rate.waits_per_s < 6
    assert rate.octets_per_s < 60_000
