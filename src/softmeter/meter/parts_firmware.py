"""The memory for images as class 18 wants to see it: what comes in is verified here (manual 10)."""

from typing import TYPE_CHECKING

from softmeter.cosem.access import ActionResult
from softmeter.cosem.classes.image_transfer import ImageToActivate, ImageTransferStatus
from softmeter.device.images import Announced, Images, Phase, Verified
from softmeter.errors import AccessError
from softmeter.firmware.image import HEADER_OCTETS, ImageError, header_of, opened, public_key_of
from softmeter.meter.firmware import judged
from softmeter.meter.parts import lived, refusals
from softmeter.security.suites import Key
from softmeter.wire.types import Bits

if TYPE_CHECKING:
    from softmeter.meter.meter import Meter
    from softmeter.meter.scripts import Living


class ImageMemory:
    """The one place for an image, of whatever part of the firmware."""

    def __init__(self, meter: "Meter | Living") -> None:
        self._meter = meter

    @property
    def block_octets(self) -> int:
        return self._images.block_octets

    @property
    def transferred(self) -> Bits:
        count, held = self._images.count, self._images.held
        return Bits(int(f"{held:0{count}b}"[::-1], 2) if count else 0, count)

    @property
    def first_missing(self) -> int:
        return self._images.first_missing

    @property
    def enabled(self) -> bool:
        return self._images.enabled

    @enabled.setter
    def enabled(self, enabled: bool) -> None:
        self._images.enabled = enabled

    @property
    def status(self) -> ImageTransferStatus:
        return ImageTransferStatus[self._images.phase.name]

    @property
    def to_activate(self) -> tuple[ImageToActivate, ...]:
        announced, verified = self._images.announced, self._images.verified
        if announced is None or verified is None:
            return ()
        return (ImageToActivate(announced.size, announced.identifier, verified.signature),)

    def initiate(self, identifier: bytes, size: int) -> None:
        lived(self._meter)
        with refusals():
            self._ready().announce(Announced(identifier, size))

    def take(self, number: int, value: bytes) -> None:
        with refusals():
            self._ready().take(number, value)

    def verify(self) -> None:
        lived(self._meter)
        images, device = self._ready(), self._meter.device
        if not images.complete:
            raise AccessError(ActionResult.OTHER_REASON, f"block {images.first_missing} is missing")
        try:
            verified = self._verified(images)
        except ImageError as error:
            images.judge(device, None)
            self._meter.changed()  # the answer is a refusal, and yet tells of something new
            raise AccessError(ActionResult.OTHER_REASON, str(error)) from error
        images.judge(device, verified)

    def activate(self) -> None:
        lived(self._meter)
        images = self._ready()
        with refusals():
            images.activate(self._meter.device)

    @property
    def _images(self) -> Images:
        return self._meter.device.behaviours.firmware

    def _ready(self) -> Images:
        """The memory, if it takes orders now."""
        images = self._images
        if images.phase is Phase.ACTIVATION_INITIATED:
            raise AccessError(ActionResult.TEMPORARY_FAILURE, "the meter restarts with another image")
        if not images.enabled:
            raise AccessError(ActionResult.OTHER_REASON, "image transfer is not enabled")
        return images

    def _verified(self, images: Images) -> Verified:
        octets, announced, trust = images.octets(), images.announced, images.trust
        if announced is None or header_of(octets[:HEADER_OCTETS]).identifier.encode() != announced.identifier:
            raise ImageError("identifier", "the image is not the one that was announced")
        image = opened(octets, public_key_of(trust.public_key), Key(trust.image_key))
        return judged(self._meter, self._meter.device, image)
