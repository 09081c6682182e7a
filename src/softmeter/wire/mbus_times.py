"""Dates and times of M-Bus records: types F, G, I and J (EN 13757-3, annex A).

A field may stand for "every": a day of 0, a month of 15, a year of 127, an hour of 31, minutes and seconds of 63.
"""

from softmeter.clock import civil_from_days, days_from_civil

MINUTES, DATE, SECONDS, TIME_OF_DAY = 4, 2, 6, 3
"""Octets of types F, G, I and J."""
_INVALID, _SUMMER_F, _SUMMER_I = 0x80, 0x80, 0x40
_HUNDREDS_SHIFT, _HUNDREDS = 5, 3
_EVERY_YEAR, _EVERY_MONTH, _EVERY_DAY, _EVERY_HOUR, _EVERY = 127, 15, 0, 31, 63
_LAST_OF_2000 = 80
_NEVER = b"\xff\xff"


def minutes(local_second: int, *, summer: bool = False) -> bytes:
    """A time in minutes (type F); `local_second` counts from 1970 in local time."""
    days, rest = divmod(local_second, 86_400)
    hour = rest // 3600 | (_SUMMER_F if summer else 0)
    return bytes((rest // 60 % 60, hour)) + _date_octets(days)


def seconds(local_second: int, *, summer: bool = False) -> bytes:
    """A time in seconds (type I), with the day of the week."""
    days, rest = divmod(local_second, 86_400)
    weekday = (days + 3) % 7 + 1
    second = rest % 60 | (_SUMMER_I if summer else 0)
    return bytes((second, rest // 60 % 60, weekday << 5 | rest // 3600)) + _date_octets(days) + b"\x00"


def _date_octets(days: int) -> bytes:
    year, month, day = civil_from_days(days)
    short = year % 100
    return ((short & 0x78) << 9 | month << 8 | (short & 7) << 5 | day).to_bytes(2, "little")


def local_second_of(octets: bytes) -> int | None:
    """The local second that a time of type F or I names; None where it names none."""
    if len(octets) == MINUTES:
        octets = b"\x00" + octets
        is_invalid = bool(octets[1] & _INVALID)
    elif len(octets) == SECONDS:
        is_invalid = bool(octets[1] & _INVALID)
    else:
        return None
    second, minute, hour = octets[0] & 0x3F, octets[1] & 0x3F, octets[2] & 0x1F
    year, month, day = _date_of(octets[3:5])
    if is_invalid or max(second, minute) > 59 or hour > 23 or not 1 <= month <= 12 or year > 99:
        return None
    days = days_from_civil(2000 + year, month, day)
    if civil_from_days(days) != (2000 + year, month, day):
        return None
    return days * 86_400 + hour * 3600 + minute * 60 + second


def _date_of(octets: bytes) -> tuple[int, int, int]:
    """Year within its century, month and day of the two octets of type G."""
    date = int.from_bytes(octets, "little")
    return date >> 5 & 7 | date >> 9 & 0x78, date >> 8 & 0x0F, date & 0x1F


def text(octets: bytes) -> str | None:
    """A date or time as ISO 8601, with `*` for every; None where there is no type of that length."""
    match len(octets):
        case 2:
            return _date(octets) if octets != _NEVER else "not valid"
        case 3:
            return ":".join(_times(octets[2], octets[1], octets[0]))
        case 4:
            hundreds = octets[1] >> _HUNDREDS_SHIFT & _HUNDREDS
            told = f"{_date(octets[2:], hundreds)}T{':'.join(_times(octets[1], octets[0]))}"
            return told + _marks(octets[0], octets[1] & _SUMMER_F)
        case 6:
            told = f"{_date(octets[3:5])}T{':'.join(_times(octets[2], octets[1], octets[0]))}"
            return told + _marks(octets[1], octets[0] & _SUMMER_I)
    return None


def _date(octets: bytes, hundreds: int = 0) -> str:
    year, month, day = _date_of(octets)
    century = 1900 + 100 * hundreds if hundreds or year > _LAST_OF_2000 else 2000
    return "-".join(
        (
            "*" if year == _EVERY_YEAR else str(century + year),
            "*" if month == _EVERY_MONTH else f"{month:02}",
            "*" if day == _EVERY_DAY else f"{day:02}",
        )
    )


def _times(hour: int, *rest: int) -> tuple[str, ...]:
    hour &= 0x1F
    return (
        "*" if hour == _EVERY_HOUR else f"{hour:02}",
        *("*" if one & 0x3F == _EVERY else f"{one & 0x3F:02}" for one in rest),
    )


def _marks(valid: int, summer: int) -> str:
    return (" (summer time)" if summer else "") + (" (not valid)" if valid & _INVALID else "")
