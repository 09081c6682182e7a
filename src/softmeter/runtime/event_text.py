"""What a connection reported, in one line of a log."""

from dataclasses import fields, is_dataclass
from enum import Enum
from re import sub


def event_text(event: object) -> str:
    """An event in one line: its name in words, then its fields."""
    words = sub(r"(?<!^)(?=[A-Z])", " ", type(event).__name__).lower()
    if not is_dataclass(event):
        return words
    named = ((field.name, getattr(event, field.name)) for field in fields(event))
    return " ".join((words, *(f"{name}={_value_text(value)}" for name, value in named)))


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
