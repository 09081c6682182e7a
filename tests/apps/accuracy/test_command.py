import json
from pathlib import Path

import pytest

from softmeter.apps.accuracy.command import AccuracyOptions, accuracy
from softmeter.bench.type_test import count
from softmeter.errors import ConfigurationError

PLAIN = AccuracyOptions("B", "", 4000, calibrate=False, report=None, curves=None, json=False)


@pytest.mark.slow
def test_a_report_is_written_and_a_failure_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.html"
    assert accuracy(PLAIN._replace(front_end="gain_u=1.2,bits=16", report=report)) == 1
    printed = capsys.readouterr().out
    assert "front end: gain_u=1.2,bits=16" in printed
    assert "FAIL: 5 A, PF 1, import: 1.19" in printed
    assert f"written: {report}" in printed
    page = report.read_text(encoding="utf-8")
    assert page.count("<svg") == 4
    assert "gain_u=1.2,bits=16" in page
    assert "±2.5 % (unverified)" in page
    assert "2/32 FAIL" in page
    assert "Not every limit is kept." in page


@pytest.mark.slow
def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert accuracy(PLAIN._replace(limits="C", json=True)) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["passed"] is True
    assert told["about"]["front end"].startswith("24 bits")
    assert len(told["results"]) == count()
    influence = next(row for row in told["results"] if row["clause"] == "EN 50470-3, influence of voltage")
    assert (influence["passed"], influence["limit"]) == (None, None)
    clauses = {each["clause"]: each["passed"] for each in told["clauses"]}
    assert clauses["EN 50470-3, influence of voltage"] is None
    assert clauses["MID 2014/32/EU, annex V"] is True


BAD = [
    (PLAIN._replace(limits="D"), "--limits", "'D' is no class; there are A, B, C"),
    (PLAIN._replace(rate_hz=4001), "--rate", "4001 samples per second"),
    (PLAIN._replace(rate_hz=400), "--rate", "400 samples per second: must be 4000 to 50000"),
    (PLAIN._replace(front_end="bits"), "--front-end", "'bits' says no value"),
    (PLAIN._replace(front_end="bits=99"), "--front-end", "bits=99 must be 8 to 24"),
    (PLAIN._replace(front_end="gain=1"), "--front-end", "'gain' is not known"),
    (PLAIN._replace(report=Path("/none/such/page.html")), "--report", "there is no directory /none/such"),
    (PLAIN._replace(curves=Path("/dev")), "--curves", "/dev is a directory"),
    (PLAIN._replace(curves=Path("/dev/null")), "--curves", "error curves are written as .png or .svg"),
]


@pytest.mark.parametrize(("options", "where", "reason"), BAD)
def test_what_is_wrong_is_named(options: AccuracyOptions, where: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        accuracy(options)
    assert caught.value.where == where
    assert reason in str(caught.value)


def test_what_stands_where_a_report_should_is_looked_at_before_the_work(tmp_path: Path) -> None:
    mine = tmp_path / "errors.svg"
    mine.write_text("what I wrote")
    for options in (PLAIN._replace(report=mine), PLAIN._replace(curves=mine.with_suffix(".png"))):
        mine.with_suffix(".png").write_text("what I wrote")
        with pytest.raises(ConfigurationError, match=r"errors.*: is there and is no (report|picture)"):
            accuracy(options)
    (tmp_path / "errors-4.svg").write_text("what I wrote")
    with pytest.raises(ConfigurationError, match=r"errors-4\.svg: is there and is no picture"):
        accuracy(PLAIN._replace(curves=mine))
    assert mine.read_text() == "what I wrote"
