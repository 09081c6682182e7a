"""The firmware: image transfer, the script that activates an image, signatures of what runs (manual 10)."""

from collections.abc import Callable

from softmeter.cosem.classes.data import Data
from softmeter.cosem.classes.image_transfer import ImageTransfer
from softmeter.cosem.classes.script_table import call
from softmeter.cosem.dictionary import Row
from softmeter.cosem.interface import Source
from softmeter.device.images import Running
from softmeter.legal import CHECKSUM
from softmeter.meter.model.scripted import DUMMY, table
from softmeter.meter.parts_firmware import ImageMemory
from softmeter.meter.policies import IMAGE, READ, SCRIPT
from softmeter.meter.presented import Presented
from softmeter.wire.types import Tag

IMAGE_TRANSFER = "0-0:44.0.0"
_ACTIVATE = 4


def _signature(part: str, checksum: Callable[[Presented], bytes]) -> Data:
    """The signature of the image that a part runs; for what came from the factory its checksum (SHA-256)."""

    def read(meter: Presented) -> bytes:
        return meter.device.behaviours.firmware.running.get(part, Running()).signature or checksum(meter)

    return Data(source=Source(Tag.OCTET_STRING, read))


def _legal(_: Presented) -> bytes:
    return bytes.fromhex(CHECKSUM)


def _application(meter: Presented) -> bytes:
    return meter.device.settings.program_signature


# fmt: off
ROWS = (
    Row(IMAGE_TRANSFER, "Image transfer", ImageTransfer(part=ImageMemory), IMAGE),
    Row("0-0:10.0.107", "Script table: image activation",
        table((call(18, IMAGE_TRANSFER, _ACTIVATE, DUMMY),)), SCRIPT),
    Row("1-0:0.2.8", "Active firmware signature (legal)", _signature("L", _legal), READ),
    Row("1-1:0.2.8", "Active firmware signature 1 (application)", _signature("A", _application), READ),
)
# fmt: on
