"""One invocation of a service by a client, and what is too long for one APDU (IEC 62056-53, block transfer)."""

from collections.abc import Callable
from typing import Any, Final

from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.dlms.apdu import decode_apdu, encode_apdu
from softmeter.dlms.carrying import LONGEST, Carrier
from softmeter.dlms.channel import NOTIFICATIONS, Channel
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.conversation import Ahead, Conversation, Progress
from softmeter.dlms.messages import (
    ActionOutcome,
    ActionRequestBlock,
    ActionRequestFirstBlock,
    ActionRequestNext,
    ActionRequestWithListFirstBlock,
    ActionResponseBlock,
    ActionResponseNext,
    ConfirmedServiceError,
    DataBlock,
    GetRequestNext,
    GetResponseBlock,
    GetResponseNormal,
    SetRequestFirstBlock,
    SetRequestNextBlock,
    SetRequestWithListFirstBlock,
    SetResponseBlock,
)
from softmeter.dlms.refusals import refused_service
from softmeter.errors import RemoteProtocolError
from softmeter.wire.types import decode_data, struct

_INVOKE, _LONG_INVOKE = 0x0F, 0x00FFFFFF
_MOST_NOTIFICATIONS = 64
_BLOCK_OVERHEAD = 16  # what a block's own fields need in a request that is not the first


class Asker:
    """One service invocation: every request of it, and the check that a response belongs to it."""

    __slots__ = ("_carrier", "_channel", "invoke_id")

    def __init__(self, channel: Channel, invoke_id: int, carrier: Carrier | None = None) -> None:
        self._channel = channel
        self._carrier = carrier or Carrier()
        self.invoke_id = invoke_id

    def __call__(self, request: Any, *expected: type[Any], progress: Progress | None = None) -> Conversation[Any]:
        """Send `request` and return the response, which is of one of the classes `expected`.

        Notifications that come in between are kept in the carrier.
        """
        response = yield from self._carrier.carry(self._channel.seal(encode_apdu(request)), progress)
        return (yield from self._understood(response, type(request), expected, progress))

    def send_ahead(self, request: Any) -> Conversation[None]:
        """Send `request` without waiting; its response is taken later, in the order of the requests."""
        yield Ahead(self._channel.seal(encode_apdu(request)))

    def taken(self, request: type[Any], *expected: type[Any]) -> Conversation[Any]:
        """The response to a request of that class that was sent ahead; as `__call__`."""
        response = yield from self._carrier.gathered((yield b""), None)
        return (yield from self._understood(response, request, expected, None))

    def _understood(
        self, response: bytes, request: type[Any], expected: tuple[type[Any], ...], progress: Progress | None
    ) -> Conversation[Any]:
        """The message in a response, perhaps after notifications."""
        carrier, channel = self._carrier, self._channel
        plain = channel.open(response)
        for _ in range(_MOST_NOTIFICATIONS):
            if plain[:1] not in NOTIFICATIONS:
                break
            carrier.unsolicited.append(plain)
            plain = channel.open((yield from carrier.following(progress)))
        answer = decode_apdu(plain)
        if isinstance(answer, ConfirmedServiceError):
            raise refused_service(answer)
        if not isinstance(answer, expected):
            raise RemoteProtocolError(f"{type(answer).__name__} in answer to {request.__name__}")
        self._check(answer)
        return answer

    def tell(self, request: Any) -> Conversation[None]:
        """Send a request that is not answered."""
        yield from self._carrier.tell(self._channel.seal(encode_apdu(request)))

    def open(self, response: bytes) -> bytes:
        """The plain APDU in a response."""
        return self._channel.open(response)

    def takes_whole(self, request: Any, blocks: Conformance, what: str) -> bool:
        """Whether the request goes in one APDU, and not in blocks of its service.

        Raises:
            ServiceRefusedError: the meter does not take it in any way.
        """
        return self._carrier.takes_whole(len(encode_apdu(request)) + self._channel.overhead, blocks, what)

    @property
    def room(self) -> int:
        """How long a request may be before it is sealed."""
        return self._carrier.room - self._channel.overhead

    def fits(self, request: Any) -> bool:
        """Whether the meter takes the request in one APDU, be it carried in general blocks."""
        return self._carrier.offers_blocks or len(encode_apdu(request)) <= self.room

    def fits_whole(self, request: Any) -> bool:
        """Whether the request goes in one APDU of its own, in no blocks of any kind."""
        return not self._carrier.prefers_blocks and len(encode_apdu(request)) <= self.room

    def _check(self, answer: Any) -> None:
        mask = _INVOKE
        found: int | None = getattr(answer, "invoke_id", None)
        if found is None:
            found, mask = answer.long_invoke_id, _LONG_INVOKE
        if (found ^ self.invoke_id) & mask:
            raise RemoteProtocolError(f"answer to invocation {found & mask}, not {self.invoke_id & mask}")


class Assembly:
    """The slices of a long answer, numbered from 1."""

    __slots__ = ("_number", "_progress", "_size", "_slices")

    def __init__(self, progress: Progress | None = None) -> None:
        self._slices: list[bytes] = []
        self._number = 0
        self._size = 0
        self._progress = progress

    def add(self, number: int, raw: bytes, *, last: bool) -> None:
        """Take the next slice."""
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
        """All that came."""
        return b"".join(self._slices)


def get_blocks(
    ask: Asker, block: GetResponseBlock, assembly: Assembly | None = None
) -> Conversation[bytes | DataAccessResult]:
    """The whole of a value whose first block is given; what has come is in `assembly`, also when it breaks off."""
    assembly = assembly or Assembly()
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


def outcome_blocks(ask: Asker, answer: ActionResponseBlock) -> Conversation[bytes]:
    """The whole outcome of a method, or of several, whose first block is given."""
    assembly = Assembly()
    block = answer.block
    assembly.add(block.number, block.raw, last=block.last)
    while not block.last:
        following = yield from ask(ActionRequestNext(ask.invoke_id, block.number), ActionResponseBlock)
        block = following.block
        assembly.add(block.number, block.raw, last=block.last)
    return assembly.whole()


_outcome: Final = struct(ActionOutcome)


def whole_outcome(raw: bytes) -> ActionOutcome:
    """The outcome of one method that came in blocks, in each of the forms that servers are known to send.

    They carry the result and what was returned, what was returned with the choice in front of it, or the data alone.
    Blocks mean that the method returned something, and nobody needs blocks for null-data: so a first octet other than
    0 begins data, and one other than 1 behind it as well.
    """
    if raw.startswith(b"\x00\x01\x00"):
        return _outcome.decode_bare(raw)
    data = raw.removeprefix(b"\x00")
    decode_data(data)
    return ActionOutcome(ActionResult.SUCCESS, data)


SetFirst = SetRequestFirstBlock | SetRequestWithListFirstBlock
ActionFirst = ActionRequestFirstBlock | ActionRequestWithListFirstBlock


def long_set(
    ask: Asker,
    first: Callable[[DataBlock], SetFirst],
    values: bytes,
    expected: tuple[type[Any], ...],
    progress: Progress | None = None,
) -> Conversation[Any]:
    """Set what `first` names to encoded values in blocks; the answer to the last, of one of the classes `expected`."""
    following: Callable[[DataBlock], Any] = lambda block: SetRequestNextBlock(ask.invoke_id, block)  # noqa: E731
    return _sent(ask, first, following, values, (SetResponseBlock, *expected), progress)


def long_action(
    ask: Asker,
    first: Callable[[DataBlock], ActionFirst],
    parameters: bytes,
    expected: tuple[type[Any], ...],
    progress: Progress | None = None,
) -> Conversation[Any]:
    """Call what `first` names with encoded parameters in blocks; as `long_set`."""
    following: Callable[[DataBlock], Any] = lambda block: ActionRequestBlock(ask.invoke_id, block)  # noqa: E731
    return _sent(ask, first, following, parameters, (ActionResponseNext, *expected), progress)


_NOTHING: Final = DataBlock(False, 1, b"")


def _sent(
    ask: Asker,
    first: Callable[[DataBlock], Any],
    following: Callable[[DataBlock], Any],
    raw: bytes,
    expected: tuple[type[Any], ...],
    progress: Progress | None,
) -> Conversation[Any]:
    """Send `raw` in blocks, each acknowledged by an answer of the first class `expected`."""
    begin = max(ask.room - len(encode_apdu(first(_NOTHING))) - 4, 1)
    step = max(ask.room - _BLOCK_OVERHEAD, 1)
    slices = [raw[:begin], *(raw[at : at + step] for at in range(begin, len(raw), step))]
    sent = 0
    for number, one in enumerate(slices, 1):
        block = DataBlock(number == len(slices), number, one)
        answer = yield from ask((first if number == 1 else following)(block), *expected)
        is_ended = not isinstance(answer, expected[0])
        if is_ended and not block.last and _is_success(answer):
            raise RemoteProtocolError(f"success after block {number} of {len(slices)}")
        if not is_ended and answer.block_number != number:
            raise RemoteProtocolError(f"block {answer.block_number} acknowledged, sent was {number}")
        sent += len(one)
        if progress is not None:
            progress(sent)
        if is_ended:
            return answer
    raise RemoteProtocolError("the last block is acknowledged without a result")


def _is_success(answer: Any) -> bool:
    return getattr(answer, "result", None) == 0
