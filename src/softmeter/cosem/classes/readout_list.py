"""Class 7, Profile generic, as a list of what is read out: its one entry holds the values of now (manual 4.4)."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.capture import NOTHING, CaptureObject
from softmeter.cosem.classes.profile_generic import SortMethod
from softmeter.cosem.interface import Holder, Interface, attribute, computed, encoded, method, setter
from softmeter.cosem.selection import EntryDescriptor
from softmeter.errors import AccessError
from softmeter.wire.types import EnumOf, array_of, encode_length, i8, struct, u32

MOST_OBJECTS = 100


class ReadoutPart(Protocol):
    """A list of the device. Assignments may raise AccessError."""

    objects: tuple[CaptureObject, ...]
    period_s: int

    def values(self) -> Sequence[bytes]:
        """The present values of the objects, encoded; null-data for one that there is not."""
        ...


class ReadoutList(Interface, class_id=7, version=1):
    """A list of attributes. There is nothing to capture or to reset: an entry always has the values of now."""

    part: Callable[[Any], ReadoutPart]

    @computed(2, encoded, select={2: struct(EntryDescriptor)})
    def buffer(self, meter: Holder, selection: EntryDescriptor | None = None) -> bytes:
        values = self.part(meter).values()
        if selection is None:
            return b"\x01\x01" + _structure(values)
        first, last = selection.from_selected_value, selection.to_selected_value or len(values)
        if not selection.from_entry or not 1 <= first <= last <= len(values):
            raise AccessError(DataAccessResult.OTHER_REASON, f"no columns {first} to {last} of {len(values)}")
        return b"\x01\x01" + _structure(values[first - 1 : last]) if selection.from_entry == 1 else b"\x01\x00"

    @computed(3, array_of(struct(CaptureObject), most=MOST_OBJECTS))
    def capture_objects(self, meter: Holder) -> tuple[CaptureObject, ...]:
        return self.part(meter).objects

    @setter(3)
    def set_capture_objects(self, meter: Holder, objects: tuple[CaptureObject, ...]) -> None:
        self.part(meter).objects = objects

    @computed(4, u32)
    def capture_period(self, meter: Holder) -> int:
        return self.part(meter).period_s

    @setter(4)
    def set_capture_period(self, meter: Holder, period_s: int) -> None:
        self.part(meter).period_s = period_s

    sort_method: SortMethod = attribute(5, EnumOf(SortMethod), default=SortMethod.FIFO)
    sort_object: CaptureObject = attribute(6, struct(CaptureObject), default=NOTHING)
    entries_in_use: int = attribute(7, u32, default=1)
    profile_entries: int = attribute(8, u32, default=1)

    @method(1, i8)
    def reset(self, meter: Holder, _: int) -> None:
        """Do nothing: there is no buffer to clear."""

    @method(2, i8)
    def capture(self, meter: Holder, _: int) -> None:
        """Do nothing: the values are those of now."""


def _structure(values: Sequence[bytes]) -> bytes:
    return b"\x02" + encode_length(len(values)) + b"".join(values)
