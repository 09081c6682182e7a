"""The command `restore`: sets what differs from a backup and may be set, in an order that cuts nobody off."""

from pathlib import Path
from typing import Any, NamedTuple

from softmeter.apps.smartset.addresses import legible
from softmeter.apps.smartset.backup_file import Place, ordered, read_backup
from softmeter.apps.smartset.connection import opened
from softmeter.apps.smartset.meter import Meter, RefusedError
from softmeter.apps.smartset.names import PROFILE
from softmeter.apps.smartset.output import print_json
from softmeter.apps.smartset.progress import steps
from softmeter.apps.smartset.reading_all import BUFFER, identity, is_state, places, read_places
from softmeter.apps.smartset.settings import Settings
from softmeter.apps.smartset.values import plain, text
from softmeter.cosem.access import AttributeAccess
from softmeter.errors import ConfigurationError
from softmeter.wire.types import Data

_ORDER = (1, 3, 4, 5, 8, 9, 10, 11, 20, 22, 21, 6, 7, 71, 70)
"""Parameters first, then tables, then what works with them; what a client comes in by is not here, and comes last."""
_BACKWARDS = 20
"""Of an activity calendar days stand before weeks, weeks before seasons."""
_READOUT = 21
"""Value group C of lists that hold no rows: those of the display."""
REFUSED = 1


class Change(NamedTuple):
    """An attribute that is to become another one. `reason` says why the meter refused."""

    place: Place
    old: Data | None
    new: Data
    reason: str = ""

    def described(self) -> dict[str, Any]:
        """The change in JSON."""
        told = {
            "object": self.place.obis.short,
            "class": self.place.class_id,
            "attribute": self.place.attribute,
            "old": None if self.old is None else plain(seen(self.place, self.old)),
            "new": plain(seen(self.place, self.new)),
        }
        return told | ({"reason": self.reason} if self.reason else {})

    def lines(self) -> list[str]:
        """The change for people."""
        erases = "  (forgets its rows)" if self.place.class_id == PROFILE and self.place.obis.c != _READOUT else ""
        old = "unreadable" if self.old is None else text(seen(self.place, self.old))
        return [f"{self.place}{erases}", *marked("-", old), *marked("+", text(seen(self.place, self.new)))]


def seen(place: Place, data: Data) -> Data:
    """A value as it is printed."""
    return legible(place.class_id, place.attribute, data)


def marked(mark: str, shown: str) -> list[str]:
    """The lines of a value, each with a mark before it."""
    return [f"  {mark} {line}" for line in shown.splitlines() or [""]]


def restore(settings: Settings, path: Path, *, dry_run: bool, other_meter: bool) -> int:
    """Set what differs, and print it; the status says whether the meter refused some."""
    backup = read_backup(path)
    with opened(settings) as meter:
        if not other_meter:
            _check_same(identity(meter), backup.about, path)
        writable = set(places(meter.objects(), AttributeAccess.WRITE))
        readable = set(places(meter.objects(), AttributeAccess.READ))
        wanted = {
            place: saved.data
            for place, saved in backup.attributes.items()
            if not is_state(place) and (place.class_id, place.attribute) != BUFFER
        }
        if not writable & set(wanted):
            raise ConfigurationError(
                f"client {settings.client} may set nothing of what is in it; try another --client", str(path)
            )
        now, _ = read_places(meter, [place for place in wanted if place in writable and place in readable])
        changes = [
            Change(place, now.get(place), wanted[place])
            for place in _in_order(writable & set(wanted))
            if now.get(place) != wanted[place]
        ]
        refused = [] if dry_run else _set(meter, changes)
    out_of_reach = [
        place
        for place, saved in backup.attributes.items()
        if saved.settable and place in wanted and place not in writable
    ]
    _report(
        settings, [one for one in changes if one.place not in {two.place for two in refused}], refused, out_of_reach
    )
    if dry_run and not settings.json:
        print("nothing was written")
    return REFUSED if refused else 0


def _check_same(found: dict[str, str], saved: dict[str, str], path: Path) -> None:
    """Refuse the backup of another meter: it has that one's addresses and identifiers.

    Raises:
        ConfigurationError: it is one.
    """
    for name, value in found.items():
        if saved.get(name, value) != value:
            raise ConfigurationError(
                f"is of the meter with {name} {saved[name]}, this one's is {value}; "
                "add --other-meter to restore it all the same",
                str(path),
            )


def _in_order(found: set[Place]) -> list[Place]:
    stable = sorted(found, key=lambda one: (one.obis, -one.attribute if one.class_id == _BACKWARDS else one.attribute))
    return ordered(stable, _ORDER)


def _set(meter: Meter, changes: list[Change]) -> list[Change]:
    """Set them; what is refused once more at the end, for it may depend on the others."""
    left, refused = changes, list[Change]()
    with steps("writing", len(changes)) as tell:
        for _ in range(2):
            refused = []
            for done, change in enumerate(left, 1):
                try:
                    meter.set(*change.place, change.new)
                except RefusedError as error:
                    refused.append(change._replace(reason=str(error)))
                tell(done)
            if not refused or len(refused) == len(left):
                break
            left = refused
    return refused


def _report(settings: Settings, done: list[Change], refused: list[Change], out_of_reach: list[Place]) -> None:
    if settings.json:
        print_json(
            {
                "changes": [one.described() for one in done],
                "refused": [one.described() for one in refused],
                "not_settable": [str(place) for place in out_of_reach],
            }
        )
        return
    for change in done:
        print("\n".join(change.lines()))
    for change in refused:
        print("\n".join([*change.lines(), f"  refused: {change.reason}"]))
    for place in out_of_reach:
        print(f"{place}\n  not settable by client {settings.client}")
    print(f"{len(done)} differ, {len(refused)} refused, {len(out_of_reach)} not settable by this client")
