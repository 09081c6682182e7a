"""Stored rows taken over: as they are, in wider columns, and refused where they are of another form."""

from pathlib import Path

import numpy as np
import pytest

from runtime.states import LOAD, REAL, M, filled, load_row, reopened
from softmeter.clock import STAMP
from softmeter.errors import StorageError
from softmeter.persistent import Memory, Ring
from softmeter.runtime.row_text import fields
from softmeter.runtime.saved import SavedRing
from softmeter.runtime.store import Store

BEFORE = np.dtype([("clock", STAMP), ("value", "<u4")])
NOW = np.dtype([("clock", STAMP), ("value", "<i8")])


def saved(dtype: np.dtype[np.void]) -> SavedRing:
    rows = np.zeros(2, dtype)
    rows["value"] = (7, 2**32 - 1)
    return SavedRing(3, [row.tobytes() for row in rows], fields(dtype))


@pytest.mark.parametrize("dtype", [BEFORE, NOW])
def test_rows_of_narrower_columns_are_taken_over(dtype: np.dtype[np.void]) -> None:
    rows = saved(dtype).rows(NOW)
    assert rows.dtype == NOW
    assert rows["value"].tolist() == [7, 2**32 - 1]
    assert saved(dtype).rows(dtype).flags.writeable


@pytest.mark.parametrize(
    "dtype", [BEFORE, np.dtype([("value", "<i8"), ("clock", STAMP)]), np.dtype([("other", "<i8")])]
)
def test_rows_of_another_form_are_refused(dtype: np.dtype[np.void]) -> None:
    with pytest.raises(StorageError, match="stored rows have the fields"):
        saved(NOW).rows(dtype)
    assert len(SavedRing(0, [], "").rows(dtype)) == 0


@pytest.mark.parametrize("capacity", [100, 41, 20])
def test_rows_go_on_behind_those_of_narrower_columns(tmp_path: Path, capacity: int) -> None:
    wider = np.dtype([(name, "<i8" if name == "energy_wh" else LOAD[name]) for name in LOAD.names or ()])
    filled(tmp_path, rows=min(40, capacity))
    store, ring, memory = Store.open(tmp_path), Ring("load", wider, capacity), Memory()
    before = store.load(M)
    assert before is not None
    ring.load(before.rings["load"].first, before.rings["load"].rows(wider))
    memory.note([], [ring])
    for value in (-5, 2**32):
        ring.append((*load_row(ring.end)[:2], value))
        store.commit(M, memory.changes([], [ring]), REAL)
    store.close()
    after = reopened(tmp_path)
    assert after is not None
    assert after.rings["load"].first == ring.first
    assert after.rings["load"].rows(wider).tolist() == ring.rows().tolist()
    assert after.rings["load"].rows(wider)["energy_wh"].tolist()[-3:] == [7 * (ring.end - 3), -5, 2**32]
