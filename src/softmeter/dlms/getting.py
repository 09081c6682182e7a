"""GET at the server: one attribute or a list, whole or in blocks (IEC 62056-53, GET service)."""

from softmeter.cosem.access import DataAccessResult
from softmeter.dlms.apdu import encode_apdu
from softmeter.dlms.blocks import Outgoing
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.messages import (
    ExceptionResponse,
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseBlock,
    GetResponseWithList,
    ServiceError,
    StateError,
)
from softmeter.dlms.objects import Objects

LONGEST_LIST = 1 << 20
"""Octets that the results of one request may have together; what comes after is a temporary failure."""
_PRIORITY = Conformance.PRIORITY.value
_HIGH_PRIORITY = 0x80


class Getting:
    """GET in one association, with its block transfers under way.

    With priorities negotiated a transfer is ended only by a request of its own priority: so an urgent read may come
    between the blocks of a long one.
    """

    __slots__ = ("_objects", "_priorities", "transfers")

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._priorities = _HIGH_PRIORITY if objects.conformance._value_ & _PRIORITY else 0
        self.transfers: dict[int, Outgoing] = {}

    def end(self, invoke_id: int) -> None:
        """End the transfer that a new request with this invoke id supersedes."""
        self.transfers.pop(invoke_id & self._priorities, None)

    def normal(self, message: GetRequestNormal, room: int) -> bytes:
        """The answer to a request for one attribute, in at most `room` octets where the services allow."""
        self.end(message.invoke_id)
        result = self._objects.read(message.target.attribute, message.target.selection)
        if isinstance(result, DataAccessResult):
            return b"\xc4\x01%c\x01%c" % (message.invoke_id, result)
        return self.value(message.invoke_id, result, room)

    def value(self, invoke_id: int, value: bytes, room: int) -> bytes:
        """The answer that carries `value`."""
        if len(value) + 4 <= room:
            return b"\xc4\x01%c\x00%b" % (invoke_id, value)
        if Conformance.BLOCK_GET in self._objects.conformance:
            return self._block(invoke_id, Outgoing(value), room)
        if Conformance.GENERAL_BLOCK_TRANSFER in self._objects.conformance:
            return b"\xc4\x01%c\x00%b" % (invoke_id, value)
        return b"\xc4\x01%c\x01\xfa" % invoke_id

    def next(self, message: GetRequestNext, room: int) -> bytes:
        """The next block, or why there is none."""
        transfer = self.transfers.pop(message.invoke_id & self._priorities, None)
        if transfer is None:
            return _failed(message, DataAccessResult.NO_LONG_GET_IN_PROGRESS)
        if message.block_number != transfer.acknowledges:
            return _failed(message, DataAccessResult.DATA_BLOCK_NUMBER_INVALID)
        return self._block(message.invoke_id, transfer, room)

    def with_list(self, message: GetRequestWithList, room: int) -> bytes:
        """The results of several attributes."""
        self.end(message.invoke_id)
        results: list[bytes | DataAccessResult] = []
        left = LONGEST_LIST
        for target in message.targets:
            result: bytes | DataAccessResult = DataAccessResult.TEMPORARY_FAILURE
            if left > 0:
                result = self._objects.read(target.attribute, target.selection)
            left -= len(result) if isinstance(result, bytes) else 0
            results.append(result)
        answer = encode_apdu(GetResponseWithList(message.invoke_id, tuple(results)))
        if len(answer) <= room:
            return answer
        if Conformance.BLOCK_GET in self._objects.conformance:
            return self._block(message.invoke_id, Outgoing(answer[3:]), room)
        if Conformance.GENERAL_BLOCK_TRANSFER in self._objects.conformance:
            return answer
        return encode_apdu(ExceptionResponse(StateError.SERVICE_NOT_ALLOWED, ServiceError.PDU_TOO_LONG, None))

    def _block(self, invoke_id: int, transfer: Outgoing, room: int) -> bytes:
        block = transfer.block(room)
        if not block.last:
            self.transfers[invoke_id & self._priorities] = transfer
        return encode_apdu(GetResponseBlock(invoke_id, block.last, block.number, block.raw))


def _failed(message: GetRequestNext, result: DataAccessResult) -> bytes:
    return encode_apdu(GetResponseBlock(message.invoke_id, True, message.block_number, result))
