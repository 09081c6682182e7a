"""Class 7, Profile generic: rows of values captured over time (IEC 62056-62, 4.3.6)."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Protocol

from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.buffer import Column, Rows, encode_rows
from softmeter.cosem.capture import NOTHING, CaptureObject
from softmeter.cosem.interface import Holder, Interface, attribute, computed, encoded, method, setter
from softmeter.cosem.selection import EntryDescriptor, LocalTime, RangeDescriptor, by_entry, by_range
from softmeter.errors import AccessError
from softmeter.wire.types import EnumOf, array_of, i8, struct, u32


class SortMethod(IntEnum):
    """How the buffer is sorted, and which entry leaves a full one."""

    FIFO = 1
    LIFO = 2
    LARGEST = 3
    SMALLEST = 4
    NEAREST_TO_ZERO = 5
    FARTHEST_FROM_ZERO = 6


class ProfilePart(LocalTime, Protocol):
    """A profile of the device: its rows, oldest first, and what it captures when."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What the fields of the rows are, in the order of the capture objects."""
        ...

    def rows(self) -> Rows:
        """A snapshot of all rows."""
        ...

    @property
    def entries_in_use(self) -> int: ...

    @property
    def capture_period_s(self) -> int:
        """0 when only events or the method capture."""
        ...

    @property
    def capacity(self) -> int:
        """The number of rows it can hold."""
        ...

    def capture_these(self, objects: tuple[CaptureObject, ...]) -> None:
        """Capture other objects from now on and forget the rows; AccessError for what cannot be captured."""
        ...

    def set_capture_period(self, period_s: int) -> None:
        """Capture at multiples of `period_s` and forget the rows; AccessError for a period that is not offered."""
        ...

    def set_capacity(self, entries: int) -> None:
        """Hold so many rows and forget those there are; AccessError where it cannot."""
        ...

    def clear(self) -> None: ...

    def capture(self) -> None:
        """Add a row with the values of now."""
        ...


class ProfileGeneric(Interface, class_id=7, version=1):
    """A profile, presented first in first out: unsorted, the oldest row leaves a full one."""

    part: Callable[[Any], ProfilePart]

    @computed(2, encoded, select={1: struct(RangeDescriptor), 2: struct(EntryDescriptor)})
    def buffer(self, meter: Holder, selection: RangeDescriptor | EntryDescriptor | None = None) -> bytes:
        part = self.part(meter)
        rows, columns = part.rows(), part.columns
        if isinstance(selection, RangeDescriptor):
            rows, columns = by_range(rows, columns, selection, part)
        elif isinstance(selection, EntryDescriptor):
            rows, columns = by_entry(rows, columns, selection)
        return encode_rows(rows, columns)

    @computed(3, array_of(struct(CaptureObject), most=64))
    def capture_objects(self, meter: Holder) -> tuple[CaptureObject, ...]:
        return tuple(column.captures for column in self.part(meter).columns)

    @setter(3)
    def set_capture_objects(self, meter: Holder, objects: tuple[CaptureObject, ...]) -> None:
        if not objects or len(set(objects)) != len(objects):
            raise AccessError(DataAccessResult.OTHER_REASON, "capture objects are at least one, and none twice")
        self.part(meter).capture_these(objects)

    @computed(4, u32)
    def capture_period(self, meter: Holder) -> int:
        return self.part(meter).capture_period_s

    @setter(4)
    def set_capture_period(self, meter: Holder, period_s: int) -> None:
        part = self.part(meter)
        if period_s != part.capture_period_s:
            part.set_capture_period(period_s)

    sort_method: SortMethod = attribute(5, EnumOf(SortMethod), default=SortMethod.FIFO)
    sort_object: CaptureObject = attribute(6, struct(CaptureObject), default=NOTHING)

    @computed(7, u32)
    def entries_in_use(self, meter: Holder) -> int:
        return self.part(meter).entries_in_use

    @computed(8, u32)
    def profile_entries(self, meter: Holder) -> int:
        return self.part(meter).capacity

    @setter(8)
    def set_profile_entries(self, meter: Holder, entries: int) -> None:
        if entries == 0:
            raise AccessError(DataAccessResult.OTHER_REASON, "a profile holds at least one entry")
        self.part(meter).set_capacity(entries)

    @method(1, i8)
    def reset(self, meter: Holder, _: int) -> None:
        self.part(meter).clear()

    @method(2, i8)
    def capture(self, meter: Holder, _: int) -> None:
        self.part(meter).capture()
