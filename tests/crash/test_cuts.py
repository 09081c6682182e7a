"""Cuts at the writes of a short life do no harm, and a store that is broken on purpose is found out."""

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from crashing import campaign, life
from crashing.campaign import Campaign, Report, Task
from crashing.life import Plan, Recorded
from crashing.maintenance import Maintenance
from softmeter.persistent import Changes, Memory, Persistent, Ring
from softmeter.runtime import postponing, saved, store
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.mark import Mark
from softmeter.runtime.postponing import Postponing
from softmeter.runtime.store import Store

pytestmark = pytest.mark.slow
Break = Callable[[pytest.MonkeyPatch], None]


def cut(directory: Path, images: int, seed: int = 1) -> Report:
    return campaign.campaign(Task(directory, seed, 2.0, images, None))


def test_no_cut_does_harm(tmp_path: Path) -> None:
    report = cut(tmp_path, 60)
    assert report.faults == []
    assert report.images >= 60
    assert report.tried > report.images
    assert len(report.leavings) >= 5


def without_waiting(patch: pytest.MonkeyPatch) -> None:
    """SQLite no longer waits for the disk."""
    connect = store._connect

    def careless(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        connection.execute("PRAGMA synchronous=OFF")
        return connection

    patch.setattr(store, "_connect", careless)


def answering_early(patch: pytest.MonkeyPatch) -> None:
    """Answers leave before their change is stored."""
    patch.setattr(Barrier, "ticket", lambda _: None)


def marking_early(patch: pytest.MonkeyPatch) -> None:
    """The mark tells of a commit before it is made."""
    commit = Store._transaction

    def early(self: Store, patience_s: float) -> object:
        self._mark.write(self._commits + 1, synchronous=True)
        return commit(self, patience_s)

    patch.setattr(Store, "_transaction", early)


def marking_in_one_place(patch: pytest.MonkeyPatch) -> None:
    """Each mark is written over the one before."""
    write = Mark.write

    def same_place(self: Mark, commits: int, *, jumping: bool = False, synchronous: bool = False) -> None:
        self._next = 0
        write(self, commits, jumping=jumping, synchronous=synchronous)

    patch.setattr(Mark, "write", same_place)


def not_verifying(patch: pytest.MonkeyPatch) -> None:
    """Commits of the journal are taken for whole whatever their frames say, and check sums of rows for right."""
    patch.setattr("softmeter.runtime.journal._agreeing", lambda frames, *_: frames["page"] > 0)
    patch.setattr(saved, "_verify", lambda *_: None)


def forgetting(patch: pytest.MonkeyPatch, chore: str, is_forgotten: Callable[[str], bool]) -> None:
    """A chore is done over and over, and what it changes is stored no more than once."""
    changes = Memory.changes

    def fewer(self: Memory, parts: Iterable[tuple[str, Persistent]], rings: Iterable[Ring]) -> Changes:
        begun, found = bool(self._values), changes(self, parts, rings)
        if begun:
            found.values = {key: value for key, value in found.values.items() if not is_forgotten(key[0])}
            found.appended = {ring: rows for ring, rows in found.appended.items() if not is_forgotten(ring)}
        return found

    patch.setattr(Memory, "changes", fewer)
    patch.setattr(Maintenance, "chore", getattr(Maintenance, chore))


def forgetting_keys(patch: pytest.MonkeyPatch) -> None:
    """Keys that were replaced are the old ones after a cut."""
    forgetting(patch, "_replace_keys", lambda part: part == "keys")


def forgetting_blocks(patch: pytest.MonkeyPatch) -> None:
    """An image is found good whose blocks are not stored."""
    forgetting(patch, "_send_image", lambda ring: ring == "firmware.blocks")


def forgetting_settings(patch: pytest.MonkeyPatch) -> None:
    """What clients set is not stored."""
    forgetting(patch, "_set", lambda part: part in {"attributes", "tariff", "display", "pushes", "mbus"})


@pytest.mark.parametrize(
    ("break_it", "fault"),
    [
        (without_waiting, "has lost commits|does not start"),
        (answering_early, "would be used again|would be accepted again|was set to|the register is lower"),
        (marking_early, "older state than was stored last"),
        (marking_in_one_place, "does not agree with its check sum"),
        (not_verifying, "damaged"),
        (forgetting_keys, "was set to|would be accepted again"),
        (forgetting_blocks, "was found good, it is not whole"),
        (forgetting_settings, "was set to"),
    ],
)
def test_a_broken_store_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, break_it: Break, fault: str
) -> None:
    monkeypatch.setattr(campaign, "_PROMISE_SHARE", 0.3)
    monkeypatch.setattr(campaign, "_SECOND_SHARE", 0.0)
    break_it(monkeypatch)
    report = Report()
    recorded = Recorded(tmp_path / "life")
    recorded.live(Plan(2.0), 1)
    Campaign(tmp_path, 1, report, lambda one: bool(one.faults) or one.images > 600).run(recorded, 2.0)
    assert report.faults
    assert any(part in report.faults[0] for part in fault.split("|")), report.faults


def test_what_waits_must_not_be_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "_PROMISE_SHARE", 1.0)
    monkeypatch.setattr(life, "SOURCE", "constant:u=230,i=60")
    monkeypatch.setattr(postponing, "QUIET_S", 0.0)
    monkeypatch.setattr(Postponing, "__bool__", lambda _: False)
    report, recorded = Report(), Recorded(tmp_path / "life")
    recorded.live(Plan(12.0), 1)
    Campaign(tmp_path, 1, report, lambda one: bool(one.faults)).run(recorded, 0.4, again=False)
    assert "the register is lower" in "".join(report.faults)
