"""The object model of a meter type: rows compiled to look-ups by one key, and how each audience sees them.

A key is the attribute or method descriptor as it stands on the wire: class (2 octets), logical name (6), number (1).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from softmeter.cosem.access import ALL, AttributeAccess, DataAccessResult, MethodAccess, Policy, Rights
from softmeter.cosem.guards import guarded
from softmeter.cosem.interface import Interface, Invoker, Reader, Selector, Writer, invoker, reader, selector, writer
from softmeter.errors import LocalProtocolError
from softmeter.obis import Obis
from softmeter.wire.types import NULL, Data, Tag, encode_data

_BITS_FROM = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One object of the model."""

    obis: str
    title: str
    interface: Interface
    policy: Policy

    @property
    def name(self) -> Obis:
        return Obis.parse(self.obis)


class Inside(Enum):
    """The meter itself as an audience: what it does by its own scripts is not a matter of rights."""

    INSIDE = 0


_EVERYTHING = Rights(ALL, ALL, ALL)


class View:
    """The objects as one audience sees them; built once per meter type, shared by all its meters.

    What is not in `readers`, `writers` or `invokers` is refused; `refusal` then finds out why.
    """

    def __init__(self, dictionary: "Dictionary", audience: Enum) -> None:
        self.audience = audience
        self.readers: dict[bytes, Reader] = {}
        self.selectors: dict[bytes, Selector] = {}
        self.writers: dict[bytes, Writer] = {}
        self.invokers: dict[bytes, Invoker] = {}
        self.fleeting: set[bytes] = set()
        """The methods whose changes need not be stored before the answer leaves; calls of them are not reported."""
        self._classes: dict[bytes, dict[int, Interface]] = {}
        for name, interface, rights in dictionary.seen_by(audience):
            self._classes.setdefault(name.octets, {})[interface.class_id] = interface
            self._add(name.octets, interface, rights)

    def _add(self, name: bytes, interface: Interface, rights: Rights) -> None:
        place = interface.class_id.to_bytes(2, "big") + name
        own_name = encode_data(Data(Tag.OCTET_STRING, name))
        self.readers[place + b"\x01"] = lambda _: own_name
        for number, spec in interface.attribute_specs.items():
            key = place + bytes((number,))
            demand = rights.demand(spec.name)
            if rights.may_read(spec.name):
                self.readers[key] = guarded(reader(interface, spec, key), demand)
                self.selectors[key] = guarded(selector(interface, spec), demand)
            if rights.may_write(spec.name) and interface.takes(spec):
                self.writers[key] = guarded(writer(interface, spec, key), demand)
        for number, called in interface.method_specs.items():
            if rights.may_call(called.name):
                key = place + bytes((number,))
                self.invokers[key] = guarded(invoker(interface, called), rights.demand(called.name))
                if not called.lasting:
                    self.fleeting.add(key)

    def refusal(self, key: bytes, *, is_method: bool = False) -> DataAccessResult:
        """Why an attribute or method is not served to this audience; method results have the same numbers."""
        classes = self._classes.get(key[2:8])
        if classes is None:
            return DataAccessResult.OBJECT_UNDEFINED
        interface = classes.get(int.from_bytes(key[:2], "big"))
        if interface is None:
            return DataAccessResult.OBJECT_CLASS_INCONSISTENT
        numbers = set(interface.method_specs) if is_method else {1, *interface.attribute_specs}
        return DataAccessResult.READ_WRITE_DENIED if key[8] in numbers else DataAccessResult.OBJECT_UNDEFINED


class Dictionary:
    """All rows of a meter type.

    Raises:
        LocalProtocolError: two rows with one name, or a policy that names what the class does not have.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = tuple(sorted(rows, key=_order))
        places = [_order(row) for row in self.rows]
        doubled = {f"{class_id},{name}" for class_id, name in places if places.count((class_id, name)) > 1}
        if doubled:
            raise LocalProtocolError(f"two objects of one class and name: {', '.join(sorted(doubled))}")
        for row in self.rows:
            for rights in row.policy.rights.values():
                unknown = rights.unknown(row.interface.attribute_names(), row.interface.method_names())
                if unknown:
                    raise LocalProtocolError(f"policy {row.policy.name} names {sorted(unknown)}, {row.obis} has none")
        self._interfaces = {_order(row): row.interface for row in self.rows}
        self._views: dict[Enum, View] = {}
        self._lists: dict[tuple[Enum, bool], bytes] = {}

    def view(self, audience: Enum) -> View:
        """The objects as `audience` sees them."""
        view = self._views.get(audience)
        if view is None:
            view = self._views[audience] = View(self, audience)
        return view

    def seen_by(self, audience: Enum) -> Iterator[tuple[Obis, Interface, Rights]]:
        """The objects an audience may touch, by class and then name, with what it may do."""
        for row in self.rows:
            rights = _EVERYTHING if audience is Inside.INSIDE else row.policy.of(audience)
            if rights:
                yield row.name, row.interface, rights

    def interface(self, class_id: int, name: Obis) -> Interface | None:
        """The object of that class and name."""
        return self._interfaces.get((class_id, name))

    def object_list(self, audience: Enum, *, version: int = 1) -> bytes:
        """Attribute 2 of the association objects, encoded: what `audience` sees and may do.

        From `version` 3 of the association on an access mode is a set of bits, with the protection it takes.
        """
        form = audience, version >= _BITS_FROM
        encoded = self._lists.get(form)
        if encoded is None:
            elements = tuple(_element(*seen, bits=form[1]) for seen in self.seen_by(audience))
            encoded = self._lists[form] = encode_data(Data(Tag.ARRAY, elements))
        return encoded


def _order(row: Row) -> tuple[int, Obis]:
    return row.interface.class_id, row.name


def _element(name: Obis, interface: Interface, rights: Rights, *, bits: bool) -> Data:
    """object_list_element: class, version, name, access rights."""

    def mode(access: int, name: str) -> int:
        return access | (rights.demand(name) if bits and access else 0)

    attributes = [_attribute_access(1, AttributeAccess.READ)]
    for number, spec in interface.attribute_specs.items():
        access = AttributeAccess.of(
            readable=rights.may_read(spec.name), writable=interface.takes(spec) and rights.may_write(spec.name)
        )
        attributes.append(_attribute_access(number, mode(access, spec.name), spec.select))
    methods = [
        _structure(
            Data(Tag.INTEGER, number),
            Data(Tag.ENUM, mode(MethodAccess.ACCESS if rights.may_call(spec.name) else MethodAccess.NONE, spec.name)),
        )
        for number, spec in interface.method_specs.items()
    ]
    return _structure(
        Data(Tag.LONG_UNSIGNED, interface.class_id),
        Data(Tag.UNSIGNED, interface.version),
        Data(Tag.OCTET_STRING, name.octets),
        _structure(Data(Tag.ARRAY, tuple(attributes)), Data(Tag.ARRAY, tuple(methods))),
    )


def _attribute_access(number: int, access: int, selectors: Iterable[int] = ()) -> Data:
    offered = tuple(Data(Tag.INTEGER, one) for one in selectors)
    shown = Data(Tag.ARRAY, offered) if offered else NULL
    return _structure(Data(Tag.INTEGER, number), Data(Tag.ENUM, access), shown)


def _structure(*elements: Data) -> Data:
    return Data(Tag.STRUCTURE, elements)
