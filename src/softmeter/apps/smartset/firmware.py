"""The commands `firmware upload`, `verify`, `activate` and `status`."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from softmeter.apps.smartset.certificates import remember
from softmeter.apps.smartset.clocks import meter_time
from softmeter.apps.smartset.connection import opened
from softmeter.apps.smartset.credentials import announcer
from softmeter.apps.smartset.failures import ExplainedError
from softmeter.apps.smartset.meter import Meter, RefusedError
from softmeter.apps.smartset.names import NAMES
from softmeter.apps.smartset.output import print_json
from softmeter.apps.smartset.progress import octets
from softmeter.apps.smartset.settings import Settings
from softmeter.apps.smartset.typed import date_time_of
from softmeter.apps.smartset.values import harmless
from softmeter.clock import NOT_SPECIFIED_DEVIATION, DateTime
from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.classes.image_transfer import ImageTransferStatus
from softmeter.dlms import announcing, image_upload
from softmeter.dlms.image_upload import IMAGE_TRANSFER, Sent, Standing
from softmeter.dlms.messages import AttributeReference, MethodReference
from softmeter.errors import ConfigurationError
from softmeter.firmware.image import HEADER_OCTETS, ImageError, header_of
from softmeter.obis import Obis
from softmeter.security.suites import Suite
from softmeter.wire.types import Data, Tag

SCHEDULE = Obis(0, 0, 15, 0, 2)
PAUSE_S = 1.0
_COUNTER = Obis(0, 0, 43, 1, announcing.CLIENT)
"""What the meter has heard last of messages to all."""
_CLASS, _SCHEDULE_CLASS = 18, 22
_STATUS = AttributeReference(_CLASS, IMAGE_TRANSFER, 6)
_RESTARTING = "the meter is about to restart with an image"
_DISABLED = "image transfer is switched off in the meter; smartset … set 0-0:44.0.0:5 true switches it on"
_WORKING = {ImageTransferStatus.VERIFICATION_INITIATED, ImageTransferStatus.ACTIVATION_INITIATED}


@dataclass(frozen=True, slots=True)
class Upload:
    """What is sent, and how."""

    file: Path
    restart: bool = False
    unconfirmed: bool = False
    ahead: int = 1
    identifier: str = ""
    broadcast: bool = False


def upload_image(settings: Settings, wanted: Upload) -> None:
    """Send the blocks that are missing, and print how many and how fast."""
    if wanted.ahead > 1 and (settings.udp or settings.hdlc or settings.mode_e or settings.serial is not None):
        raise ConfigurationError(
            "only TCP without HDLC keeps answers in the order of requests; leave it out", "--ahead"
        )
    image, identifier = _image(wanted)
    begun = time.monotonic()
    with opened(settings) as meter, _restarting_told(), octets(f"uploading {identifier}", len(image)) as tell:

        def sent(done: int, _: int) -> None:
            if tell is not None:
                tell(done)

        told = _announced(settings, meter, wanted, image, identifier.encode(), sent) if wanted.broadcast else 0
        blocks = meter.run(
            lambda client: image_upload.upload(
                client,
                image,
                identifier.encode(),
                resume=wanted.broadcast or not wanted.restart,
                confirmed=not wanted.unconfirmed,
                ahead=wanted.ahead,
                sent=sent,
            ),
            MethodReference(_CLASS, IMAGE_TRANSFER, 2),
        )
        here = _standing(meter)
    seconds = time.monotonic() - begun
    moved = min((told + blocks) * here.block_octets, len(image))
    if settings.json:
        print_json(
            {
                "identifier": identifier,
                "octets": len(image),
                "blocks_sent": blocks,
                "blocks_to_all": told,
                "seconds": round(seconds, 3),
                "octets_per_s": round(moved / seconds),
            }
        )
        return
    rate = f", {moved / seconds / 1024:.1f} KiB/s" if moved else ""
    to_all = f"{told} blocks sent to all meters and " if wanted.broadcast else ""
    word = "block" if blocks == 1 else "blocks"
    print(f"{identifier}: {len(image)} octets are in the meter, {to_all}{blocks} {word} sent in {seconds:.1f} s{rate}")
    if not moved and here.status is ImageTransferStatus.INITIATED:  # of which image, the meter does not tell
        print("as many blocks were there already, maybe of another image: verify says which; --restart sends them anew")


def _announced(settings: Settings, meter: Meter, wanted: Upload, image: bytes, identifier: bytes, sent: Sent) -> int:
    """Send the blocks that this meter needs to all meters; returns how many."""
    here = meter.run(
        lambda client: announcing.prepared(client, image, identifier, resume=not wanted.restart),
        MethodReference(_CLASS, IMAGE_TRANSFER, 1),
    )
    heard = meter.get(1, _COUNTER, 2).value
    speaker = announcer(settings, heard if isinstance(heard, int) else 0, len(here.missing))
    return meter.announce(announcing.blocks_to_all(speaker, image, here.block_octets, here.missing, sent))


def verify_image(settings: Settings) -> None:
    """Have the image verified, and print what it is."""
    with opened(settings) as meter:
        try:
            _verified(meter)
        except RefusedError as error:
            here = _standing(meter)
            if error.result != DataAccessResult.OTHER_REASON:
                raise
            raise ExplainedError(_why_not(here)) from error
        here = _standing(meter)
    if here.status is not ImageTransferStatus.VERIFICATION_SUCCESSFUL:
        raise ExplainedError(_why_not(here))
    named = [_named(one.identifier) for one in here.to_activate]
    if settings.json:
        print_json({"status": _word(here), "to_activate": named})
    else:
        print(f"{', '.join(named)} is good; run it with: smartset … firmware activate")


def activate_image(settings: Settings, at: str, wait_s: float) -> None:
    """Have the image run now, or at a local time of the meter."""
    if at:
        _schedule(settings, at)
        return
    with opened(settings) as meter:
        try:
            meter.run(image_upload.activate, MethodReference(_CLASS, IMAGE_TRANSFER, 4))
        except RefusedError as error:
            if error.result != DataAccessResult.OTHER_REASON:
                raise
            raise ExplainedError(_why_not_now(_standing(meter))) from error
    status, versions = _restarted(settings, wait_s)
    if settings.json:
        print_json({"status": status, **versions})
    elif status == _lower(ImageTransferStatus.ACTIVATION_INITIATED):
        print("the meter is about to restart with it")
    else:
        print(f"{status}; legal {versions['legal']}, application {versions['application']}")


def show_status(settings: Settings) -> None:
    """Print what runs, and how far a transfer is."""
    with opened(settings) as meter:
        here, versions = _standing(meter), _versions(meter)
    count = here.blocks.length
    named = [_named(one.identifier) for one in here.to_activate]
    if settings.json:
        print_json(
            {
                **versions,
                "status": _word(here),
                "enabled": here.enabled,
                "block_size": here.block_octets,
                "blocks": count,
                "blocks_missing": len(here.missing),
                "first_missing": here.first_missing,
                "to_activate": named,
            }
        )
        return
    print(f"legal        {versions['legal']}")
    print(f"application  {versions['application']}")
    print(f"transfer     {_word(here)}{'' if here.enabled else ', not enabled'}")
    if count:
        print(f"blocks       {count - len(here.missing)} of {count}, of {here.block_octets} octets")
    if named:
        print(f"verified     {', '.join(named)}")


def _image(wanted: Upload) -> tuple[bytes, str]:
    try:
        image = wanted.file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"cannot be read ({error.strerror})", str(wanted.file)) from None
    if wanted.identifier:
        return image, wanted.identifier
    try:
        header = header_of(image)
    except ImageError as error:
        message = f"is no image ({error}); if it is another maker's, say --identifier"
        raise ConfigurationError(message, str(wanted.file)) from None
    if len(image) == HEADER_OCTETS + header.payload_octets:
        message = "is not signed yet; sign it with: softmeter firmware sign IMAGE SIGNED --keys FILE"
        raise ConfigurationError(message, str(wanted.file))
    return image, header.identifier


def _standing(meter: Meter) -> Standing:
    return meter.run(image_upload.standing, _STATUS)


def _verified(meter: Meter) -> None:
    """Have the image verified, however long the meter works on it."""
    status = meter.run(image_upload.verify, MethodReference(_CLASS, IMAGE_TRANSFER, 3))
    while status is ImageTransferStatus.VERIFICATION_INITIATED:
        time.sleep(PAUSE_S)
        status = _standing(meter).status


def _restarted(settings: Settings, wait_s: float) -> tuple[str, dict[str, str]]:
    """The status and the versions once the meter has restarted, or when nobody wants to wait any longer."""
    until = time.monotonic() + wait_s
    ways = [settings, replace(settings, suite=Suite.SUITE_1)]
    while True:
        try:
            with opened(ways[0]) as meter:
                here, versions = _standing(meter), _versions(meter)
            if here.status not in _WORKING or time.monotonic() >= until:
                if ways[0] is not settings:
                    remember(ways[0])
                return _word(here), versions
        except ExplainedError:  # it restarts just now, or has risen to another suite
            ways.reverse()
            if time.monotonic() >= until:
                raise
        time.sleep(PAUSE_S)


def _local_time(at: str) -> DateTime:
    """A time by the meter's clock, as an option gives it.

    Raises:
        ConfigurationError: it is none, or by another clock.
    """
    try:
        wanted = date_time_of(at)
    except ConfigurationError as error:
        raise ConfigurationError(str(error), "--at") from None
    if wanted.deviation_min != NOT_SPECIFIED_DEVIATION:
        raise ConfigurationError(f"{at} has an offset; write the meter's local time, without one", "--at")
    return wanted


def _schedule(settings: Settings, at: str) -> None:
    wanted = _local_time(at)
    octets = wanted.encode()
    time_of_day = octets[5:8] + b"\0"
    moment = Data(Tag.STRUCTURE, (Data(Tag.OCTET_STRING, time_of_day), Data(Tag.OCTET_STRING, octets[:5])))
    with opened(settings) as meter:
        now = meter_time(meter)
        if now.is_definite and wanted.local_second <= now.local_second:
            shown = f"{at} has passed: the meter's clock shows {now.iso()}"
            raise ConfigurationError(f"{shown}; give a later time, or leave it out to activate now", "--at")
        meter.set(_SCHEDULE_CLASS, SCHEDULE, 4, Data(Tag.ARRAY, (moment,)))
        here = _standing(meter)
    if settings.json:
        print_json({"status": _word(here), "at": at})
    else:
        print(f"the meter activates at {at}, by its own time, what is verified then; now: {_word(here)}")


def _versions(meter: Meter) -> dict[str, str]:
    texts = {}
    for part in ("legal", "application"):
        name = NAMES[f"{part}_firmware"]
        value = meter.get(1, name.obis, 2).value
        texts[part] = _named(value) if isinstance(value, bytes) else harmless(str(value))
    return texts


@contextmanager
def _restarting_told() -> Iterator[None]:
    """Say what it means that a meter takes no image for a moment."""
    try:
        yield
    except RefusedError as error:
        if error.result != DataAccessResult.TEMPORARY_FAILURE:
            raise
        raise ExplainedError(f"{_RESTARTING}; send this one afterwards") from error


def _why_not_now(here: Standing) -> str:
    """Why an image is not activated."""
    if not here.enabled:
        return _DISABLED
    if here.status is not ImageTransferStatus.VERIFICATION_FAILED and (here.missing or not here.blocks.length):
        return _not_there("activate", here)
    return f"no image was found good ({_word(here)}); have it verified with: smartset … firmware verify"


def _why_not(here: Standing) -> str:
    if not here.enabled:
        return _DISABLED
    if here.missing:
        return _not_there("verify", here)
    if here.status is ImageTransferStatus.VERIFICATION_FAILED:
        return (
            "the meter refuses the image: not for it, older than what runs, damaged, or of another maker; "
            "softmeter firmware inspect IMAGE --keys FILE tells more"
        )
    if here.status is ImageTransferStatus.ACTIVATION_INITIATED:
        return f"{_RESTARTING}; see what runs then with: smartset … firmware status"
    return _not_there("verify", here)


def _not_there(order: str, here: Standing) -> str:
    if here.missing:
        return f"{len(here.missing)} blocks are missing; send them with: smartset … firmware upload IMAGE"
    return f"there is no image to {order} ({_word(here)}); send one with: smartset … firmware upload IMAGE"


def _named(identifier: bytes) -> str:
    return harmless(identifier.decode("ascii", "backslashreplace"))


def _word(here: Standing) -> str:
    return _lower(here.status)


def _lower(status: ImageTransferStatus) -> str:
    return status.name.lower().replace("_", " ")
