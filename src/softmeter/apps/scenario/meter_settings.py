"""The configuration of a story's meter: a file or one that comes with the program, and entries of the scenario's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from softmeter.apps import configuration
from softmeter.apps.scenario.script import MeterPart
from softmeter.apps.toml_lines import Place
from softmeter.errors import ConfigurationError

SERIAL = "00000001"
"""Of a meter to which the scenario gives none."""


def settings_of(part: MeterPart, directory: Path) -> configuration.Configuration:
    """The configuration of the meter; files lie in `directory`.

    Raises:
        ConfigurationError: it cannot be read, or something in it is wrong.
    """
    name = _name(part, directory)
    return configuration.parse(configuration.text(name), name, _replaced(part))


def wrong_settings(part: MeterPart, directory: Path) -> Iterator[tuple[Place, str]]:
    """What is wrong with the meter, each with its place in the scenario."""
    name = _name(part, directory)
    try:
        text = configuration.text(name)
        configuration.parse(text, name)
    except ConfigurationError as error:
        yield ("meter", "config"), str(error)
        return
    found = configuration.problems(text, _replaced(part))
    if isinstance(found, configuration.Configuration):
        return
    for problem in found:
        place = tuple(int(name) if name.isdecimal() else name for name in problem.entry.split(".") if name)
        yield ("meter", "settings", *place), problem.message


def _name(part: MeterPart, directory: Path) -> str:
    return part.config if part.config in configuration.PACKAGED else str(directory / part.config)


def _replaced(part: MeterPart) -> dict[str, Any]:
    """The entries that hold instead of those of the configuration."""
    identity = {"serial": SERIAL, **({"type": part.type} if part.type else {})}
    given = part.settings.get("identity", {})
    return {**part.settings, "identity": {**identity, **given} if isinstance(given, dict) else given}
