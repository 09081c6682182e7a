"""Inputs out of seeds: octets changed anywhere, and whole values taken out, put in, doubled and nested."""

from collections.abc import Callable, Sequence
from random import Random

from fuzzing import grammar
from fuzzing.target import Input
from softmeter.errors import DecodeError
from softmeter.wire.ber import encode_element
from softmeter.wire.cursor import Cursor
from softmeter.wire.types import skip_data

LONGEST = 4096
"""Octets of an input: what takes its time octet by octet is not slow."""
_Change = Callable[[Random, bytes], bytes]


class Mutator:
    """Draws inputs: by the grammar, or a seed changed once or several times."""

    def __init__(self, seeds: Sequence[bytes], draw: Input | None = None, tokens: Sequence[bytes] = ()) -> None:
        self._seeds = tuple(seeds) or (b"",)
        self._draw = draw
        self._tokens = tuple(tokens) or (b"\x00",)
        self._changes: tuple[_Change, ...] = (
            _flip, _interesting, _interesting, _insert, _delete, _double, _cut, _count, _value, _value, _nest, _element,
            self._splice, self._token,
        )  # fmt: skip

    def __call__(self, random: Random) -> bytes:
        """The next input."""
        if self._draw is not None and random.random() < 0.6:
            octets = self._draw(random)[:LONGEST]
            if random.random() < 0.5:
                return octets
        else:
            octets = random.choice(self._seeds)
        while True:
            octets = random.choice(self._changes)(random, octets)
            if random.random() < 0.5:
                return octets[:LONGEST]

    def change(self, random: Random, octets: bytes) -> bytes:
        """`octets` changed once."""
        return random.choice(self._changes)(random, octets)[:LONGEST]

    def _splice(self, random: Random, octets: bytes) -> bytes:
        other = random.choice(self._seeds)
        return octets[: random.randrange(len(octets) + 1)] + other[random.randrange(len(other) + 1) :]

    def _token(self, random: Random, octets: bytes) -> bytes:
        at = random.randrange(len(octets) + 1)
        token = random.choice(self._tokens)
        return octets[:at] + token + octets[at + random.choice((0, len(token))) :]


def _flip(random: Random, octets: bytes) -> bytes:
    if not octets:
        return octets
    at = random.randrange(len(octets))
    return octets[:at] + bytes((octets[at] ^ 1 << random.randrange(8),)) + octets[at + 1 :]


def _interesting(random: Random, octets: bytes) -> bytes:
    at = random.randrange(len(octets) + 1)
    return octets[:at] + bytes((random.choice(grammar.INTERESTING),)) + octets[at + 1 :]


def _insert(random: Random, octets: bytes) -> bytes:
    at = random.randrange(len(octets) + 1)
    return octets[:at] + grammar.octets(random, 8) + octets[at:]


def _delete(random: Random, octets: bytes) -> bytes:
    at = random.randrange(len(octets) + 1)
    return octets[:at] + octets[at + 1 + random.randrange(8) :]


def _double(random: Random, octets: bytes) -> bytes:
    at = random.randrange(len(octets) + 1)
    stop = at + random.randrange(16)
    return octets[:stop] + octets[at:stop] * random.choice((1, 1, 3, 200)) + octets[stop:]


def _cut(random: Random, octets: bytes) -> bytes:
    return octets[: random.randrange(len(octets) + 1)]


def _count(random: Random, octets: bytes) -> bytes:
    """A number somewhere goes one up or down, or becomes a long length."""
    if not octets:
        return octets
    at = random.randrange(len(octets))
    if random.random() < 0.2:
        return octets[:at] + b"\x84" + octets[at].to_bytes(4, "big") + octets[at + 1 :]
    return octets[:at] + bytes(((octets[at] + random.choice((1, -1))) & 0xFF,)) + octets[at + 1 :]


def _value(random: Random, octets: bytes) -> bytes:
    """A whole value is replaced by another one, taken out, or doubled."""
    at, stop = _span(random, octets)
    there = octets[at:stop]
    kind = random.randrange(3)
    return octets[:at] + (grammar.data(random), b"", there + there)[kind] + octets[stop:]


def _nest(random: Random, octets: bytes) -> bytes:
    """A whole value is put into structures."""
    at, stop = _span(random, octets)
    return octets[:at] + b"\x02\x01" * random.choice((1, 2, 15, 16, 100)) + octets[at:stop] + octets[stop:]


def _span(random: Random, octets: bytes) -> tuple[int, int]:
    """Where a value stands, if one can be found."""
    for _ in range(3):
        at = random.randrange(len(octets) + 1)
        cursor = Cursor(octets, at)
        try:
            skip_data(cursor)
        except DecodeError:
            continue
        return at, cursor.at
    return at, at


def _element(random: Random, octets: bytes) -> bytes:
    """One of the elements of a BER message is changed, and the lengths around it are put right."""
    try:
        elements = _elements(octets)
    except DecodeError:
        return _flip(random, octets)
    if not elements:
        return octets
    at = random.randrange(len(elements))
    tag, content = elements[at]
    kind = random.randrange(6)
    if kind == 0:
        elements.insert(at, (tag, content))
    elif kind == 1:
        del elements[at]
    elif kind == 2:
        random.shuffle(elements)
    elif kind == 3:
        elements[at] = (random.getrandbits(8), content)
    elif kind == 4:
        elements[at] = (tag, grammar.octets(random))
    else:
        elements[at] = (tag, _element(random, content))
    return b"".join(encode_element(tag, content) for tag, content in elements)


def _elements(octets: bytes) -> list[tuple[int, bytes]]:
    cursor = Cursor(octets)
    found = []
    while cursor.left:
        tag = cursor.byte()
        found.append((tag, cursor.take(cursor.length())))
    return found
