"""Class 11, Special days table: dates on which another day of the calendar holds (IEC 62056-62, 4.5.4)."""

from collections.abc import Callable
from typing import Any, Protocol

from softmeter.cosem.interface import Holder, Interface, computed, method, setter
from softmeter.wire.types import array_of, octet_string, of, struct, structure, u8, u16


@structure
class SpecialDayEntry:
    """A date, which may have wildcards, and the day_id that holds on it."""

    index: int = of(u16)
    specialday_date: bytes = of(octet_string(5))
    day_id: int = of(u8)


class SpecialDaysPart(Protocol):
    """A meter's special days. What changes them may raise AccessError, and nothing is changed then."""

    @property
    def entries(self) -> tuple[SpecialDayEntry, ...]: ...

    def replace(self, entries: tuple[SpecialDayEntry, ...]) -> None: ...

    def insert(self, entry: SpecialDayEntry) -> None:
        """Add an entry, in place of one with its index."""
        ...

    def delete(self, index: int) -> None: ...


class SpecialDaysTable(Interface, class_id=11, version=0):
    """The special days of the activity calendar."""

    part: Callable[[Any], SpecialDaysPart]

    @computed(2, array_of(struct(SpecialDayEntry), most=1000))
    def entries(self, meter: Holder) -> tuple[SpecialDayEntry, ...]:
        return self.part(meter).entries

    @setter(2)
    def set_entries(self, meter: Holder, entries: tuple[SpecialDayEntry, ...]) -> None:
        self.part(meter).replace(entries)

    @method(1, struct(SpecialDayEntry))
    def insert(self, meter: Holder, entry: SpecialDayEntry) -> None:
        self.part(meter).insert(entry)

    @method(2, u16)
    def delete(self, meter: Holder, index: int) -> None:
        self.part(meter).delete(index)
