"""Independent clients read one meter and must tell the same."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from interop.conftest import NOON
from interop.foreign import begun, dlms_cosem, gurux, values
from interop.meter_process import smartset
from interop.raw_client import RawClient, credentials
from interop.raw_data import moment

if TYPE_CHECKING:
    from interop.meter_process import Meter

pytestmark = [pytest.mark.interop, pytest.mark.slow]

PROFILE: Final = "1.0.99.1.0.255"
DAILY: Final = "1.0.99.2.0.255"
REGISTERS: Final = [f"1.0.{kind}.8.{rate}.255" for kind in (1, 2) for rate in range(5)] + ["1.0.32.7.0.255"]
GET_REGISTERS: Final = [["get", 3, name, 2] for name in REGISTERS]
CLOCK: Final = ["get", 8, "0.0.1.0.0.255", 2]
ROWS_OF_TEN_DAYS: Final = 10 * 96 + 48


def short(name: str) -> str:
    """`1-0:1.8.0` of `1.0.1.8.0.255`."""
    a, b, c, d, e, _ = name.split(".")
    return f"{a}-{b}:{c}.{d}.{e}"


def raw_rows(meter: Meter, name: str) -> list[list[Any]]:
    with meter.client("management") as client:
        rows = client.get(7, short(name))
        client.release()
    return [[moment(row[0]).strftime("%Y-%m-%dT%H:%M:%SZ"), *row[1:]] for row in rows]


def test_all_clients_read_the_same_object_list(meter: Meter) -> None:
    by_gurux = gurux(meter, "management", ["objects"])[0]
    by_dlms_cosem = dlms_cosem(meter, "management", ["objects"])[0]
    assert sorted(by_gurux) == sorted(by_dlms_cosem)
    assert len(by_gurux) > 40
    assert [3, "1.0.1.8.0.255", 0] in by_gurux


def test_lists_of_the_clients_differ_as_their_rights_do(meter: Meter) -> None:
    public, readout = gurux(meter, "public", ["objects"])[0], gurux(meter, "readout", ["objects"])[0]
    management = gurux(meter, "management", ["objects"])[0]
    names = {name for _, name, _ in public}
    assert "1.0.1.8.0.255" not in names
    assert {"0.0.1.0.0.255", "0.0.42.0.0.255", "0.0.43.1.0.255"} <= names
    assert len(public) < len(readout)
    assert len(public) < len(management)


def test_the_public_client_is_refused_a_register(meter: Meter) -> None:
    with meter.client("public") as client:
        answer = client.service(0, bytes.fromhex("C001C100030100010800FF0200"))
    assert answer[:4] in (b"\xc4\x01\xc1\x01", b"\xd8\x01\x01")


def test_all_clients_read_the_same_registers(meter: Meter) -> None:
    readings = {
        "gurux, LLS": gurux(meter, "readout", *GET_REGISTERS),
        "gurux, HLS5 glo": gurux(meter, "management", *GET_REGISTERS),
        "gurux, maintenance": gurux(meter, "maintenance", *GET_REGISTERS),
        "dlms-cosem, HLS5 general-glo": dlms_cosem(meter, "management", *GET_REGISTERS),
        "smartset": [read["raw"] for read in smartset(meter, "management", "get", *map(short, REGISTERS))],
    }
    first = readings["gurux, LLS"]
    assert first[0] > 10_000
    for who, values_read in readings.items():
        assert values_read == first, who


def test_all_clients_read_the_same_clock(meter: Meter) -> None:
    expected = "2024-03-11T11:00:00Z"
    assert datetime.fromisoformat(NOON) == datetime.fromisoformat(expected)
    assert gurux(meter, "public", CLOCK) == [expected]
    assert dlms_cosem(meter, "management", CLOCK) == [expected]
    assert gurux(meter, "management", CLOCK) == [expected]


@pytest.mark.parametrize("name", [PROFILE, DAILY])
def test_all_clients_read_the_same_rows(meter: Meter, name: str) -> None:
    rows = raw_rows(meter, name)
    assert len(rows) == (ROWS_OF_TEN_DAYS if name == PROFILE else 10)
    assert gurux(meter, "readout", ["profile", name])[0] == rows
    assert gurux(meter, "management", ["profile", name])[0] == rows
    assert dlms_cosem(meter, "management", ["profile", name])[0] == rows


@pytest.mark.parametrize("name", [PROFILE, DAILY])
def test_smartset_reads_the_same_rows(meter: Meter, name: str) -> None:
    read = smartset(meter, "management", "profile", short(name))["rows"]
    times = [datetime.fromisoformat(row.pop("time")).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for row in read]
    assert [[time, *row.values()] for time, row in zip(times, read, strict=True)] == raw_rows(meter, name)


def test_rows_follow_the_grid_and_never_fall(meter: Meter) -> None:
    rows = raw_rows(meter, PROFILE)
    times = [datetime.fromisoformat(row[0]) for row in rows]
    assert {later - earlier for earlier, later in itertools.pairwise(times)} == {timedelta(minutes=15)}
    assert times[-1] == datetime.fromisoformat(NOON)
    for column in (2, 3):
        counted = [row[column] for row in rows]
        assert counted == sorted(counted)


def test_ranges_are_the_same_for_all_clients(meter: Meter) -> None:
    start, end = "2024-03-05T06:00:00+00:00", "2024-03-06T06:00:00+00:00"
    wanted = ["range", PROFILE, start, end]
    inside = [row for row in raw_rows(meter, PROFILE) if start[:19] <= row[0][:19] <= end[:19]]
    assert len(inside) == 97
    assert gurux(meter, "readout", wanted)[0] == inside
    assert dlms_cosem(meter, "management", wanted)[0] == inside


def test_entries_are_counted_from_one(meter: Meter) -> None:
    rows = raw_rows(meter, PROFILE)
    assert gurux(meter, "readout", ["entry", PROFILE, 1, 10])[0] == rows[:10]
    assert gurux(meter, "management", ["entry", PROFILE, 1000, 5])[0] == rows[999:1004]


def test_what_one_client_writes_another_reads(fresh: Meter) -> None:
    written = "4469736b2034"
    assert gurux(fresh, "management", ["set", 1, "0.0.96.1.2.255", 2, written]) == [True]
    assert dlms_cosem(fresh, "management", ["get", 1, "0.0.96.1.2.255", 2]) == [written]
    assert gurux(fresh, "readout", ["get", 1, "0.0.96.1.2.255", 2]) == [written]


def test_a_foreign_action_takes_effect(fresh: Meter) -> None:
    reset, entries_in_use = ["action", 7, PROFILE, 1, 0], ["get", 7, PROFILE, 7]
    assert gurux(fresh, "management", entries_in_use, reset, entries_in_use) == [ROWS_OF_TEN_DAYS, True, 0]


def test_two_clients_at_once(meter: Meter) -> None:
    task = ["repeat", 2, 3, "1.0.1.8.0.255", 2]
    together = [
        begun("gurux", meter, "readout", task),
        begun("gurux", meter, "maintenance", task),
        begun("dlms-cosem", meter, "management", task),
    ]
    results = [values(process)[0] for process in together]
    assert {value for _, *seen in results for value in seen} == {results[0][1]}
    assert all(count > 1 for count, *_ in results)


def test_one_connection_may_serve_two_clients_in_turn(meter: Meter) -> None:
    with RawClient(meter.address("wan"), credentials(meter.keys, "public")) as client:
        client.open_plain()
        counter = client.get(1, "0-0:43.1.0")
        client.release()
        client.credentials = credentials(meter.keys, "management")
        client.open_hls5(counter + 1)
        assert client.get(3, "1-0:1.8.0") > 0
        client.release()
