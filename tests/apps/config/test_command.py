"""`softmeter config`: what is effective, what is wrong and on which line, and the schema."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from softmeter.apps import configuration
from softmeter.apps.config.cli import app
from softmeter.apps.config.command import effective, schema_text

BAD = """# a comment
[identity]
year = "new"

[tariff]
special_days = [
  { date = "12-25", day = 0 },
  { date = "1-1", day = 0 },
]
[[tariff.seasons]]
name = "A"
start = "01-01"
week = "W"
[[tariff.seasons]]
name = "B"
start = "1-01"
week = "W"
[tariff.weeks]
W = [0, 0, 0, 0, 0, 0, 0]
[tariff.days]
0 = { "00:00" = 1 }
[dispay]
"""
SOUND_TABLES = """[[tariff.seasons]]
name = "A"
start = "01-01"
week = "X"
[tariff.weeks]
W = [0, 0, 0, 0, 0, 0, 9]
[tariff.days]
0 = { "00:00" = 1 }
"""


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.stdout


@pytest.mark.parametrize("name", configuration.PACKAGED)
def test_what_is_effective_means_the_same_when_it_is_read_again(name: str, tmp_path: Path) -> None:
    path = tmp_path / "effective.toml"
    path.write_text(run("show", name)[1])
    assert effective(str(path)) == effective(name)
    again, given = configuration.read(str(path)), configuration.read(name)
    assert (again.identity, again.ports) == (given.identity, given.ports)
    for part in ("tariff", "special_days", "default_rate", "profiles", "zone", "demand", "display"):
        assert getattr(again.device, part) == getattr(given.device, part), part


def test_json_has_the_same_entries() -> None:
    told = json.loads(run("show", "nl", "--json")[1])
    assert told == effective("nl")
    assert told["tariff"]["weeks"] == {"W0": [1, 1, 1, 1, 1, 0, 0]}
    assert told["display"]["scroll_s"] == 5


def test_everything_that_is_wrong_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(BAD)
    status, out = run("check", str(path))
    assert status == 1
    assert out.splitlines()[-1].endswith("dispay: is not known here; did you mean display?")
    places = [line.removeprefix(f"{path}:").split(": ")[0:2] for line in out.splitlines()]
    assert places == [
        ["3", "identity.year"],
        ["8", "tariff.special_days.1.date"],
        ["16", "tariff.seasons.1.start"],
        ["22", "dispay"],
    ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("\n[identity\n", 2, "is no TOML"),
        ("# one\n[demand]\nperiod_s = 7\n", 2, "period of 7 s"),
        ("[ports]\n[profiles.daily]\nperiod_s = 7\n", 2, "profile daily"),
        (SOUND_TABLES, 1, "week 'X' does not exist"),
        (SOUND_TABLES.replace('"X"', '"W"'), 6, "day 9 does not exist"),
    ],
)
def test_what_only_the_meter_can_judge_has_a_line_too(tmp_path: Path, text: str, line: int, words: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    status, out = run("check", str(path), "--json")
    (problem,) = json.loads(out)[0]["problems"]
    assert (status, problem["line"]) == (1, line)
    assert words in problem["message"]


def test_a_sound_file_is_said_to_be_sound() -> None:
    assert run("check", "nl", "factory") == (0, "nl: nothing wrong\nfactory: nothing wrong\n")


def test_the_schema_describes_every_table() -> None:
    schema = json.loads(schema_text())
    assert set(schema["properties"]) == set(effective("nl"))
    assert schema["additionalProperties"] is False
