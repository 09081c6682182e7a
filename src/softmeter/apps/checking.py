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
from softmeter.errors import ConfigurationError

WRONG = 1
NOTHING = "nothing wrong"
_BROKEN = re.compile(r"at line (\d+)")
_ENDLESS = re.compile(r"[0-9_]{3000,}")
_NAMED = re.compile(r"'([^']+)'")
_OF_A_NAME = "[key]"
"""How pydantic says that the name of an entry is meant, not its value."""
_WORDS = (
    (re.compile(r"^Input should be a valid integer"), "must be a whole number"),
    (re.compile(r"^Input should be a valid string"), "must be text"),
    (re.compile(r"^Input should be a valid boolean"), "must be true or false"),
    (re.compile(r"^Input should be a valid (?:dictionary|.* or instance of \w+)"), "must be a table"),
    (re.compile(r"^Input should be a valid (?:list|tuple|set|array)"), "must be a list"),
    (re.compile(r"^Input should be an? valid "), "must be a "),
    (re.compile(r"^Input should (?=be|have|match)"), "must "),
    (re.compile(r"greater than or equal to (\S+)"), r"\1 or more"),
    (re.compile(r"less than or equal to (\S+)"), r"\1 or less"),
)
_WITHOUT_VALUE = {"extra_forbidden", "missing"}


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
        case "literal_error" | "enum" if isinstance(found["input"], str):
            close = get_close_matches(found["input"], _NAMED.findall(found["msg"]), n=1)
            return f"{_plain(found['msg'])}; did you mean {close[0]}?" if close else _plain(found["msg"])
    return _plain(found["msg"])


def _plain(message: str) -> str:
    """What pydantic says of a value, as it stands behind the name of an entry."""
    said = message.removeprefix("Value error, ").partition(", unable to ")[0]
    for pattern, ours in _WORDS:
        said = pattern.sub(ours, said)
    return said


def problem_of(found: Mapping[str, Any], kind: type[BaseModel], text: str) -> Problem:
    """What pydantic found in a document of a kind, which `text` is, in our words where it is about a name."""
    place = tuple(part for part in found["loc"] if part != _OF_A_NAME)
    said, shown = our_words(found, kind), _short(found["input"])
    is_whole_table = found["type"] == "value_error" and isinstance(found["input"], dict)
    if found["type"] not in _WITHOUT_VALUE and not is_whole_table and shown not in said:
        said += f" (found {shown})"
    return Problem(line_of(place, text), ".".join(map(str, place)), said)


def refusal(problems: Sequence[Problem], name: str) -> ConfigurationError:
    """All that is wrong in the file `name`, each on a line."""
    return ConfigurationError(f"\n{name}: ".join(map(str, problems)), name)


def _short(value: Any) -> str:
    try:
        text = repr(value)
    except RecursionError:
        return "a table nested far too deep"
    return text if len(text) <= 60 else f"{text[:57]}..."


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
