"""`softmeter accuracy compare`: a recording beside reference values."""

import json
import re
from math import pi, sin
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from softmeter.apps.accuracy.compare import CompareOptions, compare
from softmeter.apps.main import app
from softmeter.errors import ConfigurationError

WAVEFORM = """[columns.voltage_v]
name = "1"
scale = 400
[columns.current_a]
name = "2"
scale = 20
"""


def options(recording: Path, *values: str, limit: float | None = None) -> CompareOptions:
    return CompareOptions(str(recording), None, values, limit, None, json=True)


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, list[dict[str, float]]]:
    printed: dict[str, list[dict[str, float]]] = json.loads(capsys.readouterr().out)
    return printed


@pytest.fixture
def day(tmp_path: Path) -> Path:
    """A minute of 1,000 W, a minute of 400 W export, by the second."""
    path = tmp_path / "day.csv"
    rows = [f"{second},{1000 if second < 60 else -400},231" for second in range(120)]
    path.write_text("\n".join(["time,active_power_w,voltage_v", *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def mains(tmp_path: Path) -> Path:
    """Ten seconds of 230 V, 5 A, 60 degrees late, at 50.02 Hz, as a WAV file of 16 bits."""
    rate, path = 4000, tmp_path / "mains.wav"
    turn = 2 * pi * 50.02 * (np.arange(10 * rate) + 0.5) / rate
    both = np.stack([230 * 2**0.5 / 400 * np.cos(turn), 5 * 2**0.5 / 20 * np.cos(turn - pi / 3)], axis=1)
    samples = np.rint(both * 32768).astype("<i2").tobytes()
    layout = b"fmt " + (16).to_bytes(4, "little") + np.array([1, 2], "<u2").tobytes()
    layout += np.array([rate, 4 * rate], "<u4").tobytes() + np.array([4, 16], "<u2").tobytes()
    chunks = b"WAVE" + layout + b"data" + len(samples).to_bytes(4, "little") + samples
    path.write_bytes(b"RIFF" + len(chunks).to_bytes(4, "little") + chunks)
    path.with_name("mains.wav.toml").write_text(WAVEFORM, encoding="utf-8")
    return path


def test_energies_and_means_of_a_recording_of_values(day: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(options(day, "active_import_wh=16.6666", "active_export_wh=6.6", "voltage_v=231")) == 0
    imported, exported, voltage = told(capsys)["results"]
    assert imported["measured"] == pytest.approx(1000 / 60, rel=1e-9)
    assert imported["error"] == pytest.approx((1000 / 60 / 16.6666 - 1) * 100, abs=1e-9)
    assert exported["error"] == pytest.approx(100 * (400 / 60 / 6.6 - 1))
    assert (voltage["measured"], voltage["error"]) == (231, 0)
    assert voltage["passed"] is None


@pytest.mark.slow
def test_a_recording_of_waveforms(mains: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = {
        "voltage_v": 230.0, "current_a": 5.0, "active_power_w": 575.0, "reactive_power_var": 575 * 3**0.5,
        "power_factor": 0.5, "frequency_hz": 50.02,
    }  # fmt: skip
    given = [f"{name}={value}" for name, value in truth.items()]
    twice = 4 * pi * 50.02
    energy_j = 1150 * (0.5 * 10 + (sin(twice * 10 - pi / 3) + sin(pi / 3)) / twice)
    status = compare(options(mains, *given, f"active_import_wh={energy_j / 3600}", limit=0.005))
    report = told(capsys)
    assert [row["passed"] for row in report["results"]] == [True] * 7
    findings = str(report["findings"])
    assert "10 s of 4000 samples per second without a date; before and after it nothing" in findings
    assert "1970" not in findings
    assert status == 0
    *means, energy = report["results"]
    assert {(row["begin"], row["end"]) for row in means} == {(1, 9)}
    assert (energy["begin"], energy["end"]) == (0, 10)


@pytest.mark.slow
def test_a_recording_may_pass_a_front_end(mains: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = Path(f"{mains}?gain_u=0.5&loop&shift=77")
    assert compare(options(given, "voltage_v=230", "active_power_w=575")) == 0
    errors = [row["error"] for row in told(capsys)["results"]]
    assert errors == pytest.approx([0.5, 0.5], abs=0.002)


def test_reference_values_lie_beside_the_recording(day: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = [{"quantity": "active_power_w", "value": 1000, "from": 0, "to": 60, "limit": 0.1},
              {"quantity": "active_power_w", "value": 410, "from": 60, "limit": 0.1}]  # fmt: skip
    forms = {
        "csv": "quantity,value,from,to,limit\nactive_power_w,1000,0,60,0.1\nactive_power_w,410,60,,0.1\n",
        "json": json.dumps({"reference": listed}),
        "toml": "".join(
            "[[reference]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in row.items())
            for row in listed
        ),
    }
    seen = []
    for form, text in forms.items():
        beside = day.with_name(f"day.csv.reference.{form}")
        beside.write_text(text, encoding="utf-8")
        assert compare(options(day)) == 1
        seen.append(told(capsys)["results"])
        beside.unlink()
    assert seen[0] == seen[1] == seen[2]
    first, second = seen[0]
    assert (first["measured"], first["passed"]) == (1000, True)
    assert (second["begin"], second["end"], second["measured"], second["passed"]) == (60, 120, -400, False)
    assert second["error"] == pytest.approx(-100 * 810 / 410)


def test_a_table_and_a_page(day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    wanted = options(day, "active_import_wh=16", "reactive_q1_varh=0", limit=2)._replace(json=False, report=page)
    assert compare(wanted) == 1
    printed = capsys.readouterr()
    assert re.search(r"active_import_wh +0 to 120 +16 Wh +16.666[0-9]+ Wh +\+4.167 % +±2 % +FAIL", printed.out)
    assert re.search(r"reactive_q1_varh +0 to 120 +0 varh +0 varh +of zero +±2 % +pass", printed.out)
    assert "frequency_hz is not recorded" in printed.err
    text = page.read_text(encoding="utf-8")
    assert '<td>+4.167 %<td>±2 %<td class="fail">FAIL' in text
    assert "frequency_hz is not recorded" in text


BAD = [
    ((), "day.csv", "there are no reference values; give --value active_import_wh=12.34"),
    (("voltage_v",), "--value", "'voltage_v' says no value"),
    (("voltage=1",), "--value", "'voltage' is no quantity; known are active_import_wh"),
    (("voltage_v=abc",), "--value", "value 'abc' is not a number"),
    (("voltage_v=nan",), "--value", "value 'nan' is not a number"),
]


@pytest.mark.parametrize(("values", "where", "reason"), BAD)
def test_what_is_wrong_with_a_value_is_named(day: Path, values: tuple[str, ...], where: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        compare(options(day, *values))
    assert str(caught.value.where).endswith(where)
    assert reason in str(caught.value)


BAD_FILES = [
    ("a.toml", "[[reference]", "a.toml", "at line 1"),
    ("a.toml", "reference = 3", "a.toml", "needs [[reference]] tables"),
    ("a.toml", "more = 1\n[[reference]]\nquantity = 'voltage_v'\nvalue = 1", "a.toml", "'more' is not known"),
    ("a.toml", "[[reference]]\nquantity = 'voltage_v'", "a.toml: reference 1", "voltage_v says no value"),
    ("a.toml", "[[reference]]\nquantity = 'voltage_v'\nvalue = true", "a.toml: reference 1", "True is not a number"),
    ("a.json", '{"reference": [}', "a.json:1:16", "Expecting value"),
    ("a.json", "[" * 100_000, "a.json", "nested far too deep"),
    ("a.csv", "", "a.csv:1", "must name the columns quantity and value"),
    ("a.csv", "quantity,value\n", "a.csv", "holds no value"),
    ("a.csv", "quantity,value,unit\n", "a.csv:1", "'unit' is not known"),
    ("a.csv", "quantity,value\nvoltage_v,230\nvoltage_v,1,2\n", "a.csv:3", "more fields"),
    ("a.csv", "quantity,value,from\nvoltage_v,230,0.5\n", "a.csv:2", "whole seconds"),
    ("a.csv", "quantity,value,from,to\nvoltage_v,230,9,8\n", "a.csv:2", "to 8 is not after from 9"),
    ("a.csv", "quantity,value,limit\nvoltage_v,230,-1\n", "a.csv:2", "limit -1 is below zero"),
    ("a.csv", "quantity,value,to\nvoltage_v,230,121\n", "day.csv", "not in this recording of 120 s"),
    ("a.xml", "", "a.xml", "read from .toml, .json or .csv"),
]


@pytest.mark.parametrize(("name", "text", "where", "reason"), BAD_FILES)
def test_what_is_wrong_with_a_file_is_named(day: Path, name: str, text: str, where: str, reason: str) -> None:
    path = day.with_name(name)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        compare(options(day)._replace(reference=path))
    assert str(caught.value.where).endswith(where)
    assert reason in str(caught.value)


def test_only_recordings_are_compared(tmp_path: Path) -> None:
    for spec, reason in (("grid:i=5", "is no recording"), (str(tmp_path / "none.csv"), "cannot be read")):
        with pytest.raises(ConfigurationError, match=reason):
            compare(CompareOptions(spec, None, ("voltage_v=230",), None, None, json=False))
    missing = CompareOptions(spec, tmp_path / "none.toml", (), None, None, json=False)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        compare(missing)


def test_the_command_line_leads_there(day: Path) -> None:
    run = CliRunner().invoke(app, ["accuracy", "compare", str(day), "--value", "voltage_v=230", "--limit", "1"])
    assert run.exit_code == 0
    assert re.search(r"voltage_v +0 to 120 +230 V +231 V +\+0.4348 % +±1 % +pass", run.output)
    wrong = CliRunner().invoke(app, ["accuracy", "--limits", "D"])
    assert isinstance(wrong.exception, ConfigurationError)
