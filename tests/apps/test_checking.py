"""Documents that are no TOML, or none that anybody wrote: a line and a reason instead of a failure."""

from softmeter.apps.checking import Problem, document_of

ENDLESS = "is no scenario: a number far too long"


def test_a_number_without_end_has_its_line() -> None:
    for number in ("9" * 5000, "0x" + "f" * 6000):
        text = f"# {'a' * 2000} words, and more of them\none = 1\ntwo = {number}\n"
        assert document_of(text, "scenario") == Problem(3, "", ENDLESS)


def test_what_ends_in_the_middle_is_wrong_in_its_last_line() -> None:
    found = document_of("one = 1\ntwo = [", "scenario")
    assert isinstance(found, Problem)
    assert found.line == 2
