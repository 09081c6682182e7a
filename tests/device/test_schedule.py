"""Rules for dates."""

import pytest

from softmeter.clock import DAY_S, DateTime, civil_from_days
from softmeter.device.schedule import check_rule, occurrence, years_around
from softmeter.errors import ConfigurationError

# fmt: off
RULES = [  # the first five octets, the year, the date
    ("FFFF03FE07", 2026, (2026, 3, 29)),  # last Sunday
    ("FFFF03FE07", 2024, (2024, 3, 31)),  # the last day is a Sunday
    ("FFFF0AFE07", 2026, (2026, 10, 25)),
    ("FFFF02FEFF", 2028, (2028, 2, 29)),  # last day
    ("FFFF02FDFF", 2027, (2027, 2, 27)),  # second last day
    ("FFFF03FD07", 2026, (2026, 3, 22)),  # second last Sunday
    ("FFFF0B1605", 2026, (2026, 11, 27)),  # Friday on or after the 22nd: the fourth one
    ("FFFF030107", 2026, (2026, 3, 1)),   # first Sunday
    ("FFFF0401FF", 2026, (2026, 4, 1)),
    ("FFFF021DFF", 2027, (2027, 2, 28)),  # 29 February where there is none
]
# fmt: on


def rule(octets: str, time: str = "020000") -> DateTime:
    return DateTime.decode(bytes.fromhex(octets + time + "FF8000FF"))


@pytest.mark.parametrize(("octets", "year", "date"), RULES)
def test_occurrence(octets: str, year: int, date: tuple[int, int, int]) -> None:
    check_rule(rule(octets), "rule")
    days, rest = divmod(occurrence(rule(octets), year), DAY_S)
    assert civil_from_days(days) == date
    assert rest == 7200


def test_a_time_that_is_not_given_is_midnight() -> None:
    assert occurrence(rule("FFFF0401FF", "FFFFFF"), 2026) % DAY_S == 0


@pytest.mark.parametrize("octets", ["FFFFFF01FF", "FFFFFE01FF", "FFFF03FF07", "FFFF041FFF"])
def test_a_rule_that_names_no_moment_is_refused(octets: str) -> None:
    with pytest.raises(ConfigurationError, match="names no"):
        check_rule(rule(octets), "season S01")


def test_a_rule_with_a_year_happens_in_that_year_only() -> None:
    assert years_around(rule("07EA0401FF"), 2030) == (2026,)
    assert years_around(rule("FFFF0401FF"), 2030) == (2029, 2030, 2031)
