"""The commands `config show`, `check` and `schema`."""

import json as form
import re
from collections.abc import Sequence
from typing import Any

from softmeter.apps import configuration
from softmeter.apps.configuration import Configuration, File, Problem
from softmeter.apps.tariff_file import described, tariff_text
from softmeter.apps.telling import tell
from softmeter.apps.toml_text import document_text
from softmeter.errors import ConfigurationError

WRONG = 1
_TARIFF = "tariff"
_BROKEN = re.compile(r"at line (\d+)")


def show_configuration(name: str, *, json: bool) -> None:
    """Print the configuration of a file with every default.

    Raises:
        ConfigurationError: it cannot be read, or something in it is wrong.
    """
    document = effective(name)
    if json:
        tell(form.dumps(document, ensure_ascii=False))
        return
    tariff = document.pop(_TARIFF)
    tell(f"{document_text(document)}\n{tariff_text(tariff)}".rstrip())


def effective(name: str) -> dict[str, Any]:
    """Every entry of the configuration in a file, as it would be written.

    Raises:
        ConfigurationError: as `show_configuration`.
    """
    text = configuration.text(name)
    made = configuration.parse(text, name)
    document = configuration.document(text).model_dump(mode="json", exclude={_TARIFF})
    told = described(made.device.tariff, made.device.special_days)
    document[_TARIFF] = {"default_rate": made.device.default_rate, **told}
    return document


def check_files(names: Sequence[str], *, json: bool) -> int:
    """Print what is wrong in each file; the exit status says whether anything is."""
    found = {name: _problems(name) for name in names}
    if json:
        tell(
            form.dumps([{"file": name, "problems": [_described(one) for one in all_]} for name, all_ in found.items()])
        )
    else:
        for name, problems in found.items():
            for problem in problems:
                where = f"{problem.entry}: " if problem.entry else ""
                tell(f"{name}:{problem.line}: {where}{problem.message}")
            if not problems:
                tell(f"{name}: nothing wrong")
    return WRONG if any(found.values()) else 0


def _problems(name: str) -> list[Problem]:
    text = configuration.text(name)
    try:
        found = configuration.problems(text, name)
    except ConfigurationError as error:
        message = str(error).removeprefix(f"{name}: ")
        line = _BROKEN.search(message)
        return [Problem(int(line[1]) if line else len(text.splitlines()) or 1, "", message)]
    return [] if isinstance(found, Configuration) else found


def _described(problem: Problem) -> dict[str, Any]:
    return {"line": problem.line, "entry": problem.entry, "message": problem.message}


def schema_text() -> str:
    """The JSON Schema of configuration files."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **File.model_json_schema(),
        "title": "softmeter configuration",
    }
    return form.dumps(document, indent=2, ensure_ascii=False) + "\n"
