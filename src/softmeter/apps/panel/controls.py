"""The bench in the panel's interface: one entry for each of its controls, buttons, and time."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, create_model, model_validator
from pydantic.fields import FieldInfo

from softmeter.apps.panel.message import Message, Press
from softmeter.bench.bench import CONTROLS, Fault, faults
from softmeter.bench.journal import Circumstance, Control

FaultName = Literal["program_memory", "ram", "nonvolatile_memory", "measurement", "watchdog"]


def _range_of(quantity: Control) -> FieldInfo:
    """The values that the bench takes."""
    _, low, high = quantity.value
    info: FieldInfo = Field(ge=low, le=high, strict=True)
    return info


def _given(control: Control) -> Any:
    """The type of what a control is set to: yes or no, names of faults, or a number in its range."""
    if control is Circumstance.FAULTS:
        return tuple[FaultName, ...]
    _, low, high = control.value
    return StrictBool if (low, high) == (0, 1) else _ranged(control)


def _ranged(control: Control) -> Any:
    return Annotated[float, _range_of(control)]


_FIELDS: dict[str, Any] = {label: (_given(control) | None, None) for label, control in CONTROLS.items()}
_Controls: Any = create_model("_Controls", __base__=Message, **_FIELDS)
"""One entry for every control of the bench; None where nobody has touched it."""


class Bench(_Controls):  # type: ignore[misc]
    """What the bench imposes; null leaves a quantity to the source, and what surrounds the meter untouched."""

    source: str = ""
    """The input beneath, in words: "household, seed 7"."""

    @classmethod
    def of(cls, imposed: Mapping[str, float | None], source: str) -> "Bench":
        """What the controls of the bench are set to, by name."""
        return cls(**{name: _shown(name, value) for name, value in imposed.items()}, source=source)


def _shown(name: str, value: float | None) -> object:
    """What a control is set to, as the contract has it."""
    if value is None:
        return None
    if name == Circumstance.FAULTS.label:
        return tuple(fault.label for fault in Fault if fault in Fault(int(value)))
    return bool(value) if _given(CONTROLS[name]) is StrictBool else value


class BenchOverride(_Controls):  # type: ignore[misc]
    """A change of the bench: a value imposes, null releases, what is absent stays as it is.

    `active_power_w` is positive for import; `power_factor` is |P|/S, negative where the load is capacitive; `faults`
    are what is broken inside, by name; `strong_field` is a magnet.
    """

    def changes(self) -> dict[str, float | None]:
        """The controls of the bench that were named, with what to set them to."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        if given.get("faults") is not None:
            given["faults"] = faults(given["faults"])
        return {name: None if value is None else float(value) for name, value in given.items()}


class BenchPress(Press):
    """A button was down this long."""

    button: Literal["display", "sealed"] = "display"


class TimeChange(Message):
    """What is to become of time: one of the three."""

    rate: Annotated[float, Field(ge=0, strict=True)] | None = None
    """Simulated seconds per real second from now on: 0 stands still."""
    step_s: Annotated[int, Field(ge=1, le=86_400, strict=True)] | None = None
    """Live on to the next whole second, or to so many of them, at full speed."""
    jump_to: Annotated[str, Field(max_length=40)] | None = None
    """Live through everything until then at full speed; ISO 8601."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> "TimeChange":
        if sum(one is not None for one in (self.rate, self.step_s, self.jump_to)) != 1:
            raise ValueError("give one of rate, step_s and jump_to")
        return self
