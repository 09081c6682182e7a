"""Ending the process at any instant is a power cut: nothing anybody has seen is lost, doubled or reused."""

from __future__ import annotations

import random
import signal
from typing import TYPE_CHECKING, Final

import pytest

from interop.lives import Witness, lived, shown

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.interop, pytest.mark.slow]

KILLS: Final = 50
ENDS: Final = 10


def test_fifty_kills_under_load(tmp_path: Path) -> None:
    chance = random.Random(2024)  # noqa: S311  (moments to kill at, no secrets)
    witness = Witness()
    state = tmp_path / "state"
    lived(state, witness, 2.0, from_up=True)
    for life in range(KILLS - 1):  # a third of them perhaps before the meter is up: that depends on the machine
        lived(state, witness, chance.uniform(0.2, 2.0), from_up=life % 3 > 0)
        assert not witness.faults
    shown(state, witness)
    assert len(witness.rows) > 10  # on a busy machine a life sees less
    assert witness.telegrams > KILLS / 2
    assert len(witness.counters) > 300


def test_ten_clean_ends_under_load(tmp_path: Path) -> None:
    chance = random.Random(2025)  # noqa: S311  (the same)
    witness = Witness()
    state = tmp_path / "state"
    for life in range(ENDS):
        lived(state, witness, chance.uniform(0.2, 3.0), signal.SIGTERM, from_up=life % 2 == 0)
        assert not witness.faults
    shown(state, witness)
    assert len(witness.counters) > 50
