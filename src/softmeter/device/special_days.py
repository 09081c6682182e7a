"""Special days: dates on which another day of the calendar holds (manual 7; IEC 62056-62, class Special days table)."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from softmeter.device.recurrence import Day as Date
from softmeter.errors import ConfigurationError, StorageError

MOST_SPECIAL_DAYS = 200
ENTRY = 8  # octets: index, date, day_id


class SpecialDay(NamedTuple):
    """On `date`, which may have wildcards, the day `day_id` of the calendar holds."""

    number: int
    date: Date
    day_id: int


@dataclass(frozen=True, slots=True)
class SpecialDays:
    """The table, sorted by index."""

    entries: tuple[SpecialDay, ...] = ()
    octets: bytes = b""
    """The same as it is stored: eight octets each."""

    @classmethod
    def of(cls, entries: Iterable[SpecialDay]) -> "SpecialDays":
        """A table with these entries.

        Raises:
            ConfigurationError: there are too many, two have one index, or a date is none.
        """
        ordered = tuple(sorted(entries))
        if len(ordered) > MOST_SPECIAL_DAYS:
            message = f"{len(ordered)} special days; {MOST_SPECIAL_DAYS} are possible"
            raise ConfigurationError(message, "special days")
        if len({entry.number for entry in ordered}) != len(ordered):
            raise ConfigurationError("two entries have one index", "special days")
        for entry in ordered:
            entry.date.check()
        octets = b"".join([e.number.to_bytes(2, "big") + e.date.encode() + bytes((e.day_id,)) for e in ordered])
        return cls(ordered, octets)

    @classmethod
    def decode(cls, octets: bytes) -> "SpecialDays":
        """The table that was stored.

        Raises:
            StorageError: it is none.
        """
        stored = [octets[at : at + ENTRY] for at in range(0, len(octets), ENTRY)]
        try:
            return cls.of(
                SpecialDay(int.from_bytes(entry[:2], "big"), Date.decode(entry[2:7]), entry[7]) for entry in stored
            )
        except (ConfigurationError, IndexError) as error:
            raise StorageError(f"the special days in the stored state are damaged: {error}") from error

    def with_entry(self, entry: SpecialDay) -> "SpecialDays":
        """The table with an entry more, in place of one with its index; raises as `of`."""
        return SpecialDays.of([*(one for one in self.entries if one.number != entry.number), entry])

    def without(self, number: int) -> "SpecialDays":
        """The table without the entry of that index.

        Raises:
            ConfigurationError: there is none.
        """
        left = [one for one in self.entries if one.number != number]
        if len(left) == len(self.entries):
            raise ConfigurationError(f"there is no entry {number}", "special days")
        return SpecialDays.of(left)

    def day_id(self, day: int, known: Container[int]) -> int | None:
        """What the first entry for a day (number since 1970-01-01) asks for; of days that are not `known`, nothing."""
        for entry in self.entries:
            if entry.day_id in known and entry.date.matches(day):
                return entry.day_id
        return None


NO_SPECIAL_DAYS = SpecialDays()
