"""The commands `clock` and `clock sync`: the meter's time beside this computer's."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from softmeter.apps.smartset.connection import opened
from softmeter.apps.smartset.meter import Meter
from softmeter.apps.smartset.names import CLOCK, NAMES
from softmeter.apps.smartset.output import print_json
from softmeter.apps.smartset.settings import Settings
from softmeter.apps.smartset.typed import ALSO, NOW, date_time_of
from softmeter.apps.smartset.values import meaning
from softmeter.clock import (
    DAYLIGHT_SAVING,
    INVALID,
    INVALID_STATUS,
    NOT_SPECIFIED,
    NOT_SPECIFIED_DEVIATION,
    DateTime,
)
from softmeter.wire.types import Data, Tag, date_time, encode_data

TIME = 2
"""The attribute of a clock that is its time."""
SMALL_S = 10
"""A meter that is set by less may slew its clock instead (this one: by 7 s and less)."""


def meter_time(meter: Meter) -> DateTime:
    """What the meter's clock says.

    Raises:
        DecodeError: it is no date-time.
    """
    return date_time.decode(encode_data(meter.get(CLOCK, NAMES["clock"].obis, TIME)))


def difference_s(moment: DateTime, now_s: float) -> float | None:
    """How far the meter's clock is ahead of UTC second `now_s`; None where it does not say which instant it shows.

    A meter that gives no deviation is taken to be in this computer's time zone.
    """
    if not moment.is_definite:
        return None
    if moment.deviation_min == NOT_SPECIFIED_DEVIATION:
        try:
            shown = datetime.fromtimestamp(moment.local_second, UTC).replace(tzinfo=None).timestamp()
        except (ValueError, OverflowError):
            return None  # a year that this computer has no calendar for
    else:
        shown = float(moment.local_second + moment.deviation_min * 60)
    hundredths = 0 if moment.hundredths == NOT_SPECIFIED else moment.hundredths
    return shown + hundredths / 100 - now_s


def difference_text(ahead_s: float | None) -> str:
    """In words, for people."""
    if ahead_s is None:
        return "not comparable"
    if abs(ahead_s) < 1:
        return "in step with this computer"
    length = str(timedelta(seconds=round(abs(ahead_s))))
    return f"{length} {'ahead of' if ahead_s > 0 else 'behind'} this computer"


def described(moment: DateTime, ahead_s: float | None) -> dict[str, Any]:
    """A clock in JSON."""
    status = moment.status if moment.status != NOT_SPECIFIED else 0
    return {
        "time": moment.iso(),
        "ahead_s": None if ahead_s is None else round(ahead_s, 2),
        "daylight_saving": bool(status & DAYLIGHT_SAVING),
        "valid": not status & (INVALID | INVALID_STATUS),
    }


def show_clock(settings: Settings) -> None:
    """Print the meter's time and its difference to this computer's."""
    with opened(settings) as meter:
        moment = meter_time(meter)
        ahead_s = difference_s(moment, time.time())  # here: taking leave of the meter takes time too
    if settings.json:
        print_json(described(moment, ahead_s))
    else:
        print(f"{moment.iso()}  {difference_text(ahead_s)}")


def set_clock(settings: Settings, to: str) -> None:
    """Set the meter's time, to `to` or to now, and print what it was and is."""
    given = date_time_of(to, ALSO) if to not in {"", NOW} else None
    with opened(settings) as meter:
        old = meter_time(meter)
        before_s = difference_s(old, time.time())
        moment = given or _next_second(old)
        meter.set(CLOCK, NAMES["clock"].obis, TIME, Data(Tag.OCTET_STRING, moment.encode()))
        new = meter_time(meter)
        after_s = difference_s(new, time.time())
    if settings.json:
        print_json({"old": described(old, before_s), "new": described(new, after_s)})
    else:
        slews = given is None and after_s is not None and 1 <= abs(after_s) < SMALL_S
        by_and_by = "; the meter takes up a small difference by and by" if slews else ""
        print(f"{old.iso()} → {new.iso()}  {difference_text(after_s)}{by_and_by}")


def next_moment(text: str, shown: Data) -> Data | None:
    """The time as soon as it is a whole second, where `text` is "now" and `shown` a time of the meter; else None."""
    moment = meaning(shown.value) if isinstance(shown.value, bytes) else shown.value
    if text != NOW or not isinstance(moment, DateTime):
        return None
    return Data(shown.type, _next_second(moment).encode())


def _next_second(shown: DateTime) -> DateTime:
    """Wait for a whole second, and say it as the meter does: in its own deviation, or in this computer's zone."""
    now_s = time.time()
    second = int(now_s) + 1
    time.sleep(second - now_s)
    if shown.deviation_min != NOT_SPECIFIED_DEVIATION:
        return DateTime.of(second, shown.deviation_min, shown.status & DAYLIGHT_SAVING)
    return date_time_of(datetime.fromtimestamp(second, UTC).astimezone().replace(tzinfo=None).isoformat())
