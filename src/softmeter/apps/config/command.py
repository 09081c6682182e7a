"""The commands `config show`, `check` and `schema`."""

import json as form
from collections.abc import Sequence
from typing import Any

from softmeter.apps import configuration
from softmeter.apps.checking import Problem, tell_problems
from softmeter.apps.configuration import Configuration, File
from softmeter.apps.tariff_file import described, tariff_text
from softmeter.apps.telling import tell
from softmeter.apps.toml_text import document_text

_TARIFF = "tariff"


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
    return tell_problems({name: _problems(name) for name in names}, {}, json=json)


def _problems(name: str) -> list[Problem]:
    found = configuration.problems(configuration.text(name))
    return [] if isinstance(found, Configuration) else found


def schema_text() -> str:
    """The JSON Schema of configuration files."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **File.model_json_schema(),
        "title": "softmeter configuration",
    }
    return form.dumps(document, indent=2, ensure_ascii=False) + "\n"
