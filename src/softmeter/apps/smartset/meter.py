"""A meter that smartset is associated with: its objects, attributes and methods, and why it refuses them."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import Flag, IntEnum
from typing import TypeVar

from softmeter.apps.smartset.classes import MAIN, attribute_name, class_name, method_name, scaler_attribute
from softmeter.apps.smartset.credentials import Login
from softmeter.apps.smartset.failures import ExplainedError, explained
from softmeter.apps.smartset.names import ASSOCIATION, NAMES, Target
from softmeter.apps.smartset.object_list import Entry, entries, rights_text
from softmeter.apps.smartset.settings import Settings
from softmeter.apps.smartset.values import unit_symbol, whole
from softmeter.cosem.access import DataAccessResult
from softmeter.dlms import announcing
from softmeter.dlms.client import Client
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.conversation import Conversation, Progress
from softmeter.dlms.messages import AttributeReference, MethodReference, Selection
from softmeter.dlms.opening import Negotiated
from softmeter.errors import AccessError, ProtocolError
from softmeter.obis import Obis
from softmeter.transport.errors import TransportError
from softmeter.transport.session import BlockingLink
from softmeter.wire.types import Data, decode_data, encode_data

T = TypeVar("T")

_DENIED = DataAccessResult.READ_WRITE_DENIED
_MISSING = {DataAccessResult.OBJECT_UNDEFINED, DataAccessResult.OBJECT_CLASS_INCONSISTENT}
_MOST_SCALER = 128
"""Scalers travel in one octet."""
_SEALED = "at the optical port it may take changes only after its sealed button was pressed"


def _word(member: Flag | IntEnum) -> str:
    """A name as the standard writes it: `read-write-denied`."""
    return (member.name or "").lower().replace("_", "-")


class RefusedError(ExplainedError):
    """The meter refused an attribute or method; `result` is its reason."""

    def __init__(self, message: str, result: int) -> None:
        super().__init__(message)
        self.result = result


@dataclass(frozen=True, slots=True)
class Terms:
    """What was negotiated."""

    services: list[str]
    max_pdu_size: int
    system_title: bytes

    @classmethod
    def of(cls, negotiated: Negotiated) -> "Terms":
        services = [_word(bit) for bit in negotiated.conformance]
        return cls(services, negotiated.max_pdu_size, negotiated.server_title)


class Meter:
    """An open association; every failure comes as an `ExplainedError`."""

    def __init__(self, link: BlockingLink, client: Client, settings: Settings, who: Login) -> None:
        self._link = link
        self._client = client
        self._settings = settings
        self._who = who
        self._objects: list[Entry] | None = None
        self.is_left = False
        """Whether the association is left without a release: its keys are the meter's no more."""
        self.terms = Terms.of(client.negotiated)

    def get(
        self,
        class_id: int,
        obis: Obis,
        attribute: int,
        selection: Selection | None = None,
        progress: Progress | None = None,
    ) -> Data:
        """An attribute's value.

        Raises:
            RefusedError: the meter does not give it.
        """
        if selection is not None:
            self._need(Conformance.SELECTIVE_ACCESS)
        reference = AttributeReference(class_id, obis, attribute)
        return self._decoded(self._run(self._client.get(reference, selection, progress), reference))

    def set(self, class_id: int, obis: Obis, attribute: int, value: Data) -> None:
        """Set an attribute; raises as `get`."""
        self._need(Conformance.SET)
        reference = AttributeReference(class_id, obis, attribute)
        self._run(self._client.set(reference, encode_data(value)), reference)

    def call(self, class_id: int, obis: Obis, method: int, parameter: Data) -> Data | None:
        """Invoke a method; raises as `get`."""
        self._need(Conformance.ACTION)
        reference = MethodReference(class_id, obis, method)
        returned = self._run(self._client.action(reference, encode_data(parameter)), reference)
        return self._decoded(returned) if returned else None

    def run(self, conversation: Callable[[Client], Conversation[T]], about: AttributeReference | MethodReference) -> T:
        """A conversation of several requests; raises as `get`, and says it was `about` that."""
        return self._run(conversation(self._client), about)

    def announce(self, messages: Conversation[T]) -> T:
        """Messages to all meters, by the way to this one; nobody answers."""
        try:
            return self._link.run(messages, client_sap=announcing.CLIENT)
        except TransportError as error:
            raise explained(error, self._settings, self._who, is_open=True) from error

    @property
    def selects(self) -> bool:
        """Whether parts of an attribute may be asked for."""
        return Conformance.SELECTIVE_ACCESS in self._client.negotiated.conformance

    def _need(self, service: Conformance) -> None:
        if service not in self._client.negotiated.conformance:
            word = _word(service)
            raise ExplainedError(f"the meter offers client {self._settings.client} no {word}; {self._try()}")

    def scaler_unit(self, class_id: int, obis: Obis, attribute: int) -> tuple[int, str] | None:
        """Scaler and symbol of the unit of an attribute; None where it has none to read."""
        number = scaler_attribute(class_id, attribute)
        if number is None:
            return None
        try:
            scaler, unit = map(whole, self.get(class_id, obis, number).value)
        except (RefusedError, TypeError, ValueError, AttributeError):
            return None
        return (scaler, unit_symbol(unit)) if abs(scaler) <= _MOST_SCALER else None

    def objects(self) -> list[Entry]:
        """The object list, read once."""
        if self._objects is None:
            data = self.get(ASSOCIATION, NAMES["association"].obis, MAIN)
            try:
                self._objects = entries(data)
            except ProtocolError as error:
                raise explained(error, self._settings, self._who, is_open=True) from error
        return self._objects

    def class_of(self, target: Target) -> int:
        """The class of what someone asked for: as told, as known, or as the object list says.

        Raises:
            ExplainedError: this client sees no such object, or several of that name.
        """
        if target.class_id is not None:
            return target.class_id
        classes = [entry.class_id for entry in self.objects() if entry.obis == target.obis]
        if len(classes) > 1:
            choices = ", ".join(f"{number} ({class_name(number)})" for number in classes)
            raise ExplainedError(f"{target.obis.short} names several objects; say which with --class {choices}")
        if not classes:
            raise ExplainedError(
                f"the meter shows client {self._settings.client} no object {target.obis.short}; {self._try()}"
            )
        return classes[0]

    def _try(self) -> str:
        other = "" if self._who.credentials.needs_keys else ", or try --client management --keys FILE"
        return f"smartset … list shows what it may see{other}"

    def _decoded(self, octets: bytes) -> Data:
        try:
            return decode_data(octets)
        except ProtocolError as error:
            raise explained(error, self._settings, self._who, is_open=True) from error

    def _run(self, conversation: Conversation[T], reference: AttributeReference | MethodReference) -> T:
        try:
            return self._link.run(conversation)
        except AccessError as error:
            raise RefusedError(self._refusal(error, reference), error.result) from error
        except (ProtocolError, TransportError) as error:
            raise explained(error, self._settings, self._who, is_open=True) from error

    def _refusal(self, error: AccessError, reference: AttributeReference | MethodReference) -> str:
        class_id, obis = reference.class_id, reference.name
        if isinstance(reference, MethodReference):
            part, name = f"method {reference.method}", method_name(class_id, reference.method)
        else:
            part, name = f"attribute {reference.attribute}", attribute_name(class_id, reference.attribute)
        result = _word(DataAccessResult(error.result)) if error.result in set(DataAccessResult) else str(error.result)
        what = f"{part} ({name}) of {obis.short}" if name else f"{part} of {obis.short}"
        return f"the meter refuses client {self._settings.client} {what}: {result}; {self._advice(error, reference)}"

    def _advice(self, error: AccessError, reference: AttributeReference | MethodReference) -> str:
        if error.result == DataAccessResult.TYPE_UNMATCHED:
            return "try another --type"
        if error.result == DataAccessResult.OTHER_REASON:
            return "it may not take this value, or not now"
        if error.result not in {_DENIED, *_MISSING} or reference.name == NAMES["association"].obis:
            return "smartset … info shows what this client may use"
        with contextlib.suppress(ExplainedError):
            seen = [entry for entry in self.objects() if entry.obis == reference.name]
            if seen and all(entry.class_id != reference.class_id for entry in seen):
                return f"it is of class {seen[0].class_id} ({class_name(seen[0].class_id)}); use --class"
            if seen:
                local = self._settings.serial or self._settings.hdlc or self._settings.mode_e
                button = f"; {_SEALED}" if local and error.result == _DENIED else ""
                return f"this client's rights there are: {rights_text(seen[0])}{button}"
        return self._try()
