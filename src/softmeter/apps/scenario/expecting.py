"""Comparing what a step expects with what the meter shows: through its ports, as anybody else sees it."""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import singledispatch
from typing import Any

from softmeter.apps.scenario.doing import Outcome, difference, read, result_of
from softmeter.apps.scenario.expectations import (
    BreakerExpectation,
    DisplayExpectation,
    LogExpectation,
    PowerExpectation,
    ProfileExpectation,
    PulseExpectation,
    PushExpectation,
    TariffExpectation,
    TelegramExpectation,
    ValueExpectation,
)
from softmeter.apps.scenario.rows import log_seen, profile_seen
from softmeter.apps.scenario.stage import Stage
from softmeter.apps.scenario.words import Part
from softmeter.apps.smartset.meter import RefusedError
from softmeter.apps.smartset.reading import Reading
from softmeter.apps.smartset.values import is_number, plain, text
from softmeter.device.display import Screen
from softmeter.device.modem import is_reachable
from softmeter.device.modem_parameters import Interface
from softmeter.device.pulses import Output
from softmeter.errors import MeterError
from softmeter.meter.model.shown import screen
from softmeter.meter.p1 import telegram

Kept = Mapping[str, Reading]
_TARIFF, _BREAKER = "0-0:96.14.0", "0-0:96.3.10:3"
_NO_LINE = "no such line"
_BREAKER_STATES = ("disconnected", "connected", "ready")
_DIRECTIONS = {1: "import", -1: "export", 0: None}


def compared(stage: Stage, wanted: Part, kept: Kept) -> Outcome:
    """What was expected, and what is."""
    try:
        return _compared(wanted, stage, kept)
    except MeterError as error:
        return Outcome(_title(wanted), "an answer", str(error))


@singledispatch
def _compared(wanted: Part, stage: Stage, kept: Kept) -> Outcome:
    del stage, kept
    raise TypeError(f"{type(wanted).__name__} is no expectation")


@_compared.register
def _(wanted: ValueExpectation, stage: Stage, kept: Kept) -> Outcome:
    try:
        with stage.associated(wanted.client) as meter:
            reading = read(meter, wanted.object, wanted.class_id)
    except RefusedError as error:
        return Outcome(wanted.object, wanted.result or "a value", result_of(error))
    if wanted.result is not None:
        return Outcome(wanted.object, wanted.result, reading.text)
    if wanted.bits is not None:
        number = reading.data.value
        found = [bit for bit in range(64) if isinstance(number, int) and number >> bit & 1]
        return Outcome(wanted.object, f"bits {sorted(wanted.bits)}", f"bits {found}")
    return _value_compared(wanted, reading, kept)


def _value_compared(wanted: ValueExpectation, reading: Reading, kept: Kept) -> Outcome:
    what, shown = wanted.object, reading.text
    if not is_number(reading.data):
        value = plain(reading.data, reading.scaler)
        seen = value if isinstance(wanted.value, bool | list) else text(reading.data, reading.scaler)
        return Outcome(what, str(wanted.value), str(seen))
    number = Decimal(reading.data.value).scaleb(reading.scaler)
    if wanted.since is not None:
        if wanted.since not in kept:
            return Outcome(what, f"a value kept as {wanted.since!r} before", "none")
        number = difference(reading, kept[wanted.since])
        what, shown = f"{what} since {wanted.since!r}", f"{number:f} {reading.unit}".strip()
    return Outcome(what, _range(wanted, reading.unit), shown, _within(number, wanted))


def _within(number: Decimal, wanted: ValueExpectation) -> bool:
    if wanted.value is not None:
        if isinstance(wanted.value, bool | str | list):
            return False
        if abs(number - Decimal(str(wanted.value))) > Decimal(str(wanted.tolerance)):
            return False
    least, most = wanted.least, wanted.most
    return (least is None or number >= Decimal(str(least))) and (most is None or number <= Decimal(str(most)))


def _range(wanted: ValueExpectation, unit: str) -> str:
    around = f" ± {wanted.tolerance:g}" if wanted.tolerance else ""
    parts = [
        f"{wanted.value}{around}" if wanted.value is not None else "",
        f"≥ {wanted.least:g}" if wanted.least is not None else "",
        f"≤ {wanted.most:g}" if wanted.most is not None else "",
    ]
    return " ".join(part for part in [*parts, unit] if part)


@_compared.register
def _(wanted: LogExpectation, stage: Stage, kept: Kept) -> Outcome:
    del kept
    with stage.associated("management") as meter:
        return log_seen(meter, wanted)


@_compared.register
def _(wanted: ProfileExpectation, stage: Stage, kept: Kept) -> Outcome:
    del kept
    with stage.associated("management") as meter:
        return profile_seen(meter, wanted)


@_compared.register
def _(wanted: DisplayExpectation, stage: Stage, kept: Kept) -> Outcome:
    del kept
    glass = wanted.display
    meter = stage.meter
    if not meter.device.powered:
        return Outcome("display", "dark" if glass.dark else _shown(glass.model_dump(exclude_none=True)), "dark")
    seen_now = screen(meter, stage.time.link_now())
    if glass.dark:
        return Outcome("display", "dark", _shown(_seen(seen_now)))
    expected = glass.model_dump(exclude_none=True, exclude={"dark"})
    seen = {name: value for name, value in _seen(seen_now).items() if name in expected}
    return Outcome("display", _shown(expected), _shown(seen))


def _seen(screen: Screen) -> dict[str, Any]:
    breaker = {None: None, True: "closed", False: "open"}[screen.breaker_closed]
    return {
        "alphanumeric": screen.alphanumeric,
        "numeric": screen.numeric,
        "unit": screen.unit,
        "rate": screen.rate,
        "direction": _DIRECTIONS[screen.active_direction],
        "breaker": breaker,
    }


def _shown(fields: dict[str, Any]) -> str:
    order = ("alphanumeric", "numeric", "unit", "rate", "direction", "breaker")
    return ", ".join(f"{name} {fields[name]}" for name in order if name in fields)


@_compared.register
def _(wanted: TelegramExpectation, stage: Stage, kept: Kept) -> Outcome:
    del kept
    meter = stage.meter
    what, expected = f"telegram {wanted.telegram}", _NO_LINE if wanted.value is None else wanted.value
    if not is_reachable(meter.device, Interface.P1):
        return Outcome(what, expected, _NO_LINE if wanted.value is None else "no telegram")
    lines = telegram(meter.device, meter.identity, stage.p1).decode("ascii")
    found = re.search(rf"^{re.escape(wanted.telegram)}\((.*)\)\r$", lines, re.MULTILINE)
    return Outcome(what, expected, found[1] if found else _NO_LINE)


@_compared.register
def _(wanted: TariffExpectation, stage: Stage, kept: Kept) -> Outcome:
    del kept
    with stage.associated("management") as meter:
        return Outcome("tariff", f"{wanted.tariff:04d}", read(meter, _TARIFF, 1).text)


@_compared.register
def _(wanted: BreakerExpectation, stage: Stage, kept: Kept) -> Outcome:
    del kept
    with stage.associated("management") as meter:
        return Outcome("breaker", wanted.breaker, _BREAKER_STATES[read(meter, _BREAKER, 70).data.value])


@_compared.register
def _(wanted: PowerExpectation, stage: Stage, kept: Kept) -> Outcome:
    del kept
    names = {True: "powered", False: "without power"}
    return Outcome("meter", names[wanted.powered], names[stage.meter.device.powered])


@_compared.register
def _(wanted: PulseExpectation, stage: Stage, kept: Kept) -> Outcome:
    del kept
    return Outcome(f"pulses {wanted.pulses}", f"{wanted.times}", f"{stage.pulses.counts[Output(wanted.pulses)]}")


_WAITING = {True: "one waits", False: "none waits"}


@_compared.register
def _(wanted: PushExpectation, stage: Stage, kept: Kept) -> Outcome:
    del kept
    stage.post()
    head_end, what = stage.head_end, f"pushes to {wanted.push}"
    expected, seen = [], []
    if wanted.times is not None:
        expected.append(f"{wanted.times}")
        seen.append(f"{head_end.count(wanted.push)}")
    if wanted.waiting is not None:
        is_waiting = wanted.push.encode() in stage.meter.device.behaviours.pushes.waiting_for
        expected.append(_WAITING[wanted.waiting])
        seen.append(_WAITING[is_waiting])
    if wanted.element is not None:
        values = head_end.last(wanted.push)
        expected.append(f"{wanted.value}")
        seen.append(f"{values[wanted.element - 1]}" if wanted.element <= len(values) else "nothing")
        what = f"{what}, element {wanted.element} of the last"
    return Outcome(what, ", ".join(expected), ", ".join(seen))


def _title(wanted: Part) -> str:
    """What an expectation is about, in words."""
    (name, value), *_ = wanted.model_dump(exclude_none=True).items()
    return f"{name} {value}" if isinstance(value, str) else name
