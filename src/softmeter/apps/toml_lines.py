"""Which line of a TOML file an entry stands on: the reader of the standard library does not say."""

import re
from collections import Counter
from collections.abc import Sequence

Place = tuple[str | int, ...]
"""Names of tables and entries, and indexes of arrays of tables."""

_HEADER = re.compile(r"\s*(?P<opening>\[\[?)(?P<name>[^\[\]]+)\]\]?\s*(#.*)?")
_ENTRY = re.compile(r"""\s*(?P<name>(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"))*)\s*=""")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_ELEMENT = re.compile(r"\s*\{")


def places(text: str) -> dict[Place, int]:
    """Every table and entry that begins a line, and the number of that line."""
    found: dict[Place, int] = {(): 1}
    arrays: Counter[Place] = Counter()
    table: Place = ()
    entry: Place = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.fullmatch(line):
            table = _under(_parts(header["name"]), arrays)
            if header["opening"] == "[[":
                found.setdefault(table, number)
                arrays[table] += 1
                table = (*table, arrays[table] - 1)
            found.setdefault(table, number)
            entry = table
        elif named := _ENTRY.match(line):
            entry = (*table, *_parts(named["name"]))
            found.setdefault(entry, number)
        elif _ELEMENT.match(line):  # an inline table of an array over several lines
            found[*entry, arrays[entry]] = number
            arrays[entry] += 1
    return found


def line_of(place: Sequence[str | int], text: str) -> int:
    """The line of the innermost table or entry of `place` that is there."""
    known = places(text)
    for length in range(len(place), 0, -1):
        if tuple(place[:length]) in known:
            return known[tuple(place[:length])]
    return 1


def _parts(name: str) -> Place:
    return tuple(part.strip("\"'") for part in _PART.findall(name))


def _under(parts: Place, arrays: Counter[Place]) -> Place:
    """The path of a header: of an array of tables its last element is meant."""
    path: Place = ()
    for part in parts[:-1]:
        path = (*path, part)
        if arrays[path]:
            path = (*path, arrays[path] - 1)
    return (*path, parts[-1]) if parts else path
