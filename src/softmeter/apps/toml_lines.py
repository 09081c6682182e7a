"""Which line of a TOML file an entry stands on: the reader of the standard library does not say.

Source: TOML 1.0. Text that is no TOML has lines too, wherever they may be.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

Place = tuple[str | int, ...]
"""Names of tables and entries, and indexes of arrays."""

_QUOTED = r'"(?:\\.|[^"\\\n])*"' + r"|'[^'\n]*'"
_TOKEN = re.compile(
    rf'(?P<blank>[ \t\r]+|\#[^\n]*)|(?P<newline>\n)|(?P<word>"""(?:\\.|[^\\])*?"{{3,5}}|\'\'\'.*?\'{{3,5}}'
    rf"|{_QUOTED}|[^\s\[\]{{}}=,\"'#]+)|(?P<mark>.)",
    re.DOTALL,
)
_HEADER = re.compile(rf"(?P<opening>\[\[?)(?P<name>(?:{_QUOTED}|[^\[\]\"'\n])+)\]\]?")
_PART = re.compile(rf"{_QUOTED}|[^\s.\"']+")


def places(text: str) -> dict[Place, int]:
    """Every table, entry and element, and the number of its line."""
    reading = _Reading()
    position = 0
    while position < len(text):
        header = _HEADER.match(text, position) if reading.may_begin else None
        if header is not None:
            reading.header(_parts(header["name"]), is_element=len(header["opening"]) == 2)
            position = header.end()
            continue
        token = _TOKEN.match(text, position)
        if token is None:
            break
        if token["word"]:
            reading.word(token["word"])
        elif token["newline"]:
            reading.newline()
        elif token["mark"]:
            reading.mark(token["mark"])
        reading.line += token[0].count("\n")
        position = token.end()
    return reading.found


def line_of(place: Sequence[str | int], text: str) -> int:
    """The line of the innermost table, entry or element of `place` that is there."""
    known = places(text)
    for length in range(len(place), 0, -1):
        if tuple(place[:length]) in known:
            return known[tuple(place[:length])]
    return 1


@dataclass(slots=True)
class _Reading:
    """What is open where the text has been read so far."""

    line: int = 1
    found: dict[Place, int] = field(default_factory=lambda: {(): 1})
    _table: Place = ()
    _arrays: Counter[Place] = field(default_factory=Counter)
    """How many elements each array of tables has."""
    _open: list[tuple[Place, int | None]] = field(default_factory=list)
    """Inline tables, and arrays with the number of the element that comes."""
    _name: str = ""
    _value_of: Place | None = None
    """The entry whose value comes."""

    @property
    def may_begin(self) -> bool:
        """Whether the header of a table may stand here."""
        return not self._open and not self._name and self._value_of is None

    def header(self, parts: Place, *, is_element: bool) -> None:
        table = self._under(parts)
        self._note(table)
        if is_element:
            self._arrays[table] += 1
            table = (*table, self._arrays[table] - 1)
            self._note(table)
        self._table = table

    def word(self, text: str) -> None:
        if self._value_of is not None:
            self._value_of = None
        elif self._open and self._open[-1][1] is not None:
            self._element()
            self._value_of = None
        else:
            self._name += text

    def newline(self) -> None:
        if not self._open:
            self._name, self._value_of = "", None

    def mark(self, mark: str) -> None:
        if mark == "=":
            self._entry()
        elif mark in "[{":
            if self._value_of is None and self._open and self._open[-1][1] is not None:
                self._element()
            if self._value_of is not None:
                self._open.append((self._value_of, 0 if mark == "[" else None))
                self._value_of = None
        elif mark in "]}" and self._open:
            self._open.pop()
            self._name, self._value_of = "", None
        elif mark == "," and self._open:
            place, number = self._open[-1]
            self._open[-1] = place, None if number is None else number + 1
            self._name, self._value_of = "", None

    def _entry(self) -> None:
        inside = self._open[-1][0] if self._open else self._table
        self._value_of = (*inside, *_parts(self._name))
        self._name = ""
        self._note(self._value_of)

    def _element(self) -> None:
        place, number = self._open[-1]
        self._value_of = (*place, number or 0)
        self._note(self._value_of)

    def _note(self, place: Place) -> None:
        for length in range(len(place)):  # dotted names make tables on their way
            self.found.setdefault(place[: length + 1], self.line)

    def _under(self, parts: Place) -> Place:
        """The path of a header: of an array of tables its last element is meant."""
        path: Place = ()
        for part in parts[:-1]:
            path = (*path, part)
            if self._arrays[path]:
                path = (*path, self._arrays[path] - 1)
        return (*path, *parts[-1:])


def _parts(name: str) -> Place:
    return tuple(part.strip("\"'") for part in _PART.findall(name))
