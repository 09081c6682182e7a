"""What a scenario file may say: one TOML document, checked before anything runs. Its JSON Schema is published."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from softmeter.apps.scenario.answers import SUCCESS, Result
from softmeter.apps.scenario.expectations import Expectation
from softmeter.apps.scenario.firmware import Firmware
from softmeter.apps.scenario.words import Duration, Moment, Object, Part, Port, Scalar, Text, Type, Who
from softmeter.bench.bench import CONTROLS, Button, Fault, checked, faults
from softmeter.device.surroundings import SUB_METERS
from softmeter.errors import ConfigurationError


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
    type: Type = Field(
        default="", description="Type of the value where the meter shows none: long-unsigned, a-xdr, ..."
    )
    client: Who = "management"
    class_id: int | None = None
    port: Port = "wan"
    result: Result = Field(default=SUCCESS, description="What the meter answers, such as read-write-denied")


class Call(Part):
    """Invoke a method as a client."""

    object: Object
    value: Scalar | list[Any] | None = None
    type: Type = ""
    client: Who = "management"
    class_id: int | None = None
    port: Port = "wan"
    result: Result = SUCCESS


class KeyTransfer(Part):
    """Replace keys of a client by fresh ones, then find out which of them the meter has: the new or the old."""

    client: Who = Field(default="management", description="Who has them replaced")
    of: Literal["readout", "management", "maintenance"] = "management"
    keys: Annotated[list[Literal["encryption", "authentication"]], Field(min_length=1)] = Field(
        default=["encryption", "authentication"]
    )
    cut: Literal["", "before", "after"] = Field(
        default="", description="Power fails before or after the meter has stored them; the answer is lost"
    )
    result: Result = Field(default=SUCCESS, description="What the meter answers, where power does not fail")
    has: Literal["new", "old"] = Field(default="new", description="Which the meter has afterwards, and no others")


class OverLink(Part):
    """Read an attribute over the link of a port, as the bench has it, in the time of that link."""

    object: Object
    port: Port = "wan"
    client: Who = "management"
    class_id: int | None = None
    answered: bool = Field(default=True, description="false: no answer comes, or none that can be understood")
    within: Duration | None = Field(default=None, description="So long it may take: from the first octet to the last")


class Login(Part):
    """Try to get in with a wrong password or key; the meter must refuse."""

    client: Who = "readout"
    wrong: Literal["password", "key"] = "password"
    times: Annotated[int, Field(ge=1, le=1000)] = 1


Control = Annotated[str, Field(json_schema_extra={"enum": sorted({*CONTROLS, "faults"})})]
FAULTS = tuple(fault.label for fault in Fault)


class Press(Part):
    """A button pressed and let go."""

    button: Literal["display", "sealed"] = Button.DISPLAY.value
    times: Annotated[int, Field(ge=1, le=100)] = 1
    held_s: Annotated[float, Field(ge=0, le=60)] = 0.2


class SubMeterDeed(Part):
    """What hands do to one of the simulated sub-meters on the bench."""

    place: Annotated[int, Field(ge=1, le=SUB_METERS, description="Those of the configuration first, in its order")]
    attached: bool | None = None
    flow: Annotated[int, Field(ge=0, le=1_000_000)] | Literal["habit"] | None = Field(
        default=None, description="Litres or watt-hours an hour, or habit: as it counts by itself"
    )
    opened: bool | None = Field(default=None, description="Whether somebody tampers with it")
    battery_low: bool | None = None
    broken: bool | None = None

    def changes(self) -> dict[str, float | None]:
        """What becomes of it."""
        given = self.model_dump(exclude={"place"}, exclude_none=True)
        return {name: None if value == "habit" else value for name, value in given.items()}


class Step(Part):
    """What happens at one time: first login, set, call, keys, firmware, get, over_link and expect; then what hands do.

    Those are bench, release, press, sub_meter and listening. So expectations see what clients did in the same step, and
    what hands do acts from the next whole second on.
    """

    note: str = Field(default="", description="What happens, in words: printed while the scenario runs")
    at: Moment | None = None
    after: Duration | None = Field(default=None, description="So long after the step before: 90s, 15m, 2h30m, 3d")
    login: list[Login] = Field(default=[])
    set: list[Set] = Field(default=[])
    call: list[Call] = Field(default=[])
    keys: list[KeyTransfer] = Field(default=[])
    firmware: list[Firmware] = Field(default=[])
    get: list[Get] = Field(default=[])
    over_link: list[OverLink] = Field(default=[])
    expect: list[Expectation] = Field(default=[])
    bench: dict[Control, bool | float | list[str]] = Field(
        default={}, description=f"Imposes {', '.join(CONTROLS)}; faults is a list of {', '.join(FAULTS)}"
    )
    release: list[Control] = Field(default=[], description="Gives back to the source what was imposed")
    press: list[Press] = Field(default=[])
    sub_meter: list[SubMeterDeed] = Field(default=[])
    listening: bool | None = Field(default=None, description="Whether anybody hears pushes from now on")

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
