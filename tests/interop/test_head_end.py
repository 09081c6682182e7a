"""Stories that gurux-dlms tells as the head-end of a running meter, with time and covers in the bench's hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from interop.foreign import answered, started
from interop.meter_process import bench, running
from softmeter.runtime.keyfile import read_keys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from interop.meter_process import Meter

pytestmark = [pytest.mark.interop, pytest.mark.slow]

CALENDAR: Final = "0.0.13.0.0.255"
PROFILE: Final = "1.0.99.1.0.255"
STANDARD, FRAUD = "0.0.99.98.0.255", "0.0.99.98.1.255"
ALARM, DESCRIPTOR = "0.0.97.98.0.255", "0.0.97.98.20.255"
FRAUD_ATTEMPT: Final = 1 << 13
ALL: Final = 0xFFFFFFFF
MORNING: Final = (
    "--source", "household:seed=7", "--start", "2024-03-11T10:00:00+01:00",
    "--jump-to", "2024-03-11T12:00:00+01:00", "--rate", "0",
)  # fmt: skip


@pytest.fixture
def young(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meter]:
    """A meter of the test's own that has lived a morning, and for which time stands still."""
    with running(tmp_path_factory.mktemp("young") / "state", *MORNING) as found:
        yield found


def head_end(meter: Meter, *tasks: list[Any], keys: Path | None = None) -> list[Any]:
    """What gurux-dlms answers to each task as the management client."""
    arguments = [meter.text_address("wan"), str(keys or meter.keys), "management", json.dumps(tasks)]
    return list(answered(started("gurux", "gurux_head_end.py", *arguments)))


def rate(number: int) -> list[Any]:
    return ["get", 3, f"1.0.1.8.{number}.255", 2]


def codes(rows: list[list[Any]]) -> list[int]:
    return [code for _, code in rows]


def test_a_calendar_is_set_and_activated_at_its_time(young: Meter) -> None:
    day = [[0, 4], [6, 3]]
    programmed, before, *rates = head_end(
        young,
        ["calendar", "next", day, "2024-03-12T00:00:00+01:00"],
        ["get", 20, CALENDAR, 2], rate(3), rate(4), rate(1),
    )  # fmt: skip
    assert programmed == day
    assert bytes.fromhex(before) != b"next"
    bench(young, "time", jump_to="2024-03-12T05:59:59+01:00")
    active, third, fourth, first, log = head_end(
        young, ["get", 20, CALENDAR, 2], rate(3), rate(4), rate(1), ["profile", STANDARD]
    )
    assert bytes.fromhex(active) == b"next"
    assert [row for row in log if row[1] == 9] == [["2024-03-11T23:00:00Z", 9]]
    assert codes(log).count(19) == 5
    assert fourth > rates[1]
    bench(young, "time", jump_to="2024-03-12T18:00:00+01:00")
    later, still, unchanged = head_end(young, rate(3), rate(4), rate(1))
    assert (still, unchanged) == (fourth, first)
    assert later > third


def test_a_clock_set_back_repeats_its_rows(young: Meter) -> None:
    bench(young, "time", jump_to="2024-03-11T12:20:00+01:00")
    before = head_end(young, ["profile", PROFILE], ["clock", "2024-03-11T11:50:00+01:00"])[0]
    bench(young, "time", jump_to="2024-03-11T12:46:00+01:00")
    rows, log, clock = head_end(young, ["profile", PROFILE], ["profile", STANDARD], ["get", 8, "0.0.1.0.0.255", 2])
    assert rows[: len(before)] == before
    assert [row[0] for row in rows[len(before) - 1 :]] == [
        f"2024-03-11T{time}:00Z" for time in ("11:15", "11:30", "11:00", "11:15")
    ]
    assert [row[1] & 0x20 for row in rows[len(before) - 1 :]] == [0, 0x20, 0x20, 0]
    assert [row for row in log if row[1] in {4, 5}] == [["2024-03-11T11:20:00Z", 4], ["2024-03-11T10:50:00Z", 5]]
    assert clock == "2024-03-11T11:16:00Z"
    imported = [row[2] for row in rows]
    assert imported == sorted(imported)


def test_logs_and_alarms_are_read_and_cleared(young: Meter) -> None:
    bench(young, "override", terminal_cover_open=True)
    bench(young, "time", step_s=5)
    log, alarm, descriptor, *_ = head_end(
        young,
        ["profile", FRAUD], ["get", 1, ALARM, 2], ["get", 1, DESCRIPTOR, 2],
        ["word", DESCRIPTOR, ALL - FRAUD_ATTEMPT], ["word", ALARM, 0], ["reset", FRAUD],
    )  # fmt: skip
    assert codes(log)[-1:] == [40]
    assert alarm & FRAUD_ATTEMPT
    assert descriptor & FRAUD_ATTEMPT
    bench(young, "time", step_s=5)
    log, alarm, descriptor, standard = head_end(
        young, ["profile", FRAUD], ["get", 1, ALARM, 2], ["get", 1, DESCRIPTOR, 2], ["profile", STANDARD]
    )
    assert codes(log) == [255]
    assert alarm == 0
    assert descriptor & FRAUD_ATTEMPT == 0
    assert codes(standard)[-1] == 11
    bench(young, "override", terminal_cover_open=None)
    bench(young, "time", step_s=5)
    assert codes(head_end(young, ["profile", FRAUD])[0]) == [255, 41]


def test_keys_are_transferred_and_used_in_the_same_association_and_the_next(young: Meter, tmp_path: Path) -> None:
    text = young.keys.read_text(encoding="utf-8")
    keys = read_keys(young.keys)
    old = keys.clients["management"]
    encryption, authentication = bytes(range(16)).hex(), bytes(range(16, 32)).hex()
    name = ["get", 1, "0.0.42.0.0.255", 2]
    task = ["keys", "0.0.43.0.0.255", keys.master_key.hex(), encryption, authentication]
    before, done, after = head_end(young, name, task, name)
    assert done is True
    assert after == before
    fresh = tmp_path / "fresh.toml"
    changed = text.replace(old.unicast_encryption_key.hex(), encryption)
    fresh.write_text(changed.replace(old.authentication_key.hex(), authentication), encoding="utf-8")
    bench(young, "time", step_s=5)
    again, log = head_end(young, name, ["profile", STANDARD], keys=fresh)
    assert again == before
    assert codes(log)[-1] == 48
    with pytest.raises(AssertionError):
        head_end(young, name)
