"""Plain values as TOML: the standard library only reads it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def key_text(name: str) -> str:
    """The name of an entry, in quotes where it needs them."""
    return name if _BARE.fullmatch(name) else value_text(name)


def value_text(value: Any) -> str:
    """A value on one line; tables as inline tables."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str():
            return f'"{"".join(map(_character, value))}"'
        case list() | tuple():
            return f"[{', '.join(map(value_text, value))}]"
        case Mapping():
            entries = [f"{key_text(str(name))} = {value_text(one)}" for name, one in value.items()]
            return f"{{ {', '.join(entries)} }}" if entries else "{}"
    raise TypeError(f"{value!r} is no value of TOML")


def document_text(document: Mapping[str, Any], path: str = "") -> str:
    """Tables with their entries; what is None is left out."""
    return "\n".join(_lines(document, path)).lstrip("\n") + "\n"


def _lines(document: Mapping[str, Any], path: str) -> Iterator[str]:
    tables = {name: value for name, value in document.items() if isinstance(value, Mapping)}
    entries = {name: value for name, value in document.items() if name not in tables and value is not None}
    if path and (entries or not tables):
        yield from ("", f"[{path}]")
    for name, value in entries.items():
        yield f"{key_text(name)} = {value_text(value)}"
    for name, table in tables.items():
        yield from _lines(table, f"{path}.{key_text(name)}" if path else key_text(name))


def _character(one: str) -> str:
    if one in _ESCAPED:
        return _ESCAPED[one]
    return one if one.isprintable() else f"\\u{ord(one):04x}" if ord(one) < 0x10000 else f"\\U{ord(one):08x}"
