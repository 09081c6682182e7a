"""Fixtures of the runtime's tests."""

from concurrent.futures import Executor

import pytest

from runtime.virtual_time import AtOnce, VirtualTime


@pytest.fixture
def virtual() -> VirtualTime:
    return VirtualTime()


@pytest.fixture
def at_once() -> Executor:
    return AtOnce()
