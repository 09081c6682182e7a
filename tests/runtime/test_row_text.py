"""Rows as text: every kind of field, and the layout there and back."""

import json

import numpy as np
import pytest

from softmeter.clock import STAMP, Stamp
from softmeter.runtime.row_text import fields, layout, texts

ROW = np.dtype(
    [
        ("code", "<i2"),
        ("when", STAMP),
        ("who", "V3"),
        ("name", "S4"),
        ("octets", "u1", (2,)),
        ("counts", "<u4", (2,)),
        ("pair", [("a", "<u8"), ("until", STAMP)]),
    ]
)


def test_a_row_reads_as_json() -> None:
    rows = np.zeros(1, ROW)
    stamp = Stamp.of(1_785_000_000, -120, 0x80)
    rows[0] = (-5, stamp, b"\x01\x02\x03", b"KW", (7, 255), (1, 2**32 - 1), (2**63, stamp))
    [(at, text)] = texts(rows)
    assert at == "2026-07-25T19:20:00+02:00"
    assert json.loads(text) == {
        "code": -5,
        "when": at,
        "who": "010203",
        "name": "4b57",
        "octets": "07ff",
        "counts": [1, 2**32 - 1],
        "pair": {"a": 2**63, "until": at},
    }


def test_rows_without_a_stamp_have_no_time() -> None:
    rows = np.ones(2, np.dtype([("a", "<u2")]))
    assert list(texts(rows)) == [(None, '{"a": 1}')] * 2


def test_the_layout_comes_back() -> None:
    assert layout(fields(ROW)) == ROW


@pytest.mark.parametrize("text", ["7", "[[1]]", '[["a", "what"]]', "{", "null"])
def test_no_layout_is_refused(text: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        layout(text)
