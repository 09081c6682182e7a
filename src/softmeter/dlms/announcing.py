"""Speaking to all meters at once: messages under the broadcast key, which nobody answers (IEC 62056-53; manual 10)."""

from collections.abc import Iterable
from typing import Any

from softmeter.cosem.classes.image_transfer import ImageBlock, ImageInitiation
from softmeter.dlms.apdu import encode_apdu
from softmeter.dlms.associations import ALL_STATIONS
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import Conversation, Unanswered
from softmeter.dlms.image_upload import IMAGE_TRANSFER, Sent, Standing, enable, standing
from softmeter.dlms.messages import (
    ActionRequestNormal,
    AttributeReference,
    GeneralGlobal,
    MethodReference,
    SetRequestNormal,
    Target,
)
from softmeter.security.ciphering import Cipher, Protection, SendCounter
from softmeter.security.suites import Key, Suite
from softmeter.wire.hdlc import LLC_COMMAND, Address, Frame, Kind, control_of, encode_frame
from softmeter.wire.types import struct

CLIENT = 102
"""The client address of messages to all meters."""
TO_ALL = Address(ALL_STATIONS)
"""Every station of an HDLC line."""
_CLASS = 18
_INVOKE_ID = 1
"""Unconfirmed: who hears it says nothing."""


_BLOCK = struct(ImageBlock)


class Announcer:
    """Whoever has the broadcast key; `counter` is the first that was never used under it, whether heard or not."""

    def __init__(
        self, title: bytes, broadcast_key: Key, authentication_key: Key, counter: int, suite: Suite = Suite.SUITE_0
    ) -> None:
        self._title = title
        self._cipher = Cipher(broadcast_key, authentication_key, suite, broadcast=True)
        self._counter = SendCounter(counter)

    def set(self, reference: AttributeReference, value: bytes) -> bytes:
        """The message that sets an attribute to an encoded value; LocalProtocolError: the key is used up."""
        return self._sealed(SetRequestNormal(_INVOKE_ID, Target(reference, None), value))

    def action(self, method: MethodReference, parameter: bytes) -> bytes:
        """The message that calls a method."""
        return self._sealed(ActionRequestNormal(_INVOKE_ID, method, parameter))

    def _sealed(self, request: Any) -> bytes:
        content = self._cipher.protect(self._title, self._counter.draw(), Protection.FULL, encode_apdu(request))
        return encode_apdu(GeneralGlobal(self._title, content))


def in_frame(message: bytes, to: Address = TO_ALL, client_sap: int = CLIENT) -> bytes:
    """The UI frame in which a message goes over an HDLC line without a link, to every station unless told otherwise.

    Raises:
        LocalProtocolError: it fits no frame.
    """
    return encode_frame(Frame(to, Address(client_sap), control_of(Kind.UI, poll=False), LLC_COMMAND + message))


def prepared(client: Client, image: bytes, identifier: bytes, *, resume: bool = True) -> Conversation[Standing]:
    """Have one meter ready for the blocks of an image that go to all; with `resume` a transfer under way goes on.

    Raises:
        AccessError: the meter does not take it.
    """
    here = yield from standing(client)
    if resume and here.holds(image, identifier):
        return here
    yield from enable(client, here)
    if not (resume and here.takes(-(-len(image) // (here.block_octets or 1)))):
        initiation = struct(ImageInitiation).encode(ImageInitiation(identifier, len(image)))
        yield from client.action(MethodReference(_CLASS, IMAGE_TRANSFER, 1), initiation)
        here = yield from standing(client)
    return here


def blocks_to_all(
    announcer: Announcer, image: bytes, block_octets: int, numbers: Iterable[int], sent: Sent | None = None
) -> Conversation[int]:
    """Tell all meters some blocks of an image; returns how many.

    Nobody answers: each meter is asked for itself afterwards which blocks it has missed, and gets them (`upload`).
    """
    told = 0
    for number in numbers:
        octets = image[number * block_octets : (number + 1) * block_octets]
        block = _BLOCK.encode(ImageBlock(number, octets))
        yield Unanswered(announcer.action(MethodReference(_CLASS, IMAGE_TRANSFER, 2), block))
        told += 1
        if sent is not None:
            sent(min((number + 1) * block_octets, len(image)), len(image))
    return told
