"""Fixtures of the interoperability tests: every test here starts processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from interop.meter_process import Meter, running

if TYPE_CHECKING:
    from collections.abc import Iterator

START: Final = "2024-03-01T00:00:00+01:00"
NOON: Final = "2024-03-11T12:00:00+01:00"
"""Ten and a half days later, on a boundary of both profiles' grids."""
HOUSEHOLD: Final = ("--source", "household:seed=7", "--start", START, "--jump-to", NOON, "--rate", "0")


@pytest.fixture(scope="session")
def meter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meter]:
    """A meter that has lived ten days and for which time now stands still; nobody writes to it."""
    with running(tmp_path_factory.mktemp("meter") / "state", *HOUSEHOLD) as found:
        yield found


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meter]:
    """A meter of the test's own, likewise."""
    with running(tmp_path_factory.mktemp("fresh") / "state", *HOUSEHOLD) as found:
        yield found
