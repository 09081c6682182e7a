"""`backup`, `restore` and `diff` on a real meter."""

import json
import math
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring, tostring

import pytest

from apps.smartset.loopback import Smartset
from softmeter.apps.smartset.backup_file import read_backup
from softmeter.apps.smartset.xml_values import read, written
from softmeter.errors import ConfigurationError
from softmeter.meter.meter import Meter
from softmeter.wire.types import NULL, Bits, Data, Tag

Own = tuple[Smartset, Meter]
ATTRIBUTE = '<attribute number="2"><u/></attribute>'
ENUM = "<structure><enum>3</enum></structure>"
pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("data", "xml"),
    [
        (NULL, "<null />"),
        (Data(Tag.BOOLEAN, True), "<boolean>true</boolean>"),
        (Data(Tag.LONG, -7), "<long>-7</long>"),
        (Data(Tag.BIT_STRING, Bits(5, 4)), "<bit-string>0101</bit-string>"),
        (Data(Tag.OCTET_STRING, b"\x00\x01"), "<octet-string>0001</octet-string>"),
        (Data(Tag.OCTET_STRING, b"hall"), '<octet-string means="hall">68616c6c</octet-string>'),
        (Data(Tag.VISIBLE_STRING, "a<b"), "<visible-string>a&lt;b</visible-string>"),
        (Data(Tag.VISIBLE_STRING, "a\x00"), '<visible-string encoding="hex">6100</visible-string>'),
        (Data(Tag.FLOAT64, 0.1), "<float64>0.1</float64>"),
        (Data(Tag.FLOAT64, math.inf), "<float64>inf</float64>"),
        (Data(Tag.ARRAY, (Data(Tag.STRUCTURE, (Data(Tag.ENUM, 3),)),)), f"<array>{ENUM}</array>"),
    ],
)  # fmt: skip
def test_values(data: Data, xml: str) -> None:
    parent = Element("attribute")
    written(data, parent)
    assert tostring(parent[0], "unicode") == xml
    assert read(fromstring(xml)) == data  # noqa: S314 - ours


@pytest.mark.parametrize(
    "xml",
    ["<number>1</number>", "<unsigned>256</unsigned>", "<boolean>yes</boolean>", "<octet-string>0</octet-string>"],
)
def test_what_is_no_value_is_refused(xml: str) -> None:
    with pytest.raises(ConfigurationError):
        read(fromstring(xml))  # noqa: S314 - ours


def test_a_backup_holds_what_can_be_read_and_no_secret(own: Own, tmp_path: Path) -> None:
    smartset, meter = own
    path = tmp_path / "meter.xml"
    status, out, err = smartset("backup", str(path))
    assert (status, err) == (0, "")
    assert out.startswith(f"{path}: ")
    backup = read_backup(path)
    assert backup.about["serial"] == "12345678"
    text = path.read_text()
    assert '<attribute number="4" name="capture_period" settable="true">' in text
    assert '<attribute number="2" name="buffer"' not in text
    for sap in (1, 2, 6):
        keys = meter.keys(sap)
        for secret in (keys.unicast_encryption, keys.authentication, keys.password, keys.master):
            assert secret.hex() not in text.lower()
    assert smartset("diff", str(path)) == (0, f"all {_settings(smartset, path)} settings are the same\n", "")


def _settings(smartset: Smartset, path: Path) -> int:
    return int(smartset("diff", str(path), str(path))[1].split()[1])


def test_addresses_are_told_as_people_write_them(own: Own, tmp_path: Path) -> None:
    smartset, _ = own
    path = tmp_path / "meter.xml"
    smartset("set", "0-0:25.1.0:use_dhcp", "false")
    smartset("backup", str(path))
    smartset("set", "0-0:25.1.0:gateway", "192.0.2.1")
    shown = smartset("diff", str(path))[1]
    assert "0-0:25.1.0:7 (gateway)\n  - 0.0.0.0\n  + 192.0.2.1\n" in shown
    (told,) = json.loads(smartset("--json", "diff", str(path))[1])
    assert (told["first"], told["second"]) == ("0.0.0.0", "192.0.2.1")  # noqa: S104 - no address is listened on
    assert "- 192.0.2.1\n  + 0.0.0.0\n" in smartset("restore", str(path))[1]


def test_what_was_changed_is_restored(own: Own, tmp_path: Path) -> None:
    smartset, meter = own
    path = tmp_path / "meter.xml"
    smartset("backup", str(path))
    smartset("set", "load:capture_period", "1800")
    smartset("set", "clock:time_zone", "-120")
    smartset("set", "0-0:13.0.0:calendar_name_passive", "text:OTHER")
    places = {(one["object"], one["attribute"]) for one in json.loads(smartset("--json", "diff", str(path))[1])}
    assert {("1-0:99.1.0", 4), ("0-0:1.0.0", 3), ("0-0:13.0.0", 6)} <= places
    before = smartset("restore", str(path), "--dry-run")
    assert before[0] == 0
    assert before[1].endswith("\nnothing was written\n")
    assert meter.device.clock.zone.standard_min == -120
    status, out, err = smartset("restore", str(path))
    assert (status, err) == (0, "")
    assert "0-0:1.0.0:3 (time_zone)\n  - -120\n  + -60\n" in out
    assert "1-0:99.1.0:4 (capture_period)  (forgets its rows)\n" in out
    assert meter.device.clock.zone.standard_min == -60
    assert smartset("diff", str(path))[0] == 0


def test_what_is_refused_is_said_and_the_rest_restored(own: Own, tmp_path: Path) -> None:
    smartset, meter = own
    path = tmp_path / "meter.xml"
    smartset("backup", str(path))
    text = path.read_text()
    wrong = text.replace(">900</double-long-unsigned>", ">17</double-long-unsigned>")
    path.write_text(wrong)
    smartset("set", "clock:time_zone", "-120")
    status, out, _ = smartset("restore", str(path))
    assert status == 1
    assert "refused: the meter refuses client management attribute 4 (capture_period)" in out
    assert meter.device.clock.zone.standard_min == -60
    told = json.loads(smartset("--json", "restore", str(path))[1])
    assert told["refused"][0]["reason"].startswith("the meter refuses")


def test_two_files_differ(own: Own, tmp_path: Path) -> None:
    smartset, _ = own
    one, other = tmp_path / "1.xml", tmp_path / "2.xml"
    smartset("backup", str(one))
    other.write_text(one.read_text().replace(">900</double-long-unsigned>", ">1800</double-long-unsigned>"))
    status, out, _ = smartset("diff", str(one), str(other))
    assert status == 1
    assert "1-0:99.1.0:4 (capture_period)\n  - 900\n  + 1800\n" in out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is no XML"),
        ("<a/>", "is no <meter-backup>"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "declares a document type"),
        ('<meter-backup form="1"><object class="x"/></meter-backup>', "class 'x' of <object> is no number"),
        (
            f'<meter-backup form="1"><object class="1" name="0-0:1.0.0">{ATTRIBUTE}</object></meter-backup>',
            "object 1 (0-0:1.0.0): attribute 2: <u> is no type of a value",
        ),
    ],
)
def test_what_is_no_backup_is_refused(smartset: Smartset, tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "wrong.xml"
    path.write_text(content)
    status, out, err = smartset("restore", str(path), meter="127.0.0.1:1")
    assert (status, out) == (2, "")
    assert message in err


def test_a_client_that_may_set_nothing_is_told_so(own: Own, tmp_path: Path) -> None:
    smartset, _ = own
    path = tmp_path / "meter.xml"
    smartset("backup", str(path))
    status, out, _ = smartset("diff", str(path), client="public")
    assert status == 0
    assert "were not compared: the meter does not show them to client public" in out
    assert "client readout may set nothing" in smartset("restore", str(path), client="readout")[2]


def test_a_backup_of_another_meter_is_restored_only_on_purpose(own: Own, tmp_path: Path) -> None:
    smartset, meter = own
    path = tmp_path / "meter.xml"
    smartset("backup", str(path))
    path.write_text(path.read_text().replace('serial="12345678"', 'serial="87654321"'))
    smartset("set", "clock:time_zone", "-120")
    status, out, err = smartset("restore", str(path))
    assert (status, out) == (2, "")
    assert "is of the meter with serial 87654321, this one's is 12345678; add --other-meter" in err
    assert meter.device.clock.zone.standard_min == -120
    assert smartset("restore", str(path), "--other-meter")[0] == 0
    assert meter.device.clock.zone.standard_min == -60
