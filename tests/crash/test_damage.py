"""Damage to the files of a meter that is off is refused in a line, or does no harm; a reader that trusts is found."""

from pathlib import Path
from random import Random

import pytest

from crashing.campaign import Task
from crashing.corruption import corruption, ended
from crashing.damage import WAYS, spoil
from softmeter.runtime import saved
from softmeter.runtime.store import FILE_NAME


@pytest.mark.parametrize("way", WAYS)
def test_each_way_changes_octets(way: str) -> None:
    random, before = Random(1), bytes(at % 251 for at in range(3 * 4096))  # noqa: S311  (places of damage, no secrets)
    changed = 0
    for _ in range(20):
        octets = bytearray(before)
        WAYS[way](octets, random)
        changed += octets != before
    assert changed > 3


def test_one_file_is_spoiled() -> None:
    random, image = Random(1), {"a.sqlite": bytes(8192), "b": b"text"}  # noqa: S311  (the same)
    for _ in range(50):
        spoiled, name, way = spoil(image, {}, random)
        assert way
        assert {other: content for other, content in spoiled.items() if other != name} == {
            other: content for other, content in image.items() if other != name
        }


@pytest.mark.slow
def test_no_damage_is_silent(tmp_path: Path) -> None:
    report = corruption(Task(tmp_path, 1, 2.0, 25, None))
    assert report.faults == []
    assert report.tried == 25
    assert report.outcomes["refused"] > 5


@pytest.mark.slow
def test_a_reader_that_trusts_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "_verify", lambda *_: None)
    patient = ended(Task(tmp_path, 1, 2.0, 0, None), 1)
    assert patient.outcome(patient.image, FILE_NAME) == "goes on, every value right"
    octets = bytearray(patient.image[FILE_NAME])
    octets[octets.index(b"household:seed=3") + 15] ^= 1  # the value; its text stands behind it
    assert "wrong value" in patient.outcome({**patient.image, FILE_NAME: bytes(octets)}, FILE_NAME)
    monkeypatch.undo()
    assert patient.outcome({**patient.image, FILE_NAME: bytes(octets)}, FILE_NAME) == "refused"
