"""Declared messages in BER with definite lengths, as ACSE uses them (ITU-T X.690; X.227).

A message is a sequence of elements, each with a tag of its own and in most cases optional. What is unknown is skipped
by its length.
"""

from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar, dataclass_transform

from softmeter.errors import DecodeError, LocalProtocolError
from softmeter.wire.cursor import Cursor, encode_length
from softmeter.wire.data import Bits

T = TypeVar("T")
C = TypeVar("C", bound=type)


class Form(Generic[T]):
    """How the content of an element is read and written."""

    __slots__ = ("read", "write")

    def __init__(self, read: Callable[[bytes, int], T], write: Callable[[T], bytes]) -> None:
        self.read = read
        self.write = write


class _Element(NamedTuple):
    tag: int
    name: str
    form: Form[Any]


def element(tag: int, form: Form[T], *, default: Any = MISSING, hidden: bool = False) -> T:
    """A field under `tag`; with a `default` it is optional, and `hidden` it never shows in a `repr`."""
    declared: T = field(default=default, repr=not hidden, metadata={"element": (tag, form)})
    return declared


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(element,))
def message(tag: int) -> Callable[[C], C]:
    """Make a class a frozen dataclass with the outer tag `tag`; elements are written in the order of the fields.

    It has no slots, so that a message that is read has a dictionary of what was there; the rest are the defaults of its
    class. Most elements are optional and not there, and setting each is most of what reading would take.
    """

    def make(cls: C) -> C:
        made: Any = dataclass(frozen=True, kw_only=True)(cls)
        elements = tuple(
            _Element(item.metadata["element"][0], item.name, item.metadata["element"][1]) for item in fields(made)
        )
        required = frozenset(item.name for item in fields(made) if item.default is MISSING)
        made.__ber__ = (tag, elements, {part.tag: (part.name, part.form.read) for part in elements}, required)
        declared: C = made
        return declared

    return make


def encode_message(value: Any) -> bytes:
    """The octets of an instance of a class made by `message`.

    Raises:
        LocalProtocolError: a field does not fit its form.
    """
    return encode_element(value.__ber__[0], encode_content(value))


def encode_content(value: Any) -> bytes:
    """The elements of a message, without what is around them.

    Raises:
        LocalProtocolError: a field does not fit its form.
    """
    elements = value.__ber__[1]
    parts = []
    for number, name, form in elements:
        content = getattr(value, name)
        if content is None:
            continue
        try:
            parts.append(encode_element(number, form.write(content)))
        except (TypeError, ValueError, OverflowError, AttributeError) as error:
            raise LocalProtocolError(f"{name} of {type(value).__name__} cannot be encoded: {error}") from error
    return b"".join(parts)


def decode_message(cls: type[T], octets: bytes) -> T:
    """The message that fills `octets`.

    Raises:
        DecodeError: another tag, a damaged length, an element twice, or a required one missing.
    """
    tag, _, by_tag, required = cls.__ber__  # type: ignore[attr-defined]
    end = len(octets)
    is_short = 2 <= end < 0x82 and octets[0] == tag and octets[1] == end - 2  # as nearly always
    at = 2 if is_short else _inside(octets, tag, cls.__name__)
    made = object.__new__(cls)
    values = made.__dict__
    while at < end:
        begin, start = at, at + 2
        at = start + octets[begin + 1] if start <= end else end + 1
        if at > end or octets[begin + 1] >= 0x80:  # a long element, or a damaged one
            cursor = Cursor(octets, begin + 1)
            size = len(cursor.sized())
            at = cursor.at
            start = at - size
        part = by_tag.get(octets[begin])
        if part is None:
            continue
        name, read = part
        if name in values:
            raise DecodeError(f"{name} stands twice in {cls.__name__}", begin)
        values[name] = read(octets[start:at], start)
    if not required <= values.keys():
        raise DecodeError(f"{cls.__name__} has no {min(required - values.keys())}", at)
    return made


def _inside(octets: bytes, tag: int, name: str) -> int:
    """Where the content of an element begins that fills `octets`."""
    cursor = Cursor(octets)
    cursor.expect(tag, name)
    if cursor.length() != cursor.left:
        raise DecodeError(f"the length of {name} is not that of its content", 1)
    return cursor.at


def encode_element(tag: int, content: bytes) -> bytes:
    """Tag, length and content."""
    size = len(content)
    if size < 0x80:  # as nearly always
        return b"%c%c%b" % (tag, size, content)
    return b"%c%b%b" % (tag, encode_length(size), content)


def explicit(tag: int, inner: Form[T]) -> Form[T]:
    """An element that holds another one under `tag`."""
    read_inside = None if inner is octet_string else inner.read

    def read(content: bytes, at: int) -> Any:
        size = len(content) - 2
        if 0 <= size < 0x80 and content[0] == tag and content[1] == size:  # as nearly always
            return content[2:] if read_inside is None else read_inside(content[2:], at + 2)
        cursor = Cursor(content)
        try:
            cursor.expect(tag, "an inner element")
            value = cursor.take(cursor.length())
            cursor.finish()
        except DecodeError as error:
            raise DecodeError(str(error), at + error.offset) from error
        return inner.read(value, at + len(content) - len(value))

    return Form(read, lambda value: encode_element(tag, inner.write(value)))


def recurring(form: Form[T]) -> Form[T]:
    """A form that remembers what it read lately: for elements in which few contents come again and again."""
    return Form(lru_cache(maxsize=64)(form.read), form.write)


def _read_integer(content: bytes, at: int) -> int:
    if not 1 <= len(content) <= 4:
        raise DecodeError(f"an integer of {len(content)} octets", at)
    return int.from_bytes(content, "big", signed=True)


def _write_integer(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)


def _read_bits(content: bytes, at: int) -> Bits:
    if not content or content[0] > 7 or (content[0] and len(content) == 1):
        raise DecodeError("a bit string with a wrong number of unused bits", at)
    return Bits.of(content[1:], (len(content) - 1) * 8 - content[0])


def _write_bits(value: Bits) -> bytes:
    return bytes((-value.length % 8,)) + value.octets


integer: Form[int] = Form(_read_integer, _write_integer)
bit_string: Form[Bits] = Form(_read_bits, _write_bits)
octet_string: Form[bytes] = Form(lambda content, _: content, bytes)
