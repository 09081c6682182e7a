import pytest

from softmeter.apps.smartset.object_list import entries, rights_text, spans
from softmeter.cosem.access import AttributeAccess
from softmeter.errors import DecodeError
from softmeter.obis import Obis
from softmeter.wire.types import NULL, Data, Tag

CLOCK, CURRENT = Obis.parse("0-0:1.0.0"), Obis.parse("0-0:40.0.0")


def structure(*elements: Data) -> Data:
    return Data(Tag.STRUCTURE, elements)


def array(*elements: Data) -> Data:
    return Data(Tag.ARRAY, elements)


def number(value: int) -> Data:
    return Data(Tag.UNSIGNED, value)


def element(class_id: int, version: int, obis: Obis, modes: list[int], methods: list[Data]) -> Data:
    attributes = array(*(structure(number(at), number(mode), NULL) for at, mode in enumerate(modes, 1)))
    called = array(*(structure(number(at), mode) for at, mode in enumerate(methods, 1)))
    name = Data(Tag.OCTET_STRING, obis.octets)
    return structure(number(class_id), number(version), name, structure(attributes, called))


@pytest.mark.parametrize(
    ("version", "modes", "methods", "rights"),
    [
        (0, [1, 3, 0], [Data(Tag.BOOLEAN, True), Data(Tag.BOOLEAN, False)], "1 r, 2 rw, call 1"),
        (1, [4, 5, 6], [number(1), number(2)], "1 r, 2 w, 3 rw, call 1-2"),
        (2, [0, 0, 0], [], "none"),
        (3, [0x21, 0xDF, 0x02], [number(0x05), number(0)], "1 r, 2 rw, 3 w, call 1"),
    ],
)
def test_rights_are_read_as_the_association_s_version_writes_them(
    version: int, modes: list[int], methods: list[Data], rights: str
) -> None:
    listed = entries(array(element(8, 0, CLOCK, modes, methods), element(15, version, CURRENT, [1], [])))
    assert [(entry.class_id, entry.version, entry.obis) for entry in listed] == [(8, 0, CLOCK), (15, version, CURRENT)]
    assert rights_text(listed[0]) == rights


def test_selectors_are_kept() -> None:
    modes = array(structure(number(2), number(1), array(number(1), number(2))))
    name = Data(Tag.OCTET_STRING, CLOCK.octets)
    (entry,) = entries(array(structure(number(7), number(1), name, structure(modes, array()))))
    assert (entry.attributes, entry.selectors) == ({2: AttributeAccess.READ}, {2: (1, 2)})


NAME = Data(Tag.OCTET_STRING, CLOCK.octets)


@pytest.mark.parametrize(
    "data",
    [
        NULL,
        number(5),
        array(number(1)),
        array(structure(number(1), number(0), Data(Tag.OCTET_STRING, b"\x01"), structure(array(), array()))),
        array(element(8, 0, CLOCK, [9], [])),
        array(element(8, 0, CLOCK, [-9], [])),
        array(structure(Data(Tag.OCTET_STRING, b""), number(0), NAME, structure(array(), array()))),
        array(structure(number(8), NULL, NAME, structure(array(), array()))),
        array(structure(number(8), number(0), NAME, structure(array(structure(NULL, number(1), NULL)), array()))),
    ],
)
def test_what_is_no_object_list_is_refused(data: Data) -> None:
    with pytest.raises(DecodeError, match="object list"):
        entries(data)


def test_neighbours_are_joined() -> None:
    assert spans([5, 1, 2, 3, 7, 8]) == "1-3 5 7-8"
    assert spans([]) == ""
