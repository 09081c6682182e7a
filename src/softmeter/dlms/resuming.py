"""A long read of a profile that goes on where a broken link ended it (IEC 62056-62, class 7, range descriptor)."""

from softmeter.clock import DateTime
from softmeter.cosem.capture import CaptureObject
from softmeter.cosem.selection import RangeDescriptor
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import Conversation, Progress
from softmeter.dlms.long import Assembly
from softmeter.dlms.messages import AttributeReference, Selection
from softmeter.dlms.profile import CLASS_ID, CLOCK_TIME, Profile, as_profile, captured_objects, is_clock
from softmeter.errors import DecodeError
from softmeter.obis import Obis
from softmeter.wire.types import Cursor, Data, Tag, decode_data, encode_length, skip_data, struct

_TIME_OCTETS = 12
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
        try:
            buffer = yield from client.get(
                AttributeReference(CLASS_ID, self._name, 2), self._missing(), self._progress, part
            )
        except BaseException:  # also where the conversation is closed: whoever runs it lost the link
            self._keep(_whole_rows(part.whole()))
            raise
        self._keep(_every_row(buffer))
        rows, self._rows = self._rows, []
        whole = bytes((Tag.ARRAY,)) + encode_length(len(rows)) + b"".join(rows)
        return (yield from as_profile(client, self._name, captured, whole))

    def _missing(self) -> Selection | None:
        """The rows from the last one on that there is."""
        first, last = self._ends
        begin = None if first is None else first.encode()
        known = self._last_time()
        if known is None:
            self._rows = []
        else:
            begin = known
        if begin is None and last is None:
            return None
        low = Data(Tag.OCTET_STRING, begin or _BEGINNING.encode())
        high = Data(Tag.OCTET_STRING, (last or _END).encode())
        return Selection(1, struct(RangeDescriptor).encode(RangeDescriptor(CLOCK_TIME, low, high, ())))

    def _last_time(self) -> bytes | None:
        """The time of the last row; None where rows do not say theirs."""
        at = next((index for index, one in enumerate(self._captured) if is_clock(one)), None)
        if not self._rows or at is None:
            return None
        time = decode_data(self._rows[-1]).value[at].value
        return time if isinstance(time, bytes) and len(time) == _TIME_OCTETS else None

    def _keep(self, rows: list[bytes]) -> None:
        """Add rows; the one we know already comes first again."""
        if self._rows and rows and rows[0] == self._rows[-1]:
            del rows[0]
        self._rows += rows


def _every_row(buffer: bytes) -> list[bytes]:
    """The encoded rows of a buffer that is complete."""
    cursor = Cursor(buffer)
    cursor.expect(Tag.ARRAY, "array")
    rows = [skip_data(cursor) for _ in range(cursor.count())]
    cursor.finish()
    return rows


def _whole_rows(buffer: bytes) -> list[bytes]:
    """The encoded rows that stand complete in a buffer that is cut somewhere."""
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
