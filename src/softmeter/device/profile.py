"""Load profiles: rows of values captured on a grid of local time (manual 8; IEC 62056-62, class Profile generic)."""

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from enum import IntFlag
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from softmeter.clock import DAY_S, DAYLIGHT_SAVING, INVALID, STAMP, Stamp
from softmeter.device.clock import Clock
from softmeter.device.saved import saved_int, saved_text
from softmeter.device.zone import FOREVER, next_boundary
from softmeter.errors import ConfigurationError
from softmeter.persistent import Ring, Scalar

if TYPE_CHECKING:
    from softmeter.device.device import Device

SHORTEST_PERIOD_S = 60
MOST_ROWS = 10_000
MOST_COLUMNS = 32
MOST_FORMS = 256


class Status(IntFlag):
    """Bits of the status byte of a row (manual 8.2)."""

    CRITICAL_ERROR = 0x01
    CLOCK_INVALID = 0x02
    DATA_NOT_VALID = 0x04
    DAYLIGHT_SAVING = 0x08
    CLOCK_ADJUSTED = 0x20
    POWER_DOWN = 0x80


NO_STATUS = Status(0)
DOUBTFUL = Status.CRITICAL_ERROR | Status.DATA_NOT_VALID
INVALID_TIME = Status.CLOCK_INVALID | Status.DATA_NOT_VALID


def levels(stamp: Stamp) -> Status:
    """The bits of the status byte that hold at a time, whatever happened before."""
    return _told(0, stamp.status)


@lru_cache(maxsize=256)
def _told(latched: int, clock_status: int) -> Status:
    daylight = Status.DAYLIGHT_SAVING if clock_status & DAYLIGHT_SAVING else NO_STATUS
    return latched | daylight | (INVALID_TIME if clock_status & INVALID else NO_STATUS)


@dataclass(frozen=True, slots=True)
class Column:
    """Something that can be captured: its key, its NumPy type, and how to read it off a meter."""

    key: str
    dtype: Any
    read: Callable[["Device"], object]


def clock_column(key: str) -> Column:
    """The time stamp of the row, under `key`."""
    return Column(key, STAMP, lambda device: device.stamp)


def status_column(key: str, profile: str) -> Column:
    """The status byte of the profile named `profile`, under `key`."""
    return Column(key, "u1", lambda device: device.status(profile))


class Form(NamedTuple):
    """What rows of certain columns look like, and how to read one off a meter."""

    dtype: "np.dtype[Any]"
    reads: tuple[Callable[["Device"], object], ...]


class Catalogue:
    """All columns a meter type can capture; one for all meters of the type."""

    def __init__(self, columns: Iterable[Column]) -> None:
        self._columns = {column.key: column for column in columns}
        self._forms: dict[tuple[str, ...], Form] = {}

    def form(self, keys: tuple[str, ...]) -> Form:
        """The form of rows with these columns.

        Raises:
            ConfigurationError: a key cannot be captured or comes twice, or there are none or too many.
        """
        if keys not in self._forms:
            if len(self._forms) >= MOST_FORMS:  # clients can ask for ever new ones
                self._forms.clear()
            for key in keys:
                if key not in self._columns:
                    raise ConfigurationError(f"{key} cannot be captured", "profile")
            if not 1 <= len(keys) <= MOST_COLUMNS or len(set(keys)) != len(keys):
                raise ConfigurationError(f"a profile captures 1 to {MOST_COLUMNS} different values", "profile")
            columns = [self._columns[key] for key in keys]
            dtype = np.dtype([(column.key, column.dtype) for column in columns])
            self._forms[keys] = Form(dtype, tuple(column.read for column in columns))
        return self._forms[keys]


@dataclass(frozen=True, slots=True)
class ProfileSettings:
    """A profile as it leaves the factory; a period of 0 captures on command only."""

    name: str
    columns: tuple[str, ...]
    period_s: int
    capacity: int

    columns_text: str = field(init=False, repr=False, compare=False)
    """The columns as they are stored: one text for all meters."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns_text", "\n".join(self.columns))
        where = f"profile {self.name}"
        if self.period_s and (self.period_s < SHORTEST_PERIOD_S or DAY_S % self.period_s):
            raise ConfigurationError(
                f"period {self.period_s} s; it must divide a day and be {SHORTEST_PERIOD_S} or more", where
            )
        if not 1 <= self.capacity <= MOST_ROWS:
            raise ConfigurationError(f"{self.capacity} entries; 1 to {MOST_ROWS} are possible", where)


class Profile:
    """Captured rows; `due` is the meter second of the next regular one.

    Bits of `latched` tell of events since the last regular row; they are in the next one and then cleared.
    """

    __slots__ = ("_catalogue", "_form", "due", "latched", "ring", "settings")

    def __init__(self, settings: ProfileSettings, catalogue: Catalogue) -> None:
        self.settings = settings
        self.latched = NO_STATUS
        self.due = FOREVER
        self._catalogue = catalogue
        self._form = catalogue.form(settings.columns)
        self.ring = Ring(f"profile.{settings.name}", self._form.dtype, settings.capacity)

    def status(self, stamp: Stamp, *, critical: bool = False) -> Status:
        """The status byte of a row with this time stamp: what was latched, and what holds at that time."""
        return _told(int(self.latched | DOUBTFUL if critical else self.latched), stamp.status)

    def boundary(self, clock: Clock, after: int) -> int:
        """The first meter second after `after` at which a row is due."""
        period = self.settings.period_s
        if not period:
            return FOREVER
        return next_boundary(clock.segment, after, lambda local: (local // period + 1) * period)

    def append(self, device: "Device") -> None:
        """Capture one row of the values `device` has now."""
        self.ring.append(tuple([read(device) for read in self._form.reads]))

    def configure(self, settings: ProfileSettings, clock: Clock, second: int) -> None:
        """Capture other columns, with another period or capacity: all rows go, the grid is that of now.

        Raises:
            ConfigurationError: a column cannot be captured.
        """
        form = self._catalogue.form(settings.columns)
        self.settings, self._form = settings, form
        self.ring.reshape(form.dtype, settings.capacity)
        self.latched = NO_STATUS
        self.due = self.boundary(clock, second)

    def fork(self) -> "Profile":
        """A profile with the same rows that can go its own way."""
        twin = copy(self)
        twin.ring = self.ring.fork()
        return twin

    def saved(self) -> Mapping[str, Scalar]:
        settings = self.settings
        return {
            "columns": settings.columns_text,
            "period_s": settings.period_s,
            "capacity": settings.capacity,
            "latched": int(self.latched),
            "due": self.due,
        }

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        settings = self.settings
        restored = ProfileSettings(
            settings.name,
            tuple(saved_text(saved, "columns", settings.columns_text).split("\n")),
            saved_int(saved, "period_s", settings.period_s),
            saved_int(saved, "capacity", settings.capacity),
        )
        if restored != settings:  # else a thousand meters go on sharing one
            self.settings, self._form = restored, self._catalogue.form(restored.columns)
            self.ring.reshape(self._form.dtype, restored.capacity)
        self.latched = Status(saved_int(saved, "latched", int(self.latched)))
        self.due = saved_int(saved, "due", self.due)
