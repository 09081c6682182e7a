"""What a connection reported, in one line of a log."""

from collections.abc import Hashable
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache, lru_cache
from re import sub


@lru_cache(maxsize=256)
def event_text(event: Hashable) -> str:
    """An event in one line: its name in words, then its fields. Most events come again and again."""
    kind: type = type(event)
    words = _words(kind.__name__)
    named = [f"{name}={_value_text(getattr(event, name))}" for name in _names(kind)]
    return " ".join((words, *named))


@cache
def _words(name: str) -> str:
    """The name of a kind of event, of which there are few, in words."""
    return sub(r"(?<!^)(?=[A-Z])", " ", name).lower()


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


def _value_text(value: object) -> str:
    match value:
        case bytes():
            return value.hex()
        case Enum():
            return value.name.lower()
        case str():
            return repr(value)
        case _:
            return str(value)
