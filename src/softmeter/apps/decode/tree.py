"""The tree that decoding yields: named parts with their place in the octets, and how it is written."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from softmeter.errors import DecodeError, ProtocolError

_LONGEST_HEX = 64
"""Octets of a value that are shown; the rest is counted."""


@dataclass(slots=True)
class Node:
    """One part: its name, what it says, and where it stands.

    `at` is an offset in the octets of the nearest `inner` node above (deciphered or put together from segments), else
    in the input. `fault` marks what is wrong.
    """

    name: str
    text: str = ""
    at: int | None = None
    size: int = 0
    value: Any = None
    fault: bool = False
    inner: bool = False
    of: dict[str, Any] | None = None
    """Of which object a value is, where the octets say it."""
    children: list["Node"] = field(default_factory=list)

    def add(self, name: str, text: str = "", at: int | None = None, size: int = 0, value: Any = None) -> Self:
        """Append a part and return it."""
        made = type(self)(name, text, at, size, value)
        self.children.append(made)
        return made

    def blame(self, text: str, at: int | None = None) -> None:
        """Append what is wrong."""
        made = self.add("wrong", text, at)
        made.fault = True

    def blame_error(self, error: ProtocolError) -> None:
        """Append what a decoder found wrong, where it says so."""
        if isinstance(error, DecodeError):
            self.blame(str(error).removesuffix(f" (at octet {error.offset})"), error.offset)
        else:
            self.blame(str(error))

    @property
    def faults(self) -> Iterator["Node"]:
        """All that is wrong in it, the first first."""
        stack = [self]
        while stack:
            node = stack.pop()
            if node.fault:
                yield node
            stack += reversed(node.children)

    @property
    def faulty(self) -> bool:
        """Whether anything in it is wrong."""
        return any(True for _ in self.faults)


def hexed(octets: bytes) -> str:
    """Octets as hexadecimal digits; what is very long is cut and counted."""
    if len(octets) <= _LONGEST_HEX:
        return octets.hex().upper()
    return f"{octets[:_LONGEST_HEX].hex().upper()}… ({len(octets)} octets)"


def lines(node: Node, depth: int = 0, mark: str = " ") -> Iterator[str]:
    """The tree as text, a part per line: offset, indented name, text.

    Offsets in deciphered or reassembled octets are marked with `+`.
    """
    place = f"{mark}{node.at:04X}" if node.at is not None else "     "
    shown = f": {printable(node.text)}" if node.text else ""
    name = f"!! {node.name}" if node.fault else node.name
    yield f"{place:<7}{'  ' * depth}{printable(name)}{shown}".rstrip()
    below = "+" if node.inner else mark
    for child in node.children:
        yield from lines(child, depth + 1, below)


def plain(node: Node) -> dict[str, Any]:
    """The tree for JSON."""
    document: dict[str, Any] = {"name": node.name}
    if node.text:
        document["text"] = node.text
    if node.value is not None:
        document["value"] = node.value
    if node.of is not None:
        document["of"] = node.of
    if node.at is not None:
        document["offset"] = node.at
    if node.size:
        document["octets"] = node.size
    if node.fault:
        document["fault"] = True
    if node.inner:
        document["inner"] = True
    if node.children:
        document["parts"] = [plain(child) for child in node.children]
    return document


def printable(text: str) -> str:
    """What came from a wire never steers a terminal."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)


def word(name: str) -> str:
    """`READ_WRITE_DENIED` as the standards write it."""
    return name.lower().replace("_", "-")
