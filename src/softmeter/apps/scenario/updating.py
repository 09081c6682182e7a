"""What a step does to the firmware, as a head-end does it: an image goes in, is verified, and is put in force."""

from contextlib import suppress
from functools import partial

from softmeter.apps.firmware.declaration import COUNTER_OCTETS, Declaration
from softmeter.apps.scenario.doing import Outcome, answer
from softmeter.apps.scenario.firmware import Firmware
from softmeter.apps.scenario.stage import Stage
from softmeter.apps.smartset.meter import Meter as Association
from softmeter.apps.smartset.settings import TITLE
from softmeter.device.images import ImageTrust
from softmeter.dlms import announcing, image_upload
from softmeter.dlms.image_upload import IMAGE_TRANSFER
from softmeter.dlms.messages import MethodReference
from softmeter.entropy import SeededEntropy
from softmeter.errors import ConfigurationError
from softmeter.firmware.image import header_of, sign
from softmeter.meter.clients import MANAGEMENT
from softmeter.runtime import image_keys
from softmeter.runtime.image_keys import ImageKeys
from softmeter.security.suites import Key

_INITIATE, _TRANSFER, _VERIFY, _ACTIVATE = (MethodReference(18, IMAGE_TRANSFER, method) for method in range(1, 5))


def _image(keys: ImageKeys, wanted: Declaration) -> bytes:
    """An image as declared; the initial counter block follows from what is declared."""
    if keys.pair is None:
        raise ConfigurationError("these keys sign nothing", "firmware")
    block = SeededEntropy(f"block {wanted.model_dump_json()}").octets(COUNTER_OCTETS)
    return sign(wanted.unsigned(keys.image_key, block), keys.pair)


def updated(stage: Stage, wanted: Firmware) -> Outcome:
    """Upload, verify or activate."""
    if wanted.do == "upload":
        return _uploaded(stage, wanted)
    order, method = _ORDERS[wanted.do]
    with stage.associated(wanted.client) as meter:
        seen = answer(partial(meter.run, order, method))
    if wanted.cut:
        stage.cut(stage.stored())
    power = ", power fails" if wanted.cut else ""
    return Outcome(f"{wanted.do} the image{power}", wanted.result, seen)


_ORDERS = {"verify": (image_upload.verify, _VERIFY), "activate": (image_upload.activate, _ACTIVATE)}


class _LostError(Exception):
    """The connection is lost in the middle of a transfer."""


def _uploaded(stage: Stage, wanted: Firmware) -> Outcome:
    maker = image_keys.generate(SeededEntropy("maker of the meter"))
    stage.meter.device.behaviours.firmware.trust = ImageTrust(bytes(maker.public), bytes(maker.image_key))
    if wanted.image is None:
        raise ConfigurationError("an upload needs an image", "firmware")
    signer = maker if wanted.signed_by == "maker" else image_keys.generate(SeededEntropy("a stranger"))
    image = _image(signer, wanted.image)
    name = header_of(image).identifier
    with stage.associated(wanted.client) as meter:
        seen = answer(partial(_send, stage, meter, image, name.encode(), wanted))
    way = "to all meters, then to this one" if wanted.broadcast else "to the meter"
    return Outcome(f"send {name}, {len(image)} octets, {way}", wanted.result, seen)


def _send(stage: Stage, meter: Association, image: bytes, name: bytes, wanted: Firmware) -> None:
    if wanted.broadcast:
        here = meter.run(lambda client: announcing.prepared(client, image, name), _INITIATE)
        keys, counters = stage.meter.keys(MANAGEMENT), stage.meter.counters
        counter = counters.highest_accepted(announcing.CLIENT) + 1
        speaker = announcing.Announcer(
            TITLE, Key(keys.broadcast_encryption), Key(keys.authentication), counter, keys.suite
        )
        heard = [number for number in here.missing if number not in wanted.lost]
        meter.announce(announcing.blocks_to_all(speaker, image, here.block_octets, heard))
    enough = None if wanted.blocks is None else wanted.blocks * stage.meter.device.behaviours.firmware.block_octets

    def sent(done: int, _: int) -> None:
        if enough is not None and done >= enough:
            raise _LostError

    with suppress(_LostError):
        meter.run(lambda client: image_upload.upload(client, image, name, sent=sent), _TRANSFER)
