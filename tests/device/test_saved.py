"""Reading back saved values."""

from typing import TYPE_CHECKING

import pytest

from softmeter.device.saved import saved_int, saved_octets, saved_text
from softmeter.errors import StorageError

if TYPE_CHECKING:
    from softmeter.persistent import Scalar


def test_values_come_back_and_missing_ones_stay() -> None:
    saved: dict[str, Scalar] = {"a": 1, "b": "x", "c": b"\x01", "d": None}
    assert saved_int(saved, "a", 5) == 1
    assert saved_int(saved, "d", 5) == 5
    assert saved_text(saved, "b", "") == "x"
    assert saved_text(saved, "z", "y") == "y"
    assert saved_octets(saved, "c", b"") == b"\x01"
    assert saved_octets(saved, "z", b"y") == b"y"


def test_another_type_is_refused_by_name() -> None:
    with pytest.raises(StorageError, match="a is 'x'"):
        saved_int({"a": "x"}, "a", 0)
    with pytest.raises(StorageError, match="a is 1"):
        saved_text({"a": 1}, "a", "")
    with pytest.raises(StorageError, match="a is 1"):
        saved_octets({"a": 1}, "a", b"")
