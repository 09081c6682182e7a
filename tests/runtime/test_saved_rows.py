"""Stored rows taken over: as they are, in wider columns, and refused where they are of another form."""

import numpy as np
import pytest

from softmeter.clock import STAMP
from softmeter.errors import StorageError
from softmeter.runtime.row_text import fields
from softmeter.runtime.saved import SavedRing

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
