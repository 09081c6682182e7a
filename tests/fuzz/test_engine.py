"""The fuzzer itself: it finds what is wrong, and says how to see it again."""

from pathlib import Path
from random import Random

import pytest

from fuzzing import grammar
from fuzzing.campaign import BATCH, Campaign, campaign
from fuzzing.mutation import Mutator
from fuzzing.seeds import read
from fuzzing.target import FaultError, Target, check
from softmeter.errors import DecodeError
from softmeter.wire.types import decode_data


def seeded(seed: str) -> Random:
    return Random(seed)  # noqa: S311 - the same inputs again


def careless(octets: bytes) -> None:
    if octets[1:2] == b"\xff":
        raise IndexError("list index out of range")
    if not octets:
        raise DecodeError("nothing")


def target(run: object = careless) -> Target:
    return Target("careless", run, (DecodeError,), (b"\x09\x02ab",))  # type: ignore[arg-type]


def test_an_undocumented_error_is_a_fault_that_can_be_seen_again(tmp_path: Path) -> None:
    report = campaign(target(), seed=1, inputs=5000, seconds=None, keep=tmp_path)
    assert len(report.faults) == 1
    assert report.faults[0].startswith("IndexError at ")
    (kept,) = tmp_path.iterdir()
    assert f"--target careless --replay {kept}" in report.faults[0]
    with pytest.raises(FaultError, match="IndexError"):
        check(target(), read(kept)[-1])


def test_a_documented_error_is_none() -> None:
    check(target(), b"")


def test_a_slow_input_is_a_fault() -> None:
    def slow(_: bytes) -> float:
        return 0.06

    with pytest.raises(FaultError, match="slow: 60 ms"):
        check(target(slow), b"")


def test_what_is_left_behind_is_a_fault(tmp_path: Path) -> None:
    def settle() -> None:
        raise FaultError("state", "memory has changed in clock")

    report = campaign(
        Target("untidy", lambda _: None, (), (b"",), settle=settle), seed=1, inputs=600, seconds=None, keep=tmp_path
    )
    assert len(report.faults) == 1
    assert report.faults[0].startswith("state: memory has changed in clock")


def test_a_campaign_goes_on_where_it_stopped(tmp_path: Path) -> None:
    tried: list[list[bytes]] = [[], []]
    for seen, steps in zip(tried, ((3 * BATCH,), (BATCH, 3 * BATCH)), strict=True):
        going = Campaign(target(seen.append), 1, tmp_path)
        for inputs in steps:
            going.run(inputs=inputs)
        assert going.report.inputs == len(seen) == 3 * BATCH
    assert tried[0] == tried[1]


def test_the_same_seed_gives_the_same_inputs() -> None:
    draws = [
        [Mutator((b"\x02\x01\x0f\x01",), grammar.data)(seeded(f"3/{number}")) for number in range(300)] for _ in "ab"
    ]
    assert draws[0] == draws[1]
    assert len(set(draws[0])) > 200


def test_the_grammar_is_mostly_well_formed_and_sometimes_not() -> None:
    random, good = seeded("5"), 0
    for _ in range(500):
        try:
            decode_data(grammar.data(random))
            good += 1
        except DecodeError:
            pass
    assert 300 < good < 495
