"""Statements of the manual, changes and markers fit together, and a change that nobody notices is told."""

import manual_coverage
from manual_coverage import Change, Proof, Statement, Table

SOUND = Change("device/events.py", "LOG_CAPACITY = 100", "LOG_CAPACITY = 99")


def table(*statements: Statement) -> Table:
    return Table({"1": "A section"}, statements, {})


def test_every_statement_with_a_change_has_a_test_and_its_text_is_there() -> None:
    assert manual_coverage.gaps(manual_coverage.table(), list(manual_coverage.proofs())) == []


def test_most_of_the_manual_is_proven() -> None:
    statements = manual_coverage.table().statements
    proven = [one for one in statements if one.change is not None]
    assert len(proven) >= 178
    assert all(one.why for one in statements if one.change is None)


def test_what_does_not_fit_is_told() -> None:
    known = table(
        Statement("1.sound", "Sound.", SOUND, ""),
        Statement("1.untested", "Untested.", SOUND, ""),
        Statement("1.unchanged", "Unchanged.", None, ""),
        Statement("1.stale", "Stale.", SOUND._replace(old="LOG_CAPACITY = 98"), ""),
        Statement("2.lost", "Lost.", None, ""),
    )
    found = [Proof(name, "tests/a.py", "test_a") for name in ("1.sound", "1.unchanged", "1.stale", "1.unknown")]
    assert manual_coverage.gaps(known, found) == [
        "tests/a.py: test_a proves '1.unknown', which is no statement",
        "statement 1.untested has a change, but no test",
        "statement 1.unchanged has a test, but no change under which that fails",
        "statement 1.stale: device/events.py has its old text 0 times, not once",
        "statement 2.lost is of no known section",
    ]


def test_the_page_has_a_row_for_each_statement() -> None:
    page = manual_coverage.page()
    for one in manual_coverage.table().statements:
        assert f"| {one.says} | " in page
