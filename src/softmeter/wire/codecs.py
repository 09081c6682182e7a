"""Typed codecs over the data types of A-XDR: a type is declared once and knows its bare and its tagged form.

The bare form stands inside APDUs (no tags, IEC 61334-6), the tagged form is the data of attributes (IEC 62056-53).
"""

import struct as layouts
from collections.abc import Callable
from enum import IntEnum
from math import inf
from typing import Any, Generic, TypeVar

from softmeter.clock import DateTime
from softmeter.errors import DecodeError, LocalProtocolError
from softmeter.obis import Obis
from softmeter.wire import data as untyped
from softmeter.wire.cursor import Cursor, encode_length
from softmeter.wire.data import FIXED, Bits, Data, Tag, encode_data, read_data

T = TypeVar("T")
E = TypeVar("E", bound=IntEnum)
_UNENCODABLE = (layouts.error, TypeError, ValueError, KeyError, AttributeError, OverflowError)


class Codec(Generic[T]):
    """One type on the wire: `read`/`write` its tagged form, `read_bare`/`write_bare` its bare form.

    A codec whose bare form has a fixed length also says so by `form` (of the `struct` module, one item), `lift` (item
    to value) and `lower` (value to item), so that structures read their fields in runs.
    """

    __slots__ = ("form", "lift", "lower", "name", "read", "read_bare", "write", "write_bare")

    def __init__(
        self,
        name: str,
        tagged: tuple[Callable[[Cursor], T], Callable[[T], bytes]],
        bare: tuple[Callable[[Cursor], T], Callable[[T], bytes]],
        form: str = "",
        convert: tuple[Callable[[Any], T] | None, Callable[[T], Any] | None] = (None, None),
    ) -> None:
        self.name = name
        self.read, self.write = tagged
        self.read_bare, self.write_bare = bare
        self.form = form
        self.lift, self.lower = convert

    def __repr__(self) -> str:
        return self.name

    def encode(self, value: T) -> bytes:
        """The tagged form.

        Raises:
            LocalProtocolError: the value does not fit the type.
        """
        try:
            return self.write(value)
        except _UNENCODABLE as error:
            raise LocalProtocolError(f"{value!r:.120} is no {self.name}: {error}") from error

    def decode(self, octets: bytes) -> T:
        """A value whose tagged form fills `octets`.

        Raises:
            DecodeError: it does not.
        """
        cursor = Cursor(octets)
        value = self.read(cursor)
        if cursor.at != cursor.end:
            cursor.finish()
        return value

    def encode_bare(self, value: T) -> bytes:
        """The bare form; raises as `encode`."""
        try:
            return self.write_bare(value)
        except _UNENCODABLE as error:
            raise LocalProtocolError(f"{value!r:.120} is no {self.name}: {error}") from error

    def decode_bare(self, octets: bytes) -> T:
        """A value whose bare form fills `octets`; raises as `decode`."""
        cursor = Cursor(octets)
        value = self.read_bare(cursor)
        cursor.finish()
        return value


def _tagged(
    name: str, tag: Tag, bare: tuple[Callable[[Cursor], T], Callable[[T], bytes]]
) -> tuple[Callable[[Cursor], T], Callable[[T], bytes]]:
    """The tagged form of a type whose content is its bare form."""
    read_bare, write_bare = bare
    mark = bytes((tag,))

    def read(cursor: Cursor) -> T:
        cursor.expect(tag, name)
        return read_bare(cursor)

    return read, lambda value: mark + write_bare(value)


def _number(
    name: str, tag: Tag, lift: Callable[[Any], T] | None = None, lower: Callable[[T], Any] | None = None
) -> Codec[T]:
    """A type of fixed length; `lift` may raise KeyError or ValueError for an item that means nothing."""
    bare_layout, layout = layouts.Struct(">" + FIXED[tag]), layouts.Struct(">B" + FIXED[tag])
    unpack, pack, pack_bare, size = layout.unpack_from, layout.pack, bare_layout.pack, layout.size

    def take(item: Any, at: int) -> Any:
        if lift is None:
            return item
        try:
            return lift(item)
        except (KeyError, ValueError) as error:
            raise DecodeError(f"{item!r} is no {name}", at) from error

    def read(cursor: Cursor) -> Any:
        at = cursor.at
        if at + size > cursor.end:
            raise DecodeError(f"{name} needs {size} octets, {cursor.end - at} left", at)
        found, item = unpack(cursor.octets, at)
        if found != tag:
            raise DecodeError(f"{name} expected, found tag {found:02X}", at)
        cursor.at = at + size
        return take(item, at + 1)

    def read_bare(cursor: Cursor) -> Any:
        at = cursor.at
        (item,) = bare_layout.unpack(cursor.take(size - 1))
        return take(item, at)

    def write(value: Any) -> bytes:
        return pack(tag, value if lower is None else lower(value))

    def write_bare(value: Any) -> bytes:
        return pack_bare(value if lower is None else lower(value))

    return Codec(name, (read, write), (read_bare, write_bare), FIXED[tag], (lift, lower))


i8: Codec[int] = _number("integer", Tag.INTEGER)
i16: Codec[int] = _number("long", Tag.LONG)
i32: Codec[int] = _number("double-long", Tag.DOUBLE_LONG)
i64: Codec[int] = _number("long64", Tag.LONG64)
u8: Codec[int] = _number("unsigned", Tag.UNSIGNED)
u16: Codec[int] = _number("long-unsigned", Tag.LONG_UNSIGNED)
u32: Codec[int] = _number("double-long-unsigned", Tag.DOUBLE_LONG_UNSIGNED)
u64: Codec[int] = _number("long64-unsigned", Tag.LONG64_UNSIGNED)
f32: Codec[float] = _number("float32", Tag.FLOAT32)
f64: Codec[float] = _number("float64", Tag.FLOAT64)


def EnumOf(enum: type[E]) -> Codec[E]:  # noqa: N802 - reads as the type it makes in declarations
    """An ENUMERATED octet with the values of `enum`, and no other."""
    return _number(enum.__name__, Tag.ENUM, {int(member): member for member in enum}.__getitem__, int)


def _simple(name: str, tag: Tag, read: Callable[[Cursor], T], write: Callable[[T], bytes]) -> Codec[T]:
    return Codec(name, _tagged(name, tag, (read, write)), (read, write))


boolean: Codec[bool] = _simple(
    "boolean", Tag.BOOLEAN, lambda cursor: cursor.byte() != 0, lambda value: b"\x01" if value else b"\x00"
)
null: Codec[None] = _simple("null-data", Tag.NULL, lambda _: None, lambda _: b"")
bits: Codec[Bits] = _simple("bit-string", Tag.BIT_STRING, untyped.read_bits, untyped.write_bits)
visible: Codec[str] = _simple(
    "visible-string",
    Tag.VISIBLE_STRING,
    lambda cursor: untyped.read_text(cursor, "latin-1"),
    lambda value: untyped.write_octets(value.encode("latin-1")),
)
utf8: Codec[str] = _simple(
    "utf8-string",
    Tag.UTF8_STRING,
    lambda cursor: untyped.read_text(cursor, "utf-8"),
    lambda value: untyped.write_octets(value.encode()),
)


def octet_string(exact: int | None = None, *, least: int = 0, most: int | None = None) -> Codec[bytes]:
    """Octets with a length, of `exact`, or of `least` to `most` octets."""
    low = exact if exact is not None else least
    high = exact if exact is not None else most
    longest = inf if high is None else high

    def read(cursor: Cursor) -> bytes:
        at = cursor.at
        octets = cursor.sized()
        if not low <= len(octets) <= longest:
            raise DecodeError(f"an octet-string of {len(octets)} octets, allowed are {low} to {high}", at)
        return octets

    def write(value: bytes) -> bytes:
        if not low <= len(value) <= longest:
            raise ValueError(f"{len(value)} octets, allowed are {low} to {high}")
        return encode_length(len(value)) + value

    return _simple("octet-string", Tag.OCTET_STRING, read, write)


octets: Codec[bytes] = octet_string()


def _logical_name() -> Codec[Obis]:
    """An OBIS code: six octets, as data an octet-string of six."""
    lift: Callable[[Any], Obis] = Obis._make

    def read_bare(cursor: Cursor) -> Obis:
        return lift(cursor.take(6))

    def read(cursor: Cursor) -> Obis:
        at = cursor.at
        octets = cursor.take(8)
        if octets[:2] != b"\x09\x06":
            raise DecodeError("a logical name is an octet-string of six", at)
        return lift(octets[2:])

    return Codec(
        "logical name", (read, lambda value: b"\x09\x06" + bytes(value)), (read_bare, bytes), "6s", (lift, bytes)
    )


logical_name: Codec[Obis] = _logical_name()


def _date_time() -> Codec[DateTime]:
    """Twelve octets in an octet-string; the type date-time is accepted where a client sends it."""
    twelve = octet_string(12)

    def lift(octets: bytes, at: int) -> DateTime:
        try:
            return DateTime.decode(octets)
        except DecodeError as error:
            raise DecodeError(str(error), at) from error

    def read(cursor: Cursor) -> DateTime:
        at = cursor.at
        tag = cursor.byte()
        if tag == Tag.DATE_TIME:
            return lift(cursor.take(12), at)
        cursor.at = at
        return lift(twelve.read(cursor), at)

    def read_bare(cursor: Cursor) -> DateTime:
        at = cursor.at
        return lift(twelve.read_bare(cursor), at)

    bare = (read_bare, lambda value: b"\x0c" + value.encode())
    return Codec("date-time", (read, lambda value: b"\x09\x0c" + value.encode()), bare)


date_time: Codec[DateTime] = _date_time()
anything: Codec[Data] = Codec("data", (read_data, encode_data), (read_data, encode_data))


def array_of(codec: Codec[T], *, most: int | None = None) -> Codec[tuple[T, ...]]:
    """Any number of elements, or at most `most`."""

    def counted(cursor: Cursor) -> range:
        at = cursor.at
        count = cursor.count()
        if most is not None and count > most:
            raise DecodeError(f"{count} elements of {codec}, at most {most} are taken", at)
        return range(count)

    def read_bare(cursor: Cursor) -> tuple[T, ...]:
        read = codec.read_bare
        return tuple([read(cursor) for _ in counted(cursor)])

    def read(cursor: Cursor) -> tuple[T, ...]:
        cursor.expect(Tag.ARRAY, "array")
        read = codec.read
        return tuple([read(cursor) for _ in counted(cursor)])

    def write_bare(values: tuple[T, ...]) -> bytes:
        return encode_length(len(values)) + b"".join(map(codec.write_bare, values))

    def write(values: tuple[T, ...]) -> bytes:
        return b"\x01" + encode_length(len(values)) + b"".join(map(codec.write, values))

    return Codec(f"array of {codec}", (read, write), (read_bare, write_bare))
