"""The commands `backup` and `diff`."""

from pathlib import Path
from typing import Any

from softmeter.apps.smartset.backup_file import BEGINNINGS, Backup, Place, Saved, read_backup, write_backup
from softmeter.apps.smartset.connection import opened
from softmeter.apps.smartset.out_files import replaces
from softmeter.apps.smartset.output import print_json
from softmeter.apps.smartset.reading_all import is_state, places, read_meter, read_places
from softmeter.apps.smartset.restoring import marked, seen
from softmeter.apps.smartset.settings import Settings
from softmeter.apps.smartset.values import plain, text
from softmeter.cosem.access import AttributeAccess
from softmeter.wire.types import Data

DIFFERENT = 1


def backup(settings: Settings, path: Path, *, buffers: bool) -> None:
    """Read everything and write it to a file."""
    replaced = replaces(path, "backup", BEGINNINGS)
    with opened(settings) as meter:
        saved, refused = read_meter(meter, settings, buffers=buffers)
    write_backup(path, saved)
    settable = sum(one.settable for one in saved.attributes.values())
    if settings.json:
        left_out = [str(place) for place in refused]
        print_json({"file": str(path), "attributes": len(saved.attributes), "settable": settable, "refused": left_out})
        return
    told = "; the backup that was there is replaced" if replaced else ""
    print(f"{path}: {len(saved.attributes)} attributes, {settable} of them settable{told}")
    for place in refused:
        print(f"left out, the meter refuses it: {place}")


def compare(settings: Settings, first: Path, second: Path | None, *, everything: bool) -> int:
    """Print where two backups differ, or a backup and the meter; the status says whether they do."""
    left = read_backup(first)
    right = read_backup(second) if second else _of_meter(settings, left)
    compared = [*left.attributes, *right.attributes] if second else list(right.attributes)
    wanted = [
        place
        for place in dict.fromkeys(compared)
        if everything or (_settable(left, right, place) and not is_state(place))
    ]
    found = [(place, one, other) for place in wanted if (one := _value(left, place)) != (other := _value(right, place))]
    if settings.json:
        print_json([_described(*one) for one in found])
    else:
        for place, one, other in found:
            print(f"{place}")
            for mark, data in (("-", one), ("+", other)):
                print("\n".join(marked(mark, "not there" if data is None else text(seen(place, data)))))
        kind = "attributes" if everything else "settings"
        unread = len(set(left.attributes) - set(compared))
        if unread:
            print(f"{unread} attributes were not compared: the meter does not show them to client {settings.client}")
        print(f"{len(found)} of {len(wanted)} {kind} differ" if found else f"all {len(wanted)} {kind} are the same")
    return DIFFERENT if found else 0


def _of_meter(settings: Settings, like: Backup) -> Backup:
    """The attributes of a backup as the meter has them now."""
    with opened(settings) as meter:
        readable = set(places(meter.objects(), AttributeAccess.READ, buffers=True))
        writable = set(places(meter.objects(), AttributeAccess.WRITE, buffers=True))
        values, _ = read_places(meter, [place for place in like.attributes if place in readable])
    return Backup({}, {place: Saved(data, place in writable) for place, data in values.items()})


def _settable(left: Backup, right: Backup, place: Place) -> bool:
    return any(place in one.attributes and one.attributes[place].settable for one in (left, right))


def _value(one: Backup, place: Place) -> Data | None:
    saved = one.attributes.get(place)
    return None if saved is None else saved.data


def _described(place: Place, one: Data | None, other: Data | None) -> dict[str, Any]:
    return {
        "object": place.obis.short,
        "class": place.class_id,
        "attribute": place.attribute,
        "first": None if one is None else plain(seen(place, one)),
        "second": None if other is None else plain(seen(place, other)),
    }
