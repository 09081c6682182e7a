"""What `get`, `list`, `profile` and `info` print of a real meter."""

import csv
import io
import json
from pathlib import Path

import pytest

from apps.smartset.loopback import Smartset
from softmeter.apps.smartset.main import run
from softmeter.meter.meter import Meter
from softmeter.meter.model import describe

NOW = "2026-01-02T13:00:00+01:00"
ENERGY_WH = 36 * 920  # a day and a half of 230 V, 5 A, power factor 0.8


@pytest.mark.parametrize("client", ["management", "readout", "maintenance"])
def test_one_object_is_printed_as_value_and_unit(smartset: Smartset, client: str) -> None:
    assert smartset("get", "1-0:1.8.0", client=client) == (0, f"{ENERGY_WH} Wh\n", "")


def test_general_ciphering_gives_the_same(smartset: Smartset) -> None:
    assert smartset("--general", "get", "active_import") == (0, f"{ENERGY_WH} Wh\n", "")


def test_several_objects_take_a_line_each(smartset: Smartset) -> None:
    status, out, _ = smartset("get", "active_import", "voltage", "clock", "0-0:1.0.0:time_zone", "active_tariff")
    assert status == 0
    assert [line.split(maxsplit=1) for line in out.splitlines()] == [
        ["active_import", f"{ENERGY_WH} Wh"],
        ["voltage", "230.0 V"],
        ["clock", NOW],
        ["0-0:1.0.0:time_zone", "-60"],
        ["active_tariff", "0003"],
    ]


def test_json_has_a_line_for_each_object(smartset: Smartset) -> None:
    status, out, _ = smartset("--json", "get", "1-0:32.7.0", "clock")
    voltage, clock = map(json.loads, out.splitlines())
    assert (status, voltage) == (
        0,
        {
            "object": "1-0:32.7.0",
            "class": 3,
            "attribute": 2,
            "value": 230,
            "unit": "V",
            "scaler": -1,
            "type": "long-unsigned",
            "raw": 2300,
        },
    )
    assert clock["value"] == NOW
    assert clock["raw"] == "07ea0102050d000000ffc400"


def test_a_profile_reads_as_rows_with_iso_times(smartset: Smartset) -> None:
    status, out, _ = smartset("profile", "load", "--last", "2")
    assert status == 0
    assert out.splitlines() == [
        "time                       status  active_import [Wh]  active_export [Wh]",
        "2026-01-02T12:45:00+01:00                       32890                   0",
        "2026-01-02T13:00:00+01:00                       33120                   0",
    ]
    assert smartset("get", "load")[1].splitlines()[-1] == out.splitlines()[-1]


def test_the_whole_profile_as_csv(smartset: Smartset) -> None:
    status, out, _ = smartset("profile", "1-0:99.1.0", "--csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert status == 0
    assert [int(row["active_import [Wh]"]) for row in rows] == [230 * n for n in range(1, 145)]
    assert (rows[0]["time"], rows[-1]["time"], rows[0]["status"]) == ("2026-01-01T01:15:00+01:00", NOW, "0")


@pytest.mark.parametrize(
    ("options", "first", "last", "count"),
    [
        (["--last", "3"], "2026-01-02T12:30:00+01:00", NOW, 3),
        (["--last", "9999"], "2026-01-01T01:15:00+01:00", NOW, 144),
        (["--entries", "2:4"], "2026-01-01T01:30:00+01:00", "2026-01-01T02:00:00+01:00", 3),
        (["--from", "2026-01-02", "--to", "2026-01-02T01:00"],
         "2026-01-02T00:00:00+01:00", "2026-01-02T01:00:00+01:00", 5),
        (["--from", "2026-01-01T23:00:00Z", "--to", "2026-01-02T00:00:00Z"],
         "2026-01-02T00:00:00+01:00", "2026-01-02T01:00:00+01:00", 5),
        (["--from", "2026-01-02T12:00"], "2026-01-02T12:00:00+01:00", NOW, 5),
        (["--to", "2026-01-01T01:20"], *["2026-01-01T01:15:00+01:00"] * 2, 1),
    ],
)  # fmt: skip
def test_parts_of_a_profile(smartset: Smartset, options: list[str], first: str, last: str, count: int) -> None:
    status, out, _ = smartset("--json", "profile", "load", *options)
    read = json.loads(out)
    assert (status, read["capture_period_s"]) == (0, 900)
    assert [column["name"] for column in read["columns"]] == ["time", "status", "active_import", "active_export"]
    assert [column["unit"] for column in read["columns"]] == ["", "", "Wh", "Wh"]
    times = [row["time"] for row in read["rows"]]
    assert (times[0], times[-1], len(times)) == (first, last, count)


def test_an_empty_part_has_no_rows(smartset: Smartset) -> None:
    status, out, _ = smartset("--json", "profile", "load", "--from", "2030-01-01")
    assert (status, json.loads(out)["rows"]) == (0, [])


def test_a_profile_by_get_holds_rows_as_objects(smartset: Smartset) -> None:
    status, out, _ = smartset("--json", "get", "daily")
    read = json.loads(out)
    assert (status, read["class"], read["type"]) == (0, 7, "array")
    assert read["value"][0]["time"] == "2026-01-02T00:00:00+01:00"
    assert read["value"][0]["active_import_t1"] + read["value"][0]["active_import_t2"] > 0
    assert read["raw"][0][0] == "07ea01020500000000ffc400"


def test_the_list_shows_every_object_of_the_model_with_rights(smartset: Smartset) -> None:
    status, out, _ = smartset("--json", "list")
    listed = {entry["object"]: entry for entry in json.loads(out)}
    assert status == 0
    assert set(listed) == {row["obis"] for row in describe() if row["rights"].get("management") and not row["variant"]}
    period = listed["1-0:99.1.0"]["attributes"][3]
    assert period == {"attribute": 4, "name": "capture_period", "read": True, "write": True, "selectors": []}
    assert listed["1-0:99.1.0"]["attributes"][1]["selectors"] == [1, 2]
    assert listed["1-0:99.1.0"]["methods"][0] == {"method": 1, "name": "reset", "call": True}


def test_the_list_of_the_public_client_is_short(smartset: Smartset) -> None:
    status, out, _ = smartset("list", client="public")
    lines = out.splitlines()
    assert (status, lines[0].split()) == (0, ["class", "object", "title", "rights"])
    assert next(line.split() for line in lines if " 0-0:1.0.0 " in line) == ["Clock", "0-0:1.0.0", "Clock", "1-2", "r"]
    assert not any("1-0:1.8.0" in line for line in lines)


def test_info_tells_who_the_meter_is(smartset: Smartset, meter: Meter) -> None:
    status, out, _ = smartset("--json", "info")
    told = json.loads(out)
    assert status == 0
    assert told["logical_device_name"] == meter.identity.logical_device_name == "KWQ1010412345678"
    assert (told["serial"], told["system_title"]) == ("12345678", meter.system_title.hex())
    assert told["counter_management"] > 0
    assert {"get", "set", "action", "block-get", "selective-access"} <= set(told["conformance"])
    assert (told["clock"]["time"], told["clock"]["valid"]) == (NOW, True)


def test_info_of_the_public_client_leaves_out_what_it_may_not_read(smartset: Smartset) -> None:
    status, out, _ = smartset("info", client="public")
    told = dict(
        line.split(maxsplit=1) for line in (row.replace("logical device name", "name") for row in out.splitlines())
    )
    assert (status, told["name"], told["serial"]) == (0, "KWQ1010412345678", "12345678")
    assert "legal" not in told
    assert told["clock"].startswith(NOW)
    assert told["clock"].endswith(" this computer")


def test_a_key_file_of_another_meter_names_its_own_clients(
    address: str, key_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.toml"
    other.write_text(key_file.read_text().replace("clients.management", "clients.reader"))
    assert run(["--meter", address, "--client", "reader", "--keys", str(other), "get", "active_import"]) == 0
    assert capsys.readouterr().out == f"{ENERGY_WH} Wh\n"
