from dataclasses import dataclass, field
from enum import Enum, auto

import pytest

from softmeter.cosem.access import ALL, DataAccessResult, Policy, Rights
from softmeter.cosem.dictionary import Dictionary, Row, View
from softmeter.cosem.interface import Holder, Interface, attribute, check, computed, method, setter
from softmeter.cosem.sessions import Sessions
from softmeter.errors import AccessError, LocalProtocolError
from softmeter.wire.types import i8, octets, u8, u16


class Who(Enum):
    SOMEBODY = auto()


class Thing(Interface, class_id=9000, version=3):
    """One attribute of every kind."""

    fixed: int = attribute(2, u8)
    stored: int = attribute(3, u16, settable=True, default=5)

    @check(3)
    def even(self, value: int) -> None:
        if value % 2:
            raise AccessError(DataAccessResult.OTHER_REASON, "odd")

    @computed(4, u8, select={1: u8})
    def derived(self, meter: Holder, selection: int | None = None) -> int:
        return len(meter.attributes) + (selection or 0)

    @setter(4)
    def set_derived(self, meter: Holder, value: int) -> None:
        meter.attributes[b"derived"] = bytes(value)

    free: int = attribute(5, u8, settable=True, default=0)

    @method(1, i8)
    def touch(self, meter: Holder, parameter: int) -> None:
        meter.attributes[b"touched"] = bytes((parameter,))

    @method(2, octets, returns=octets)
    def echo(self, _: Holder, parameter: bytes) -> bytes:
        return parameter[::-1]


WHOLE = Policy("WHOLE", {Who.SOMEBODY: Rights(ALL, ALL, ALL)})
DICTIONARY = Dictionary([Row("0-0:1.2.3", "Thing", Thing(fixed=7), WHOLE)])
PLACE = bytes.fromhex("2328 0000010203FF")


@dataclass
class Shelf:
    attributes: dict[bytes, bytes] = field(default_factory=dict)
    dictionary: Dictionary = DICTIONARY
    sessions: Sessions = field(default_factory=Sessions)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def view() -> View:
    return DICTIONARY.view(Who.SOMEBODY)


def key(number: int) -> bytes:
    return PLACE + bytes((number,))


def test_every_object_knows_its_name_and_fixed_values(shelf: Shelf, view: View) -> None:
    assert view.readers[key(1)](shelf).hex() == "09060000010203ff"
    assert view.readers[key(2)](shelf).hex() == "1107"


def test_a_settable_value_is_its_default_until_it_is_set(shelf: Shelf, view: View) -> None:
    assert view.readers[key(3)](shelf).hex() == "120005"
    view.writers[key(3)](shelf, bytes.fromhex("120102"))
    assert view.readers[key(3)](shelf).hex() == "120102"
    assert shelf.attributes == {key(3): bytes.fromhex("120102")}


def test_a_settable_value_may_be_anything_of_its_type(shelf: Shelf, view: View) -> None:
    view.writers[key(5)](shelf, bytes.fromhex("11FF"))
    assert view.readers[key(5)](shelf).hex() == "11ff"


def test_a_value_that_was_set_belongs_to_one_meter(shelf: Shelf, view: View) -> None:
    view.writers[key(3)](shelf, bytes.fromhex("120102"))
    assert view.readers[key(3)](Shelf()).hex() == "120005"


@pytest.mark.parametrize(
    ("octets", "result"),
    [("1102", 12), ("1200", 12), ("12000200", 12), ("", 12), ("120003", 250), ("0900", 12)],
)
def test_a_value_that_does_not_fit_changes_nothing(shelf: Shelf, view: View, octets: str, result: int) -> None:
    with pytest.raises(AccessError) as refused:
        view.writers[key(3)](shelf, bytes.fromhex(octets))
    assert refused.value.result == result
    assert not shelf.attributes


def test_a_setter_changes_the_part_behind_a_computed_attribute(shelf: Shelf, view: View) -> None:
    assert view.readers[key(4)](shelf).hex() == "1100"
    view.writers[key(4)](shelf, bytes.fromhex("1103"))
    assert shelf.attributes == {b"derived": bytes(3)}
    assert view.readers[key(4)](shelf).hex() == "1101"


def test_a_selector_reads_a_part(shelf: Shelf, view: View) -> None:
    assert view.selectors[key(4)](shelf, 1, bytes.fromhex("1105")).hex() == "1105"
    for selector, parameter, result in ((2, "1105", 13), (1, "120005", 12)):
        with pytest.raises(AccessError) as refused:
            view.selectors[key(4)](shelf, selector, bytes.fromhex(parameter))
        assert refused.value.result == result
    with pytest.raises(AccessError):
        view.selectors[key(2)](shelf, 1, bytes.fromhex("1105"))


@pytest.mark.parametrize(("parameter", "kept"), [("", 0), ("00", 0), ("0f00", 0), ("0f05", 5)])
def test_the_dummy_parameter_may_be_absent(shelf: Shelf, view: View, parameter: str, kept: int) -> None:
    assert view.invokers[key(1)](shelf, bytes.fromhex(parameter)) == b""
    assert shelf.attributes == {b"touched": bytes((kept,))}


def test_a_method_returns_data(shelf: Shelf, view: View) -> None:
    assert view.invokers[key(2)](shelf, bytes.fromhex("0902abcd")).hex() == "0902cdab"
    with pytest.raises(AccessError) as refused:
        view.invokers[key(2)](shelf, b"")
    assert refused.value.result == 12


def test_numbers_must_be_complete() -> None:
    with pytest.raises(LocalProtocolError, match=r"attributes of Gap are \[3\]"):

        class Gap(Interface, class_id=9001, version=0):
            value: int = attribute(3, u8)

    with pytest.raises(LocalProtocolError, match="methods of Late"):

        class Late(Interface, class_id=9002, version=0):
            @method(2, i8)
            def late(self, _meter: Holder, _: int) -> None: ...


def test_a_later_version_extends_an_earlier_one() -> None:
    class NewThing(Thing, class_id=9000, version=4):
        extra: int = attribute(6, u8)

    assert list(NewThing.attribute_specs) == [2, 3, 4, 5, 6]
    assert NewThing(fixed=1, extra=2).stored == 5
    assert (Thing.version, NewThing.version) == (3, 4)
