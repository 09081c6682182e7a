"""`tariff show` and `tariff load` on a real meter."""

import json
from pathlib import Path

import pytest

from apps.smartset.loopback import Smartset
from softmeter.meter.meter import Meter

Own = tuple[Smartset, Meter]
TARIFF = """[tariff]
name = "NIGHT"
special_days = [
    { date = "12-25", day = 0 },
    { date = "2026-04-27", day = 0, index = 9 },
]

[[tariff.seasons]]
name = "S01"
start = "01-01"
week = "W0"

[[tariff.seasons]]
name = "0x01ff"
start = "0xffff0a01ff020000ff8000ff"
week = "W0"

[tariff.weeks]  # Monday to Sunday
W0 = [1, 1, 1, 1, 1, 0, 0]

[tariff.days]  # from when on which rate
0 = { "00:00" = 1 }
1 = { "00:00" = 1, "06:30:15" = 2 }
"""


@pytest.fixture
def tariff(tmp_path: Path) -> Path:
    path = tmp_path / "tariff.toml"
    path.write_text(TARIFF)
    return path


def test_what_show_prints_is_what_load_takes(own: Own, tmp_path: Path, tariff: Path) -> None:
    smartset, meter = own
    status, out, err = smartset("tariff", "load", str(tariff), "--now")
    assert (status, err) == (0, "")
    assert out.endswith("\nwritten, and active from now on\nthe special days hold at once\n")
    assert meter.device.tariff.table.name == b"NIGHT"
    shown = smartset("tariff", "show")[1]
    assert shown.partition("\n")[2] == TARIFF
    again = tmp_path / "again.toml"
    again.write_text(shown)
    smartset("tariff", "load", str(again))
    assert smartset("tariff", "load", str(again), "--dry-run")[1] == (
        "the passive calendar is the same already\nnothing was written\n"
    )


def test_what_would_change_is_shown_and_nothing_is_written(own: Own, tariff: Path) -> None:
    smartset, meter = own
    before = meter.device.tariff.passive.text
    status, out, _ = smartset("tariff", "load", str(tariff), "--dry-run")
    assert status == 0
    assert '+name = "NIGHT"' in out.splitlines()
    assert out.endswith("\nnothing was written\n")
    assert meter.device.tariff.passive.text == before
    assert not meter.device.tariff.special_days.entries


def test_a_calendar_is_activated_at_a_time(own: Own, tariff: Path) -> None:
    smartset, meter = own
    told = json.loads(smartset("--json", "tariff", "load", str(tariff), "--activate-at", "2026-02-01T00:00:00")[1])
    assert (told["written"], told["activated"]) == (True, "2026-02-01T00:00:00")
    assert meter.device.tariff.table.name == b"factory"
    assert meter.device.tariff.activation_time.iso().startswith("2026-02-01T00:00:00")
    shown = smartset("tariff", "show")[1]
    assert shown.startswith("# the active calendar; the passive one is 'NIGHT', to be activated at 2026-02-01T00:00:00")
    assert 'name = "NIGHT"' in smartset("tariff", "show", "--passive")[1]
    told = json.loads(smartset("--json", "tariff", "show")[1])
    assert (told["active"]["name"], told["passive"]["name"]) == ("factory", "NIGHT")
    assert told["special_days"] == [{"date": "12-25", "day": 0}, {"date": "2026-04-27", "day": 0, "index": 9}]


def test_special_days_stay_where_a_file_says_nothing_of_them(own: Own, tariff: Path, tmp_path: Path) -> None:
    smartset, meter = own
    smartset("tariff", "load", str(tariff))
    bare = tmp_path / "bare.toml"
    lines = TARIFF.splitlines()
    bare.write_text("\n".join([*lines[:2], *lines[6:]]))
    assert smartset("tariff", "load", str(bare))[0] == 0
    assert len(meter.device.tariff.special_days.entries) == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('week = "W0"', 'week = "WX"', "line 8: tariff season 'S01': week 'WX' does not exist"),
        ("1, 1, 1, 1, 1, 0, 0", "1, 1, 1, 1, 1, 7, 7", "line 19: tariff week 'W0': day 7 does not exist"),
        ('start = "01-01"', 'start = "1-1"', "line 10, tariff.seasons.0.start: "),
        ("[tariff]", "[tarif]", "tarif: is not known here"),
    ],
)
def test_a_wrong_file_is_refused_before_anything_is_sent(
    smartset: Smartset, tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(TARIFF.replace(old, new))
    status, out, err = smartset("tariff", "load", str(path), meter="127.0.0.1:1")
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_options_that_contradict_and_files_without_a_tariff_are_refused(
    smartset: Smartset, tmp_path: Path, tariff: Path
) -> None:
    assert "choose one" in smartset("tariff", "load", str(tariff), "--now", "--activate-at", "2026-02-01")[2]
    empty = tmp_path / "empty.toml"
    empty.write_text("")
    assert "has no table [tariff]" in smartset("tariff", "load", str(empty))[2]


def test_a_client_that_may_not_write_is_told_so(smartset: Smartset, tariff: Path) -> None:
    status, _, err = smartset("tariff", "load", str(tariff), client="readout")
    assert status == 2
    assert "refuses client readout attribute 9 (day_profile_table_passive)" in err
    assert "half written" not in err
