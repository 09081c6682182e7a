"""COSEM objects: the walk over every attribute of every object in every association, and what classes owe beside it."""

import re
from collections.abc import Iterator

import pytest

from conformance.appl import MANAGEMENT, READOUT, Bench
from meter.making import START
from softmeter.clock import DateTime
from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.capture import CaptureObject
from softmeter.cosem.interface import Interface
from softmeter.cosem.selection import EntryDescriptor, RangeDescriptor
from softmeter.dlms.acse import Context, Mechanism
from softmeter.dlms.client import Client
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.conversation import drive
from softmeter.dlms.lists import Write, get_many, set_many
from softmeter.dlms.messages import AttributeReference, MethodReference, Selection
from softmeter.errors import AccessError
from softmeter.instant import SECOND, Instant
from softmeter.meter import model
from softmeter.meter.clients import CLIENTS
from softmeter.obis import Obis
from softmeter.wire.types import Data, Tag, decode_data, struct

WAYS = [
    pytest.param(client.sap, context, mechanism, id=f"{client.name}-{context.name}-{mechanism.name}".lower())
    for client in CLIENTS.values()
    for context, mechanism in client.ways
]
CURRENT = Obis(0, 0, 40, 0, 0)


class Walk:
    """One association with a whole meter, and what its client may see there."""

    def __init__(self, sap: int, context: Context, mechanism: Mechanism) -> None:
        self.bench = Bench(sap)
        self.client: Client = self.bench.client(context, mechanism)
        drive(self.client.associate(), self.bench.ask)
        self.audience = CLIENTS[sap].ways[context, mechanism]
        self.may_set = Conformance.SET in CLIENTS[sap].conformance

    def get(self, class_id: int, name: Obis, attribute: int) -> bytes | int:
        try:
            return drive(self.client.get(AttributeReference(class_id, name, attribute)), self.bench.ask)
        except AccessError as error:
            return error.result

    def set(self, class_id: int, name: Obis, attribute: int, value: bytes) -> int:
        try:
            drive(self.client.set(AttributeReference(class_id, name, attribute), value), self.bench.ask)
        except AccessError as error:
            return error.result
        return DataAccessResult.SUCCESS

    def call(self, class_id: int, name: Obis, method: int) -> int:
        try:
            drive(self.client.action(MethodReference(class_id, name, method), b"\x0f\x00"), self.bench.ask)
        except AccessError as error:
            return error.result
        return 0

    def listed(self) -> Iterator[tuple[int, int, Obis, dict[int, int], dict[int, int]]]:
        """The object list as the client reads it: class, version, name, modes of attributes and methods."""
        octets = self.get(15, CURRENT, 2)
        assert isinstance(octets, bytes)
        for element in decode_data(octets).value:
            class_id, version, name, (attributes, methods) = (one.value for one in element.value)
            yield (
                class_id,
                version,
                Obis(*name),
                {one.value[0].value: int(one.value[1].value) for one in attributes.value},
                {one.value[0].value: int(one.value[1].value) for one in methods.value},
            )

    def seen(self) -> dict[Obis, Interface]:
        return {name: interface for name, interface, _ in model.dictionary().seen_by(self.audience)}


def of_its_type(value: bytes, interface: Interface, attribute: int) -> None:
    """The octets are the declared type, and nothing else."""
    if attribute > 1:
        interface.attribute_specs[attribute].type.decode(value)
    data = decode_data(value)
    if interface.class_id == 3 and attribute == 3:
        scaler = data.value[0].value
        assert -12 <= scaler <= 12


@pytest.mark.slow
@pytest.mark.conformance("COSEM_WALK")
@pytest.mark.parametrize(("sap", "context", "mechanism"), WAYS)
def test_every_attribute_of_every_object(sap: int, context: Context, mechanism: Mechanism) -> None:
    """The universal walk.

    Purpose: Every attribute of every object is what the object list says, in every association of the meter.

    Stimulus: Open in each way each client has, read the object list, GET every attribute 1 to n and n + 1, SET back
    what was read, SET where it is not allowed, call what may not be called.

    Verdict: Readable attributes decode as their declared type, and logical_name is the name; unreadable ones give 3,
    those beyond give 4; writable ones take their own value back, the others give 3, as do forbidden methods. Nothing
    that is not in the list answers to its name.
    """
    walk = Walk(sap, context, mechanism)
    seen, walked = walk.seen(), 0
    for class_id, version, name, attributes, methods in walk.listed():
        interface = seen.pop(name)
        assert (class_id, version) == (interface.class_id, interface.version)
        assert list(attributes) == [1, *interface.attribute_specs]
        assert list(methods) == list(interface.method_specs)
        assert walk.get(class_id, name, len(attributes) + 1) == DataAccessResult.OBJECT_UNDEFINED
        assert walk.get(class_id, name, 1) == b"\x09\x06" + name.octets
        for attribute, mode in attributes.items():
            walked += 1
            one_attribute(walk, interface, name, attribute, mode)
        for method, mode in methods.items():
            if not mode:
                assert walk.call(class_id, name, method) == DataAccessResult.READ_WRITE_DENIED
    assert not seen
    assert walked > 20
    for row in model.dictionary().rows:
        if not row.policy.of(walk.audience):
            assert walk.get(row.interface.class_id, row.name, 1) == DataAccessResult.OBJECT_UNDEFINED


def one_attribute(walk: Walk, interface: Interface, name: Obis, attribute: int, mode: int) -> None:
    class_id = interface.class_id
    value = walk.get(class_id, name, attribute)
    readable, writable = bool(mode & 1), bool(mode & 2)
    if readable:
        assert isinstance(value, bytes), (name, attribute, value)
        of_its_type(value, interface, attribute)
    else:
        assert value == DataAccessResult.READ_WRITE_DENIED, (name, attribute)
    if not walk.may_set:
        return
    given = value if isinstance(value, bytes) else b"\x00"
    if not writable:
        assert walk.set(class_id, name, attribute, given) == DataAccessResult.READ_WRITE_DENIED, (name, attribute)
    elif readable:
        assert walk.set(class_id, name, attribute, given) == DataAccessResult.SUCCESS, (name, attribute)
        wrong = walk.set(class_id, name, attribute, b"\x19" + bytes(12))
        assert wrong == DataAccessResult.TYPE_UNMATCHED or interface.class_id == 8, (name, attribute)


# -- classes: profile generic, multiple references, mandatory objects


LOAD = AttributeReference(7, Obis(1, 0, 99, 1, 0), 2)
FORENOON = Instant(START + 12 * 3600 * SECOND)
CLOCK, STATUS = CaptureObject(8, Obis(0, 0, 1, 0, 0), 2, 0), CaptureObject(1, Obis(0, 0, 96, 10, 1), 2, 0)
IMPORT = CaptureObject(3, Obis(1, 0, 1, 8, 0), 2, 0)
NOBODY = CaptureObject(3, Obis(1, 0, 9, 9, 9), 2, 0)


@pytest.fixture(scope="module")
def recorded() -> Walk:
    """The readout client on a meter that has recorded twelve hours, 1 January 2026, 01:00 to 13:00 local time."""
    walk = Walk(READOUT, Context.LOGICAL_NAMES, Mechanism.LLS)
    walk.bench.actor.jump(FORENOON)
    return walk


def selected(walk: Walk, selection: Selection | None) -> list[tuple[Data, ...]] | int:
    """The rows of the load profile that a selection gives, or its result."""
    try:
        octets = drive(walk.client.get(LOAD, selection), walk.bench.ask)
    except AccessError as error:
        return error.result
    return [row.value for row in decode_data(octets).value]


def by_range(column: CaptureObject, low: Data, high: Data, *columns: CaptureObject) -> Selection:
    return Selection(1, struct(RangeDescriptor).encode(RangeDescriptor(column, low, high, columns)))


def by_entry(*numbers: int) -> Selection:
    return Selection(2, struct(EntryDescriptor).encode(EntryDescriptor(*numbers)))


def hour(number: int, **parts: int) -> Data:
    moment = DateTime(2026, 1, 1, 0xFF, number, 0, 0, **parts)
    return Data(Tag.OCTET_STRING, moment.encode())


@pytest.mark.conformance("COSEM_PROFILE_RANGE")
def test_a_profile_by_range(recorded: Walk) -> None:
    """Profile generic, selective access by range, four subtests.

    Purpose: A range of a column gives just the rows between its ends, both included.

    Stimulus: Ranges of the clock (inside, reaching beyond both ends, empty), of a counter, with columns chosen, of what
    is not a column, and with ends of another type.

    Verdict: The rows of the whole buffer that lie between the ends; an empty array where none does; results 250 and 12.
    """
    every = selected(recorded, None)
    assert isinstance(every, list)
    assert len(every) == 48
    inside = selected(recorded, by_range(CLOCK, hour(5), hour(6)))
    assert inside == every[15:20]
    assert selected(recorded, by_range(CLOCK, hour(0), hour(23))) == every
    assert selected(recorded, by_range(CLOCK, hour(22), hour(23))) == []
    assert selected(recorded, by_range(CLOCK, hour(6), hour(5))) == []
    counted = [row[2].value for row in every]
    low, high = (Data(Tag.DOUBLE_LONG_UNSIGNED, counted[at]) for at in (10, 12))
    assert selected(recorded, by_range(IMPORT, low, high)) == every[10:13]
    chosen = selected(recorded, by_range(CLOCK, hour(5), hour(6), IMPORT, STATUS))
    assert chosen == [(row[1], row[2]) for row in every[15:20]]
    assert selected(recorded, by_range(NOBODY, low, high)) == DataAccessResult.OTHER_REASON
    assert selected(recorded, by_range(CLOCK, low, high)) == DataAccessResult.TYPE_UNMATCHED


@pytest.mark.conformance("COSEM_PROFILE_ENTRY")
def test_a_profile_by_entry(recorded: Walk) -> None:
    """Profile generic, selective access by entry, three subtests.

    Purpose: Entries and columns are chosen by number, from 1, both ends included.

    Stimulus: Entries 2 to 5; all, by 0 as the end; columns 2 to 3; beyond the last; and 0 as the first.

    Verdict: Just those rows and columns; an empty array beyond the last; result 250 for what is no number.
    """
    every = selected(recorded, None)
    assert isinstance(every, list)
    assert selected(recorded, by_entry(2, 5, 1, 0)) == every[1:5]
    assert selected(recorded, by_entry(1, 0, 1, 0)) == every
    assert selected(recorded, by_entry(40, 0, 2, 3)) == [row[1:3] for row in every[39:]]
    assert selected(recorded, by_entry(1000, 1001, 1, 0)) == []
    assert selected(recorded, by_entry(0, 5, 1, 0)) == DataAccessResult.OTHER_REASON
    assert selected(recorded, by_entry(1, 5, 9, 9)) == DataAccessResult.OTHER_REASON


@pytest.mark.conformance("COSEM_MULTIPLE_REFERENCES")
def test_multiple_references(recorded: Walk) -> None:
    """Multiple references, three subtests.

    Purpose: Several attributes are read and set in one request, each as if it were alone.

    Stimulus: GET of readable, unreadable and unknown attributes in one list; a list whose answer needs blocks; SET of
    two attributes of which one may not be set.

    Verdict: The values and results of single requests, in the order of the list.
    """
    wanted = [
        AttributeReference(3, Obis(1, 0, 1, 8, 0), 2),
        AttributeReference(15, CURRENT, 7),
        AttributeReference(3, Obis(1, 0, 9, 9, 9), 2),
        AttributeReference(8, CLOCK.name, 3),
    ]
    alone = tuple(recorded.get(one.class_id, one.name, one.attribute) for one in wanted)
    assert drive(get_many(recorded.client, wanted), recorded.bench.ask) == alone
    both = drive(get_many(recorded.client, [LOAD, LOAD]), recorded.bench.ask)
    assert both == (recorded.get(7, LOAD.name, 2),) * 2
    walk = Walk(MANAGEMENT, Context.LOGICAL_NAMES_CIPHERED, Mechanism.HLS_GMAC)
    name = AttributeReference(1, Obis(0, 0, 96, 1, 2), 2)
    writes = [Write(wanted[0], b"\x06\x00\x00\x00\x00"), Write(name, b"\x09\x02AB")]
    results = drive(set_many(walk.client, writes), walk.bench.ask)
    assert results == (DataAccessResult.READ_WRITE_DENIED, DataAccessResult.SUCCESS)
    assert walk.get(1, name.name, 2) == b"\x09\x02AB"


@pytest.mark.conformance("COSEM_MANDATORY")
@pytest.mark.parametrize(("sap", "context", "mechanism"), WAYS)
def test_mandatory_objects(sap: int, context: Context, mechanism: Mechanism) -> None:
    """Mandatory objects, three subtests.

    Purpose: What every logical device has is there in every association.

    Stimulus: GET the logical device name, the current association and the SAP assignment.

    Verdict: A name of 16 octets at most that begins with three capital letters; the current association names its
    client and is associated; the assignment lists the logical device under its address 1.
    """
    walk = Walk(sap, context, mechanism)
    name = walk.get(1, Obis(0, 0, 42, 0, 0), 2)
    assert isinstance(name, bytes)
    assert re.fullmatch(rb"[A-Z]{3}[\x20-\x7E]{1,13}", decode_data(name).value)
    assert walk.get(15, CURRENT, 8) == b"\x16\x02"
    assert walk.get(15, CURRENT, 3) == bytes.fromhex(f"02020F{sap:02X}120001")
    devices = walk.get(17, Obis(0, 0, 41, 0, 0), 2)
    assert devices == b"\x01\x01\x02\x02\x12\x00\x01" + name
