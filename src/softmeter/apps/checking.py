"""What is wrong in files that people write: all of it, each with its line, for a person and for a program."""

import json as form
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any, NamedTuple

from pydantic import BaseModel

from softmeter.apps.telling import tell
from softmeter.apps.toml_lines import Place, line_of

WRONG = 1
NOTHING = "nothing wrong"
_BROKEN = re.compile(r"at line (\d+)")
_ENDLESS = re.compile(r"[0-9_]{3000,}")


class Problem(NamedTuple):
    """Something wrong in a file. `entry` is the place in it, empty where `message` says it."""

    line: int
    entry: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.entry}: {self.message}" if self.entry else f"line {self.line}: {self.message}"


def document_of(text: str, kind: str) -> dict[str, Any] | Problem:
    """The TOML document in `text`, which shall be a `kind`, or why it is none."""
    try:
        document = tomllib.loads(text)
        place = next(_endless(document, ()), None)
    except tomllib.TOMLDecodeError as error:
        line = _BROKEN.search(str(error))
        return Problem(int(line[1]) if line else len(text.splitlines()) or 1, "", f"is no TOML: {error}")
    except RecursionError:
        return too_deep(kind)
    except ValueError:
        number = _ENDLESS.search(text)  # of which not even the reader of the standard library makes an integer
        return _too_long(text.count("\n", 0, number.start()) + 1 if number else 1, kind)
    return document if place is None else _too_long(line_of(place, text), kind)


def _too_long(line: int, kind: str) -> Problem:
    return Problem(line, "", f"is no {kind}: a number far too long")


def _endless(value: Any, place: Place) -> Iterator[Place]:
    """Where numbers stand that TOML does not have: an integer has 64 bits."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _endless(one, (*place, name))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _endless(one, (*place, number))
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        yield place


def too_deep(kind: str) -> Problem:
    """What is wrong with a document that nobody wrote by hand."""
    return Problem(1, "", f"is no {kind}: nested far too deep")


@cache
def names_of(kind: type[BaseModel]) -> frozenset[str]:
    """The names of all entries that a document of a kind may have, at any depth."""
    schema = kind.model_json_schema()
    return frozenset(
        name for table in (schema, *schema.get("$defs", {}).values()) for name in table.get("properties", ())
    )


def our_words(found: Mapping[str, Any], kind: type[BaseModel]) -> str:
    """What pydantic says of an entry in a document of a kind, as we would."""
    match found["type"]:
        case "extra_forbidden":
            close = get_close_matches(str(found["loc"][-1]), names_of(kind), n=1)
            return f"is not known here; did you mean {close[0]}?" if close else "is not known here"
        case "missing":
            return "is missing"
    said: str = found["msg"].removeprefix("Value error, ")
    return said


def tell_problems(checked: Mapping[str, Sequence[Problem]], sound: Mapping[str, str], *, json: bool) -> int:
    """Print what is wrong in each file, or what `sound` has to say of it; the exit status."""
    if json:
        tell(
            form.dumps([{"file": name, "problems": [one._asdict() for one in all_]} for name, all_ in checked.items()])
        )
    else:
        for name, problems in checked.items():
            for problem in problems:
                where = f"{problem.entry}: " if problem.entry else ""
                tell(f"{name}:{problem.line}: {where}{problem.message}")
            if not problems:
                tell(f"{name}: {sound.get(name, NOTHING)}")
    return WRONG if any(checked.values()) else 0
