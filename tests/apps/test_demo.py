"""A demo lives in the present, also one whose first start was cut short."""

import time
from pathlib import Path

from softmeter.apps.demo import demonstration
from softmeter.instant import SECOND, parse_instant
from softmeter.runtime.store import FILE_NAME

GIVEN = {"start": None, "jump_to": None, "rate": 1.0, "source": None}


def test_a_first_demo_has_a_week_of_history_and_ends_it_now(tmp_path: Path) -> None:
    options = demonstration({**GIVEN, "state": tmp_path})
    span_s = (parse_instant(options["jump_to"]) - parse_instant(options["start"])) // SECOND
    assert span_s == 8 * 86_400
    assert abs(parse_instant(options["jump_to"]) / SECOND - time.time()) < 60
    assert options["catch_up"]
    assert options["known_keys"] == demonstration({**GIVEN, "state": tmp_path})["known_keys"]
    assert list(tmp_path.iterdir()) == []


def test_a_later_demo_catches_up_with_the_present_unless_told_otherwise(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).touch()
    assert demonstration({**GIVEN, "state": tmp_path})["catch_up"]
    assert not demonstration({**GIVEN, "state": tmp_path, "rate": 0.0})["catch_up"]
    assert not demonstration({**GIVEN, "state": tmp_path, "jump_to": "2030-01-01"})["catch_up"]
