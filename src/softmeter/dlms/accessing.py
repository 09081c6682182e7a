"""ACCESS at the server: reads, writes and calls of one request, in their order (IEC 62056-53, ACCESS service)."""

from typing import assert_never

from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.dlms.access_messages import (
    BREAK_ON_ERROR,
    AccessAction,
    Accessed,
    AccessGet,
    AccessGetSelected,
    AccessRequest,
    AccessResponse,
    AccessSet,
    AccessSetSelected,
    AccessSpecification,
    ActionAccessed,
    GetAccessed,
    SetAccessed,
)
from softmeter.dlms.apdu import encode_apdu
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.getting import LONGEST_LIST
from softmeter.dlms.messages import ExceptionResponse, ServiceError, StateError
from softmeter.dlms.objects import Objects
from softmeter.errors import DecodeError

_NULL = b"\x00"


class Accessing:
    """ACCESS in one association."""

    __slots__ = ("_objects",)

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def serve(self, message: AccessRequest, room: int) -> bytes:
        """Do what is asked, one thing after the other; with the flag for it nothing after the first that fails."""
        if len(message.specifications) != len(message.data):
            raise DecodeError(f"{len(message.data)} data for {len(message.specifications)} specifications")
        found: list[bytes] = []
        results: list[Accessed] = []
        broken, left = False, LONGEST_LIST
        for specification, given in zip(message.specifications, message.data, strict=True):
            if broken:
                data, result = _NULL, _outcome(specification, DataAccessResult.OTHER_REASON)
            elif left <= 0:
                data, result = _NULL, _outcome(specification, DataAccessResult.TEMPORARY_FAILURE)
            else:
                data, result = self._do(specification, given)
            left -= len(data)
            broken |= bool(message.long_invoke_id & BREAK_ON_ERROR and result.result != 0)
            found.append(data)
            results.append(result)
        answer = encode_apdu(AccessResponse(message.long_invoke_id, b"", None, tuple(found), tuple(results)))
        if len(answer) <= room or Conformance.GENERAL_BLOCK_TRANSFER in self._objects.conformance:
            return answer
        return encode_apdu(ExceptionResponse(StateError.SERVICE_NOT_ALLOWED, ServiceError.PDU_TOO_LONG, None))

    def _do(self, wanted: AccessSpecification, given: bytes) -> tuple[bytes, Accessed]:
        objects = self._objects
        match wanted:
            case AccessGet(attribute):
                value = objects.read(attribute, None)
            case AccessGetSelected(attribute, selection):
                value = objects.read(attribute, selection)
            case AccessSet(attribute):
                return _NULL, SetAccessed(objects.write(attribute, None, given))
            case AccessSetSelected(attribute, selection):
                return _NULL, SetAccessed(objects.write(attribute, selection, given))
            case AccessAction(method):
                outcome = objects.call(method, given)
                data = outcome.data if isinstance(outcome.data, bytes) else _NULL
                return data, ActionAccessed(outcome.result)
            case _:
                assert_never(wanted)
        if isinstance(value, DataAccessResult):
            return _NULL, GetAccessed(value)
        return value, GetAccessed(DataAccessResult.SUCCESS)


def _outcome(wanted: AccessSpecification, result: DataAccessResult) -> Accessed:
    """A result in the form that the specification's kind has."""
    match wanted:
        case AccessGet() | AccessGetSelected():
            return GetAccessed(result)
        case AccessSet() | AccessSetSelected():
            return SetAccessed(result)
        case AccessAction():
            return ActionAccessed(ActionResult(result))
        case _:
            assert_never(wanted)
