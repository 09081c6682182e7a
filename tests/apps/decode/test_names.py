import pytest

from softmeter.apps.decode.names import known, obis_name
from softmeter.meter.model import ROWS
from softmeter.obis import Obis


@pytest.mark.parametrize(("code", "name"), [
    ("1-0:1.8.0", "active energy import"),
    ("1-0:2.8.3", "active energy export, rate 3"),
    ("1-0:1.7.0", "active power import"),
    ("1-0:41.7.0", "active power import L2"),
    ("1-0:72.7.0", "voltage L3"),
    ("1-0:14.7.0", "frequency"),
    ("1-0:52.32.0", "number of sags of voltage L2"),
    ("1-0:1.6.2", "maximum of active power import, rate 2"),
    ("0-0:1.0.0", "clock"),
    ("0-0:96.1.1", "device identifier 2"),
    ("0-3:24.2.1", "M-Bus value, channel 3"),
    ("0-0:43.1.6", "invocation counter 6"),
    ("1-0:99.1.0", "load profile 1"),
    ("1-1:0.2.129", "version of the object list"),
    ("9-9:9.9.9", ""),
    ("1-0:255.255.255", ""),
])  # fmt: skip
def test_names(code: str, name: str) -> None:
    assert obis_name(Obis.parse(code)) == name


def test_every_object_of_the_meter_has_a_name() -> None:
    assert [row.name.short for row in ROWS if not obis_name(row.name)] == []


def test_only_what_looks_like_a_code_is_taken_for_one() -> None:
    assert known(bytes.fromhex("0100010800FF")) == Obis(1, 0, 1, 8, 0)
    assert known(b"abcdef") is None
    assert known(b"\x01\x00\x01\x08\x00") is None
