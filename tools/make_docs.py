"""Writes the generated pages of docs/ from the code; with --check only says whether they are current.

`docs/commands.md` comes from the declarations of the command lines, `docs/object-model.md` from the rows of the model,
`docs/configuration.schema.json` from the model of the settings, `docs/library/reference.md` from the sources of the
library, `docs/conformance.md` from the tests with public names,
`docs/manual-coverage.md` from the statements of the manual and the tests that prove them.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import typer

from conformance_cases import page as conformance_page
from library_reference import reference_page
from manual_coverage import page as manual_page
from softmeter.apps.config.command import schema_text
from softmeter.apps.main import app as softmeter
from softmeter.apps.scenario.reading import library, parse, text_of
from softmeter.apps.smartset.classes import class_name
from softmeter.apps.smartset.commands import app as smartset
from softmeter.apps.smartset.object_list import spans
from softmeter.cosem.access import ALL
from softmeter.meter.model import describe
from softmeter.security.suites import Suite

DOCS = Path(__file__).parent.parent / "docs"
_NOTE = "Written by `make docs` from the code; edits here are lost."
_AUDIENCES = ("public", "readout", "management", "maintenance")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A Markdown table; bars within cells are escaped."""
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def commands_page() -> str:
    """Every command with its arguments and options."""
    lines = ["# Commands", "", _NOTE, ""]
    for name, app in (("softmeter", softmeter), ("smartset", smartset)):
        lines += [*_command(name, typer.main.get_command(app), 2), ""]
    return "\n".join(lines).rstrip() + "\n"


def _command(path: str, command: Any, depth: int) -> Iterator[str]:
    parameters = [one for one in command.params if not getattr(one, "hidden", False) and "--help" not in one.opts]
    arguments = [one for one in parameters if one.param_type_name == "argument"]
    options = [one for one in parameters if one.param_type_name == "option"]
    children: dict[str, Any] = getattr(command, "commands", {})
    yield f"{'#' * depth} {path}"
    yield ""
    for paragraph in _paragraphs(command.help):
        yield from (paragraph, "")
    words = [path, *(["[OPTIONS]"] if options else []), *map(_argument, arguments), *(["COMMAND"] if children else [])]
    yield from (f"    {' '.join(words)}", "")
    explained = [one for one in arguments if one.help]
    if explained or options:
        rows = [(f"`{_argument(one)}`", one.help, _default(one)) for one in explained]
        rows += [(f"`{_option(one)}`", one.help or "", _default(one)) for one in options]
        yield from (*table(("", "meaning", "default"), rows), "")
    for name, child in children.items():
        if not getattr(child, "hidden", False):
            yield from _command(f"{path} {name}", child, depth + 1)


def _paragraphs(text: str | None) -> Iterator[str]:
    for paragraph in (text or "").split("\n\n"):
        if paragraph.strip():
            yield " ".join(paragraph.split())


def _argument(argument: Any) -> str:
    word = (argument.metavar or argument.name.upper()) + ("..." if argument.nargs == -1 else "")
    return word if argument.required else f"[{word}]"


def _option(option: Any) -> str:
    names = ", ".join([*option.opts, *option.secondary_opts])
    if option.is_flag:
        return names
    choices = getattr(option.type_descriptor, "choices", None) or ()
    listed = "|".join(str(getattr(choice, "value", choice)) for choice in choices)
    return f"{names} {option.metavar or listed or option.name.upper()}"


def _default(parameter: Any) -> str:
    default = parameter.default
    if default is None or default is False or default == "" or callable(default):
        return ""
    return f"`{getattr(default, 'value', default)}`"


def model_page() -> str:
    """Every object with who may do what."""
    header = ("object", "class", "title", "attributes", "methods", *_AUDIENCES)
    usual = describe()
    risen = [row for row in describe(Suite.SUITE_1) if row not in usual]
    lines = [
        "# Object model",
        "",
        _NOTE,
        "",
        "One row per COSEM object; attribute 1 is its logical name. `r`: attributes a client may read, `w`: those",
        "it may set, `c`: methods it may call. Management and maintenance may also come in with a password over a",
        "ciphered association: they see then what the public sees. (+D): only the variant with a disconnector has it.",
        "",
        *table(header, map(_object, usual)),
        "",
        "## Messages to all meters",
        "",
        "What client 102 may do, unconfirmed and under the broadcast key; it reads nothing.",
        "",
        *table(
            ("object", "title", "sets", "calls"), map(_told, (row for row in usual if "broadcast" in row["rights"]))
        ),
        "",
        "## After the upgrade to suite 1",
        "",
        "These objects have another version then ([security-suite-1.md](security-suite-1.md)). `s`: methods that only",
        "a signed request may call; the access modes of the object list say so.",
        "",
        *table(header, map(_object, risen)),
    ]
    return "\n".join(lines) + "\n"


def _object(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        f"`{row['obis']}`",
        f"{class_name(row['class_id'])} ({row['class_id']} v{row['version']})",
        f"{row['title']} ({row['variant']})" if row["variant"] else row["title"],
        _numbered(row["attributes"]),
        _numbered(row["methods"]),
        *(_rights(row, audience) for audience in _AUDIENCES),
    )


def _told(row: dict[str, Any]) -> tuple[str, ...]:
    """What a message to all meters may do with an object."""
    rights = row["rights"]["broadcast"]
    parts = ((rights["write"], row["attributes"]), (rights["call"], row["methods"]))
    stated = (
        {number: name for number, name in known.items() if name in _stated(names, known)} for names, known in parts
    )
    return (f"`{row['obis']}`", row["title"], *map(_numbered, stated))


def _numbered(names: dict[int, str]) -> str:
    return ", ".join(f"{number} {name}" for number, name in names.items() if name != "logical_name")


def _rights(row: dict[str, Any], audience: str) -> str:
    rights = row["rights"].get(audience)
    if not rights:
        return ""
    shown = (
        ("r", {"logical_name", *_stated(rights["read"], row["attributes"])}, row["attributes"]),
        ("w", _stated(rights["write"], row["attributes"]), row["attributes"]),
        ("c", _stated(rights["call"], row["methods"]) - rights["signed"], row["methods"]),
        ("s", _stated(rights["call"], row["methods"]) & rights["signed"], row["methods"]),
    )
    return "; ".join(
        f"{letter} {spans(number for number, name in numbers.items() if name in names)}"
        for letter, names, numbers in shown
        if names
    )


def _stated(names: str, known: dict[int, str]) -> set[str]:
    return set(known.values()) if names == ALL else set(names.split())


def scenarios_page() -> str:
    """Every scenario of the library: its story, and its file."""
    lines = ["# The library of scenarios", "", _NOTE, ""]
    lines += [
        "Run one by its name, see [scenarios.md](scenarios.md):",
        "",
        "    softmeter scenario run outage-over-midnight",
        "",
    ]
    for name in library():
        text = text_of(name)
        script = parse(text, name)
        body = text.partition('"""\n\n')[2]
        lines += [
            f"## {script.title}",
            "",
            f"`{name}`. {' '.join(script.about.split())}",
            "",
            "```toml",
            body.strip(),
            "```",
            "",
        ]
    return "\n".join(lines).rstrip() + "\n"


PAGES = {
    "commands.md": commands_page,
    "object-model.md": model_page,
    "configuration.schema.json": schema_text,
    "library/reference.md": reference_page,
    "scenario-library.md": scenarios_page,
    "conformance.md": conformance_page,
    "manual-coverage.md": manual_page,
}
"""What is written, and by what."""


def main() -> int:
    """Write or compare; the exit status says whether a page was not current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a page is not current")
    check = parser.parse_args().check
    stale = 0
    for name, page in PAGES.items():
        path, content = DOCS / name, page()
        if path.exists() and path.read_text("utf-8") == content:
            continue
        if check:
            print(f"docs/{name} is not what the code says; run: make docs", file=sys.stderr)
            stale = 1
        else:
            path.write_text(content, "utf-8")
            print(f"wrote docs/{name}")
    return stale


if __name__ == "__main__":
    sys.exit(main())
