"""Reading a scenario file: from TOML to a checked `Script`, every error with its line and place."""

import json
import re
import tomllib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from softmeter.apps import packaged
from softmeter.apps.options import duration_ns
from softmeter.apps.scenario.script import Script, Step
from softmeter.errors import ConfigurationError
from softmeter.instant import Instant, iso, parse_instant

SUFFIX = ".toml"
_STEP = re.compile(r"\s*\[\[\s*step\s*\]\]")


def library() -> list[str]:
    """The names of the scenarios that come with the package."""
    return sorted(
        one.name.removesuffix(SUFFIX) for one in files("softmeter.scenarios").iterdir() if one.name.endswith(SUFFIX)
    )


def text_of(path_or_name: str) -> str:
    """The text of a scenario file, or of one of the library by name.

    Raises:
        ConfigurationError: it cannot be read.
    """
    return packaged.text_of(path_or_name, "softmeter.scenarios", library())


def directory_of(path_or_name: str) -> Path:
    """Where files that the scenario names lie."""
    return Path(path_or_name).resolve().parent


def parse(text: str, name: str) -> Script:
    """The scenario in `text`; `name` is where it came from.

    Raises:
        ConfigurationError: something in it is wrong; says where, and all of it.
    """
    try:
        document = tomllib.loads(text)
        script = Script.model_validate(document)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"is no TOML: {error}", name) from None
    except RecursionError:
        raise ConfigurationError("is no scenario: nested far too deep", name) from None
    except ValidationError as error:
        problems = [_described(_untagged(one["loc"]), one["msg"], text) for one in error.errors()]
        raise ConfigurationError("; ".join(problems), name) from None
    for number, step in enumerate(script.step):
        _check_times(step, number, text, name)
    _check_order(script, text, name)
    return script


def instants(script: Script) -> list[Instant]:
    """When each step takes place."""
    now, found = parse_instant(script.meter.start), []
    for step in script.step:
        if step.at is not None:
            now = parse_instant(step.at)
        elif step.after is not None:
            now = Instant(now + duration_ns(step.after, "after"))
        found.append(now)
    return found


def schema() -> str:
    """The JSON Schema of scenario files."""
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Script.model_json_schema()}
    return json.dumps(document, indent=2)


def _check_times(step: Step, number: int, text: str, name: str) -> None:
    """Every time and duration can be read."""
    moments: list[tuple[tuple[str | int, ...], str | None]] = [(("at",), step.at)]
    for index, one in enumerate(step.expect):
        fields = ("at", "time", "until", *(("since",) if "object" not in type(one).model_fields else ()))
        moments += [(("expect", index, field), getattr(one, field, None)) for field in fields]
    for place, moment in moments:
        if moment is not None:
            try:
                parse_instant(moment)
            except ConfigurationError as error:
                raise ConfigurationError(_described(("step", number, *place), str(error), text), name) from None


def _check_order(script: Script, text: str, name: str) -> None:
    """Time does not run back."""
    try:
        before = parse_instant(script.meter.start)
    except ConfigurationError as error:
        raise ConfigurationError(str(error), f"{name}: meter.start") from None
    for number, now in enumerate(instants(script)):
        if now < before:
            message = f"{iso(now)} lies before {iso(before)}, which has passed already"
            raise ConfigurationError(_described(("step", number, "at"), message, text), name)
        before = now


def _described(place: Sequence[str | int], message: str, text: str) -> str:
    """A problem with its line and its place: `line 12, step 3, expect 1, value: …`."""
    shown: list[str] = []
    for part in place:
        if isinstance(part, int):
            shown[-1] = f"{shown[-1]} {part + 1}"
        else:
            shown.append(part)
    return f"line {_line(place, text)}, {', '.join(shown)}: {message.removeprefix('Value error, ')}"


def _untagged(place: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """A place without the name of the kind of expectation, which stands in no file."""
    return (*place[:4], *place[5:]) if len(place) > 4 and place[2] == "expect" else place


def _line(place: Sequence[Any], text: str) -> int:
    """The line of the file that a place is most likely about."""
    lines = text.splitlines()
    begin, end = 0, len(lines)
    rest = list(place)
    if len(rest) > 1 and rest[0] == "step":
        headers = [number for number, line in enumerate(lines) if _STEP.match(line)] + [len(lines)]
        if rest[1] + 1 < len(headers):
            begin, end = headers[rest[1]], headers[rest[1] + 1]
        rest = rest[2:]
    elif rest:
        begin = next((n for n, line in enumerate(lines) if line.strip() == f"[{rest[0]}]"), 0)
    for part in rest:
        pattern = rf"\s*{re.escape(part)}\s*=|\s*\[\[step\.{re.escape(part)}\]\]" if isinstance(part, str) else r"\s*\{"
        found = [number for number in range(begin, end) if re.match(pattern, lines[number])]
        wanted = part if isinstance(part, int) else 0
        begin = found[wanted] if wanted < len(found) else begin
    return begin + 1
