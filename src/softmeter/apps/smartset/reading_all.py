"""Reading every attribute of a meter that is a setting or a value: what a backup holds."""

from collections.abc import Iterable
from datetime import UTC, datetime

from softmeter.apps.smartset.backup_file import Backup, Place, Saved
from softmeter.apps.smartset.meter import Meter, RefusedError
from softmeter.apps.smartset.names import ASSOCIATION, NAMES, PROFILE
from softmeter.apps.smartset.object_list import Entry
from softmeter.apps.smartset.objects import titles
from softmeter.apps.smartset.progress import steps
from softmeter.apps.smartset.settings import Settings
from softmeter.apps.smartset.values import plain
from softmeter.cosem.access import AttributeAccess
from softmeter.wire.types import Data

BUFFER = (PROFILE, 2)
_OBJECT_LIST = (ASSOCIATION, 2)
_SECRETS = frozenset({(ASSOCIATION, 7), (12, 3), (19, 7), (19, 8), (19, 9), (44, 5), (45, 3)})
"""Passwords and PIN codes: of associations, of local ports, of PPP, of a modem's card. No file of ours holds them."""
_STATE = frozenset({(8, 2), (6, 4), (20, 10)})
"""Class and attribute: the time, the active mask, when the passive calendar is activated."""
_IMAGE_TRANSFER = 18
_IDENTITY = ("logical_device_name", "serial")


def places(objects: Iterable[Entry], access: AttributeAccess, *, buffers: bool = False) -> list[Place]:
    """The attributes that this client may access so, but secrets and logical names."""
    left_out = _SECRETS | {_OBJECT_LIST} | (set() if buffers else {BUFFER})
    return [
        Place(entry.class_id, entry.obis, number)
        for entry in objects
        for number, mode in entry.attributes.items()
        if number > 1 and mode & access and (entry.class_id, number) not in left_out
    ]


def read_meter(meter: Meter, settings: Settings, *, buffers: bool = False) -> tuple[Backup, list[Place]]:
    """What the meter gives, and what it refused although the object list offers it."""
    objects = meter.objects()
    values, refused = read_places(meter, places(objects, AttributeAccess.READ, buffers=buffers))
    writable = set(places(objects, AttributeAccess.WRITE, buffers=buffers))
    about = {
        "client": settings.client,
        "read-at": datetime.now(UTC).isoformat(timespec="seconds"),
        **identity(meter),
    }
    attributes = {place: Saved(values[place], place in writable) for place in values}
    versions = {entry.obis: entry.version for entry in objects}
    return Backup(about, attributes, titles(), versions), refused


def read_places(meter: Meter, wanted: list[Place]) -> tuple[dict[Place, Data], list[Place]]:
    """The values of `wanted`, and which of them the meter refused."""
    values: dict[Place, Data] = {}
    refused: list[Place] = []
    with steps("reading", len(wanted)) as tell:
        for done, place in enumerate(wanted, 1):
            try:
                values[place] = meter.get(*place)
            except RefusedError:
                refused.append(place)
            tell(done)
    return values, refused


def identity(meter: Meter) -> dict[str, str]:
    """Who the meter is, as a backup says it; what the client may not read is left out."""
    return {name.replace("_", "-"): value for name in _IDENTITY if (value := _text(meter, name))}


def _text(meter: Meter, name: str) -> str:
    class_id, obis = NAMES[name]
    try:
        return str(plain(meter.get(class_id, obis, 2)))
    except RefusedError:
        return ""


def is_state(place: Place) -> bool:
    """Whether a settable attribute is what the meter is doing rather than how it is set.

    The time, active masks, when a calendar is activated, images; error and alarm registers and descriptors.
    """
    if (place.class_id, place.attribute) in _STATE or place.class_id == _IMAGE_TRANSFER:
        return True
    a, b, c, d, e, _ = place.obis
    return place.class_id == 1 and (a, b, c) == (0, 0, 97) and (d == 97 or (d == 98 and not 10 <= e < 20))
