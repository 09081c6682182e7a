"""Dates given by a rule: a COSEM date-time with wildcards, read as one moment of a year (IEC 62056-62)."""

from softmeter.clock import (
    DAY_S,
    LAST_DAY,
    NOT_SPECIFIED,
    NOT_SPECIFIED_YEAR,
    SECOND_LAST_DAY,
    DateTime,
    days_from_civil,
    days_in_month,
    weekday,
)
from softmeter.errors import ConfigurationError

LEAP_YEAR = 2024


def check_rule(rule: DateTime, where: str) -> None:
    """Accept a rule that names one moment of a year: month and day given, also as the last (such) day.

    Raises:
        ConfigurationError: the rule names no moment or more than one.
    """
    if not 1 <= rule.month <= 12:
        raise ConfigurationError(f"{rule.iso()} names no month", where)
    if rule.day not in {LAST_DAY, SECOND_LAST_DAY} and not 1 <= rule.day <= days_in_month(LEAP_YEAR, rule.month):
        raise ConfigurationError(f"{rule.iso()} names no day of its month", where)


def occurrence(rule: DateTime, year: int) -> int:
    """The local second, counted from 1970-01-01 00:00, at which `rule` occurs in `year`.

    A weekday with a day of month means the first such weekday on or after it. A time that is not given is 00:00:00.
    """
    end = days_in_month(year, rule.month)
    backwards = {LAST_DAY: 0, SECOND_LAST_DAY: 1}.get(rule.day)
    day = days_from_civil(year, rule.month, min(rule.day, end) if backwards is None else end)
    if rule.day_of_week != NOT_SPECIFIED:
        away = rule.day_of_week - weekday(day)
        day += away % 7 if backwards is None else -(-away % 7) - 7 * backwards
    elif backwards is not None:
        day -= backwards
    hour, minute, second = (0 if part == NOT_SPECIFIED else part for part in (rule.hour, rule.minute, rule.second))
    return day * DAY_S + hour * 3600 + minute * 60 + second


def years_around(rule: DateTime, year: int) -> tuple[int, ...]:
    """The years of `rule` that matter in `year`: its own, or the year with its neighbours."""
    return (year - 1, year, year + 1) if rule.year == NOT_SPECIFIED_YEAR else (rule.year,)
