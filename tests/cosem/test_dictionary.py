import pytest

from dlms.device import ALIAS, DICTIONARY, OPEN, Audience, SmallMeter
from softmeter.cosem.access import Policy, Rights
from softmeter.cosem.dictionary import Dictionary, Row
from softmeter.errors import LocalProtocolError
from softmeter.obis import Obis
from softmeter.wire.types import Data, decode_data


def elements(audience: Audience) -> list[tuple[Data, ...]]:
    return [element.value for element in decode_data(DICTIONARY.object_list(audience)).value]


def names(audience: Audience) -> list[tuple[int, str]]:
    return [(class_id.value, Obis.of(name.value).short) for class_id, _, name, _ in elements(audience)]


def test_each_audience_sees_what_it_may_touch_by_class_and_name() -> None:
    assert names(Audience.PUBLIC) == [
        (1, "0-0:42.0.0"),
        (1, "0-0:43.1.0"),
        (8, "0-0:1.0.0"),
        (15, "0-0:40.0.0"),
        (15, "0-0:40.0.1"),
        (17, "0-0:41.0.0"),
    ]
    seen = names(Audience.MANAGEMENT)
    assert len(seen) == len(DICTIONARY.rows)
    assert seen == sorted(seen, key=lambda one: (one[0], Obis.parse(one[1])))


def modes(audience: Audience, obis: str) -> tuple[dict[int, int], dict[int, int]]:
    for _, _, name, rights in elements(audience):
        if Obis.of(name.value).short == obis:
            attributes, methods = rights.value
            return (
                {one.value[0].value: one.value[1].value for one in attributes.value},
                {one.value[0].value: one.value[1].value for one in methods.value},
            )
    raise LookupError(obis)


def test_access_rights_are_derived_from_the_policies() -> None:
    assert modes(Audience.PUBLIC, "0-0:1.0.0") == (
        {1: 1, 2: 1, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0, 8: 0, 9: 0},
        {1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0},
    )
    attributes, methods = modes(Audience.MANAGEMENT, "0-0:1.0.0")
    assert attributes == {1: 1, 2: 3, 3: 3, 4: 1, 5: 3, 6: 3, 7: 3, 8: 3, 9: 1}
    assert set(methods.values()) == {1}
    assert modes(Audience.MANAGEMENT, "0-0:40.0.0")[0][7] == 0


def test_selectors_are_listed() -> None:
    (buffer,) = [
        one.value
        for _, _, name, rights in elements(Audience.READOUT)
        if Obis.of(name.value).short == "1-0:99.1.0"
        for one in rights.value[0].value
        if one.value[0].value == 2
    ]
    assert [one.value for one in buffer[2].value] == [1, 2]


@pytest.mark.parametrize("audience", Audience)
def test_the_list_says_what_the_view_serves(audience: Audience) -> None:
    view = DICTIONARY.view(audience)
    listed: dict[str, set[bytes]] = {"read": set(), "write": set(), "call": set()}
    for class_id, _, name, rights in elements(audience):
        place = class_id.value.to_bytes(2, "big") + name.value
        for one in rights.value[0].value:
            number, mode, _ = one.value
            for bit, kind in ((1, "read"), (2, "write")):
                if mode.value & bit:
                    listed[kind].add(place + bytes((number.value,)))
        listed["call"] |= {place + bytes((one.value[0].value,)) for one in rights.value[1].value if one.value[1].value}
    assert listed == {"read": set(view.readers), "write": set(view.writers), "call": set(view.invokers)}


@pytest.mark.parametrize("audience", Audience)
def test_every_readable_attribute_can_be_read(audience: Audience) -> None:
    meter = SmallMeter()
    for key, read in DICTIONARY.view(audience).readers.items():
        if key[:2] != b"\x00\x0f" or key[2:8] != bytes.fromhex("0000280000FF"):
            decode_data(read(meter))


@pytest.mark.parametrize(
    ("key", "is_method", "result"),
    [
        ("0001 0000600101FF 02", False, 4),  # not in this audience's list
        ("0001 0000630101FF 02", False, 4),  # nowhere
        ("0003 0000010000FF 02", False, 9),  # the clock is no register
        ("0008 0000010000FF 0A", False, 4),  # no attribute 10
        ("0008 0000010000FF 00", False, 4),  # attribute 0 is not offered
        ("0008 0000010000FF 03", False, 3),
        ("0008 0000010000FF 06", True, 3),
        ("0008 0000010000FF 07", True, 4),
    ],
)
def test_why_something_is_refused(key: str, *, is_method: bool, result: int) -> None:
    assert DICTIONARY.view(Audience.PUBLIC).refusal(bytes.fromhex(key), is_method=is_method) == result


def test_a_name_stands_once() -> None:
    row = Row("0-0:96.1.1", "Alias", ALIAS, OPEN)
    with pytest.raises(LocalProtocolError, match=r"0-0:96\.1\.1"):
        Dictionary([row, row])


def test_a_policy_names_what_the_class_has() -> None:
    policy = Policy("ODD", {Audience.PUBLIC: Rights("value colour")})
    with pytest.raises(LocalProtocolError, match=r"ODD names \['colour'\]"):
        Dictionary([Row("0-0:96.1.1", "Alias", ALIAS, policy)])


def test_views_are_built_once() -> None:
    assert DICTIONARY.view(Audience.PUBLIC) is DICTIONARY.view(Audience.PUBLIC)
    assert DICTIONARY.object_list(Audience.PUBLIC) is DICTIONARY.object_list(Audience.PUBLIC)
