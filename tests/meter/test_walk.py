"""The walk over every attribute of every object by every client: what may be read, what is written and survives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

from meter.making import Made
from meter.walk_values import LEGAL, OUT_OF_RANGE
from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.dictionary import Row
from softmeter.cosem.interface import AttributeSpec
from softmeter.errors import AccessError
from softmeter.meter import model
from softmeter.meter.policies import Audience
from softmeter.persistent import Rows, Scalar
from softmeter.wire.types import Data, Tag, decode_data, encode_data

ROWS = model.dictionary(has_disconnector=True).rows
INSIDE = "0-0:40.0.0"
"""The current association is there only while somebody asks in one; its attributes are walked in tests/conformance."""


class Attribute(NamedTuple):
    """One attribute of one object."""

    row: Row
    spec: AttributeSpec

    @property
    def key(self) -> bytes:
        return self.row.interface.class_id.to_bytes(2, "big") + self.row.name.octets + bytes((self.spec.number,))

    @property
    def names(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """By its object, and by its class."""
        return (self.row.name.short, self.spec.name), (type(self.row.interface).__name__, self.spec.name)

    def of(self, table: Mapping[tuple[str, str], Any]) -> Any:
        """What a table says of the object, else of its class."""
        return next((table[name] for name in self.names if name in table), None)

    def __str__(self) -> str:
        return f"{self.row.name.short} {self.spec.name}"


def attributes() -> Iterator[Attribute]:
    for row in ROWS:
        for spec in row.interface.attribute_specs.values():
            yield Attribute(row, spec)


def writers(attribute: Attribute) -> list[Audience]:
    """The clients that may set it."""
    rights = ((audience, attribute.row.policy.of(audience)) for audience in Audience)
    return [
        audience
        for audience, right in rights
        if right.may_write(attribute.spec.name) and attribute.row.interface.takes(attribute.spec)
    ]


SET = [one for one in attributes() if writers(one) and type(one.row.interface).__name__ != "AssociationLN"]
"""Secrets of associations are written and tried by logging in: tests/meter/test_keys.py."""


def put(made: Made, attribute: Attribute, value: bytes, audience: Audience) -> int:
    try:
        made.meter.view(audience).writers[attribute.key](made.meter, value)
    except AccessError as error:
        return error.result
    return DataAccessResult.SUCCESS


def get(made: Made, attribute: Attribute, audience: Audience) -> bytes:
    octets: bytes = made.meter.view(audience).readers[attribute.key](made.meter)
    return octets


@dataclass(frozen=True)
class Kept:
    """The rows of one ring, as a store gives them back."""

    first: int
    array: Rows

    def rows(self, dtype: np.dtype[Any]) -> Rows:
        assert self.array.dtype == dtype
        return self.array


def held(made: Made) -> dict[str, dict[str, Scalar]]:
    """All that outlives a power cut, by part."""
    return {name: dict(part.saved()) for name, part in made.actor._parts(made.meter.device)}


def after_a_cut(made: Made) -> Made:
    """A meter that knows of the other only what outlives a power cut."""
    again = Made(has_breaker=True)
    again.actor.restore(held(made), {})
    return again


def wrong_types(value: Data) -> Iterator[Data]:
    """The value with one of its parts, or the whole, of a type that it does not have."""
    if isinstance(value.value, tuple):
        yield Data(Tag.FLOAT64, 1.0)
        for index, part in enumerate(value.value):
            for wrong in wrong_types(part):
                yield Data(value.type, (*value.value[:index], wrong, *value.value[index + 1 :]))
        if value.type == Tag.STRUCTURE:
            yield Data(value.type, value.value[:-1])
            yield Data(value.type, (*value.value, Data(Tag.NULL, None)))
        return
    for other in (Data(Tag.FLOAT64, 1.0), Data(Tag.ARRAY, ()), Data(Tag.BIT_STRING, value=None)):
        if other.type != value.type and other.value is not None:
            yield other


def tried(attribute: Attribute, present: bytes) -> Iterator[bytes]:
    """Values that a client may set: those of the table, and the present one."""
    yield from attribute.of(LEGAL) or ()
    yield present


def test_show() -> None:
    for attribute in SET:
        made = Made(has_breaker=True)
        who = writers(attribute)[0]
        present = get(made, attribute, who)
        before = held(made)
        for value in tried(attribute, present):
            was = get(made, attribute, who)
            result = put(made, attribute, value, who)
            got = get(made, attribute, who)
            then = get(after_a_cut(made), attribute, who)
            if result:
                print(attribute, "LEGAL REFUSED", value.hex()[:80], result)
            elif got != value:
                print(attribute, "READ BACK", value.hex()[:80], got.hex()[:80])
            if then != got:
                print(attribute, "CUT", value.hex()[:80], got.hex()[:80], then.hex()[:80])
        if len(list(tried(attribute, present))) == 1:
            print(attribute, "NO VALUES")
        del before
        for kind, bad in (
            *(("type", encode_data(v)) for v in wrong_types(decode_data(present))),
            *(("cut", present[:n]) for n in range(len(present))),
            ("tail", present + b"\x00"),
            *(("range", v) for v in attribute.of(OUT_OF_RANGE) or ()),
        ):
            b4 = held(made), get(made, attribute, who)
            result = put(made, attribute, bad, who)
            if not result or (kind != "range" and result != 12) or (kind == "range" and result != 250):
                print(attribute, kind, bad.hex()[:80], "->", result)
            if (held(made), get(made, attribute, who)) != b4:
                print(attribute, kind, bad.hex()[:80], "CHANGED")
