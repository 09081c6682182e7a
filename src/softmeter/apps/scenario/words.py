"""The words of which scenario files are made: times, durations, objects, clients."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from softmeter.apps.options import DURATION, duration_ns
from softmeter.apps.smartset.names import Target
from softmeter.apps.smartset.typed import ENCODED, TYPES
from softmeter.device.profile import Status
from softmeter.errors import ConfigurationError
from softmeter.instant import parse_instant


def checked_by(check: Callable[[str], object]) -> AfterValidator:
    """A validator that takes the texts which `check` takes."""

    def validate(text: str) -> str:
        try:
            check(text)
        except ConfigurationError as error:
            raise ValueError(str(error)) from None
        return text

    return AfterValidator(validate)


Text = Annotated[str, StringConstraints(min_length=1)]
Moment = Annotated[
    str,
    BeforeValidator(lambda given: given.isoformat() if isinstance(given, datetime) else given),
    checked_by(parse_instant),
    Field(description="ISO 8601, with or without quotes; without an offset it is UTC"),
]
Duration = Annotated[
    str,
    checked_by(partial(duration_ns, option="")),
    Field(json_schema_extra={"pattern": f"^{DURATION.pattern}$"}),
]
Scalar = bool | int | float | str
STATUS = tuple((bit.name or "").lower() for bit in Status)


def _status(name: str) -> str:
    if name not in STATUS:
        raise ValueError(f"{name!r} is no status bit; there are {', '.join(STATUS)}")
    return name


Bit = Annotated[str, AfterValidator(_status), Field(json_schema_extra={"enum": sorted(STATUS)})]
Who = Literal["public", "readout", "management", "maintenance"]
Port = Annotated[Literal["wan", "optical"], Field(description="By which port the client comes")]
Object = Annotated[
    str,
    checked_by(Target.parse),
    Field(description="A name or OBIS code, with an attribute or method: clock, 0-0:1.0.0:3"),
]


def _type(word: str) -> str:
    if word and word not in {*TYPES, ENCODED}:
        raise ValueError(f"{word!r} is no type; known are {', '.join([*TYPES, ENCODED])}")
    return word


Type = Annotated[str, AfterValidator(_type), Field(json_schema_extra={"enum": ["", *TYPES, ENCODED]})]


class Part(BaseModel):
    """A table of the file: unknown entries are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
