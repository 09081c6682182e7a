"""Declared structures: a frozen dataclass whose fields name their wire types, compiled once into a codec.

Also the forms that only stand inside APDUs: OPTIONAL, DEFAULT, CHOICE, octets without a length (A-XDR, IEC 61334-6).
"""

import struct as layouts
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar, dataclass_transform

from softmeter.errors import DecodeError, LocalProtocolError
from softmeter.wire.codecs import Codec
from softmeter.wire.cursor import Cursor, encode_length
from softmeter.wire.data import Tag

T = TypeVar("T")
C = TypeVar("C", bound=type)
_CODEC = "__wire_codec__"
_Step = Callable[[Cursor, list[Any]], None]


def of(codec: Codec[T]) -> T:
    """A field of the wire type `codec`; the annotation must be the codec's value type."""
    declared: T = field(metadata={"codec": codec})
    return declared


def secret(codec: Codec[T]) -> T:
    """A field like `of` that never shows in a `repr`: a key, a password, a challenge."""
    declared: T = field(metadata={"codec": codec}, repr=False)
    return declared


@dataclass_transform(frozen_default=True, field_specifiers=(of, secret))
def structure(cls: C) -> C:
    """Make `cls` a frozen dataclass and compile its codec from the fields declared with `of`."""
    made: Any = dataclass(frozen=True, slots=True)(cls)
    declared = [(item.name, item.metadata.get("codec")) for item in fields(made)]
    missing = [name for name, codec in declared if codec is None]
    if missing:
        raise LocalProtocolError(f"{cls.__name__}: no wire type for {', '.join(missing)}")
    setattr(made, _CODEC, _compile(made, [name for name, _ in declared], [codec for _, codec in declared if codec]))
    compiled: C = made
    return compiled


def struct(cls: type[T]) -> Codec[T]:
    """The codec of a class made by `structure`."""
    codec: Codec[T] | None = getattr(cls, _CODEC, None)
    if codec is None:
        raise LocalProtocolError(f"{cls.__name__} is no declared structure")
    return codec


def _compile(cls: Callable[..., T], names: list[str], codecs: list[Codec[Any]]) -> Codec[T]:
    count = len(names)
    pick: Callable[[Any], tuple[Any, ...]]
    pick = attrgetter(*names) if count > 1 else lambda value: tuple(getattr(value, name) for name in names)
    readers = [codec.read for codec in codecs]
    writers = [codec.write for codec in codecs]
    bare_writers = [codec.write_bare for codec in codecs]
    mark = bytes((Tag.STRUCTURE,)) + encode_length(count)
    name = getattr(cls, "__name__", "structure")

    def read(cursor: Cursor) -> T:
        cursor.expect(Tag.STRUCTURE, name)
        at = cursor.at
        found = cursor.length()
        if found != count:
            raise DecodeError(f"{name} has {count} fields, not {found}", at)
        return cls(*[take(cursor) for take in readers])

    def write(value: T) -> bytes:
        return mark + b"".join([put(item) for put, item in zip(writers, pick(value), strict=True)])

    def write_bare(value: T) -> bytes:
        return b"".join([put(item) for put, item in zip(bare_writers, pick(value), strict=True)])

    return Codec(name, (read, write), (_bare_reader(cls, codecs), write_bare))


def _bare_reader(cls: Callable[..., T], codecs: list[Codec[Any]]) -> Callable[[Cursor], T]:
    steps = []
    run: list[Codec[Any]] = []
    for codec in codecs:
        if codec.form:
            run.append(codec)
            continue
        if run:
            steps.append(_run_step(run))
            run = []
        steps.append(_single_step(codec))
    if run:
        steps.append(_run_step(run))

    def read(cursor: Cursor) -> T:
        values: list[Any] = []
        for step in steps:
            step(cursor, values)
        return cls(*values)

    return read


def _single_step(codec: Codec[Any]) -> _Step:
    read = codec.read_bare
    return lambda cursor, values: values.append(read(cursor))


def _run_step(codecs: list[Codec[Any]]) -> _Step:
    """Read neighbouring fields of fixed length by one `struct` format."""
    layout = layouts.Struct(">" + "".join(codec.form for codec in codecs))
    lifts = [(index, codec.lift, codec.name) for index, codec in enumerate(codecs) if codec.lift is not None]
    unpack, size = layout.unpack_from, layout.size

    def step(cursor: Cursor, values: list[Any]) -> None:
        at = cursor.at
        if at + size > cursor.end:
            raise DecodeError(f"{size} octets expected, {cursor.end - at} left", at)
        items = list(unpack(cursor.octets, at))
        for index, lift, name in lifts:
            try:
                items[index] = lift(items[index])
            except (KeyError, ValueError) as error:
                raise DecodeError(f"{items[index]!r} is no {name}", at) from error
        cursor.at = at + size
        values += items

    return step


def _no_tagged_form(name: str) -> tuple[Callable[[Cursor], Any], Callable[[Any], bytes]]:
    def read(cursor: Cursor) -> Any:
        raise LocalProtocolError(f"{name} has no tagged form, but is read at octet {cursor.at}")

    def write(value: Any) -> bytes:
        raise LocalProtocolError(f"{name} has no tagged form, but is written for {value!r:.60}")

    return read, write


def bare_only(name: str, read: Callable[[Cursor], T], write: Callable[[T], bytes]) -> Codec[T]:
    """A form that only stands inside APDUs."""
    return Codec(name, _no_tagged_form(name), (read, write))


def optional(codec: Codec[T]) -> Codec[T | None]:
    """OPTIONAL: absent is one octet 00, present is 01 and the value; as data, absent is null-data."""

    def read_bare(cursor: Cursor) -> T | None:
        at = cursor.at
        mark = cursor.byte()
        if mark > 1:
            raise DecodeError(f"{mark:02X} is no usage flag of an optional {codec}", at)
        return codec.read_bare(cursor) if mark else None

    def read(cursor: Cursor) -> T | None:
        if cursor.left and cursor.octets[cursor.at] == Tag.NULL:
            cursor.at += 1
            return None
        return codec.read(cursor)

    return Codec(
        f"optional {codec}",
        (read, lambda value: b"\x00" if value is None else codec.write(value)),
        (read_bare, lambda value: b"\x00" if value is None else b"\x01" + codec.write_bare(value)),
    )


def defaulted(codec: Codec[T], default: T) -> Codec[T]:
    """DEFAULT: one octet 00 stands for `default`."""
    inner = optional(codec)

    def read(cursor: Cursor) -> T:
        value = inner.read_bare(cursor)
        return default if value is None else value

    return bare_only(f"{codec} or {default}", read, lambda value: inner.write_bare(None if value == default else value))


class Alternative(NamedTuple):
    """One way a CHOICE can go: the tag octet, the Python class that stands for it, and the codec of what follows."""

    tag: int
    kind: type
    codec: Codec[Any]


def choice(name: str, *alternatives: Alternative) -> Codec[Any]:
    """CHOICE: a tag octet says which of `alternatives` follows; on writing, the value's class does."""
    readers = {way.tag: way.codec.read_bare for way in alternatives}
    writers = {way.kind: (bytes((way.tag,)), way.codec.write_bare) for way in alternatives}

    def read(cursor: Cursor) -> Any:
        at = cursor.at
        reader = readers.get(cursor.byte())
        if reader is None:
            raise DecodeError(f"{cursor.octets[at]:02X} is no choice of {name}", at)
        return reader(cursor)

    def write(value: Any) -> bytes:
        mark, writer = writers[type(value)]
        return mark + writer(value)

    return bare_only(name, read, write)


def fixed(size: int) -> Codec[bytes]:
    """Exactly `size` octets without a length."""

    def write(value: bytes) -> bytes:
        if len(value) != size:
            raise ValueError(f"{len(value)} octets instead of {size}")
        return value

    return bare_only(f"{size} octets", lambda cursor: cursor.take(size), write)


rest: Codec[bytes] = bare_only("the octets that are left", Cursor.rest, bytes)


def trailing(codec: Codec[T]) -> Codec[T | None]:
    """A last field that is present when octets are left."""
    return bare_only(
        f"trailing {codec}",
        lambda cursor: codec.read_bare(cursor) if cursor.left else None,
        lambda value: b"" if value is None else codec.write_bare(value),
    )
