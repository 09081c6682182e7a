"""A cut while an image is put in force leaves the old firmware or the new one; one that stores it in parts is found."""

from pathlib import Path

import pytest

from crashing.activation import activations
from softmeter.persistent import Changes
from softmeter.runtime.store import Store

pytestmark = pytest.mark.slow


@pytest.mark.manual("10.old-or-new")
def test_no_cut_leaves_a_mix_of_two_firmwares(tmp_path: Path) -> None:
    report = activations(tmp_path, 1, 0.3)
    assert report.faults == []
    assert min(report.outcomes["old"], report.outcomes["new"]) > 10
    assert report.images == report.outcomes.total() == report.outcomes["old"] + report.outcomes["new"]


def test_an_image_stored_part_by_part_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = Store.commit

    def in_parts(store: Store, meter: str, changes: Changes, real: int, *, durable: bool = True) -> None:
        values = changes.values
        display = {place: value for place, value in values.items() if place[0] == "display"}
        if display:
            changes.values = {place: value for place, value in values.items() if place not in display}
            commit(store, meter, changes, real, durable=durable)
            changes.values, changes.appended, changes.dropped = display, {}, {}
        commit(store, meter, changes, real, durable=durable)

    monkeypatch.setattr(Store, "commit", in_parts)
    report = activations(tmp_path, 1, 0.3)
    assert report.outcomes["a mix"]
    assert any("running.A.version" in fault for fault in report.faults)
