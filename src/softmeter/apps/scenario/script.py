"""What a scenario file may say: one TOML document, checked before anything runs. Its JSON Schema is published."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)
from pydantic.types import Discriminator

from softmeter.bench.bench import CONTROLS, Button, Fault, checked, faults
from softmeter.device.profile import Status
from softmeter.errors import ConfigurationError

Text = Annotated[str, StringConstraints(min_length=1)]
Moment = Annotated[
    str,
    BeforeValidator(lambda given: given.isoformat() if isinstance(given, datetime) else given),
    Field(description="ISO 8601, with or without quotes; without an offset it is UTC"),
]
Duration = Annotated[str, StringConstraints(pattern=r"^(0|([0-9]+(\.[0-9]+)?[smhd])+)$")]
Scalar = bool | int | float | str
STATUS = tuple((bit.name or "").lower() for bit in Status)


def _status(name: str) -> str:
    if name not in STATUS:
        raise ValueError(f"{name!r} is no status bit; there are {', '.join(STATUS)}")
    return name


Bit = Annotated[str, AfterValidator(_status), Field(json_schema_extra={"enum": sorted(STATUS)})]
Who = Literal["public", "readout", "management", "maintenance"]
Object = Annotated[str, Field(description="A name or OBIS code, with an attribute or method: clock, 0-0:1.0.0:3")]


class Part(BaseModel):
    """A table of the file: unknown entries are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MeterPart(Part):
    """The meter of the story."""

    config: str = Field(default="factory", description="factory, nl, or a configuration file beside the scenario")
    settings: dict[str, Any] = Field(default={}, description="Entries that replace those of the configuration")
    type: str = Field(default="", description="Type code of manual 3.2; +D at the end has a breaker")
    source: str = Field(default="constant:u=230,i=5", description="What the meter measures, as for softmeter run")
    start: Moment = "2026-01-01T00:00:00Z"
    seed: int = Field(default=1, description="Of keys and challenges")


class Get(Part):
    """Read an attribute as a client, print it, and keep it under a name if one is given."""

    object: Object
    client: Who = "management"
    class_id: int | None = None
    keep: Text | None = Field(default=None, description="A name by which later expectations can refer to the value")


class Set(Part):
    """Set an attribute as a client."""

    object: Object
    value: Scalar | list[Any] = Field(description="As smartset takes it; lists for arrays and structures")
    type: str = Field(default="", description="Type of the value where the meter shows none: long-unsigned, a-xdr, ...")
    client: Who = "management"
    class_id: int | None = None
    result: str = Field(default="success", description="What the meter answers, such as read-write-denied")


class Call(Part):
    """Invoke a method as a client."""

    object: Object
    value: Scalar | list[Any] | None = None
    type: str = ""
    client: Who = "management"
    class_id: int | None = None
    result: str = "success"


class Login(Part):
    """Try to get in with a wrong password or key; the meter must refuse."""

    client: Who = "readout"
    wrong: Literal["password", "key"] = "password"
    times: Annotated[int, Field(ge=1, le=1000)] = 1


class ValueExpectation(Part):
    """An attribute, as a client reads it: in its unit, scaled."""

    object: Object
    value: Scalar | list[Any] | None = None
    tolerance: Annotated[float, Field(ge=0)] = 0
    least: float | None = None
    most: float | None = None
    bits: list[int] | None = Field(default=None, description="Exactly these bits of the number are set")
    since: Text | None = Field(default=None, description="Compare the difference to the value kept under this name")
    result: str | None = Field(default=None, description="The meter refuses, with this answer")
    client: Who = "management"
    class_id: int | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "ValueExpectation":
        if all(one is None for one in (self.value, self.least, self.most, self.bits, self.result)):
            raise ValueError("says nothing: add value, least, most, bits or result")
        return self


class LogExpectation(Part):
    """Lines of an event log: all codes in order, or one event."""

    log: Literal["standard", "fraud", "disconnector", "power_quality", "communication"]
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
    """A line of the P1 telegram of this second."""

    telegram: str = Field(description="The OBIS code of the line")
    value: str = Field(description="What stands in its brackets; several separated by )(")


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
    """Messages that the meter has sent by itself so far."""

    push: str = Field(description="Where to: HOST:PORT")
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
    | Annotated[PushExpectation, Tag("push")],
    Discriminator(
        _subject,
        custom_error_type="expectation",
        custom_error_message=f"is about nothing: it needs one of {', '.join(EXPECTATIONS)}",
    ),
]

Control = Annotated[str, Field(json_schema_extra={"enum": sorted({*CONTROLS, "faults"})})]
FAULTS = tuple(fault.label for fault in Fault)


class Press(Part):
    """A button pressed and let go."""

    button: Literal["display", "sealed"] = Button.DISPLAY.value
    times: Annotated[int, Field(ge=1, le=100)] = 1
    held_s: Annotated[float, Field(ge=0, le=60)] = 0.2


class Step(Part):
    """What happens at one time: first login, set, call, get and expect; then bench, release and press.

    So expectations see what clients did in the same step, and what hands do acts from the next whole second on.
    """

    note: str = Field(default="", description="What happens, in words: printed while the scenario runs")
    at: Moment | None = None
    after: Duration | None = Field(default=None, description="So long after the step before: 90s, 15m, 2h30m, 3d")
    login: list[Login] = []
    set: list[Set] = []
    call: list[Call] = []
    get: list[Get] = []
    expect: list[Expectation] = []
    bench: dict[Control, bool | float | list[str]] = Field(
        default={}, description=f"Imposes {', '.join(CONTROLS)}; faults is a list of {', '.join(FAULTS)}"
    )
    release: list[Control] = Field(default=[], description="Gives back to the source what was imposed")
    press: list[Press] = []

    @model_validator(mode="after")
    def _has_one_time(self) -> "Step":
        if self.at is not None and self.after is not None:
            raise ValueError("has both at and after; choose one")
        return self

    @model_validator(mode="after")
    def _can_be_done(self) -> "Step":
        try:
            checked({**self.imposed(), **dict.fromkeys(self.release, None)})
        except ConfigurationError as error:
            raise ValueError(str(error)) from None
        return self

    def imposed(self) -> dict[str, float | None]:
        """What the bench is set to, as numbers."""
        return {
            name: float(faults(value)) if isinstance(value, list) else float(value)
            for name, value in self.bench.items()
        }


class Script(Part):
    """A whole scenario."""

    title: Text
    about: str = ""
    meter: MeterPart = MeterPart()
    step: Annotated[list[Step], Field(min_length=1)]
