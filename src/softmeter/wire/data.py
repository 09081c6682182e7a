"""Self-describing data: a tag octet and a content (IEC 62056-53, Data; A-XDR of IEC 61334-6)."""

import struct
from collections.abc import Callable
from enum import IntEnum
from typing import Any, NamedTuple

from softmeter.errors import DecodeError, LocalProtocolError
from softmeter.wire.cursor import Cursor, encode_length

DEEPEST = 16
"""Arrays and structures nested deeper than this are refused."""


class Tag(IntEnum):
    """The types of the CHOICE Data."""

    NULL = 0
    ARRAY = 1
    STRUCTURE = 2
    BOOLEAN = 3
    BIT_STRING = 4
    DOUBLE_LONG = 5
    DOUBLE_LONG_UNSIGNED = 6
    OCTET_STRING = 9
    VISIBLE_STRING = 10
    UTF8_STRING = 12
    BCD = 13
    INTEGER = 15
    LONG = 16
    UNSIGNED = 17
    LONG_UNSIGNED = 18
    COMPACT_ARRAY = 19
    LONG64 = 20
    LONG64_UNSIGNED = 21
    ENUM = 22
    FLOAT32 = 23
    FLOAT64 = 24
    DATE_TIME = 25
    DATE = 26
    TIME = 27
    DELTA_INTEGER = 28
    DELTA_LONG = 29
    DELTA_DOUBLE_LONG = 30
    DELTA_UNSIGNED = 31
    DELTA_LONG_UNSIGNED = 32
    DELTA_DOUBLE_LONG_UNSIGNED = 33
    DONT_CARE = 255


class Bits(NamedTuple):
    """A bit string: `length` bits, the first one the most significant of `value`."""

    value: int
    length: int

    @classmethod
    def of(cls, octets: bytes, length: int) -> "Bits":
        """The first `length` bits of `octets`; the padding is dropped."""
        return cls(int.from_bytes(octets, "big") >> (len(octets) * 8 - length), length)

    @property
    def octets(self) -> bytes:
        """The bits, padded with zeros to whole octets."""
        size = (self.length + 7) // 8
        return (self.value << (size * 8 - self.length)).to_bytes(size, "big")


class Compact(NamedTuple):
    """The content of a compact array: the type of its elements as it stands on the wire, and the elements."""

    description: bytes
    elements: tuple["Data", ...]


class Data(NamedTuple):
    """A value with its type.

    `value` is None, bool, int, float, bytes (octet-string, date-time, date, time), str, `Bits`, `Compact`, or a tuple
    of `Data` (array, structure).
    """

    type: Tag
    value: Any = None


WHOLE_NUMBERS = frozenset(
    {
        Tag.INTEGER,
        Tag.UNSIGNED,
        Tag.LONG,
        Tag.LONG_UNSIGNED,
        Tag.DOUBLE_LONG,
        Tag.DOUBLE_LONG_UNSIGNED,
        Tag.LONG64,
        Tag.LONG64_UNSIGNED,
    }
)
"""The types of signed and unsigned numbers; an enum is a name, not a number."""

NULL = Data(Tag.NULL)


def encode_data(data: Data) -> bytes:
    """Tag and content.

    Raises:
        LocalProtocolError: the value does not fit its type.
    """
    try:
        return _WRITERS[data[0]](data[1])
    except (struct.error, TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
        raise LocalProtocolError(f"{data!r:.120} cannot be encoded: {error}") from error


def decode_data(octets: bytes) -> Data:
    """One value that fills `octets`.

    Raises:
        DecodeError: the octets are no such value, or more than one.
    """
    cursor = Cursor(octets)
    data = read_data(cursor)
    cursor.finish()
    return data


def read_data(cursor: Cursor, depth: int = 0) -> Data:
    """The next value at `cursor`."""
    at = cursor.at
    reader = READERS.get(cursor.byte())
    if reader is None:
        raise DecodeError(f"no type has tag {cursor.octets[at]:02X}", at)
    return reader(cursor, depth)


def skip_data(cursor: Cursor) -> bytes:
    """Step over the next value and return its octets as they are."""
    at = cursor.at
    read_data(cursor)
    return cursor.octets[at : cursor.at]


FIXED = {
    Tag.DOUBLE_LONG: "i",
    Tag.DOUBLE_LONG_UNSIGNED: "I",
    Tag.BCD: "B",
    Tag.INTEGER: "b",
    Tag.LONG: "h",
    Tag.UNSIGNED: "B",
    Tag.LONG_UNSIGNED: "H",
    Tag.LONG64: "q",
    Tag.LONG64_UNSIGNED: "Q",
    Tag.ENUM: "B",
    Tag.FLOAT32: "f",
    Tag.FLOAT64: "d",
    Tag.DATE_TIME: "12s",
    Tag.DATE: "5s",
    Tag.TIME: "4s",
    Tag.DELTA_INTEGER: "b",
    Tag.DELTA_LONG: "h",
    Tag.DELTA_DOUBLE_LONG: "i",
    Tag.DELTA_UNSIGNED: "B",
    Tag.DELTA_LONG_UNSIGNED: "H",
    Tag.DELTA_DOUBLE_LONG_UNSIGNED: "I",
}
"""Types of fixed length, and the `struct` format of their content."""

Reader = Callable[[Cursor, int], Data]
_Writer = Callable[[Any], bytes]


def _fixed_reader(tag: Tag, form: str) -> Reader:
    layout = struct.Struct(">" + form)
    size, unpack = layout.size, layout.unpack_from

    def read(cursor: Cursor, _: int) -> Data:
        at = cursor.at
        stop = at + size
        if stop > cursor.end:
            raise DecodeError(f"{tag.name} needs {size} octets, {cursor.end - at} left", at)
        cursor.at = stop
        return Data(tag, unpack(cursor.octets, at)[0])

    return read


def _fixed_writer(tag: Tag, form: str) -> _Writer:
    layout = struct.Struct(">B" + form)
    if not form.endswith("s"):
        pack = layout.pack
        return lambda value: pack(tag, value)

    def write(value: bytes) -> bytes:
        if len(value) != layout.size - 1:
            raise ValueError(f"{tag.name} has {layout.size - 1} octets")
        return layout.pack(tag, value)

    return write


def _read_elements(tag: Tag) -> Reader:
    def read(cursor: Cursor, depth: int) -> Data:
        if depth >= DEEPEST:
            raise DecodeError(f"nested deeper than {DEEPEST}", cursor.at)
        depth += 1
        return Data(tag, tuple([read_data(cursor, depth) for _ in range(cursor.count())]))

    return read


def _write_elements(tag: Tag) -> _Writer:
    mark = bytes((tag,))

    def write(value: tuple[Data, ...]) -> bytes:
        return b"".join((mark, encode_length(len(value)), *[_WRITERS[kind](content) for kind, content in value]))

    return write


def read_bits(cursor: Cursor) -> Bits:
    """A bit string's length in bits, and its octets."""
    length = cursor.length()
    return Bits.of(cursor.take((length + 7) // 8), length)


def write_bits(bits: Bits) -> bytes:
    """The same back."""
    return encode_length(bits.length) + bits.octets


def read_text(cursor: Cursor, encoding: str) -> str:
    """A length and as many octets of text."""
    at = cursor.at
    try:
        return cursor.take(cursor.length()).decode(encoding)
    except UnicodeDecodeError as error:
        raise DecodeError(f"text is not {encoding}", at) from error


def write_octets(value: bytes) -> bytes:
    """A length and the octets."""
    return encode_length(len(value)) + value


def _read_boolean(cursor: Cursor, _: int) -> Data:
    return Data(Tag.BOOLEAN, cursor.byte() != 0)


def _read_octets(cursor: Cursor, _: int) -> Data:
    return Data(Tag.OCTET_STRING, cursor.take(cursor.length()))


def _read_compact(cursor: Cursor, depth: int) -> Data:
    at = cursor.at
    part = _read_description(cursor, depth)
    description = cursor.octets[at : cursor.at]
    if not part.least:
        raise DecodeError("elements of a compact array without content", at)
    contents = Cursor(cursor.take(cursor.length()))
    elements = []
    while contents.left:
        elements.append(part.read(contents, depth + 1))
    return Data(Tag.COMPACT_ARRAY, Compact(description, tuple(elements)))


class _Part(NamedTuple):
    """What a type description stands for: a reader, and how many octets and fields it reads at least."""

    read: Reader
    least: int
    fields: int


def _read_description(cursor: Cursor, depth: int) -> _Part:
    at = cursor.at
    if depth >= DEEPEST:
        raise DecodeError(f"nested deeper than {DEEPEST}", at)
    tag = cursor.byte()
    if tag == Tag.ARRAY:
        count = int.from_bytes(cursor.take(2), "big")
        part = _sequence(Tag.ARRAY, [_read_description(cursor, depth + 1)], count)
    elif tag == Tag.STRUCTURE:
        part = _sequence(Tag.STRUCTURE, [_read_description(cursor, depth + 1) for _ in range(cursor.count())])
    elif tag == Tag.COMPACT_ARRAY or tag not in READERS:
        raise DecodeError(f"a compact array of type {tag:02X}", at)
    else:
        least = struct.calcsize(">" + FIXED[Tag(tag)]) if tag in FIXED else int(tag not in {Tag.NULL, Tag.DONT_CARE})
        part = _Part(READERS[tag], least, 1)
    if part.fields > 8 * part.least + 1:  # a few octets must not unfold into millions of nulls
        raise DecodeError("a compact array of almost nothing but null", at)
    return part


def _sequence(tag: Tag, parts: list[_Part], times: int = 1) -> _Part:
    """`parts` in their order, `times` over: never written out, a few octets announce millions."""

    def read(cursor: Cursor, depth: int) -> Data:
        return Data(tag, tuple([part.read(cursor, depth) for _ in range(times) for part in parts]))

    return _Part(read, times * sum(part.least for part in parts), 1 + times * sum(part.fields for part in parts))


def _write_compact(value: Compact) -> bytes:
    contents = b"".join([_bare(element) for element in value.elements])
    return b"\x13" + value.description + encode_length(len(contents)) + contents


def _bare(data: Data) -> bytes:
    if data.type in {Tag.ARRAY, Tag.STRUCTURE}:
        return b"".join([_bare(element) for element in data.value])
    return _WRITERS[data.type](data.value)[1:]


READERS: dict[int, Reader] = {
    Tag.NULL: lambda _cursor, _depth: NULL,
    Tag.ARRAY: _read_elements(Tag.ARRAY),
    Tag.STRUCTURE: _read_elements(Tag.STRUCTURE),
    Tag.BOOLEAN: _read_boolean,
    Tag.BIT_STRING: lambda cursor, _: Data(Tag.BIT_STRING, read_bits(cursor)),
    Tag.OCTET_STRING: _read_octets,
    Tag.VISIBLE_STRING: lambda cursor, _: Data(Tag.VISIBLE_STRING, read_text(cursor, "latin-1")),
    Tag.UTF8_STRING: lambda cursor, _: Data(Tag.UTF8_STRING, read_text(cursor, "utf-8")),
    Tag.COMPACT_ARRAY: _read_compact,
    Tag.DONT_CARE: lambda _cursor, _depth: Data(Tag.DONT_CARE),
    **{tag: _fixed_reader(tag, form) for tag, form in FIXED.items()},
}
"""How the content of each tag is read."""

_WRITERS: dict[int, _Writer] = {
    Tag.NULL: lambda _: b"\x00",
    Tag.ARRAY: _write_elements(Tag.ARRAY),
    Tag.STRUCTURE: _write_elements(Tag.STRUCTURE),
    Tag.BOOLEAN: lambda value: b"\x03\x01" if value else b"\x03\x00",
    Tag.BIT_STRING: lambda value: b"\x04" + write_bits(value),
    Tag.OCTET_STRING: lambda value: b"\x09" + write_octets(value),
    Tag.VISIBLE_STRING: lambda value: b"\x0a" + write_octets(value.encode("latin-1")),
    Tag.UTF8_STRING: lambda value: b"\x0c" + write_octets(value.encode()),
    Tag.COMPACT_ARRAY: _write_compact,
    Tag.DONT_CARE: lambda _: b"\xff",
    **{tag: _fixed_writer(tag, form) for tag, form in FIXED.items()},
}
