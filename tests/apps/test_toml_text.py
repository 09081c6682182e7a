"""What is written is read again as it was."""

import tomllib

import pytest

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
