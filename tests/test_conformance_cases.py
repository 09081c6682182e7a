"""Every public test case has a test that says what it is, and the list says so."""

import pytest

import conformance_cases


def test_every_public_name_has_a_test_that_says_what_it_is() -> None:
    assert conformance_cases.gaps(conformance_cases.cases()) == []


def test_the_names_are_those_of_the_public_suites() -> None:
    counts = {title: len(names) for title, names in conformance_cases.SUITES.items()}
    assert list(counts.values()) == [22, 20, 5, 15, 15]
    assert len(set(conformance_cases.NAMES)) == 77


def test_a_name_without_a_test_and_a_test_without_words_are_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conformance_cases, "NAMES", ("HDLC_FRAME_P1", "HDLC_FRAME_P2"))
    case = conformance_cases.Case("HDLC_FRAME_P1", "test_hdlc.py", "test_frame_p1", "A purpose.", "", "A verdict.")
    assert conformance_cases.gaps([case]) == [
        "HDLC_FRAME_P2 has no test",
        "test_hdlc.py: test_frame_p1 (HDLC_FRAME_P1) does not say its stimulus",
    ]


def test_the_page_has_a_row_for_each_case() -> None:
    page = conformance_cases.page()
    for case in conformance_cases.cases():
        assert f"| `{case.name}` | " in page
    assert "- a captured association cannot be played again\n" in page
