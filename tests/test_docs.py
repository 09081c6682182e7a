"""What the pages and examples tell people to do can be done."""

import json
import re
import runpy
import socket
import subprocess
import sys
import threading
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

import pytest
import typer

from apps.smartset.loopback import new_meter, served
from softmeter.apps.main import app as softmeter
from softmeter.apps.smartset.commands import app as smartset
from softmeter.apps.smartset.names import NAMES
from softmeter.instant import parse_instant, whole_second
from softmeter.meter.clients import CLIENTS
from softmeter.meter.p1 import telegram
from softmeter.metrology.metering import metered
from softmeter.signal.specification import parse_source

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
EXAMPLES = ROOT / "examples"
PROGRAMS = {app.info.name: typer.main.get_command(app) for app in (softmeter, smartset)}
COMMAND = re.compile(r"^ {4}(?:\$ )?(?P<program>softmeter|smartset) (?P<words>[^#\n]*)", re.MULTILINE)


def told(page: Path) -> list[tuple[str, list[str]]]:
    """The commands that a page shows in its indented lines."""
    text = page.read_text("utf-8")
    return [(match["program"], match["words"].split()) for match in COMMAND.finditer(text)]


def opened(path: str) -> BinaryIO:
    return Path(path).open("rb")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    assert [str(link) for link in links_of(page) if not link.exists()] == []


def links_of(page: Path) -> set[Path]:
    """The files that a page links to."""
    found = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text("utf-8"))
    return {(page.parent / link).resolve() for link in found}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_heading_finds_it(page: Path) -> None:
    found = re.findall(r"\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)", page.read_text("utf-8"))
    targets = [(page.parent / path if path else page, heading) for path, heading in found]
    assert [heading for path, heading in targets if heading not in headings_of(path)] == []


def headings_of(page: Path) -> set[str]:
    """The names of a page's headings, as links have them."""
    prose = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in re.findall(r"^#+ (.*)$", prose, re.MULTILINE))
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_is_well_formed(page: Path) -> None:
    for language, block in re.findall(r"```(toml|json|python)\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
        if language == "toml":
            tomllib.loads(block)
        elif language == "json":
            json.loads(block)
        else:
            for module, names in re.findall(r"^from (softmeter[\w.]*) import ([\w, ]+)$", block, re.MULTILINE):
                assert [name for name in names.split(", ") if not hasattr(import_module(module), name)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_name_files_that_are_there_and_state_directories_of_their_own(page: Path) -> None:
    text = page.read_text("utf-8")
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["sdist"]
    assert set(re.findall(r"--state ([\w-]+)", text)) & set(ours["include"]) == set()
    assert [name for name in re.findall(r"\bexamples/[\w.]+\w", text) if not (ROOT / name).exists()] == []


def test_make_has_every_target_that_is_told_of() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    rules = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    phony = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[0].split()
    helped = re.findall(r"^## make ([\w-]+)", makefile, re.MULTILINE)
    told = [
        target
        for page in PAGES
        for target in re.findall(r"(?:`|^ {4})make ([\w-]+)", page.read_text("utf-8"), re.MULTILINE)
    ]
    assert {*phony, *helped, *told} - rules == set()
    assert set(told) - set(helped) == set()


def test_what_a_page_shows_of_decoding_is_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "decode.md").read_text("utf-8")
    given, shown = re.findall(r"^ {4}softmeter decode ([0-9A-F]+)\n\ngives\n\n((?: {4}.*\n)+)", page, re.MULTILINE)[0]
    PROGRAMS["softmeter"].main(["decode", given], standalone_mode=False)
    assert capsys.readouterr().out == re.sub(r"^ {4}", "", shown, flags=re.MULTILINE)


def test_the_first_hour_names_every_client_that_may_come_in() -> None:
    page = (ROOT / "docs" / "first-hour.md").read_text("utf-8")
    told = {name: int(sap) for name, sap in re.findall(r"^\| (\w+) \| (\d+) \|", page, re.MULTILINE)}
    assert told == {client.name: sap for sap, client in CLIENTS.items() if client.pre_established is None}


def test_every_page_is_one_click_from_the_readme() -> None:
    library = ROOT / "docs" / "library" / "index.md"
    near = links_of(ROOT / "README.md")
    there = {page for page in PAGES if page.is_relative_to(ROOT / "docs")}
    assert {page for page in there if page not in near and page.parent != library.parent} == set()
    assert library in near
    assert set(library.parent.glob("*.md")) - links_of(library) == {library}


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name != "commands.md" and told(page)], ids=lambda page: page.name
)
def test_every_command_that_a_page_shows_exists(page: Path) -> None:
    for program, words in told(page):
        assert_command(program, words)


def test_every_example_below_the_help_of_a_program_exists() -> None:
    for program, command in PROGRAMS.items():
        examples = [line.split() for line in str(command.epilog).splitlines() if line.startswith("  ")]
        assert len(examples) >= 3
        for first, *words in examples:
            assert first == program
            assert_command(program, words)


def assert_command(program: str | None, words: list[str]) -> None:
    """That a program has the command and the options that are written."""
    command: Any = PROGRAMS[program]
    options = set()
    for word in words:
        options |= {name for parameter in command.params for name in parameter.opts}
        command = getattr(command, "commands", {}).get(word, command)
    options |= {name for parameter in command.params for name in parameter.opts}
    assert command is not PROGRAMS[program], words
    assert {word for word in words if word.startswith("--")} <= options | {"--help"}, words


def test_the_generated_page_knows_every_command() -> None:
    make_docs = runpy.run_path(str(ROOT / "tools" / "make_docs.py"))
    page = make_docs["commands_page"]()
    for program, command in PROGRAMS.items():
        for name in getattr(command, "commands", {}):
            assert f"### {program} {name}\n" in page
    assert "| `--meter HOST:PORT` |" in page
    assert "| `--mechanism lowest\\|lls\\|hls5\\|hls6\\|hls7` |" in page


def test_the_generated_model_says_what_a_client_may_do() -> None:
    make_docs = runpy.run_path(str(ROOT / "tools" / "make_docs.py"))
    rows = {row.split("`")[1]: row for row in make_docs["model_page"]().splitlines() if row.startswith("| `")}
    assert rows["1-0:1.8.0"].endswith("| 2 value, 3 scaler_unit | 1 reset |  | r 1-3 | r 1-3 | r 1-3 |")
    assert rows["0-0:42.0.0"].endswith("| r 1-2 | r 1-2 | r 1-2 | r 1-2 |")
    assert {str(named.obis.short) for named in NAMES.values()} <= set(rows)


@pytest.mark.slow
@pytest.mark.parametrize(("script", "expected"), [
    ("read_profile.py", r"(2026-01-0\dT\d\d:\d\d:00\+01:00 \d+ 0\n){95}2026-01-02T13:00:00\+01:00 33120 0\n"),
])  # fmt: skip
def test_the_examples_read_a_meter(tmp_path: Path, script: str, expected: str) -> None:
    with served(new_meter(tmp_path / "keys.toml")) as where:
        arguments = [sys.executable, str(EXAMPLES / script), where, str(tmp_path / "keys.toml")]
        shown = subprocess.run(arguments, capture_output=True, text=True, timeout=120, check=False)
    assert shown.stderr == ""
    assert re.fullmatch(expected, shown.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("damage", [False, True])
def test_the_p1_example_reads_and_checks_a_telegram(tmp_path: Path, damage: bool) -> None:  # noqa: FBT001
    meter = new_meter(tmp_path / "keys.toml")
    octets = telegram(meter.device, meter.identity)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def send() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(
                    octets[30:] + octets.replace(b"1-0:1.8.1", b"1-0:1.8.9") if damage else octets[30:] + octets
                )

        threading.Thread(target=send, daemon=True).start()
        arguments = [
            sys.executable,
            str(EXAMPLES / "p1_reader.py"),
            f"127.0.0.1:{listening.getsockname()[1]}",
            "--once",
        ]
        shown = subprocess.run(arguments, capture_output=True, text=True, timeout=120, check=False)
    assert (shown.returncode == 0) is not damage
    assert ("instead of" in shown.stderr) is damage
    assert shown.stdout.startswith(meter.identity.p1_identification, 1) is not damage


@pytest.mark.slow
def test_the_example_of_a_pin_gives_an_edge_up_and_down_for_each_pulse() -> None:
    def lines() -> bytes:
        told: list[dict[str, object]] = [{"type": "meter"}]
        told += [{"type": "pulse", "output": "active", "ns": 10**18 + pulse * 10**8} for pulse in range(3)]
        return b"".join(json.dumps(line).encode() + b"\n" for line in told)

    with socket.create_server(("127.0.0.1", 0)) as server:

        def send() -> None:
            link, _ = server.accept()
            with link:
                link.sendall(lines())

        thread = threading.Thread(target=send, daemon=True)
        thread.start()
        command = [
            sys.executable,
            str(EXAMPLES / "pulse_pin.py"),
            f"127.0.0.1:{server.getsockname()[1]}",
            "--edges",
            "3",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
        thread.join()
    assert done.stdout.split() == ["high", "low"] * 3


def test_the_example_recording_is_read_by_its_sidecar() -> None:
    start = whole_second(parse_instant("2026-01-31T11:00:30Z"))
    source = metered(parse_source(str(EXAMPLES / "kitchen.csv"), start_second=start, open_file=opened))
    read = source.measurements(start, 1)
    assert (read.active_power_w[0], read.voltage_v[0]) == (2231.0, 228.9)
