"""Documents that are no TOML, or none that anybody wrote: a line and a reason instead of a failure."""

from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

from softmeter.apps.checking import Problem, document_of, our_words

ENDLESS = "is no scenario: a number far too long"


def test_a_number_without_end_has_its_line() -> None:
    for number in ("9" * 5000, "0x" + "f" * 6000):
        text = f"# {'a' * 2000} words, and more of them\none = 1\ntwo = {number}\n"
        assert document_of(text, "scenario") == Problem(3, "", ENDLESS)


def test_what_ends_in_the_middle_is_wrong_in_its_last_line() -> None:
    found = document_of("one = 1\ntwo = [", "scenario")
    assert isinstance(found, Problem)
    assert found.line == 2


class _Told(BaseModel):
    number: int = Field(default=1, ge=1, le=9)
    text: str = ""
    flag: bool = False
    names: list[str] = []
    kind: Literal["legal", "application"] = "legal"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"number": "new"}, "must be a whole number"),
        ({"number": 0}, "must be 1 or more"),
        ({"number": 10}, "must be 9 or less"),
        ({"text": 5}, "must be text"),
        ({"flag": "perhaps"}, "must be true or false"),
        ({"names": 1}, "must be a list"),
        ({"kind": 1}, "must be 'legal' or 'application'"),
        ({"kind": "aplication"}, "must be 'legal' or 'application'; did you mean application?"),
    ],
)
def test_what_is_wrong_with_a_value_is_told_in_our_words(document: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _Told.model_validate(document)
    assert our_words(caught.value.errors()[0], _Told) == said
