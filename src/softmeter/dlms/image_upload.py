"""Putting a firmware image into a meter, as conversations (IEC 62056-62, class 18).

Whatever was interrupted goes on: the meter is asked which blocks are missing, and they are sent.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any, NamedTuple

from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.cosem.classes.image_transfer import (
    ImageBlock,
    ImageInitiation,
    ImageToActivate,
    ImageTransferStatus,
)
from softmeter.dlms.client import Client, denied, returned
from softmeter.dlms.conversation import Conversation
from softmeter.dlms.lists import Call, get_many
from softmeter.dlms.long import Asker
from softmeter.dlms.messages import ActionRequestNormal, ActionResponseNormal, AttributeReference, MethodReference
from softmeter.dlms.unconfirmed import tell_action
from softmeter.errors import AccessError, RemoteProtocolError
from softmeter.obis import Obis
from softmeter.wire.types import Bits, Codec, EnumOf, array_of, bits, boolean, i8, struct, u32

IMAGE_TRANSFER = Obis(0, 0, 44, 0, 0)
ANSWERED = 4
"""Of blocks that nobody need answer, each so many-th is, so that it is known how far the others came."""
MOST_AHEAD = 15
"""There are so many invoke ids."""
MOST_ROUNDS = 16
"""So many times in a row blocks may be missing after all were sent."""

_CLASS = 18
_BLOCK, _INITIATION = struct(ImageBlock), struct(ImageInitiation)
_DUMMY = i8.encode(0)
_FORMS: Mapping[int, Codec[Any]] = {
    2: u32,
    3: bits,
    4: u32,
    5: boolean,
    6: EnumOf(ImageTransferStatus),
    7: array_of(struct(ImageToActivate)),
}
"""The attributes that tell how far a transfer is, in the order of `Standing`."""

Sent = Callable[[int, int], None]
"""Told how many octets of the image are on the other side, and how many there are."""


class Standing(NamedTuple):
    """How far the transfer in a meter is; `blocks` has a bit for each block of it, set where it is there."""

    block_octets: int
    blocks: Bits
    first_missing: int
    enabled: bool
    status: ImageTransferStatus
    to_activate: tuple[ImageToActivate, ...]

    def takes(self, count: int) -> bool:
        """Whether a transfer of so many blocks is under way."""
        return self.status is ImageTransferStatus.INITIATED and self.blocks.length == count

    def holds(self, image: bytes, identifier: bytes) -> bool:
        """Whether this image is there and was found good: by its size, name and, as it ends with it, its signature."""
        return self.status is ImageTransferStatus.VERIFICATION_SUCCESSFUL and any(
            (one.size, one.identifier) == (len(image), identifier) and one.signature and image.endswith(one.signature)
            for one in self.to_activate
        )

    @property
    def missing(self) -> list[int]:
        """The numbers of the blocks that are not there."""
        value, count = self.blocks
        return [number for number in range(count) if not value >> (count - 1 - number) & 1]


def standing(client: Client) -> Conversation[Standing]:
    """How far the transfer is.

    Raises:
        AccessError: the meter does not tell this client.
    """
    told = yield from get_many(client, [_attribute(number) for number in _FORMS])
    values: list[Any] = []
    for (number, form), value in zip(_FORMS.items(), told, strict=True):
        if isinstance(value, DataAccessResult):
            raise denied(value, f"attribute {number}", _attribute(number))
        values.append(form.decode(value))
    return Standing(*values)


def upload(
    client: Client,
    image: bytes,
    identifier: bytes,
    *,
    resume: bool = True,
    confirmed: bool = True,
    ahead: int = 1,
    sent: Sent | None = None,
) -> Conversation[int]:
    """Have all blocks of an image in the meter; returns how many were sent.

    With `resume` a transfer of as many blocks that is under way goes on, and an image that was found good stays. Up to
    `ahead` requests are unanswered at a time, which only a stream such as TCP carries. Not `confirmed`, blocks are told
    without answers, with `ahead` all but each fourth one, and those that were lost on the way are sent again.

    Raises:
        AccessError: the meter does not take it.
        RemoteProtocolError: blocks stay missing, however often they are sent.
    """
    here = yield from standing(client)
    if resume and here.holds(image, identifier):
        return 0
    yield from enable(client, here)
    count = -(-len(image) // (here.block_octets or 1))
    begun: list[Call] = []
    if not (resume and here.takes(count)):
        begun.append(Call(_method(1), _INITIATION.encode(ImageInitiation(identifier, len(image)))))
        here = here._replace(blocks=Bits(0, count))
    total, rounds = 0, 0
    while missing := here.missing:
        rounds += 1
        if rounds > MOST_ROUNDS:
            raise RemoteProtocolError(f"{len(missing)} blocks are missing, however often they are sent")
        blocks = _Blocks(image, here.block_octets, count - len(missing), sent)
        calls = chain(begun, (blocks.call(number) for number in missing))
        if ahead > 1 and _fits(client, blocks):
            every = 1 if confirmed else ANSWERED
            yield from _call_ahead(client, calls, blocks, min(ahead, MOST_AHEAD), every)
        else:
            yield from _call(client, calls, blocks, confirmed=confirmed)
        begun.clear()
        total += len(missing)
        here = yield from standing(client)
        if here.blocks.length != count:
            raise RemoteProtocolError(f"the meter has room for {here.blocks.length} blocks, the image has {count}")
    return total


def enable(client: Client, here: Standing) -> Conversation[None]:
    """Have the meter take images, where it does not.

    Raises:
        AccessError: it refuses.
    """
    if not here.enabled:
        yield from client.set(_attribute(5), boolean.encode(True))


def verify(client: Client) -> Conversation[ImageTransferStatus]:
    """Have the image verified; returns what the meter says then, which is not yet final while it is busy.

    Raises:
        AccessError: the image is not good, or the meter cannot judge it now.
    """
    return (yield from _ordered(client, 3))


def activate(client: Client) -> Conversation[ImageTransferStatus]:
    """Have the verified image run; returns what the meter says then.

    Raises:
        AccessError: there is no image to activate.
    """
    return (yield from _ordered(client, 4))


def _ordered(client: Client, method: int) -> Conversation[ImageTransferStatus]:
    try:
        yield from client.action(_method(method), _DUMMY)
    except AccessError as error:
        if error.result != ActionResult.TEMPORARY_FAILURE:  # that is: it has begun, ask again later
            raise
    return (yield from client.read(_attribute(6), EnumOf(ImageTransferStatus)))


def _call(client: Client, calls: Iterable[Call], blocks: "_Blocks", *, confirmed: bool) -> Conversation[None]:
    """One after the other; not `confirmed`, nobody answers for blocks."""
    for method, parameter in calls:
        if confirmed or method != _BLOCK_TRANSFER:
            yield from client.action(method, parameter)
        else:
            yield from tell_action(client, method, parameter)
        blocks.note(method)


def _call_ahead(client: Client, calls: Iterable[Call], blocks: "_Blocks", ahead: int, every: int) -> Conversation[None]:
    """One of `every` is answered, with up to `ahead` answers due. After a refusal those to the others are heard too."""
    to_do, waiting = enumerate(calls), deque[tuple[Asker, MethodReference]]()
    refused: AccessError | None = None
    while True:
        number, call = next(to_do, (0, None)) if refused is None else (0, None)
        if call is not None and number % every:
            yield from tell_action(client, *call)
            blocks.note(call.method)
            continue
        if call is not None:
            ask = client.invocation()
            yield from ask.send_ahead(ActionRequestNormal(ask.invoke_id, *call))
            waiting.append((ask, call.method))
        if not waiting:
            break
        if call is None or len(waiting) == ahead:
            ask, method = waiting.popleft()
            try:
                returned((yield from ask.taken(ActionRequestNormal, ActionResponseNormal)), method)
                blocks.note(method)
            except AccessError as error:
                refused = refused or error
    if refused is not None:
        raise refused


class _Blocks:
    """The blocks of an image, and how many are on the other side; `held` are there already."""

    def __init__(self, image: bytes, size: int, held: int, sent: Sent | None) -> None:
        self._image = image
        self._size = size
        self._held = held
        self._sent = sent

    def call(self, number: int) -> Call:
        """The method that takes a block."""
        block = ImageBlock(number, self._image[number * self._size : (number + 1) * self._size])
        return Call(_BLOCK_TRANSFER, _BLOCK.encode(block))

    def note(self, method: MethodReference) -> None:
        """A method was called; if it was that for blocks, one more is there."""
        self._held += method == _BLOCK_TRANSFER
        if self._sent is not None:
            self._sent(min(self._held * self._size, len(self._image)), len(self._image))


def _fits(client: Client, blocks: _Blocks) -> bool:
    """Whether a block goes in one APDU."""
    ask = client.invocation()
    return ask.fits_whole(ActionRequestNormal(ask.invoke_id, *blocks.call(0)))


def _attribute(number: int) -> AttributeReference:
    return AttributeReference(_CLASS, IMAGE_TRANSFER, number)


def _method(number: int) -> MethodReference:
    return MethodReference(_CLASS, IMAGE_TRANSFER, number)


_BLOCK_TRANSFER = _method(2)
