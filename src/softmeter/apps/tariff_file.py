"""A tariff as people write it: the table `[tariff]` of a configuration, which is also what `smartset tariff` reads."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from softmeter.apps.toml_text import key_text, value_text
from softmeter.clock import NOT_SPECIFIED, NOT_SPECIFIED_YEAR, DateTime
from softmeter.device.calendar import Calendar, Day, Season, Switch, Week
from softmeter.device.recurrence import Day as Date
from softmeter.device.special_days import SpecialDay, SpecialDays
from softmeter.errors import ConfigurationError, DecodeError

_HEX = "0x"
"""How octets begin that are no plain text or date."""
_Octets = StringConstraints(pattern=r"^[ -~]{0,66}$")
_Time = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SeasonTable(_Table):
    """From `start` on the week `week` holds."""

    name: Annotated[str, _Octets, Field(min_length=1, description="Name; 0x and hexadecimal for other octets")]
    start: Annotated[
        str,
        StringConstraints(pattern=r"^\d\d-\d\d$|^0x[0-9A-Fa-f]{24}$"),
        Field(description="MM-DD, or 0x and the 12 octets of a date-time with wildcards"),
    ]
    week: Annotated[str, _Octets, Field(description="Name of the week")]


class SpecialDayTable(_Table):
    """A date on which another day holds."""

    date: Annotated[
        str,
        StringConstraints(pattern=r"^(\d{4}-)?\d\d-\d\d$|^0x[0-9A-Fa-f]{10}$"),
        Field(description="YYYY-MM-DD, MM-DD for every year, or 0x and the 5 octets of a date with wildcards"),
    ]
    day: Annotated[int, Field(ge=0, le=255, description="Number of the day that holds")]
    index: Annotated[
        int | None, Field(ge=0, le=65_535, description="Place in the meter's table, where it is not the place here")
    ] = None


class TariffTable(_Table):
    """When which rate holds."""

    name: Annotated[str, _Octets, Field(description="Name of the calendar")] = "factory"
    default_rate: Annotated[int, Field(ge=1, le=4, description="Rate where the calendar says none")] = 1
    seasons: tuple[SeasonTable, ...]
    weeks: Annotated[
        dict[Annotated[str, _Octets], tuple[int, ...]],
        Field(description="Name of a week to the numbers of its days, Monday first"),
    ]
    days: Annotated[
        dict[Annotated[int, Field(ge=0, le=255)], dict[_Time, int]],
        Field(description="Number of a day to its switches: HH:MM to the rate that holds from then on"),
    ]
    special_days: tuple[SpecialDayTable, ...] = ()


def calendar_of(tariff: TariffTable) -> Calendar:
    """The calendar that a tariff describes, checked from season to day.

    Raises:
        ConfigurationError: it has more of something than is possible, or refers to what there is not.
    """
    calendar = Calendar(
        _octets(tariff.name),
        tuple(Season(_octets(one.name), _start(one.start), _octets(one.week)) for one in tariff.seasons),
        tuple(Week(_octets(name), days) for name, days in tariff.weeks.items()),
        tuple(
            Day(number, tuple(Switch(_second(at), rate) for at, rate in sorted(switches.items())))
            for number, switches in tariff.days.items()
        ),
    )
    calendar.check()
    return calendar


def special_days_of(tariff: TariffTable) -> SpecialDays:
    """Its special days.

    Raises:
        ConfigurationError: a date is none, or two have one index.
    """
    return SpecialDays.of(
        SpecialDay(place if one.index is None else one.index, _date(one.date), one.day)
        for place, one in enumerate(tariff.special_days, 1)
    )


def described(calendar: Calendar, special_days: SpecialDays | None) -> dict[str, Any]:
    """A calendar as the entries of `[tariff]`; without `special_days` it says nothing of them."""
    told: dict[str, Any] = {
        "name": _text(calendar.name),
        "seasons": [
            {"name": _text(one.name), "start": _start_text(one.start), "week": _text(one.week)}
            for one in calendar.seasons
        ],
        "weeks": {_text(week.name): list(week.days) for week in calendar.weeks},
        "days": {
            str(day.number): {_time_text(switch.start_s): switch.selector for switch in day.switches}
            for day in calendar.days
        },
    }
    if special_days is not None:
        told["special_days"] = [
            {"date": _date_text(one.date), "day": one.day_id, **({} if one.number == place else {"index": one.number})}
            for place, one in enumerate(special_days.entries, 1)
        ]
    return told


def tariff_text(told: Mapping[str, Any]) -> str:
    """The entries of `[tariff]` as TOML, days and special days one a line."""
    lines = ["[tariff]"]
    lines += [f"{name} = {value_text(told[name])}" for name in ("name", "default_rate") if name in told]
    if "special_days" in told:
        days = [f"    {value_text(one)}," for one in told["special_days"]]
        lines += ["special_days = [", *days, "]"] if days else ["special_days = []"]
    if not told["seasons"]:
        lines.append("seasons = []")
    for season in told["seasons"]:
        lines += ["", "[[tariff.seasons]]", *(f"{name} = {value_text(value)}" for name, value in season.items())]
    lines += ["", "[tariff.weeks]  # Monday to Sunday"]
    lines += [f"{key_text(name)} = {value_text(days)}" for name, days in told["weeks"].items()]
    lines += ["", "[tariff.days]  # from when on which rate"]
    lines += [f"{number} = {value_text(switches)}" for number, switches in told["days"].items()]
    return "\n".join(lines) + "\n"


def _octets(text: str) -> bytes:
    if not text.startswith(_HEX):
        return text.encode("ascii")
    try:
        return bytes.fromhex(text[len(_HEX) :])
    except ValueError:
        raise ConfigurationError(f"{text!r} are no octets in hexadecimal", "tariff") from None


def _text(octets: bytes) -> str:
    plain = all(32 <= octet < 127 for octet in octets) and not octets.startswith(_HEX.encode())
    return octets.decode("ascii") if plain else _HEX + octets.hex()


def _second(at: str) -> int:
    hour, minute, *second = (int(part) for part in at.split(":"))
    return hour * 3600 + minute * 60 + (second[0] if second else 0)


def _time_text(start_s: int) -> str:
    text = f"{start_s // 3600:02d}:{start_s // 60 % 60:02d}"
    return f"{text}:{start_s % 60:02d}" if start_s % 60 else text


def _start(text: str) -> DateTime:
    if text.startswith(_HEX):
        try:
            return DateTime.decode(_octets(text))
        except DecodeError as error:
            raise ConfigurationError(f"{text!r} is no date-time: {error}", "tariff season") from None
    month, day = (int(part) for part in text.split("-"))
    return DateTime(NOT_SPECIFIED_YEAR, month, day, NOT_SPECIFIED, 0, 0, 0)


def _start_text(start: DateTime) -> str:
    plain = f"{start.month:02d}-{start.day:02d}"
    return plain if start.month <= 12 and start.day <= 31 and _start(plain) == start else _HEX + start.encode().hex()


def _date(text: str) -> Date:
    if text.startswith(_HEX):
        return Date.decode(_octets(text))
    *year, month, day = (int(part) for part in text.split("-"))
    return Date(year[0] if year else NOT_SPECIFIED_YEAR, month, day)


def _date_text(date: Date) -> str:
    year = "" if date.year == NOT_SPECIFIED_YEAR else f"{date.year:04d}-"
    plain = f"{year}{date.month:02d}-{date.day:02d}"
    simple = date.month <= 12 and date.day <= 31 and _date(plain) == date
    return plain if simple else _HEX + date.encode().hex()
