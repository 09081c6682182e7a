"""What is written is read again as it was."""

import tomllib

import pytest

from softmeter.apps.toml_lines import line_of
from softmeter.apps.toml_text import document_text, value_text


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"a": 1, "b": {"c": [1, 2], "d": {"e": 'x"\\\n\u007f'}}, "f": True},
        {"table": {}, "odd name": {"0": 1.5, "é": "ü"}},
        {"list": [{"a": 1}, {}], "deep": {"deeper": {"deepest": {"x": -1}}}},
    ],
)
def test_documents(document: dict[str, object]) -> None:
    assert tomllib.loads(document_text(document)) == document


def test_what_is_none_is_left_out_and_what_toml_cannot_hold_refused() -> None:
    assert document_text({"a": None, "b": 1}) == "b = 1\n"
    with pytest.raises(TypeError):
        value_text(None)


def test_lines() -> None:
    text = 'a = 1\n\n[b.c]\n"d e" = 2 # x\n[[f]]\ng = 1\n[[f]]\ng = 2\n[f.h]\ni = 3\n'
    places = {("a",): 1, ("b", "c"): 3, ("b", "c", "d e"): 4, ("f", 0, "g"): 6, ("f", 1, "g"): 8}
    assert {place: line_of(place, text) for place in places} == places
    assert line_of(("f", 1, "h", "i"), text) == 10
    assert line_of(("f", 1, "nothing"), text) == 7
    assert line_of(("nothing",), text) == 1
