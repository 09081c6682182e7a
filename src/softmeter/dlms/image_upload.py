"""Putting a firmware image into a meter, as conversations (IEC 62056-62, class 18).

Whatever was interrupted goes on: the meter is asked which blocks are missing, and they are sent.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from softmeter.cosem.access import ActionResult
from softmeter.cosem.classes.image_transfer import (
    ImageBlock,
    ImageInitiation,
    ImageToActivate,
    ImageTransferStatus,
)
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import Conversation
from softmeter.dlms.messages import AttributeReference, MethodReference
from softmeter.dlms.unconfirmed import tell_action
from softmeter.errors import AccessError, RemoteProtocolError
from softmeter.obis import Obis
from softmeter.wire.types import Bits, EnumOf, array_of, bits, boolean, i8, struct, u32

IMAGE_TRANSFER = Obis(0, 0, 44, 0, 0)
MOST_ROUNDS = 16
"""So many times in a row blocks may be missing after all were sent."""

_CLASS = 18
_BLOCK, _INITIATION = struct(ImageBlock), struct(ImageInitiation)
_DUMMY = i8.encode(0)

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
    return Standing(
        (yield from client.read(_attribute(2), u32)),
        (yield from client.read(_attribute(3), bits)),
        (yield from client.read(_attribute(4), u32)),
        (yield from client.read(_attribute(5), boolean)),
        (yield from client.read(_attribute(6), EnumOf(ImageTransferStatus))),
        (yield from client.read(_attribute(7), array_of(struct(ImageToActivate)))),
    )


def upload(
    client: Client,
    image: bytes,
    identifier: bytes,
    *,
    resume: bool = True,
    confirmed: bool = True,
    sent: Sent | None = None,
) -> Conversation[int]:
    """Have all blocks of an image in the meter; returns how many were sent.

    With `resume` a transfer of as many blocks that is under way goes on. Not `confirmed`, blocks are told without
    waiting for answers, and those that were lost on the way are sent again.

    Raises:
        AccessError: the meter does not take it.
        RemoteProtocolError: blocks stay missing, however often they are sent.
    """
    here = yield from standing(client)
    if not here.enabled:
        yield from client.set(_attribute(5), boolean.encode(True))
    count = -(-len(image) // (here.block_octets or 1))
    if not resume or here.status is not ImageTransferStatus.INITIATED or here.blocks.length != count:
        initiation = ImageInitiation(identifier, len(image))
        yield from client.action(_method(1), _INITIATION.encode(initiation))
        here = yield from standing(client)
        if here.blocks.length != count:
            raise RemoteProtocolError(f"the meter has room for {here.blocks.length} blocks, the image has {count}")
    total, rounds = 0, 0
    while missing := here.missing:
        rounds += 1
        if rounds > MOST_ROUNDS:
            raise RemoteProtocolError(f"{len(missing)} blocks are missing, however often they are sent")
        yield from _send(client, image, here, missing, confirmed=confirmed, sent=sent)
        total += len(missing)
        here = yield from standing(client)
    return total


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


def _send(
    client: Client, image: bytes, here: Standing, missing: Iterable[int], *, confirmed: bool, sent: Sent | None
) -> Conversation[None]:
    size, held = here.block_octets, here.blocks.length - len(here.missing)
    for number in missing:
        parameter = _BLOCK.encode(ImageBlock(number, image[number * size : (number + 1) * size]))
        if confirmed:
            yield from client.action(_method(2), parameter)
        else:
            yield from tell_action(client, _method(2), parameter)
        held += 1
        if sent is not None:
            sent(min(held * size, len(image)), len(image))


def _attribute(number: int) -> AttributeReference:
    return AttributeReference(_CLASS, IMAGE_TRANSFER, number)


def _method(number: int) -> MethodReference:
    return MethodReference(_CLASS, IMAGE_TRANSFER, number)
