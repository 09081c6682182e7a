"""Where pushes are kept: a database that somebody else holds."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from softmeter.apps.smartset.push_opening import Push
from softmeter.apps.smartset.push_store import Keep, opened
from softmeter.wire.types import NULL

PUSH = Push(
    received="2026-01-01T00:00:00Z",
    sender="127.0.0.1:1",
    client=1,
    title=None,
    repeated=False,
    counter=None,
    time=None,
    number=1,
    body=NULL,
    octets=b"\0",
)
PATIENCE_S, MANY = 0.05, 200


def refused_in_s(keep: Keep) -> float:
    """How long it takes to find out that a push cannot be kept."""
    began = time.monotonic()
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        keep(PUSH)
    return time.monotonic() - began


@pytest.mark.slow
def test_for_who_holds_a_database_is_waited_once_and_not_for_each_push(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("softmeter.apps.smartset.push_store.PATIENCE_S", PATIENCE_S)
    path = tmp_path / "pushes.sqlite"
    with opened(path) as kept, closing(sqlite3.connect(path, isolation_level=None)) as holder:
        for kept_before in (0, 1):
            holder.execute("BEGIN IMMEDIATE")
            assert refused_in_s(kept.keep) > PATIENCE_S / 2
            assert sum(refused_in_s(kept.keep) for _ in range(MANY)) < MANY * PATIENCE_S / 2
            holder.execute("ROLLBACK")
            kept.keep(PUSH)
            assert holder.execute("SELECT count(*) FROM pushes").fetchone() == (kept_before + 1,)
