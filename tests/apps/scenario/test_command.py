"""The commands: exit status, what is printed, JSON and JUnit XML."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from softmeter.apps.main import app
from softmeter.apps.scenario.command import check_all
from softmeter.errors import ConfigurationError

STORY = """
title = "A minute"
about = "Passes."
[meter]
start = "2026-01-01T10:00:00+01:00"
[[step]]
note = "A minute later"
after = "1m"
expect = [{ tariff = 2 }, { object = "voltage", value = 230 }]
"""


def told(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["scenario", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture
def story(tmp_path: Path) -> Path:
    path = tmp_path / "story.toml"
    path.write_text(STORY)
    return path


def test_a_story_that_comes_true_ends_with_status_0(story: Path) -> None:
    status, text = told("run", str(story), "--digest")
    assert status == 0
    assert "2026-01-01T09:01:00Z      A minute later\n" in text
    assert "✓ tariff: 0002" in text
    assert "1 steps, 2 checks: all met" in text
    assert len(text.splitlines()[-1]) == len("sha256 ") + 64


def test_a_story_that_does_not_ends_with_status_1_and_says_why(story: Path, tmp_path: Path) -> None:
    story.write_text(STORY.replace("tariff = 2", "tariff = 3"))
    status, text = told("run", str(story), "--junit", str(tmp_path / "junit.xml"))
    assert status == 1
    assert "✗ tariff\n      expected  0003\n      seen      0002\n" in text
    assert "1 of 2 not met" in text
    suite = ET.fromstring((tmp_path / "junit.xml").read_text())[0]  # noqa: S314
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    assert suite[0][0].get("message") == "tariff: expected 0003, seen 0002"


def test_json_is_one_object_per_scenario(story: Path) -> None:
    status, text = told("run", str(story), str(story), "--json")
    first, second = [json.loads(line) for line in text.splitlines()]
    assert status == 0
    assert first == second
    assert first["met"] is True
    assert first["steps"][0]["checks"][0] == {"what": "tariff", "expected": "0002", "seen": "0002", "met": True}


def test_every_mistake_is_told_without_running_the_file(story: Path, tmp_path: Path) -> None:
    assert told("check", str(story)) == (0, f"{story}: A minute: 1 steps, nothing wrong\n")
    story.write_text(STORY.replace("tariff", "tarif").replace('"1m"', '"soon"'))
    other = tmp_path / "other.toml"
    other.write_text("[meter\n")
    status, text = told("check", str(story), str(other))
    first, second, third = text.splitlines()
    assert status == 1
    assert first == f"{story}:8: step 1, after: 'soon' is no duration; write it like 90s, 15m, 2h30m or 3d"
    assert second.startswith(f"{story}:9: step 1, expect 1: is about nothing")
    assert third.startswith(f"{other}:1: is no TOML")
    assert [one["line"] for one in json.loads(told("check", str(story), "--json")[1])[0]["problems"]] == [8, 9]
    with pytest.raises(ConfigurationError, match=r"line 8, step 1, after: .*\n.*: line 9, step 1, expect 1: is about"):
        told("run", str(story))


def test_a_file_that_cannot_be_read_hides_no_mistakes_of_others(
    story: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    story.write_text(STORY.replace('"1m"', '"soon"'))
    with pytest.raises(ConfigurationError, match=r"none\.toml: cannot be read .*\n.*other\.toml: cannot be read"):
        check_all([str(tmp_path / "none.toml"), str(story), str(tmp_path / "other.toml")], json=False)
    assert capsys.readouterr().out.startswith(f"{story}:8: step 1, after: ")


def test_a_place_that_cannot_be_written_is_named(story: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"--junit: .*nowhere/junit.xml cannot be made: there is no directory"):
        told("run", str(story), "--junit", str(tmp_path / "nowhere" / "junit.xml"))


def test_a_report_takes_the_place_of_a_report_and_of_nothing_else(story: Path, tmp_path: Path) -> None:
    was = story.read_bytes()
    with pytest.raises(ConfigurationError, match="is there and is no JUnit report; name another file"):
        told("run", str(story), "--junit", str(story))
    assert story.read_bytes() == was
    for _ in range(2):
        assert told("run", str(story), "--junit", str(tmp_path / "junit.xml"))[0] == 0


def test_a_report_is_xml_whatever_is_said(story: Path, tmp_path: Path) -> None:
    story.write_text(story.read_text().replace("A minute later", "\\u0001<"))
    told("run", str(story), "--junit", str(tmp_path / "junit.xml"))
    suite = ET.fromstring((tmp_path / "junit.xml").read_text())[0]  # noqa: S314
    assert str(suite[0].get("name")).endswith(" ?<")


def test_schema_and_library_are_printed() -> None:
    assert json.loads(told("schema")[1])["title"] == "Script"
    assert "outage-over-midnight" in told("list")[1]
