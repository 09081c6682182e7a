"""The walk over every attribute of every object by every client: what may be read, what is written and survives."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from meter.making import Made
from meter.walk_values import FALLING, LEGAL, NOT_AS_WRITTEN, OUT_OF_RANGE, TOO_LONG, watched
from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.dictionary import Inside, Row
from softmeter.cosem.interface import AttributeSpec
from softmeter.errors import AccessError
from softmeter.meter import model
from softmeter.meter.policies import Audience
from softmeter.persistent import Scalar
from softmeter.wire.types import Bits, Data, Tag, decode_data, encode_data, i32, u32

NUMBERS = {
    Tag.ENUM: (0, 0xFF),
    Tag.UNSIGNED: (0, 0xFF),
    Tag.LONG_UNSIGNED: (0, 0xFFFF),
    Tag.DOUBLE_LONG_UNSIGNED: (0, 0xFFFFFFFF),
    Tag.INTEGER: (-0x80, 0x7F),
    Tag.LONG: (-0x8000, 0x7FFF),
    Tag.DOUBLE_LONG: (-0x80000000, 0x7FFFFFFF),
}
ROWS = model.dictionary(has_disconnector=True).rows
CURRENT = "0-0:40.0.0"
"""The current association is there only while somebody asks in one: tests/conformance walks it."""


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


def get(made: Made, attribute: Attribute) -> bytes:
    """What it holds, also where no client may read it."""
    octets: bytes = made.meter.dictionary.view(Inside.INSIDE).readers[attribute.key](made.meter)
    return octets


class Life:
    """A meter, and what a store has been told of it."""

    def __init__(self) -> None:
        self.made = Made(has_breaker=True)
        self._stored: dict[str, dict[str, Scalar]] = {}
        self.store()

    def store(self) -> None:
        for (part, name), value in self.made.actor.changes().values.items():
            self._stored.setdefault(part, {})[name] = value

    def after_a_cut(self) -> Made:
        """A meter that knows only what was stored."""
        self.store()
        again = Made(has_breaker=True)
        again.actor.restore(self._stored, {})
        return again

    def held(self) -> dict[str, dict[str, Scalar]]:
        """All that outlives a power cut, by part."""
        return {name: dict(part.saved()) for name, part in self.made.actor._parts(self.made.meter.device)}


def wrong_types(value: Data) -> Iterator[Data]:
    """The value with one of its parts, or the whole, of a type that it does not have."""
    if isinstance(value.value, tuple) and value.type in {Tag.ARRAY, Tag.STRUCTURE}:
        yield Data(Tag.FLOAT64, 1.0)
        for index, part in enumerate(value.value):
            for wrong in wrong_types(part):
                yield Data(value.type, (*value.value[:index], wrong, *value.value[index + 1 :]))
        if value.type == Tag.STRUCTURE:
            yield Data(value.type, value.value[:-1])
            yield Data(value.type, (*value.value, Data(Tag.NULL, None)))
    else:
        yield Data(Tag.FLOAT64, 1.0)
        yield Data(Tag.ARRAY, ())
        yield Data(Tag.BIT_STRING, Bits(1, 1))


def malformed(present: bytes) -> Iterator[bytes]:
    """A value with wrong types, cut anywhere, and with an octet too many."""
    yield from (encode_data(wrong) for wrong in wrong_types(decode_data(present)))
    yield from (present[:length] for length in range(len(present)))
    yield present + b"\x00"


@pytest.mark.parametrize("attribute", SET, ids=str)
def test_every_legal_value_is_read_back_and_outlives_a_power_cut(attribute: Attribute) -> None:
    life, audience = Life(), writers(attribute)[0]
    for value in (*(attribute.of(LEGAL) or ()), get(life.made, attribute)):
        was = get(life.made, attribute)
        assert put(life.made, attribute, value, audience) == DataAccessResult.SUCCESS, value.hex()
        expected = remaining(was, value) if attribute.row.name.short in FALLING else value
        assert get(life.made, attribute) == expected
        assert get(life.after_a_cut(), attribute) == expected


@pytest.mark.parametrize("attribute", SET, ids=str)
def test_what_the_table_does_not_know_is_taken_whole_or_refused_whole(attribute: Attribute) -> None:
    life, audience = Life(), writers(attribute)[0]
    for value in neighbours(get(life.made, attribute)):
        was, held = get(life.made, attribute), life.held()
        if put(life.made, attribute, value, audience) != DataAccessResult.SUCCESS:
            assert (get(life.made, attribute), life.held()) == (was, held)
            continue
        now = get(life.made, attribute)
        assert get(life.after_a_cut(), attribute) == now
        assert now == value or attribute.of(NOT_AS_WRITTEN)


def neighbours(present: bytes) -> Iterator[bytes]:
    """Values near the present one, of its type: other numbers and octets, fewer elements."""
    value = decode_data(present)
    yield from (encode_data(other) for other in others(value))


def others(value: Data) -> Iterator[Data]:
    if value.type in NUMBERS:
        low, high = NUMBERS[value.type]
        for number in dict.fromkeys((low, 0, 1, value.value - 1, value.value + 1, 2 * value.value, high)):
            if low <= number <= high and number != value.value:
                yield Data(value.type, number)
    elif value.type == Tag.BIT_STRING:
        for bit in range(value.value.length):
            yield Data(value.type, value.value._replace(value=value.value.value ^ 1 << bit))
    elif value.type == Tag.OCTET_STRING:
        for octets in (b"", b"A", value.value[:-1] + b"B", bytes(len(value.value)), value.value + b"1"):
            yield Data(value.type, octets)
    elif isinstance(value.value, tuple):
        for index, part in enumerate(value.value):
            for other in others(part):
                yield Data(value.type, (*value.value[:index], other, *value.value[index + 1 :]))
        if value.type == Tag.ARRAY and value.value:
            yield from (Data(value.type, value.value[:-1]), Data(value.type, ()))


def remaining(was: bytes, kept: bytes) -> bytes:
    return u32.encode(u32.decode(was) & u32.decode(kept))


@pytest.mark.parametrize("attribute", SET, ids=str)
def test_every_illegal_value_is_refused_and_changes_nothing(attribute: Attribute) -> None:
    life, audience = Life(), writers(attribute)[0]
    present, held = get(life.made, attribute), life.held()
    for value in (*malformed(present), *(attribute.of(TOO_LONG) or ())):
        assert put(life.made, attribute, value, audience) == DataAccessResult.TYPE_UNMATCHED, value.hex()
    for value in attribute.of(OUT_OF_RANGE) or ():
        assert put(life.made, attribute, value, audience) == DataAccessResult.OTHER_REASON, value.hex()
    assert get(life.made, attribute) == present
    assert life.held() == held


@pytest.mark.parametrize("audience", Audience)
def test_every_attribute_is_of_its_type_for_who_may_read_it_and_refused_to_others(audience: Audience) -> None:
    made = Made(has_breaker=True)
    view = made.meter.view(audience)
    for attribute in attributes():
        rights, spec = attribute.row.policy.of(audience), attribute.spec
        denied = DataAccessResult.READ_WRITE_DENIED if rights else DataAccessResult.OBJECT_UNDEFINED
        if not rights.may_read(spec.name):
            assert attribute.key not in view.readers, str(attribute)
            assert view.refusal(attribute.key) == denied
        elif attribute.row.name.short != CURRENT:
            spec.type.decode(view.readers[attribute.key](made.meter))
        if audience not in writers(attribute):
            assert attribute.key not in view.writers, str(attribute)
            assert rights.may_read(spec.name) or view.refusal(attribute.key) == denied


def test_no_value_of_the_tables_is_there_in_vain() -> None:
    known = {name for attribute in SET for name in attribute.names}
    assert {*LEGAL, *OUT_OF_RANGE, *TOO_LONG, *NOT_AS_WRITTEN} <= known


def test_thresholds_that_the_type_of_the_watched_value_cannot_hold_are_refused() -> None:
    by_name = {str(attribute): attribute for attribute in SET}
    made, audience = Made(has_breaker=True), Audience.MANAGEMENT
    for watching, limit, below in (
        ("0-0:17.0.0 monitored_value", "0-0:17.0.0 threshold_normal", i32.encode(-1)),
        ("0-0:16.1.0 monitored_value", "0-0:16.1.0 thresholds", b"\x01\x01" + i32.encode(-1)),
    ):
        unsigned = get(made, by_name[watching])
        assert put(made, by_name[watching], watched(3, "1.0.16.7.0.255"), audience) == DataAccessResult.SUCCESS
        assert put(made, by_name[limit], below, audience) == DataAccessResult.SUCCESS
        assert put(made, by_name[watching], unsigned, audience) == DataAccessResult.OTHER_REASON
        assert get(made, by_name[limit]) == below
