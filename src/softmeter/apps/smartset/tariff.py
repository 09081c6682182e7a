"""The commands `tariff show` and `tariff load`: activity calendar and special days as the table `[tariff]` of TOML."""

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from softmeter.apps import configuration
from softmeter.apps.configuration import Configuration
from softmeter.apps.smartset.classes import attribute_number
from softmeter.apps.smartset.connection import opened
from softmeter.apps.smartset.failures import ExplainedError
from softmeter.apps.smartset.meter import Meter, RefusedError
from softmeter.apps.smartset.output import print_json
from softmeter.apps.smartset.settings import Settings
from softmeter.apps.smartset.typed import date_time_of
from softmeter.apps.tariff_file import described, tariff_text
from softmeter.clock import DateTime
from softmeter.cosem.classes.activity_calendar import ActivityCalendar, Tables
from softmeter.cosem.classes.special_days_table import SpecialDaysTable
from softmeter.device.calendar import Calendar
from softmeter.device.special_days import SpecialDays
from softmeter.errors import AccessError, ConfigurationError
from softmeter.meter.parts_tariff import calendar_of, special_day_entries, special_day_of, tables_of
from softmeter.obis import Obis
from softmeter.wire.types import Data, Tag, date_time, decode_data, encode_data

CALENDAR, SPECIAL_DAYS = Obis(0, 0, 13, 0, 0), Obis(0, 0, 11, 0, 0)
_ACTIVE, _PASSIVE = 2, 6
"""The first of four attributes: name, seasons, weeks, days."""
_ACTIVATION = attribute_number(ActivityCalendar.class_id, "activate_passive_calendar_time")
_ENTRIES, _ACTIVATE = 2, 1


@dataclass(frozen=True, slots=True)
class Loading:
    """How a tariff is loaded: activated now, at a time, or neither; or only shown."""

    activate_at: str = ""
    now: bool = False
    dry_run: bool = False


def show_tariff(settings: Settings, *, passive: bool) -> None:
    """Print the calendar in force, or the one that waits, with the special days."""
    with opened(settings) as meter:
        calendars = {first: _calendar(meter, first) for first in (_ACTIVE, _PASSIVE)}
        special = _special_days(meter)
        moment = _activation(meter)
    if settings.json:
        names = {_ACTIVE: "active", _PASSIVE: "passive"}
        shown: dict[str, Any] = {names[first]: described(one, None) for first, one in calendars.items()}
        days = described(calendars[_ACTIVE], special)["special_days"]
        print_json(shown | {"special_days": days, "activate_passive_calendar_time": moment.iso()})
        return
    shown_one, other = (_PASSIVE, _ACTIVE) if passive else (_ACTIVE, _PASSIVE)
    name = described(calendars[other], None)["name"]
    state = f"the active one is {name!r}" if passive else f"the passive one is {name!r}"
    until = f", to be activated at {moment.iso()}" if moment.is_definite else ""
    print(f"# the {'passive' if passive else 'active'} calendar; {state}{until}")
    print(tariff_text(described(calendars[shown_one], special)), end="")


def load_tariff(settings: Settings, path: Path, loading: Loading) -> None:
    """Write a tariff to the passive calendar, show what that changes, and activate it if that is wanted."""
    wanted, special = read_tariff(path)
    if loading.activate_at and loading.now:
        raise ConfigurationError("--activate-at and --now do not go together; choose one")
    moment = date_time_of(loading.activate_at) if loading.activate_at else None
    with opened(settings) as meter:
        before = described(_calendar(meter, _PASSIVE), _special_days(meter) if special is not None else None)
        changes = _changes(before, described(wanted, special))
        if not loading.dry_run:
            _write(meter, wanted, special)
            _activate(meter, moment, now=loading.now)
    _report(settings, changes, moment, loading)
    if special is not None and not loading.dry_run and not settings.json:
        print("the special days hold at once")


def read_tariff(path: Path) -> tuple[Calendar, SpecialDays | None]:
    """The tariff in a file, verified from season to day; no special days where it says nothing of them.

    Raises:
        ConfigurationError: something in it is wrong; says on which lines.
    """
    name = str(path)
    text = configuration.text(name)
    found = configuration.problems(text)
    if not isinstance(found, Configuration):
        raise ConfigurationError("; ".join(map(str, found)), name)
    table = configuration.document(text).tariff
    if table is None:
        raise ConfigurationError("has no table [tariff]; smartset … tariff show prints one to start from", name)
    special = found.device.special_days if "special_days" in table.model_fields_set else None
    return found.device.tariff, special


def _calendar(meter: Meter, first: int) -> Calendar:
    values = [_decoded(meter, first + offset) for offset in range(4)]
    try:
        return calendar_of(Tables(*values))
    except (ConfigurationError, AccessError) as error:
        raise ExplainedError(f"the meter's calendar is none that can be written as TOML: {error}") from error


def _decoded(meter: Meter, attribute: int) -> Any:
    kind = ActivityCalendar.attribute_specs[attribute].type
    return kind.decode(encode_data(meter.get(ActivityCalendar.class_id, CALENDAR, attribute)))


def _special_days(meter: Meter) -> SpecialDays:
    data = meter.get(SpecialDaysTable.class_id, SPECIAL_DAYS, _ENTRIES)
    entries = SpecialDaysTable.attribute_specs[_ENTRIES].type.decode(encode_data(data))
    return SpecialDays.of(map(special_day_of, entries))


def _activation(meter: Meter) -> DateTime:
    return date_time.decode(encode_data(meter.get(ActivityCalendar.class_id, CALENDAR, _ACTIVATION)))


def _changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    old, new = tariff_text(before).splitlines(), tariff_text(after).splitlines()
    lines = difflib.unified_diff(old, new, "passive calendar of the meter", "passive calendar to be", lineterm="")
    return list(lines)


def _write(meter: Meter, wanted: Calendar, special: SpecialDays | None) -> None:
    """Days before weeks before seasons, so that nothing ever refers to what is not there; then read back."""
    tables, begun = tables_of(wanted), False
    try:
        for offset in (3, 2, 1, 0):
            number = _PASSIVE + offset
            encoded = ActivityCalendar.attribute_specs[number].type.encode(tables[offset])
            meter.set(ActivityCalendar.class_id, CALENDAR, number, decode_data(encoded))
            begun = True
        if special is not None:
            encoded = SpecialDaysTable.attribute_specs[_ENTRIES].type.encode(special_day_entries(special.entries))
            meter.set(SpecialDaysTable.class_id, SPECIAL_DAYS, _ENTRIES, decode_data(encoded))
    except RefusedError as error:
        if not begun:
            raise
        raise ExplainedError(f"{error}; the active calendar is as it was, the passive one is half written") from error
    if described(_calendar(meter, _PASSIVE), None) != described(wanted, None):
        raise ExplainedError("the meter's passive calendar is not what was written; nothing was activated")


def _activate(meter: Meter, moment: DateTime | None, *, now: bool) -> None:
    if now:
        meter.call(ActivityCalendar.class_id, CALENDAR, _ACTIVATE, Data(Tag.INTEGER, 0))
    elif moment is not None:
        value = Data(Tag.OCTET_STRING, moment.encode())
        meter.set(ActivityCalendar.class_id, CALENDAR, _ACTIVATION, value)


def _report(settings: Settings, changes: list[str], moment: DateTime | None, loading: Loading) -> None:
    when = "now" if loading.now else moment.iso() if moment else None
    if settings.json:
        print_json({"changes": changes, "written": not loading.dry_run, "activated": when})
        return
    print("\n".join(changes) if changes else "the passive calendar is the same already")
    if loading.dry_run:
        print("nothing was written")
    elif loading.now:
        print("written, and active from now on")
    elif moment:
        print(f"written, to be activated at {moment.iso()}")
    else:
        print("written; to activate it: smartset … call 0-0:13.0.0 activate_passive_calendar")
