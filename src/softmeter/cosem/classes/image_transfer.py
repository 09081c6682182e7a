"""Class 18, Image transfer: an image of the firmware in blocks, verified and activated (IEC 62056-62, 4.4.6)."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Protocol

from softmeter.cosem.interface import Holder, Interface, computed, method, setter
from softmeter.wire.types import Bits, EnumOf, array_of, bits, boolean, i8, octets, of, struct, structure, u32


class ImageTransferStatus(IntEnum):
    """image_transfer_status: how far an image has come."""

    NOT_INITIATED = 0
    INITIATED = 1
    VERIFICATION_INITIATED = 2
    VERIFICATION_SUCCESSFUL = 3
    VERIFICATION_FAILED = 4
    ACTIVATION_INITIATED = 5
    ACTIVATION_SUCCESSFUL = 6
    ACTIVATION_FAILED = 7


@structure
class ImageInitiation:
    """What is said of an image before its first block."""

    identifier: bytes = of(octets)
    size: int = of(u32)


@structure
class ImageBlock:
    """One block; they are counted from 0."""

    number: int = of(u32)
    value: bytes = of(octets)


@structure
class ImageToActivate:
    """An image that was verified."""

    size: int = of(u32)
    identifier: bytes = of(octets)
    signature: bytes = of(octets)


class ImagePart(Protocol):
    """The memory of a device for one image. What cannot be done raises AccessError."""

    enabled: bool

    @property
    def block_octets(self) -> int:
        """Length of every block but the last."""
        ...

    @property
    def transferred(self) -> Bits:
        """A bit for each block, set where it is here; none before an image was initiated."""
        ...

    @property
    def first_missing(self) -> int:
        """The lowest number of a block that is not here; that of all blocks when none is missing."""
        ...

    @property
    def status(self) -> ImageTransferStatus: ...

    @property
    def to_activate(self) -> tuple[ImageToActivate, ...]:
        """What was verified."""
        ...

    def initiate(self, identifier: bytes, size: int) -> None:
        """Forget what is here, and have room for an image."""
        ...

    def take(self, number: int, value: bytes) -> None:
        """Keep a block; once more is no fault."""
        ...

    def verify(self) -> None:
        """Find out whether the image may be activated."""
        ...

    def activate(self) -> None:
        """Have the image that was verified run."""
        ...


class ImageTransfer(Interface, class_id=18, version=0):
    """The one way in for images."""

    part: Callable[[Any], ImagePart]

    @computed(2, u32)
    def image_block_size(self, meter: Holder) -> int:
        return self.part(meter).block_octets

    @computed(3, bits)
    def image_transferred_blocks_status(self, meter: Holder) -> Bits:
        return self.part(meter).transferred

    @computed(4, u32)
    def image_first_not_transferred_block_number(self, meter: Holder) -> int:
        return self.part(meter).first_missing

    @computed(5, boolean)
    def image_transfer_enabled(self, meter: Holder) -> bool:
        return self.part(meter).enabled

    @setter(5)
    def set_image_transfer_enabled(self, meter: Holder, enabled: bool) -> None:  # noqa: FBT001 - the value of a SET
        self.part(meter).enabled = enabled

    @computed(6, EnumOf(ImageTransferStatus))
    def image_transfer_status(self, meter: Holder) -> ImageTransferStatus:
        return self.part(meter).status

    @computed(7, array_of(struct(ImageToActivate)))
    def image_to_activate_info(self, meter: Holder) -> tuple[ImageToActivate, ...]:
        return self.part(meter).to_activate

    @method(1, struct(ImageInitiation))
    def image_transfer_initiate(self, meter: Holder, image: ImageInitiation) -> None:
        self.part(meter).initiate(image.identifier, image.size)

    @method(2, struct(ImageBlock), lasting=False)
    def image_block_transfer(self, meter: Holder, block: ImageBlock) -> None:
        self.part(meter).take(block.number, block.value)

    @method(3, i8)
    def image_verify(self, meter: Holder, _: int) -> None:
        self.part(meter).verify()

    @method(4, i8)
    def image_activate(self, meter: Holder, _: int) -> None:
        self.part(meter).activate()
