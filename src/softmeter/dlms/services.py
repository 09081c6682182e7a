"""Every service of one association, by the messages that ask for them (IEC 62056-53, services with logical names).

A plain GET of a whole attribute is a slice, a look-up and a call; everything else takes the long way over the declared
messages. What is refused is refused by one of two kinds of answer: a result, or an exception-response. Who sends an
unconfirmed request gets neither.
"""

from collections.abc import Callable
from typing import Any

from softmeter.cosem.dictionary import View
from softmeter.dlms.access_messages import AccessRequest
from softmeter.dlms.accessing import Accessing
from softmeter.dlms.apdu import Ciphered, UnknownServiceError, decode_apdu, encode_apdu
from softmeter.dlms.calling import Calling
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.dialect import Dialect
from softmeter.dlms.getting import Getting
from softmeter.dlms.host import BadRequest, Client, Event, Guard, Host, NotificationConfirmed
from softmeter.dlms.messages import (
    ActionRequestBlock,
    ActionRequestFirstBlock,
    ActionRequestNext,
    ActionRequestNormal,
    ActionRequestWithList,
    ActionRequestWithListFirstBlock,
    ExceptionResponse,
    GeneralDedicated,
    GeneralGlobal,
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    ServiceError,
    SetRequestFirstBlock,
    SetRequestNextBlock,
    SetRequestNormal,
    SetRequestWithList,
    SetRequestWithListFirstBlock,
    StateError,
)
from softmeter.dlms.objects import Objects
from softmeter.dlms.setting import Setting
from softmeter.dlms.unsolicited import DataNotificationConfirm
from softmeter.errors import AccessError, DecodeError, SecurityError

SERVED = (
    Conformance.GENERAL_PROTECTION
    | Conformance.GENERAL_BLOCK_TRANSFER
    | Conformance.ATTRIBUTE0_SET
    | Conformance.PRIORITY
    | Conformance.ATTRIBUTE0_GET
    | Conformance.BLOCK_GET
    | Conformance.BLOCK_SET
    | Conformance.BLOCK_ACTION
    | Conformance.MULTIPLE_REFERENCES
    | Conformance.DATA_NOTIFICATION
    | Conformance.ACCESS
    | Conformance.GET
    | Conformance.SET
    | Conformance.SELECTIVE_ACCESS
    | Conformance.EVENT_NOTIFICATION
    | Conformance.ACTION
)
"""The services this server has; an association never offers another."""

_CONFIRMED = 0x40
_GET = Conformance.GET.value
_GET_OCTETS = 13
_GET_TAG, _ACCESS_TAG = 0xC0, 0xD9
_INVOKE_ID_AT = {_GET_TAG: 2, 0xC1: 2, 0xC3: 2, _ACCESS_TAG: 1}
"""Where the octet with the flag "confirmed" stands, by the service's tag."""
_Serve = Callable[[Any, int], bytes]


def refusal(state: StateError, service: ServiceError, counter: int | None = None) -> bytes:
    """An exception-response."""
    return encode_apdu(ExceptionResponse(state, service, counter))


class Services:
    """What one association serves, and its block transfers under way."""

    __slots__ = ("_conformance", "_dialect", "_events", "_getting", "_host", "_objects", "_readers", "_sap", "_served")

    def __init__(
        self,
        host: Host,
        view: View,
        conformance: Conformance,
        client: Client,
        events: list[Event],
        guard: Guard | None = None,
    ) -> None:
        self._host = host
        self._conformance = conformance
        self._sap = client.sap
        self._dialect = client.dialect
        self._events = events
        self._readers = view.readers if conformance._value_ & _GET else {}
        self._objects = Objects(host, view, conformance, client.sap, events, guard)
        self._getting = Getting(self._objects)
        self._served: dict[type[Any], tuple[Conformance, _Serve]] = {}
        """Made when the first request comes that is more than a plain GET."""

    def serve(self, apdu: bytes, room: int) -> bytes:
        """The answer to a request, empty for an unconfirmed one.

        It has at most `room` octets, unless general block transfer was negotiated: that then carries what is longer and
        has no blocks of its own.
        """
        if len(apdu) == _GET_OCTETS and apdu.startswith(b"\xc0\x01") and apdu[12] == 0 and apdu[2] & _CONFIRMED:
            reader = self._readers.get(apdu[3:12])
            if reader is not None:
                getting = self._getting
                if getting.transfers:
                    getting.end(apdu[2])
                try:
                    data = reader(self._host)
                except AccessError as error:
                    return b"\xc4\x01%c\x01%c" % (apdu[2], error.result)
                if len(data) + 4 <= room:
                    return b"\xc4\x01%c\x00%b" % (apdu[2], data)
                return getting.value(apdu[2], data, room)
        if not _is_unconfirmed(apdu):
            return self._serve_declared(apdu, room)
        if apdu[0] != _GET_TAG:  # a read that nobody waits for is no read
            self._serve_declared(apdu, room)
        return b""

    def _serve_declared(self, apdu: bytes, room: int) -> bytes:
        try:
            message = decode_apdu(apdu)
            if isinstance(message, Ciphered | GeneralGlobal | GeneralDedicated):
                raise SecurityError("ciphered outside a ciphered context")  # noqa: TRY301 - one place answers
            if not self._served:
                self._served = _served_forms(self._getting, self._objects, self._dialect)
                self._served[DataNotificationConfirm] = (Conformance.DATA_NOTIFICATION, self._confirmed)
            needed, serve = self._served.get(type(message), (Conformance(0), None))
            if serve is None or needed & ~self._conformance or self._selects_unasked(message):
                return refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.SERVICE_NOT_SUPPORTED)
            return serve(message, room)
        except SecurityError as error:
            self._events.append(BadRequest(self._sap, str(error)))
            return refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.DECIPHERING_ERROR)
        except UnknownServiceError as error:
            self._events.append(BadRequest(self._sap, str(error)))
            return refusal(StateError.SERVICE_UNKNOWN, ServiceError.SERVICE_NOT_SUPPORTED)
        except DecodeError as error:
            self._events.append(BadRequest(self._sap, str(error)))
            return refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.OTHER_REASON)

    def _confirmed(self, message: DataNotificationConfirm, _: int) -> bytes:
        """A client has what we told it; that is not answered."""
        self._events.append(NotificationConfirmed(self._sap, message.long_invoke_id))
        return b""

    def _selects_unasked(self, message: Any) -> bool:
        """Whether a GET or SET selects without that having been negotiated; ACCESS tells so by a result."""
        if Conformance.SELECTIVE_ACCESS in self._conformance:
            return False
        targets = getattr(message, "targets", ()) or (getattr(message, "target", None),)
        return any(target is not None and target.selection is not None for target in targets)


def _is_unconfirmed(apdu: bytes) -> bool:
    at = _INVOKE_ID_AT.get(apdu[0]) if apdu else None
    return at is not None and len(apdu) > at and not apdu[at] & _CONFIRMED


def _served_forms(getting: Getting, objects: Objects, dialect: Dialect) -> dict[type[Any], tuple[Conformance, _Serve]]:
    """Each form of a request that is served: the services it needs, and what serves it."""
    setting, calling, accessing = Setting(objects), Calling(objects, dialect), Accessing(objects)
    bit = Conformance
    lists = bit.MULTIPLE_REFERENCES
    set_blocks, action_blocks = bit.SET | bit.BLOCK_SET, bit.ACTION | bit.BLOCK_ACTION
    return {
        GetRequestNormal: (bit.GET, getting.normal),
        GetRequestNext: (bit.GET | bit.BLOCK_GET, getting.next),
        GetRequestWithList: (bit.GET | lists, getting.with_list),
        SetRequestNormal: (bit.SET, setting.normal),
        SetRequestFirstBlock: (set_blocks, setting.first),
        SetRequestNextBlock: (set_blocks, setting.next),
        SetRequestWithList: (bit.SET | lists, setting.with_list),
        SetRequestWithListFirstBlock: (set_blocks | lists, setting.first_of_list),
        ActionRequestNormal: (bit.ACTION, calling.normal),
        ActionRequestNext: (action_blocks, calling.next),
        ActionRequestWithList: (bit.ACTION | lists, calling.with_list),
        ActionRequestFirstBlock: (action_blocks, calling.first),
        ActionRequestWithListFirstBlock: (action_blocks | lists, calling.first_of_list),
        ActionRequestBlock: (action_blocks, calling.block),
        AccessRequest: (bit.ACCESS, accessing.serve),
    }
