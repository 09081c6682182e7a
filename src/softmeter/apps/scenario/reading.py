"""Reading a scenario file: from TOML to a checked `Script`, every mistake with its line and place."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from softmeter.apps import packaged
from softmeter.apps.checking import Problem, document_of, our_words, refusal, too_deep
from softmeter.apps.options import duration_ns
from softmeter.apps.scenario.expectations import ValueExpectation
from softmeter.apps.scenario.meter_settings import wrong_meter
from softmeter.apps.scenario.script import MeterPart, Script
from softmeter.apps.toml_lines import Place, line_of
from softmeter.instant import Instant, iso, parse_instant

SUFFIX = ".toml"
KIND = "scenario"
HERE = Path()


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


def parse(text: str, name: str, directory: Path = HERE) -> Script:
    """The scenario in `text`; `name` is where it came from, and files that it names lie in `directory`.

    Raises:
        ConfigurationError: something in it is wrong; says where, and all of it, each on a line.
    """
    found = problems(text, directory)
    if isinstance(found, Script):
        return found
    raise refusal(found, name)


def problems(text: str, directory: Path = HERE) -> Script | list[Problem]:
    """The scenario in `text`, or every mistake in it; files that it names lie in `directory`."""
    document = document_of(text, KIND)
    if isinstance(document, Problem):
        return [document]
    try:
        script = Script.model_validate(document)
    except RecursionError:
        return [too_deep(KIND)]
    except ValidationError as error:
        wrong_form = [(_untagged(one["loc"]), our_words(one, Script)) for one in error.errors()]
        return sorted(_problem(*one, text) for one in (*wrong_form, *_wrong_meter_of(document, directory)))
    wrong = (*wrong_meter(script.meter, directory), *_disorder(script), *_never_kept(script))
    found = [_problem(place, message, text) for place, message in wrong]
    return sorted(found) or script


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


def _wrong_meter_of(document: dict[str, Any], directory: Path) -> Iterator[tuple[Place, str]]:
    """What is wrong with the meter of a document that is no scenario, if its form is that of a meter."""
    with suppress(ValidationError):
        yield from wrong_meter(MeterPart.model_validate(document.get("meter", {})), directory)


def _disorder(script: Script) -> Iterator[tuple[Place, str]]:
    """Where time would run back."""
    before = parse_instant(script.meter.start)
    for number, now in enumerate(instants(script)):
        if now < before:
            yield ("step", number, "at"), f"{iso(now)} lies before {iso(before)}, which has passed already"
        before = max(before, now)


def _never_kept(script: Script) -> Iterator[tuple[Place, str]]:
    """Values that are referred to, and were not kept before."""
    kept: set[str] = set()
    for number, step in enumerate(script.step):
        kept |= {one.keep for one in step.get if one.keep is not None}
        for index, one in enumerate(step.expect):
            if isinstance(one, ValueExpectation) and one.since is not None and one.since not in kept:
                yield ("step", number, "expect", index, "since"), f"no value was kept as {one.since!r} before"


def _problem(place: Place, message: str, text: str) -> Problem:
    """A mistake with its line and its place as people count: `step 3, expect 1, value`."""
    shown: list[str] = []
    for part in place:
        if isinstance(part, int):
            shown[-1] = f"{shown[-1]} {part + 1}"
        else:
            shown.append(part)
    return Problem(line_of(place, text), ", ".join(shown), message)


def _untagged(place: Sequence[str | int]) -> Place:
    """A place without the name of the kind of expectation, which stands in no file."""
    return (*place[:4], *place[5:]) if len(place) > 4 and place[2] == "expect" else tuple(place)
