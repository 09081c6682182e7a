"""A start from a memory that was damaged: what can be gone on from is told, and logged as event 14."""

from pathlib import Path

import pytest

from apps.test_assembly import START, SUPPLY, started
from softmeter.device.events import Event, Log
from softmeter.errors import ConfigurationError
from softmeter.instant import Instant
from softmeter.meter.clients import MANAGEMENT
from softmeter.runtime.mark import MARK_NAME
from softmeter.runtime.store import FILE_NAME


def _codes(made: object) -> list[int]:
    device = made.actor.meter.device  # type: ignore[attr-defined]
    return [int(code) for code in device.events.ring(Log.STANDARD).rows()["code"]]


def test_who_goes_on_from_an_older_state_has_it_in_the_log(tmp_path: Path) -> None:
    with started(tmp_path, source=SUPPLY, start=START):
        pass
    older = (tmp_path / FILE_NAME).read_bytes()
    with started(tmp_path, off_for_ns=0) as (made, _):
        assert Event.NONVOLATILE_MEMORY_ERROR.code not in _codes(made)
    (tmp_path / FILE_NAME).write_bytes(older)
    (tmp_path / MARK_NAME).write_text("0")
    with started(tmp_path, off_for_ns=0) as (made, said):
        assert _codes(made).count(Event.NONVOLATILE_MEMORY_ERROR.code) == 1
        assert any("older than what was stored last" in line for line in said)
    with started(tmp_path, off_for_ns=0) as (made, said):
        assert _codes(made).count(Event.NONVOLATILE_MEMORY_ERROR.code) == 1
        assert not any("older" in line for line in said)


def test_a_key_file_that_does_not_hold_the_keys_is_told(tmp_path: Path) -> None:
    with started(tmp_path, source=SUPPLY, start=START) as (made, _):
        path = made.key_path
    text = path.read_text()
    with started(tmp_path, off_for_ns=0) as (_, said):
        assert not any("keys.toml" in line for line in said)
    at = text.index('master_key = "') + 14
    for spoiled, reason in (
        (text[:at] + ("1" if text[at] == "0" else "0") + text[at + 1 :], "does not hold the keys of this meter"),
        (text[:-40], "keys.toml"),
    ):
        path.write_text(spoiled)
        with started(tmp_path, off_for_ns=0) as (_, said):
            told = [line for line in said if reason in line]
        assert len(told) == 1
        assert "\n" not in told[0]
        assert "written anew" in told[0] or "writes it anew" in told[0]


def test_a_secret_that_no_key_file_holds_keeps_no_meter_from_starting(tmp_path: Path) -> None:
    with started(tmp_path, source=SUPPLY, start=START) as (made, _):
        path = made.key_path
        made.actor.meter.key_ring.change(MANAGEMENT, password=bytes(16))  # as a client may set it
    path.unlink()
    with started(tmp_path, off_for_ns=0) as (made, said):
        assert made.actor.meter.keys(MANAGEMENT).password == bytes(16)
        assert any("goes on without its key file" in line for line in said)
    assert not path.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": "nonsense"},
        {"keys": Path("missing.toml")},
        {"p1_variant": "none"},
        {"start": START, "jump_to": Instant(START - 1)},
    ],
)
def test_a_first_start_that_fails_leaves_nothing(tmp_path: Path, wrong: dict[str, object]) -> None:
    state = tmp_path / "new" / "m"
    with pytest.raises(ConfigurationError), started(state, **{"source": SUPPLY, **wrong}):
        pass
    assert list(tmp_path.iterdir()) == []
    with started(state, source=SUPPLY, start=START) as (made, _):
        assert made.actor.now == START
