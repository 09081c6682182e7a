"""What a step of a scenario may expect: of objects, logs, profiles, the display and whatever else can be seen."""

from typing import Annotated, Any, Literal

from pydantic import Field, Tag, model_validator
from pydantic.types import Discriminator

from softmeter.apps.scenario.answers import Result
from softmeter.apps.scenario.words import Bit, Duration, Moment, Object, Part, Scalar, Text, Who


class ValueExpectation(Part):
    """An attribute, as a client reads it: in its unit, scaled."""

    object: Object
    value: Scalar | list[Any] | None = None
    tolerance: Annotated[float, Field(ge=0)] = 0
    least: float | None = None
    most: float | None = None
    bits: list[int] | None = Field(default=None, description="Exactly these bits of the number are set")
    since: Text | None = Field(default=None, description="Compare the difference to the value kept under this name")
    result: Result | None = Field(default=None, description="The meter refuses, with this answer")
    client: Who = "management"
    class_id: int | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "ValueExpectation":
        if all(one is None for one in (self.value, self.least, self.most, self.bits, self.result)):
            raise ValueError("says nothing: add value, least, most, bits or result")
        return self


class LogExpectation(Part):
    """Lines of an event log: all codes in order, or one event."""

    log: Literal[
        "standard",
        "fraud",
        "disconnector",
        "power_quality",
        "communication",
        "m_bus",
        "m_bus_control_1",
        "m_bus_control_2",
        "m_bus_control_3",
        "m_bus_control_4",
    ]
    codes: list[int] | None = Field(default=None, description="The codes of all lines, oldest first")
    code: int | None = None
    at: Moment | None = Field(default=None, description="When the event with this code was logged")
    within: Duration = "0"
    times: Annotated[int, Field(ge=0)] | None = Field(default=None, description="How often; without it at least once")
    since: Moment | None = Field(default=None, description="Only lines from then on")

    @model_validator(mode="after")
    def _says_something(self) -> "LogExpectation":
        if (self.codes is None) == (self.code is None):
            raise ValueError("needs either codes or code")
        return self


class ProfileExpectation(Part):
    """Rows of a profile: how many, how far apart, or one of them."""

    profile: Object
    since: Moment | None = Field(default=None, description="Only rows from then on")
    until: Moment | None = Field(default=None, description="Only rows up to then")
    having: Bit | None = Field(
        default=None, description="Only rows whose status has this bit: power_down, clock_adjusted, ..."
    )
    rows: Annotated[int, Field(ge=0)] | None = None
    spacing: Duration | None = Field(default=None, description="Time between a row and the next, everywhere")
    row: int | None = Field(default=None, description="One of the rows: 0 is the oldest, -1 the newest")
    time: Moment | None = None
    status: list[Bit] | None = Field(default=None, description="Exactly these bits are set in that row")
    values: dict[str, Scalar] = Field(default={}, description="Columns of that row")

    @model_validator(mode="after")
    def _says_something(self) -> "ProfileExpectation":
        about_row = self.time is not None or self.status is not None or bool(self.values)
        if about_row and self.row is None:
            raise ValueError("time, status and values are about one row: say which with row")
        if not about_row and self.rows is None and self.spacing is None:
            raise ValueError("says nothing: add rows, spacing, or row with time, status or values")
        return self


class Glass(Part):
    """What is to be seen on the display; what is not named does not matter."""

    alphanumeric: str | None = None
    numeric: str | None = None
    unit: str | None = None
    rate: int | None = None
    direction: Literal["import", "export"] | None = None
    breaker: Literal["closed", "open"] | None = None
    dark: bool = False


class DisplayExpectation(Part):
    """The display."""

    display: Glass


class TelegramExpectation(Part):
    """A line of the P1 telegram of this second; without a value, that there is none."""

    telegram: str = Field(description="The OBIS code of the line")
    value: str | None = Field(default=None, description="What stands in its brackets; several separated by )(")


class TariffExpectation(Part):
    """The rate that counts now."""

    tariff: Annotated[int, Field(ge=1, le=4)]


class BreakerExpectation(Part):
    """The state of the breaker."""

    breaker: Literal["disconnected", "connected", "ready"]


class PowerExpectation(Part):
    """Whether the meter has power."""

    powered: bool


class PushExpectation(Part):
    """What the meter has sent by itself so far, and somebody heard: how much of it, or a value in the last one."""

    push: str = Field(description="Where to: HOST:PORT")
    times: Annotated[int, Field(ge=0)] | None = None
    element: Annotated[int, Field(ge=1)] | None = Field(default=None, description="Of the last one, counted from 1")
    value: Scalar | None = None
    waiting: bool | None = Field(default=None, description="Whether one waits: for its time or network, or after a try")

    @model_validator(mode="after")
    def _says_something(self) -> "PushExpectation":
        if (self.element is None) != (self.value is None):
            raise ValueError("an element has a value, and a value belongs to an element")
        if self.times is None and self.element is None and self.waiting is None:
            raise ValueError("says nothing: add times, waiting, or element and value")
        return self


class PulseExpectation(Part):
    """How many pulses an output has given since the story began."""

    pulses: Literal["active", "reactive"]
    times: Annotated[int, Field(ge=0)]


EXPECTATIONS = {
    "object": ValueExpectation,
    "log": LogExpectation,
    "profile": ProfileExpectation,
    "display": DisplayExpectation,
    "telegram": TelegramExpectation,
    "tariff": TariffExpectation,
    "breaker": BreakerExpectation,
    "powered": PowerExpectation,
    "push": PushExpectation,
    "pulses": PulseExpectation,
}
"""The entry that tells what an expectation is about."""


def _subject(given: Any) -> str | None:
    """Which expectation a table is."""
    if isinstance(given, Part):
        return next(name for name, kind in EXPECTATIONS.items() if isinstance(given, kind))
    return next((name for name in EXPECTATIONS if isinstance(given, dict) and name in given), None)


Expectation = Annotated[
    Annotated[ValueExpectation, Tag("object")]
    | Annotated[LogExpectation, Tag("log")]
    | Annotated[ProfileExpectation, Tag("profile")]
    | Annotated[DisplayExpectation, Tag("display")]
    | Annotated[TelegramExpectation, Tag("telegram")]
    | Annotated[TariffExpectation, Tag("tariff")]
    | Annotated[BreakerExpectation, Tag("breaker")]
    | Annotated[PowerExpectation, Tag("powered")]
    | Annotated[PushExpectation, Tag("push")]
    | Annotated[PulseExpectation, Tag("pulses")],
    Discriminator(
        _subject,
        custom_error_type="expectation",
        custom_error_message=f"is about nothing: it needs one of {', '.join(EXPECTATIONS)}",
    ),
]
