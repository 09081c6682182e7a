"""What a meter can answer to a set or a call, in the standard's words."""

from typing import Annotated

from pydantic import AfterValidator, Field

from softmeter.cosem.access import ActionResult, DataAccessResult


def word_of(result: int) -> str:
    """A Data-Access-Result or Action-Result: `read-write-denied`."""
    known = DataAccessResult if result in set(DataAccessResult) else ActionResult
    return known(result).name.lower().replace("_", "-")


SUCCESS = word_of(DataAccessResult.SUCCESS)
ANSWERS = tuple(dict.fromkeys(map(word_of, (*DataAccessResult, *ActionResult))))


def _result(word: str) -> str:
    if word not in ANSWERS:
        raise ValueError(f"{word!r} is no answer of a meter; there are {', '.join(ANSWERS)}")
    return word


Result = Annotated[str, AfterValidator(_result), Field(json_schema_extra={"enum": list(ANSWERS)})]
