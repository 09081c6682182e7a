"""GET, SET and ACTION on the objects of a meter, within one association (IEC 62056-53, services with logical names).

A plain GET of a whole attribute is a slice, a look-up and a call; everything else takes the long way over the declared
messages. What is refused is refused by one of two kinds of answer: a result, or an exception-response.
"""

from collections.abc import Callable
from typing import Any

from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.cosem.dictionary import View
from softmeter.dlms.apdu import Ciphered, UnknownServiceError, decode_apdu, encode_apdu
from softmeter.dlms.blocks import GetTransfer, SetTransfer, get_failed
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.host import AttributeSet, BadRequest, Event, Host, MethodInvoked
from softmeter.dlms.messages import (
    ActionOutcome,
    ActionRequestNormal,
    ActionRequestWithList,
    ActionResponseNormal,
    ActionResponseWithList,
    AttributeReference,
    ExceptionResponse,
    GeneralDedicated,
    GeneralGlobal,
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseWithList,
    MethodReference,
    ServiceError,
    SetRequestFirstBlock,
    SetRequestNextBlock,
    SetRequestNormal,
    SetRequestWithList,
    SetRequestWithListFirstBlock,
    SetResponseBlock,
    SetResponseLastBlock,
    SetResponseLastBlockWithList,
    SetResponseNormal,
    SetResponseWithList,
    StateError,
    Target,
    encoded,
)
from softmeter.errors import AccessError, DecodeError, SecurityError
from softmeter.wire.types import array_of, decode_data

SERVED = (
    Conformance.GENERAL_PROTECTION
    | Conformance.BLOCK_GET
    | Conformance.BLOCK_SET
    | Conformance.MULTIPLE_REFERENCES
    | Conformance.GET
    | Conformance.SET
    | Conformance.SELECTIVE_ACCESS
    | Conformance.ACTION
)
"""The services this server has; an association never offers another."""

LONGEST_LIST = 1 << 20
"""Octets that the results of one GET with a list may have together; what comes after is a temporary failure."""

_CONFIRMED = 0x40
_GET_OCTETS = 13
_data_list = array_of(encoded)
_GET = Conformance.GET
_SET = Conformance.SET
_LIST = Conformance.MULTIPLE_REFERENCES


def refusal(state: StateError, service: ServiceError, counter: int | None = None) -> bytes:
    """An exception-response."""
    return encode_apdu(ExceptionResponse(state, service, counter))


class Services:
    """What one association serves, and its block transfers under way."""

    __slots__ = ("_conformance", "_events", "_get", "_host", "_readers", "_room", "_sap", "_set", "_view")

    def __init__(self, host: Host, view: View, conformance: Conformance, sap: int, events: list[Event]) -> None:
        self._host = host
        self._view = view
        self._conformance = conformance
        self._sap = sap
        self._events = events
        self._readers = view.readers if _GET in conformance else {}
        self._get: GetTransfer | None = None
        self._set: SetTransfer | None = None
        self._room = 0

    def serve(self, apdu: bytes, room: int) -> bytes:
        """The answer to a request, in at most `room` octets where the service allows; empty for an unconfirmed one."""
        self._room = room
        if len(apdu) == _GET_OCTETS and apdu.startswith(b"\xc0\x01") and apdu[12] == 0 and apdu[2] & _CONFIRMED:
            reader = self._readers.get(apdu[3:12])
            if reader is not None:
                self._get = None
                try:
                    data = reader(self._host)
                except AccessError as error:
                    return b"\xc4\x01%c\x01%c" % (apdu[2], error.result)
                if len(data) + 4 <= room:
                    return b"\xc4\x01%c\x00%b" % (apdu[2], data)
                return self._long(apdu[2], data, b"\xc4\x01%c\x01\xfa" % apdu[2])
        return self._serve_declared(apdu)

    def _serve_declared(self, apdu: bytes) -> bytes:
        try:
            message = decode_apdu(apdu)
            if isinstance(message, Ciphered | GeneralGlobal | GeneralDedicated):
                raise SecurityError("ciphered outside a ciphered context")  # noqa: TRY301 - one place answers
            found = _SERVED_FORMS.get(type(message))
            if found is None or self._lacks(message, found[0]):
                return refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.SERVICE_NOT_SUPPORTED)
            answer = found[1](self, message)
        except SecurityError as error:
            self._events.append(BadRequest(self._sap, str(error)))
            return refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.DECIPHERING_ERROR)
        except UnknownServiceError as error:
            self._events.append(BadRequest(self._sap, str(error)))
            return refusal(StateError.SERVICE_UNKNOWN, ServiceError.SERVICE_NOT_SUPPORTED)
        except DecodeError as error:
            self._events.append(BadRequest(self._sap, str(error)))
            return refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.OTHER_REASON)
        return answer if message.invoke_id & _CONFIRMED else b""

    def _lacks(self, message: Any, needed: Conformance) -> bool:
        targets = getattr(message, "targets", ()) or (getattr(message, "target", None),)
        if any(target is not None and target.selection is not None for target in targets):
            needed |= Conformance.SELECTIVE_ACCESS
        return bool(needed & ~self._conformance)

    def get_normal(self, message: GetRequestNormal) -> bytes:
        self._get = None
        result = self._read(message.target)
        if isinstance(result, DataAccessResult):
            return b"\xc4\x01%c\x01%c" % (message.invoke_id, result)
        if len(result) + 4 <= self._room:
            return b"\xc4\x01%c\x00%b" % (message.invoke_id, result)
        return self._long(message.invoke_id, result, b"\xc4\x01%c\x01\xfa" % message.invoke_id)

    def get_next(self, message: GetRequestNext) -> bytes:
        transfer, self._get = self._get, None
        if transfer is None:
            return get_failed(message.invoke_id, message.block_number, DataAccessResult.NO_LONG_GET_IN_PROGRESS)
        if message.block_number != transfer.acknowledges:
            return get_failed(message.invoke_id, message.block_number, DataAccessResult.DATA_BLOCK_NUMBER_INVALID)
        return self._block(message.invoke_id, transfer)

    def get_with_list(self, message: GetRequestWithList) -> bytes:
        self._get = None
        results: list[bytes | DataAccessResult] = []
        left = LONGEST_LIST
        for target in message.targets:
            result = self._read(target) if left > 0 else DataAccessResult.TEMPORARY_FAILURE
            left -= len(result) if isinstance(result, bytes) else 0
            results.append(result)
        answer = encode_apdu(GetResponseWithList(message.invoke_id, tuple(results)))
        if len(answer) <= self._room:
            return answer
        return self._long(
            message.invoke_id, answer[3:], refusal(StateError.SERVICE_NOT_ALLOWED, ServiceError.PDU_TOO_LONG)
        )

    def set_normal(self, message: SetRequestNormal) -> bytes:
        self._set = None
        decode_data(message.value)
        return encode_apdu(SetResponseNormal(message.invoke_id, self._write(message.target, message.value)))

    def set_with_list(self, message: SetRequestWithList) -> bytes:
        self._set = None
        results = self._write_all(message.targets, message.values)
        return encode_apdu(SetResponseWithList(message.invoke_id, results))

    def set_first(self, message: SetRequestFirstBlock) -> bytes:
        self._set = SetTransfer((message.target,), is_list=False)
        return self.set_next(SetRequestNextBlock(message.invoke_id, message.block))

    def set_first_of_list(self, message: SetRequestWithListFirstBlock) -> bytes:
        self._set = SetTransfer(message.targets, is_list=True)
        return self.set_next(SetRequestNextBlock(message.invoke_id, message.block))

    def set_next(self, message: SetRequestNextBlock) -> bytes:
        transfer, self._set = self._set, None
        invoke_id, number = message.invoke_id, message.block.number
        if transfer is None:
            return encode_apdu(SetResponseLastBlock(invoke_id, DataAccessResult.NO_LONG_SET_IN_PROGRESS, number))
        failed = transfer.take(message.block)
        if failed is not None:
            return encode_apdu(SetResponseLastBlock(invoke_id, failed, number))
        if not message.block.last:
            self._set = transfer
            return encode_apdu(SetResponseBlock(invoke_id, number))
        if transfer.is_list:
            results = self._write_all(transfer.targets, _data_list.decode_bare(transfer.raw))
            return encode_apdu(SetResponseLastBlockWithList(invoke_id, results, number))
        decode_data(transfer.raw)
        return encode_apdu(SetResponseLastBlock(invoke_id, self._write(transfer.targets[0], transfer.raw), number))

    def action_normal(self, message: ActionRequestNormal) -> bytes:
        if message.parameter is not None:
            decode_data(message.parameter)
        outcome = self._invoke(message.method, message.parameter or b"")
        answer = encode_apdu(ActionResponseNormal(message.invoke_id, outcome.result, outcome.data))
        if outcome.data is None or len(answer) <= self._room:
            return answer
        return encode_apdu(ActionResponseNormal(message.invoke_id, outcome.result, DataAccessResult.OTHER_REASON))

    def action_with_list(self, message: ActionRequestWithList) -> bytes:
        if len(message.methods) != len(message.parameters):
            raise DecodeError(f"{len(message.parameters)} parameters for {len(message.methods)} methods")
        pairs = zip(message.methods, message.parameters, strict=True)
        outcomes = tuple([self._invoke(method, parameter) for method, parameter in pairs])
        return encode_apdu(ActionResponseWithList(message.invoke_id, outcomes))

    def _long(self, invoke_id: int, raw: bytes, otherwise: bytes) -> bytes:
        """The first block of a result too long for one APDU, or `otherwise` where blocks were not negotiated."""
        if Conformance.BLOCK_GET not in self._conformance:
            return otherwise
        return self._block(invoke_id, GetTransfer(raw))

    def _block(self, invoke_id: int, transfer: GetTransfer) -> bytes:
        block = transfer.block(invoke_id, self._room)
        if not transfer.is_finished:
            self._get = transfer
        return block

    def _read(self, target: Target) -> bytes | DataAccessResult:
        key = _attribute_key(target.attribute)
        reader = self._view.readers.get(key)
        if reader is None:
            return self._view.refusal(key)
        try:
            if target.selection is None:
                return reader(self._host)
            select = self._view.selectors.get(key)
            if select is None:
                return DataAccessResult.SCOPE_OF_ACCESS_VIOLATED
            return select(self._host, target.selection.selector, target.selection.parameters)
        except AccessError as error:
            return DataAccessResult(error.result)

    def _write(self, target: Target, value: bytes) -> DataAccessResult:
        key = _attribute_key(target.attribute)
        writer = self._view.writers.get(key)
        if writer is None:
            return self._view.refusal(key)
        if target.selection is not None:
            return DataAccessResult.SCOPE_OF_ACCESS_VIOLATED
        try:
            writer(self._host, value)
        except AccessError as error:
            return DataAccessResult(error.result)
        self._host.changed()
        self._events.append(AttributeSet(self._sap, key))
        return DataAccessResult.SUCCESS

    def _write_all(self, targets: tuple[Target, ...], values: tuple[bytes, ...]) -> tuple[DataAccessResult, ...]:
        if len(targets) != len(values):
            raise DecodeError(f"{len(values)} values for {len(targets)} attributes")
        return tuple([self._write(target, value) for target, value in zip(targets, values, strict=True)])

    def _invoke(self, method: MethodReference, parameter: bytes) -> ActionOutcome:
        key = b"%b%b%c" % (method.class_id.to_bytes(2, "big"), method.name.octets, method.method & 0xFF)
        invoke = self._view.invokers.get(key)
        if invoke is None:
            return ActionOutcome(ActionResult(self._view.refusal(key, is_method=True)), None)
        try:
            data = invoke(self._host, parameter)
        except AccessError as error:
            return ActionOutcome(ActionResult(error.result), None)
        self._host.changed()
        self._events.append(MethodInvoked(self._sap, key))
        return ActionOutcome(ActionResult.SUCCESS, data or None)


def _attribute_key(attribute: AttributeReference) -> bytes:
    return b"%b%b%c" % (attribute.class_id.to_bytes(2, "big"), attribute.name.octets, attribute.attribute & 0xFF)


_SERVED_FORMS: dict[type[Any], tuple[Conformance, Callable[[Services, Any], bytes]]] = {
    GetRequestNormal: (_GET, Services.get_normal),
    GetRequestNext: (_GET | Conformance.BLOCK_GET, Services.get_next),
    GetRequestWithList: (_GET | _LIST, Services.get_with_list),
    SetRequestNormal: (_SET, Services.set_normal),
    SetRequestFirstBlock: (_SET | Conformance.BLOCK_SET, Services.set_first),
    SetRequestNextBlock: (_SET | Conformance.BLOCK_SET, Services.set_next),
    SetRequestWithList: (_SET | _LIST, Services.set_with_list),
    SetRequestWithListFirstBlock: (_SET | _LIST | Conformance.BLOCK_SET, Services.set_first_of_list),
    ActionRequestNormal: (Conformance.ACTION, Services.action_normal),
    ActionRequestWithList: (Conformance.ACTION | _LIST, Services.action_with_list),
}
"""Each form of a request that is served: the services it needs, and what serves it."""
