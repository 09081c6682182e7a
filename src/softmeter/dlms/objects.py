"""Reading, writing and calling on the objects of a meter as one association sees them (IEC 62056-62).

Every service comes here with what it was asked; here stands what a selection, or attribute 0, means.
"""

from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.cosem.dictionary import View
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.host import AttributeSet, Event, Guard, Host, MethodInvoked
from softmeter.dlms.messages import ActionOutcome, AttributeReference, MethodReference, Selection
from softmeter.errors import AccessError, DecodeError
from softmeter.wire.types import Cursor, Tag, encode_length, skip_data

_EVERY_ATTRIBUTE = 0
_NULL = b"\x00"
_HIGHEST = 0x7F
"""Of the numbers of attributes."""


class Objects:
    """The objects behind one association, and what was negotiated about them."""

    __slots__ = ("_events", "_guard", "_sap", "conformance", "host", "view")

    def __init__(
        self,
        host: Host,
        view: View,
        conformance: Conformance,
        sap: int,
        events: list[Event],
        guard: Guard | None = None,
    ) -> None:
        self._guard = guard
        self.host = host
        self.view = view
        self.conformance = conformance
        self._sap = sap
        self._events = events

    def read(self, attribute: AttributeReference, selection: Selection | None) -> bytes | DataAccessResult:
        """The encoded value of an attribute or of a part of it, or why there is none."""
        key = _attribute_key(attribute)
        reader = self.view.readers.get(key)
        if reader is None:
            if attribute.attribute == _EVERY_ATTRIBUTE and Conformance.ATTRIBUTE0_GET in self.conformance:
                return self._read_all(key) if selection is None else DataAccessResult.SCOPE_OF_ACCESS_VIOLATED
            return self.view.refusal(key)
        try:
            if selection is None:
                return reader(self.host)
            select = self.view.selectors.get(key)
            if select is None or Conformance.SELECTIVE_ACCESS not in self.conformance:
                return DataAccessResult.SCOPE_OF_ACCESS_VIOLATED
            return select(self.host, selection.selector, selection.parameters)
        except AccessError as error:
            return DataAccessResult(error.result)

    def write(self, attribute: AttributeReference, selection: Selection | None, value: bytes) -> DataAccessResult:
        """Set an attribute to an encoded value."""
        key = _attribute_key(attribute)
        if attribute.attribute == _EVERY_ATTRIBUTE and Conformance.ATTRIBUTE0_SET in self.conformance:
            return self._write_all(key, value) if selection is None else DataAccessResult.SCOPE_OF_ACCESS_VIOLATED
        if key not in self.view.writers:
            return self.view.refusal(key)
        if selection is not None:
            return DataAccessResult.SCOPE_OF_ACCESS_VIOLATED
        return self._write(key, value)

    def call(self, method: MethodReference, parameter: bytes) -> ActionOutcome:
        """Call a method with an encoded parameter; empty is none."""
        key = b"%b%b%c" % (method.class_id.to_bytes(2, "big"), method.name.octets, method.method & 0xFF)
        invoke = self.view.invokers.get(key)
        if invoke is None:
            return ActionOutcome(ActionResult(self.view.refusal(key, is_method=True)), None)
        if self._guard is not None and not self._guard.lets_change():
            return ActionOutcome(ActionResult.READ_WRITE_DENIED, None)
        try:
            data = invoke(self.host, parameter)
        except AccessError as error:
            return ActionOutcome(ActionResult(error.result), None)
        if key not in self.view.fleeting:
            self.host.changed()
            self._events.append(MethodInvoked(self._sap, key))
        return ActionOutcome(ActionResult.SUCCESS, data or None)

    def _write(self, key: bytes, value: bytes) -> DataAccessResult:
        if self._guard is not None and not self._guard.lets_change():
            return DataAccessResult.READ_WRITE_DENIED
        try:
            self.view.writers[key](self.host, value)
        except AccessError as error:
            return DataAccessResult(error.result)
        self.host.changed()
        self._events.append(AttributeSet(self._sap, key))
        return DataAccessResult.SUCCESS

    def _numbers(self, place: bytes) -> range | DataAccessResult:
        """The attributes that the object at a place has."""
        if place + b"\x01" not in self.view.readers:
            return self.view.refusal(place + b"\x01")
        there = [
            number
            for number in range(1, _HIGHEST)
            if self.view.refusal(place + bytes((number,))) is DataAccessResult.READ_WRITE_DENIED
        ]
        return range(1, there[-1] + 1)

    def _read_all(self, key: bytes) -> bytes | DataAccessResult:
        """Attribute 0: a structure of all attributes, null-data for those that cannot be read."""
        place = key[:8]
        numbers = self._numbers(place)
        if isinstance(numbers, DataAccessResult):
            return numbers
        values = []
        for number in numbers:
            reader = self.view.readers.get(place + bytes((number,)))
            try:
                values.append(_NULL if reader is None else reader(self.host))
            except AccessError:
                values.append(_NULL)
        return bytes((Tag.STRUCTURE,)) + encode_length(len(values)) + b"".join(values)

    def _write_all(self, key: bytes, value: bytes) -> DataAccessResult:
        """Attribute 0: a structure with a value for each attribute, null-data for those that stay as they are.

        What may not be written is refused before anything is; a value that does not fit ends it where it stands.
        """
        place = key[:8]
        numbers = self._numbers(place)
        if isinstance(numbers, DataAccessResult):
            return numbers
        values = _elements(value)
        if values is None or len(values) != len(numbers):
            return DataAccessResult.TYPE_UNMATCHED
        chosen = {place + bytes((number,)): one for number, one in zip(numbers, values, strict=True) if one != _NULL}
        if not chosen.keys() <= self.view.writers.keys():
            return DataAccessResult.READ_WRITE_DENIED
        for one, octets in chosen.items():
            result = self._write(one, octets)
            if result is not DataAccessResult.SUCCESS:
                return result
        return DataAccessResult.SUCCESS


def _elements(structure: bytes) -> list[bytes] | None:
    """The encoded elements of a structure; None if it is none."""
    cursor = Cursor(structure)
    try:
        cursor.expect(Tag.STRUCTURE, "all attributes")
        elements = [skip_data(cursor) for _ in range(cursor.count())]
        cursor.finish()
    except DecodeError:
        return None
    return elements


def _attribute_key(attribute: AttributeReference) -> bytes:
    return b"%b%b%c" % (attribute.class_id.to_bytes(2, "big"), attribute.name.octets, attribute.attribute & 0xFF)
