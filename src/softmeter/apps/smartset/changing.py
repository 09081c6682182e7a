"""The commands `set` and `call`: what changes a meter."""

from dataclasses import replace

from softmeter.apps.smartset.addresses import address_of
from softmeter.apps.smartset.classes import (
    attribute_names,
    attribute_number,
    class_name,
    method_name,
    method_number,
    method_type,
)
from softmeter.apps.smartset.clocks import next_moment
from softmeter.apps.smartset.connection import opened
from softmeter.apps.smartset.meter import Meter, RefusedError
from softmeter.apps.smartset.names import CLOCK, Target
from softmeter.apps.smartset.output import print_json
from softmeter.apps.smartset.reading import Reading
from softmeter.apps.smartset.settings import Settings
from softmeter.apps.smartset.typed import TYPES, value_of
from softmeter.apps.smartset.values import is_number, text, type_name
from softmeter.cosem.access import DataAccessResult
from softmeter.errors import ConfigurationError
from softmeter.wire.types import Data, Tag

_PLAIN = {1, 3, CLOCK}
"""Classes of which one value is meant where none is named: that of Data and Register, the time of a clock."""
_DUMMY = Data(Tag.INTEGER, 0)
"""The parameter of methods that have none."""


def change(settings: Settings, written: str, value: str, type_word: str, class_id: int | None) -> None:
    """Set an attribute and print what it was and is."""
    target = Target.parse(written, class_id)
    with opened(settings) as meter:
        kind = meter.class_of(target)
        if not target.part and kind not in _PLAIN:
            names = attribute_names(kind)
            has = f"; {class_name(kind)} has {', '.join(names)}" if names else ""
            message = f"{written!r} names no attribute; write it like {written}:{[*names, 2][0]}{has}"
            raise ConfigurationError(message)
        number = attribute_number(kind, target.part or "2")
        old = _reading(meter, target, number)
        scaler = old.scaler if old else 0
        data = _special(old, value) if old and not type_word else None
        data = data or value_of(value, old.data if old else None, type_word, scaler)
        meter.set(kind, target.obis, number, data)
        new = _reading(meter, target, number)
    sent = Reading(target.obis, kind, number, data, scaler, old.unit if old else "").text
    if settings.json:
        print_json({"old": old.described() if old else None, "new": new.described() if new else None, "sent": sent})
    else:
        print(f"{(old.text or 'empty') if old else 'unreadable'} → {(new.text if new else sent) or 'empty'}")


def _special(old: Reading, value: str) -> Data | None:
    """What is written in a form of its own, as a time or an address may be; None where it is not."""
    return next_moment(value, old.data) or address_of(old.class_id, old.attribute, value, old.data)


def _reading(meter: Meter, target: Target, attribute: int) -> Reading | None:
    """What the attribute is now; None where it may only be written."""
    class_id = meter.class_of(target)
    try:
        data = meter.get(class_id, target.obis, attribute)
    except RefusedError as error:
        if error.result == DataAccessResult.READ_WRITE_DENIED:
            return None
        raise
    scaled = meter.scaler_unit(class_id, target.obis, attribute) if is_number(data) else None
    return Reading(target.obis, class_id, attribute, data, *(scaled or ()))


def invoke(settings: Settings, written: str, words: list[str], type_word: str, class_id: int | None) -> None:
    """Invoke a method and print what it returns; `words` are the method, unless `written` names it, and a value."""
    target = Target.parse(written, class_id)
    rest = list(words)
    if not target.part and rest:
        target = replace(target, part=rest.pop(0))
    if not target.part:
        raise ConfigurationError(f"{written!r} names no method; write it like {target.obis.short} 1")
    if len(rest) > 1:
        raise ConfigurationError(f"{len(rest)} values given, a method takes one; put {' '.join(rest)!r} in quotes")
    with opened(settings) as meter:
        kind = meter.class_of(target)
        number = method_number(kind, target.part)
        returned = meter.call(kind, target.obis, number, _parameter(kind, number, rest, type_word))
    if settings.json:
        print_json(Reading(target.obis, kind, number, returned or Data(Tag.NULL)).described())
    else:
        print("done" if returned is None else text(returned))


def _parameter(class_id: int, method: int, given: list[str], type_word: str) -> Data:
    """What a method is called with: typed as its class says, or as told."""
    known = method_type(class_id, method)
    if not given:
        if known not in {None, type_name(_DUMMY.type)}:
            raise ConfigurationError(f"method {method_name(class_id, method)} takes a value of type {known}; add it")
        return _DUMMY
    word = type_word or (known if known in TYPES else "")
    if not word:
        raise ConfigurationError(f"the type of {given[0]!r} is not known; add --type, such as --type long-unsigned")
    return value_of(given[0], None, word)
