"""The meter of a story: its configuration, with the entries that the scenario replaces, and its source."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from softmeter.apps import configuration
from softmeter.apps.scenario.script import MeterPart
from softmeter.apps.toml_lines import Place
from softmeter.errors import ConfigurationError
from softmeter.instant import parse_instant, whole_second
from softmeter.metrology.metering import metered
from softmeter.signal.samples import Source
from softmeter.signal.specification import parse_source, with_path

SERIAL = "00000001"
"""Of a meter to which the scenario gives none."""


def settings_of(part: MeterPart, directory: Path) -> configuration.Configuration:
    """The configuration of the meter; files lie in `directory`.

    Raises:
        ConfigurationError: it cannot be read, or something in it is wrong.
    """
    name = _name(part, directory)
    return configuration.parse(configuration.text(name), name, _replaced(part))


def source_of(part: MeterPart, directory: Path) -> Source:
    """What the meter measures; files lie in `directory`.

    Raises:
        ConfigurationError: it cannot be understood or read.
    """
    start = whole_second(parse_instant(part.start))
    placed = with_path(part.source, lambda path: str(directory / path))
    if "\0" in placed:
        raise ConfigurationError("cannot be the name of a file", repr(placed))
    return metered(parse_source(placed, start_second=start, open_file=_open))


def wrong_meter(part: MeterPart, directory: Path) -> Iterator[tuple[Place, str]]:
    """What is wrong with the meter, each with its place in the scenario."""
    yield from _wrong_settings(part, directory)
    try:
        source_of(part, directory)
    except ConfigurationError as error:
        yield ("meter", "source"), str(error)


def _wrong_settings(part: MeterPart, directory: Path) -> Iterator[tuple[Place, str]]:
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


def _open(path: str) -> BinaryIO:
    return Path(path).open("rb")


def _name(part: MeterPart, directory: Path) -> str:
    return part.config if part.config in configuration.PACKAGED else str(directory / part.config)


def _replaced(part: MeterPart) -> dict[str, Any]:
    """The entries that hold instead of those of the configuration."""
    identity = {"serial": SERIAL, **({"type": part.type} if part.type else {})}
    given = part.settings.get("identity", {})
    return {**part.settings, "identity": {**identity, **given} if isinstance(given, dict) else given}
