"""ACTION at the server: one method or a list, parameters and results whole or in blocks (IEC 62056-53)."""

from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.dlms.apdu import encode_apdu
from softmeter.dlms.blocks import Incoming, Outgoing
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.dialect import Dialect
from softmeter.dlms.messages import (
    ActionOutcome,
    ActionRequestBlock,
    ActionRequestFirstBlock,
    ActionRequestNext,
    ActionRequestNormal,
    ActionRequestWithList,
    ActionRequestWithListFirstBlock,
    ActionResponseBlock,
    ActionResponseNext,
    ActionResponseNormal,
    ActionResponseWithList,
    DataBlock,
    ExceptionResponse,
    MethodReference,
    ServiceError,
    StateError,
    data_list,
)
from softmeter.dlms.objects import Objects
from softmeter.errors import DecodeError
from softmeter.wire.types import decode_data


class Calling:
    """ACTION in one association, with its block transfers under way: parameters coming in, results going out."""

    __slots__ = ("_incoming", "_objects", "_outgoing", "_with_result")

    def __init__(self, objects: Objects, dialect: Dialect) -> None:
        self._objects = objects
        self._with_result = dialect.action_blocks_with_result
        self._incoming: Incoming[MethodReference] | None = None
        self._outgoing: Outgoing | None = None

    def normal(self, message: ActionRequestNormal, room: int) -> bytes:
        """Call one method."""
        self._end()
        if message.parameter is not None:
            decode_data(message.parameter)
        outcome = self._objects.call(message.method, message.parameter or b"")
        return self._answer_one(message.invoke_id, outcome, room)

    def with_list(self, message: ActionRequestWithList, room: int) -> bytes:
        """Call several methods, each as if it were alone."""
        self._end()
        return self._call_each(message.invoke_id, message.methods, message.parameters, room)

    def first(self, message: ActionRequestFirstBlock, room: int) -> bytes:
        """Begin a long parameter."""
        self._end()
        self._incoming = Incoming((message.method,), is_list=False)
        return self._take(message.invoke_id, message.block, room)

    def first_of_list(self, message: ActionRequestWithListFirstBlock, room: int) -> bytes:
        """Begin a long list of parameters."""
        self._end()
        self._incoming = Incoming(message.methods, is_list=True)
        return self._take(message.invoke_id, message.block, room)

    def block(self, message: ActionRequestBlock, room: int) -> bytes:
        """Go on with a long parameter, and call when it is whole."""
        return self._take(message.invoke_id, message.block, room)

    def next(self, message: ActionRequestNext, room: int) -> bytes:
        """The next block of a long result."""
        outgoing, self._outgoing = self._outgoing, None
        if outgoing is None:
            return _failed(message.invoke_id, ActionResult.NO_LONG_ACTION_IN_PROGRESS)
        if message.block_number != outgoing.acknowledges:
            return _failed(message.invoke_id, ActionResult.LONG_ACTION_ABORTED)
        return self._block(message.invoke_id, outgoing, room)

    def _end(self) -> None:
        self._incoming = self._outgoing = None

    def _take(self, invoke_id: int, block: DataBlock, room: int) -> bytes:
        transfer, self._incoming = self._incoming, None
        if transfer is None:
            return _failed(invoke_id, ActionResult.NO_LONG_ACTION_IN_PROGRESS)
        if transfer.take(block) is not None:
            return _failed(invoke_id, ActionResult.LONG_ACTION_ABORTED)
        if not block.last:
            self._incoming = transfer
            return encode_apdu(ActionResponseNext(invoke_id, block.number))
        if transfer.is_list:
            return self._call_each(invoke_id, transfer.targets, data_list.decode_bare(transfer.raw), room)
        decode_data(transfer.raw)
        return self._answer_one(invoke_id, self._objects.call(transfer.targets[0], transfer.raw), room)

    def _call_each(
        self, invoke_id: int, methods: tuple[MethodReference, ...], parameters: tuple[bytes, ...], room: int
    ) -> bytes:
        if len(methods) != len(parameters):
            raise DecodeError(f"{len(parameters)} parameters for {len(methods)} methods")
        pairs = zip(methods, parameters, strict=True)
        outcomes = tuple([self._objects.call(method, parameter) for method, parameter in pairs])
        answer = encode_apdu(ActionResponseWithList(invoke_id, outcomes))
        too_long = ExceptionResponse(StateError.SERVICE_NOT_ALLOWED, ServiceError.PDU_TOO_LONG, None)
        return self._fitted(invoke_id, answer, encode_apdu(too_long), room, answer[3:])

    def _answer_one(self, invoke_id: int, outcome: ActionOutcome, room: int) -> bytes:
        answer = encode_apdu(ActionResponseNormal(invoke_id, outcome.result, outcome.data))
        if outcome.data is None:
            return answer
        without = ActionResponseNormal(invoke_id, outcome.result, DataAccessResult.OTHER_REASON)
        data = outcome.data
        raw = data if isinstance(data, bytes) and not self._with_result else answer[3:]
        return self._fitted(invoke_id, answer, encode_apdu(without), room, raw)

    def _fitted(self, invoke_id: int, answer: bytes, otherwise: bytes, room: int, raw: bytes) -> bytes:
        """The answer, or `raw` in blocks if it is too long, or `otherwise` where no blocks were negotiated."""
        if len(answer) <= room:
            return answer
        if Conformance.BLOCK_ACTION in self._objects.conformance:
            return self._block(invoke_id, Outgoing(raw), room)
        return answer if Conformance.GENERAL_BLOCK_TRANSFER in self._objects.conformance else otherwise

    def _block(self, invoke_id: int, outgoing: Outgoing, room: int) -> bytes:
        block = outgoing.block(room)
        if not block.last:
            self._outgoing = outgoing
        return encode_apdu(ActionResponseBlock(invoke_id, block))


def _failed(invoke_id: int, result: ActionResult) -> bytes:
    return encode_apdu(ActionResponseNormal(invoke_id, result, None))
