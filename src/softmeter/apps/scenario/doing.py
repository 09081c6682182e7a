"""What a step does as a client of the meter: reading, setting, calling, and trying to get in."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from softmeter.apps.scenario.answers import SUCCESS, word_of
from softmeter.apps.scenario.script import Call, Get, Login, Set
from softmeter.apps.scenario.stage import Stage
from softmeter.apps.smartset.classes import attribute_number, method_number
from softmeter.apps.smartset.failures import ExplainedError
from softmeter.apps.smartset.meter import Meter as Association
from softmeter.apps.smartset.meter import RefusedError
from softmeter.apps.smartset.names import Target
from softmeter.apps.smartset.reading import Reading
from softmeter.apps.smartset.typed import value_of
from softmeter.apps.smartset.values import is_number
from softmeter.dlms.refusals import RefusalError
from softmeter.errors import MeterError
from softmeter.wire.types import Data, Tag

_NOTHING = Data(Tag.INTEGER, 0)
"""The parameter of methods that have none."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done, what should have come of it, and what did."""

    what: str
    expected: str
    seen: str
    within: bool | None = None
    """Whether that is what was expected, where another text may be."""

    @property
    def met(self) -> bool:
        return self.expected == self.seen if self.within is None else self.within


def read(meter: Association, written: str, class_id: int | None) -> Reading:
    """An attribute with its unit."""
    target = Target.parse(written, class_id)
    kind = meter.class_of(target)
    number = attribute_number(kind, target.part)
    data = meter.get(kind, target.obis, number)
    scaled = meter.scaler_unit(kind, target.obis, number) if is_number(data) else None
    return Reading(target.obis, kind, number, data, *(scaled or ()))


def got(stage: Stage, wanted: Get, kept: dict[str, Reading]) -> Outcome:
    """Read an attribute, and keep it where the scenario wants to."""
    try:
        with stage.associated(wanted.client) as meter:
            reading = read(meter, wanted.object, wanted.class_id)
    except MeterError as error:
        return Outcome(f"get {wanted.object}", SUCCESS, str(error))
    if wanted.keep is not None:
        kept[wanted.keep] = reading
    return Outcome(f"get {wanted.object} → {reading.text}", SUCCESS, SUCCESS)


def put(stage: Stage, wanted: Set) -> Outcome:
    """Set an attribute."""
    return Outcome(f"set {wanted.object} = {wanted.value}", wanted.result, answer(lambda: _set(stage, wanted)))


def called(stage: Stage, wanted: Call) -> Outcome:
    """Invoke a method."""
    return Outcome(f"call {wanted.object}", wanted.result, answer(lambda: _call(stage, wanted)))


def tried(stage: Stage, wanted: Login) -> Outcome:
    """Knock with a wrong secret; nobody may open."""
    opened = 0
    for _ in range(wanted.times):
        with suppress(RefusalError), stage.associated(wanted.client, wrong=wanted.wrong):
            opened += 1
    seen = "refused" if not opened else f"let in {opened} times"
    return Outcome(f"log in as {wanted.client} with a wrong {wanted.wrong}, {wanted.times} times", "refused", seen)


def written(value: Any) -> str:
    """A value of a scenario as a person would type it."""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, list) else str(value)


def result_of(error: RefusedError) -> str:
    """The answer of the meter, in the standard's word."""
    return word_of(error.result)


def difference(reading: Reading, before: Reading) -> Decimal:
    """How much a number has grown."""
    return Decimal(reading.data.value - before.data.value).scaleb(reading.scaler)


def answer(do: Callable[[], object]) -> str:
    """What the meter answers to what is done."""
    try:
        do()
    except RefusedError as error:
        return result_of(error)
    except MeterError as error:
        return str(error)
    return SUCCESS


def _set(stage: Stage, wanted: Set) -> None:
    with stage.associated(wanted.client, port=wanted.port) as meter:
        target = Target.parse(wanted.object, wanted.class_id)
        kind = meter.class_of(target)
        number = attribute_number(kind, target.part)
        old: Reading | None = None
        if not wanted.type:
            with suppress(ExplainedError):
                old = read(meter, wanted.object, wanted.class_id)
        value = value_of(written(wanted.value), old.data if old else None, wanted.type, old.scaler if old else 0)
        meter.set(kind, target.obis, number, value)


def _call(stage: Stage, wanted: Call) -> None:
    with stage.associated(wanted.client, port=wanted.port) as meter:
        target = Target.parse(wanted.object, wanted.class_id)
        kind = meter.class_of(target)
        value = _NOTHING if wanted.value is None else value_of(written(wanted.value), None, wanted.type)
        meter.call(kind, target.obis, method_number(kind, target.part), value)
