"""Chance from a seed."""

import pytest

from softmeter.entropy import SeededEntropy


@pytest.mark.parametrize("seed", [7, "seven", b"\x07"])
def test_the_same_seed_gives_the_same_octets(seed: int | str | bytes) -> None:
    first, second = SeededEntropy(seed), SeededEntropy(seed)
    assert [first.octets(count) for count in (0, 1, 32, 33)] == [second.octets(count) for count in (0, 1, 32, 33)]


def test_octets_do_not_repeat() -> None:
    entropy = SeededEntropy(1)
    drawn = [entropy.octets(8) for _ in range(1000)]
    assert len(set(drawn)) == 1000
    assert {len(octets) for octets in drawn} == {8}


def test_another_seed_gives_others() -> None:
    assert SeededEntropy(1).octets(16) != SeededEntropy(2).octets(16)
    assert len(SeededEntropy(1).octets(100)) == 100
