"""The legally relevant part: its checksum is recorded, and whoever changes it gives it a version."""

import pytest

from legal import committed_versions, recorded, successor
from softmeter.legal import CHECKSUM, FILES, IDENTIFICATION, VERSION, checksum, is_intact, is_legal
from softmeter.legal_versions import VERSIONS
from softmeter.runtime.program_memory import is_program_intact, legal_sources

SOURCES = {"metrology/a.py": b"one\ntwo\n", "metrology/b.py": b"three\n", "device/registers.py": b"four\n"}


def test_the_code_is_that_of_the_recorded_version() -> None:
    assert checksum(legal_sources()) == CHECKSUM, "the legally relevant part has changed: run make legal"
    assert is_program_intact()


def test_every_version_has_its_place_and_checksum() -> None:
    versions = list(VERSIONS)
    assert versions == sorted(versions)
    assert all(len(bytes.fromhex(each)) == 32 for each in VERSIONS.values())
    assert f"{VERSION} {CHECKSUM[:8].upper()}" == IDENTIFICATION


def test_a_committed_version_keeps_its_checksum() -> None:
    committed = committed_versions()
    assert list(VERSIONS.items())[: len(committed)] == list(committed.items())


def test_the_part_is_what_the_manual_says() -> None:
    sources = legal_sources()
    for path in ("metrology/second.py", "metrology/energy.py", "device/registers.py", "device/profile.py"):
        assert path in sources
    assert not any("type_test" in path or "display" in path for path in sources)
    assert {path.partition("/")[0] for path in sources} == {pattern.partition("/")[0] for pattern in FILES}
    assert not is_legal("metrology/deeper/x.pyc")


CHANGES = [
    {**SOURCES, "metrology/a.py": b"one\ntwo \n"},
    {**SOURCES, "metrology/c.py": b""},
    {"metrology/a.py": b"one\n", "metrology/b.py": b"two\nthree\n", "device/registers.py": b"four\n"},
    {path: content for path, content in SOURCES.items() if path != "device/registers.py"},
]


@pytest.mark.parametrize("changed", CHANGES)
def test_any_change_changes_the_checksum(changed: dict[str, bytes]) -> None:
    assert checksum(changed) != checksum(SOURCES)
    assert not is_intact(changed)


def test_line_ends_and_other_files_do_not_matter() -> None:
    windows = {path: content.replace(b"\n", b"\r\n") for path, content in SOURCES.items()}
    assert checksum(windows) == checksum(SOURCES)
    assert checksum({"device/display.py": b"x", **dict(reversed(SOURCES.items()))}) == checksum(SOURCES)


def test_changed_code_gets_a_new_version_once_and_the_old_ones_stay() -> None:
    committed = {"1.05.00": "aa", "1.05.01": "bb"}
    assert recorded(committed, "bb") == committed
    assert recorded(committed, "cc") == {**committed, "1.05.02": "cc"}
    assert recorded(committed, "aa") == {**committed, "1.05.02": "aa"}
    assert recorded({}, "aa") == {"1.05.00": "aa"}
    assert [successor(each) for each in ("1.05.09", "1.05.99", "1.99.99")] == ["1.05.10", "1.06.00", "2.00.00"]
