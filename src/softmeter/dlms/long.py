"""One invocation of a service by a client, and what is too long for one APDU (IEC 62056-53, block transfer)."""

from typing import Any

from softmeter.cosem.access import DataAccessResult
from softmeter.dlms.apdu import decode_apdu, encode_apdu
from softmeter.dlms.channel import Channel
from softmeter.dlms.conversation import Conversation, Progress
from softmeter.dlms.messages import (
    ActionOutcome,
    ActionRequestBlock,
    ActionRequestFirstBlock,
    ActionRequestNext,
    ActionResponseBlock,
    ActionResponseNext,
    ActionResponseNormal,
    ConfirmedServiceError,
    DataBlock,
    GetRequestNext,
    GetResponseBlock,
    GetResponseNormal,
    MethodReference,
    SetRequestFirstBlock,
    SetRequestNextBlock,
    SetResponseBlock,
    SetResponseLastBlock,
    SetResponseNormal,
    Target,
)
from softmeter.dlms.refusals import refused_service
from softmeter.errors import RemoteProtocolError
from softmeter.wire.types import struct

LONGEST = 1 << 26
"""More octets in blocks than this are not taken."""
_INVOKE = 0x0F
_NOTIFICATION = b"\x0f"
_MOST_NOTIFICATIONS = 64
_BLOCK_OVERHEAD = 16  # what a block's own fields need in a request that is not the first


class Asker:
    """One service invocation: every request of it, and the check that a response belongs to it."""

    __slots__ = ("_channel", "invoke_id")

    def __init__(self, channel: Channel, invoke_id: int) -> None:
        self._channel = channel
        self.invoke_id = invoke_id

    def __call__(self, request: Any, *expected: type[Any]) -> Conversation[Any]:
        """Send `request` and return the response, which is of one of the classes `expected`.

        Notifications that come in between are passed over.
        """
        response = yield self._channel.seal(encode_apdu(request))
        plain = self._channel.open(response)
        for _ in range(_MOST_NOTIFICATIONS):
            if plain[:1] != _NOTIFICATION:
                break
            plain = self._channel.open((yield b""))
        answer = decode_apdu(plain)
        if isinstance(answer, ConfirmedServiceError):
            raise refused_service(answer)
        if not isinstance(answer, expected):
            raise RemoteProtocolError(f"{type(answer).__name__} in answer to {type(request).__name__}")
        if (answer.invoke_id ^ self.invoke_id) & _INVOKE:
            raise RemoteProtocolError(
                f"answer to invocation {answer.invoke_id & _INVOKE}, not {self.invoke_id & _INVOKE}"
            )
        return answer


class _Assembly:
    """The slices of a long answer, numbered from 1."""

    __slots__ = ("_number", "_progress", "_size", "_slices")

    def __init__(self, progress: Progress | None) -> None:
        self._slices: list[bytes] = []
        self._number = 0
        self._size = 0
        self._progress = progress

    def add(self, number: int, raw: bytes, *, last: bool) -> None:
        self._number += 1
        if number != self._number:
            raise RemoteProtocolError(f"block {number} in place of {self._number}")
        if not raw and not last:
            raise RemoteProtocolError(f"block {number} is empty and not the last")
        self._size += len(raw)
        if self._size > LONGEST:
            raise RemoteProtocolError(f"an answer of more than {LONGEST} octets")
        self._slices.append(raw)
        if self._progress is not None:
            self._progress(self._size)

    def whole(self) -> bytes:
        return b"".join(self._slices)


def get_blocks(
    ask: Asker, block: GetResponseBlock, progress: Progress | None
) -> Conversation[bytes | DataAccessResult]:
    """The whole of a value whose first block is given."""
    assembly = _Assembly(progress)
    while True:
        if isinstance(block.result, DataAccessResult):
            return block.result
        assembly.add(block.block_number, block.result, last=block.last)
        if block.last:
            return assembly.whole()
        answer = yield from ask(GetRequestNext(ask.invoke_id, block.block_number), GetResponseBlock, GetResponseNormal)
        if isinstance(answer, GetResponseNormal):
            if isinstance(answer.result, DataAccessResult):
                return answer.result
            raise RemoteProtocolError("a whole value in the middle of its blocks")
        block = answer


def outcome_blocks(ask: Asker, answer: ActionResponseBlock) -> Conversation[ActionOutcome]:
    """The whole outcome of a method whose first block is given."""
    assembly = _Assembly(None)
    block = answer.block
    assembly.add(block.number, block.raw, last=block.last)
    while not block.last:
        following = yield from ask(ActionRequestNext(ask.invoke_id, block.number), ActionResponseBlock)
        block = following.block
        assembly.add(block.number, block.raw, last=block.last)
    outcome: ActionOutcome = struct(ActionOutcome).decode_bare(assembly.whole())
    return outcome


def long_set(ask: Asker, target: Target, value: bytes, room: int) -> Conversation[DataAccessResult]:
    """Set `target` to an encoded value in blocks, each request of at most `room` octets."""
    first = SetRequestFirstBlock(ask.invoke_id, target, DataBlock(False, 1, b""))
    begin = max(room - len(encode_apdu(first)) - 4, 1)
    step = max(room - _BLOCK_OVERHEAD, 1)
    slices = [value[:begin], *(value[at : at + step] for at in range(begin, len(value), step))]
    for number, raw in enumerate(slices, 1):
        block = DataBlock(number == len(slices), number, raw)
        request = (
            SetRequestNextBlock(ask.invoke_id, block)
            if number > 1
            else SetRequestFirstBlock(ask.invoke_id, target, block)
        )
        answer = yield from ask(request, SetResponseBlock, SetResponseLastBlock, SetResponseNormal)
        if not isinstance(answer, SetResponseBlock):
            ended: DataAccessResult = answer.result
            if ended is DataAccessResult.SUCCESS and not block.last:
                raise RemoteProtocolError(f"success after block {number} of {len(slices)}")
            return ended
        if answer.block_number != number:
            raise RemoteProtocolError(f"block {answer.block_number} acknowledged, sent was {number}")
    raise RemoteProtocolError("the last block of a value is acknowledged without a result")


def long_action(
    ask: Asker, method: MethodReference, parameter: bytes, room: int
) -> Conversation[ActionResponseNormal | ActionResponseBlock]:
    """Call `method` with an encoded parameter in blocks, each request of at most `room` octets."""
    first = ActionRequestFirstBlock(ask.invoke_id, method, DataBlock(False, 1, b""))
    begin = max(room - len(encode_apdu(first)) - 4, 1)
    step = max(room - _BLOCK_OVERHEAD, 1)
    slices = [parameter[:begin], *(parameter[at : at + step] for at in range(begin, len(parameter), step))]
    for number, raw in enumerate(slices, 1):
        block = DataBlock(number == len(slices), number, raw)
        request = (
            ActionRequestBlock(ask.invoke_id, block)
            if number > 1
            else ActionRequestFirstBlock(ask.invoke_id, method, block)
        )
        answer = yield from ask(request, ActionResponseNext, ActionResponseNormal, ActionResponseBlock)
        if not isinstance(answer, ActionResponseNext):
            ended: ActionResponseNormal | ActionResponseBlock = answer
            return ended
        if answer.block_number != number:
            raise RemoteProtocolError(f"block {answer.block_number} acknowledged, sent was {number}")
    raise RemoteProtocolError("the last block of a parameter is acknowledged without a result")
