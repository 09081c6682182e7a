"""A long read of a profile that goes on where a broken link ended it (IEC 62056-62, class 7, range descriptor)."""

from itertools import accumulate

from softmeter.clock import NOT_SPECIFIED_DEVIATION, DateTime
from softmeter.cosem.capture import CaptureObject
from softmeter.cosem.selection import RangeDescriptor
from softmeter.dlms.client import Client
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.conversation import Conversation, Progress
from softmeter.dlms.long import Assembly
from softmeter.dlms.messages import AttributeReference, Selection
from softmeter.dlms.profile import CLASS_ID, CLOCK_TIME, Profile, as_profile, captured_objects, is_clock, read_profile
from softmeter.errors import AccessError, DecodeError
from softmeter.obis import Obis
from softmeter.wire.types import Cursor, Data, Tag, decode_data, encode_data, encode_length, skip_data, struct, u32

_TIME_OCTETS = 12
_COMPACT_ARRAY = bytes((Tag.COMPACT_ARRAY,))
_ENTRIES_IN_USE = 7
_BEGINNING = DateTime(1970, 1, 1, 0xFF, 0, 0, 0)
_END = DateTime(2099, 12, 31, 0xFF, 23, 59, 59)


class ProfileReading:
    """One read of the profile `name`, all of it or from `first` to `last`, in as many attempts as it takes.

    When the link breaks, `read` again with another association: it asks for the rows from the last one on. What has
    come in blocks of GET is kept; of a transfer in general blocks nothing is known before its end.
    """

    def __init__(
        self,
        name: Obis,
        first: DateTime | None = None,
        last: DateTime | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._name = name
        self._ends = first, last
        self._progress = progress
        self._captured: tuple[CaptureObject, ...] = ()
        self._rows: list[bytes] = []
        self._certain = 0  # how many of them do not come again

    @property
    def rows_kept(self) -> int:
        """How many rows have come so far."""
        return len(self._rows)

    def read(self, client: Client) -> Conversation[Profile]:
        """Read what is missing, and return all.

        Raises:
            AccessError: the meter does not give it.
            DecodeError: its buffer has another form than it says.
        """
        captured = yield from captured_objects(client, self._name)
        if captured != self._captured:
            self._captured, self._rows = captured, []
        part = Assembly(self._progress)
        missing, is_checked = self._missing(client), self._certain > 0 and self._ends == (None, None)
        there = (yield from self._there(client)) if is_checked else 0  # before more are captured
        try:
            buffer = yield from client.get(AttributeReference(CLASS_ID, self._name, 2), missing, self._progress, part)
        except AccessError:
            if not is_checked:
                raise
            return (yield from self._anew(client))  # it has no ranges of this profile
        except BaseException:  # also where the conversation is closed: whoever runs it lost the link
            rows = _whole_rows(part.whole())
            if self._certain + len(rows) > len(self._rows):
                self._rows[self._certain :] = rows
            raise
        rows = self._rows = self._rows[: self._certain] + _every_row(buffer)
        if len(rows) < there:
            return (yield from self._anew(client))  # older ones stand behind, as the clock was set back
        self._rows = []
        whole = bytes((Tag.ARRAY,)) + encode_length(len(rows)) + b"".join(rows)
        return (yield from as_profile(client, self._name, captured, whole))

    def _anew(self, client: Client) -> Conversation[Profile]:
        """Read all of it, at once."""
        self._rows = []
        return (yield from read_profile(client, self._name, None, self._progress))

    def _there(self, client: Client) -> Conversation[int]:
        """How many rows the meter has; 0 where it does not say."""
        try:
            return (yield from client.read(AttributeReference(CLASS_ID, self._name, _ENTRIES_IN_USE), u32))
        except (AccessError, DecodeError):
            return 0

    def _missing(self, client: Client) -> Selection | None:
        """The rows that are not certain yet."""
        first, last = self._ends
        begin = self._go_on_from(client) or (None if first is None else first.encode())
        if begin is None and last is None:
            return None
        low = Data(Tag.OCTET_STRING, begin or _BEGINNING.encode())
        high = Data(Tag.OCTET_STRING, (last or _END).encode())
        return Selection(1, struct(RangeDescriptor).encode(RangeDescriptor(CLOCK_TIME, low, high, ())))

    def _go_on_from(self, client: Client) -> bytes | None:
        """The time from which to ask, None where that is the beginning; says which rows are certain.

        A range has all rows between two times, as they stand: so rows are certain that are older than each that comes
        after them. Where the clock was set back, or newer ones stand first, those are few.
        """
        self._certain = 0
        if Conformance.SELECTIVE_ACCESS not in client.negotiated.conformance:
            return None
        times = self._times()
        moments = _seconds(times)
        newest, oldest = list(accumulate(moments, max)), list(accumulate(reversed(moments), min))[::-1]
        cuts = [at for at in range(1, len(moments)) if newest[at - 1] < oldest[at]]
        if not cuts:
            return None
        self._certain = cuts[-1]
        return times[moments.index(oldest[cuts[-1]])]

    def _times(self) -> list[bytes]:
        """The times of the rows there are; none where not all say theirs, or are no rows at all."""
        at = next((index for index, one in enumerate(self._captured) if is_clock(one)), None)
        if at is None:
            return []
        rows = [decode_data(row) for row in self._rows]
        if any(row.type is not Tag.STRUCTURE or len(row.value) <= at for row in rows):
            return []
        cells = [row.value[at].value for row in rows]
        times = [cell for cell in cells if isinstance(cell, bytes) and len(cell) == _TIME_OCTETS]
        return times if len(times) == len(cells) else []


def _seconds(times: list[bytes]) -> list[int]:
    """Numbers to compare times by; none where one of them is not definite."""
    try:
        moments = [DateTime.decode(one) for one in times]
    except DecodeError:
        return []
    if not all(one.is_definite for one in moments):
        return []
    if any(one.deviation_min == NOT_SPECIFIED_DEVIATION for one in moments):
        return [one.local_second for one in moments]
    return [one.local_second + one.deviation_min * 60 for one in moments]


def _every_row(buffer: bytes) -> list[bytes]:
    """The encoded rows of a buffer that is complete."""
    if buffer[:1] == _COMPACT_ARRAY:
        return [encode_data(row) for row in decode_data(buffer).value.elements]
    cursor = Cursor(buffer)
    cursor.expect(Tag.ARRAY, "array")
    rows = [skip_data(cursor) for _ in range(cursor.count())]
    cursor.finish()
    return rows


def _whole_rows(buffer: bytes) -> list[bytes]:
    """The encoded rows that stand complete in an array that is cut somewhere; none of a compact one."""
    cursor = Cursor(buffer)
    rows: list[bytes] = []
    try:
        cursor.expect(Tag.ARRAY, "array")
        cursor.length()
        while cursor.left:
            rows.append(skip_data(cursor))
    except DecodeError:
        return rows
    return rows
