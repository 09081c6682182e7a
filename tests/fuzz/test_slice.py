"""The whole corpus, and a short slice of every campaign, the same on every run."""

from pathlib import Path

import pytest

from fuzzing.all import LIVE, NAMES, make
from fuzzing.campaign import campaign
from fuzzing.seeds import CORPUS
from fuzzing.target import check


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@pytest.mark.parametrize("name", NAMES)
def test_no_input_does_harm(name: str, tmp_path: Path) -> None:
    target = make(name)
    for octets in target.seeds:
        check(target, octets)
    target.settle()
    inputs = 400 if name in LIVE else 800
    report = campaign(target, seed=2, inputs=inputs, seconds=None, keep=tmp_path)
    assert report.faults == []
    assert report.inputs == inputs


def test_every_corpus_belongs_to_a_target() -> None:
    assert {path.stem for path in CORPUS.glob("*.hex")} <= set(NAMES)
