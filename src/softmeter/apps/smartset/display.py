"""The commands `display show` and `display set`: the lists that the display shows (manual 4.4, SmartSet's page)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from softmeter.apps.smartset.classes import attribute_name, attribute_number, class_name
from softmeter.apps.smartset.columns import captured, to_text
from softmeter.apps.smartset.connection import opened
from softmeter.apps.smartset.failures import ExplainedError
from softmeter.apps.smartset.meter import Meter, RefusedError
from softmeter.apps.smartset.names import DATA, PROFILE, Target
from softmeter.apps.smartset.objects import titles
from softmeter.apps.smartset.output import print_json, print_table
from softmeter.apps.smartset.profiles import Part, read_profile
from softmeter.apps.smartset.settings import Settings
from softmeter.cosem.capture import CaptureObject
from softmeter.cosem.classes.profile_generic import ProfileGeneric
from softmeter.errors import ConfigurationError
from softmeter.obis import Obis
from softmeter.wire.types import Data, Tag, decode_data

LISTS = {"auto": Obis(0, 0, 21, 0, 1), "button": Obis(0, 0, 21, 0, 2)}
"""What scrolls by itself (General display readout), and what the button goes through (Alternate display readout)."""
DECIMALS = Obis(0, 0, 96, 6, 1)
_ITEMS, _PERIOD, _VALUE = 3, 4, 2
_PERIODS = {"auto": "seconds for each item", "button": "seconds until it scrolls by itself again"}
_INDEXED = re.compile(r"(?P<target>.+:\w+):(?P<index>\d{1,5})")


@dataclass(frozen=True, slots=True)
class Changes:
    """What of a list is to change: all items, or items deleted and added (at a place from 1); what is None stays."""

    items: Sequence[str] = ()
    add: Sequence[str] = ()
    delete: Sequence[str] = ()
    at: int | None = None
    period_s: int | None = None
    decimals: int | None = None

    @property
    def of_items(self) -> bool:
        return bool(self.items or self.add or self.delete)

    def check(self) -> None:
        """Refuse what says nothing or contradicts itself.

        Raises:
            ConfigurationError: it does.
        """
        if not self.of_items and self.period_s is None and self.decimals is None:
            raise ConfigurationError("nothing to set; add --add, --delete, --items, --period or --decimals")
        if self.items and (self.add or self.delete):
            raise ConfigurationError("--items are all items; leave --add and --delete out, or --items")
        if self.at is not None and not self.add:
            raise ConfigurationError("--at says where --add puts items; add some")


def obis_of(name: str) -> Obis:
    """The object of a list.

    Raises:
        ConfigurationError: there is no such list.
    """
    if name not in LISTS:
        raise ConfigurationError(f"{name!r} is no list of the display; there are {' and '.join(LISTS)}")
    return LISTS[name]


def show_display(settings: Settings, name: str) -> None:
    """Print one list or both: the items and what they show now, periods and decimals."""
    chosen = {name: obis_of(name)} if name else LISTS
    with opened(settings) as meter:
        shown = {one: _shown(meter, obis) for one, obis in chosen.items()}
        decimals = _decimals(meter)
    if settings.json:
        print_json({"lists": shown, "energy_decimals": decimals})
        return
    for one, told in shown.items():
        print(f"{one}: {len(told['items'])} items, {told['period_s']} {_PERIODS[one]}")
        rows = [
            (str(number), item["object"], item["class_name"], item["attribute_name"], item["title"], item["value"])
            for number, item in enumerate(told["items"], 1)
        ]
        print_table(("no", "object", "class", "attribute", "description", "value"), rows, right=(0,))
        print()
    if decimals is not None:
        print(f"energy decimals: {decimals}")


def set_display(settings: Settings, name: str, changes: Changes) -> None:
    """Change a list, its period or the decimals of energies, and print what it is then."""
    obis = obis_of(name)
    changes.check()
    with opened(settings) as meter:
        if changes.of_items:
            items = _changed(meter, captured(meter.get(PROFILE, obis, _ITEMS)), changes)
            encoded = ProfileGeneric.attribute_specs[_ITEMS].type.encode(tuple(items))
            meter.set(PROFILE, obis, _ITEMS, decode_data(encoded))
        if changes.period_s is not None:
            meter.set(PROFILE, obis, _PERIOD, Data(Tag.DOUBLE_LONG_UNSIGNED, changes.period_s))
        if changes.decimals is not None:
            meter.set(DATA, DECIMALS, _VALUE, Data(Tag.UNSIGNED, changes.decimals))
    show_display(settings, name)


def _changed(meter: Meter, items: list[CaptureObject], changes: Changes) -> list[CaptureObject]:
    """The items as they are to be."""
    if changes.items:
        return [_item(meter, one) for one in changes.items]
    for written in changes.delete:
        wanted = _item(meter, written)
        if wanted not in items:
            raise ConfigurationError(f"{written!r} is not in the list; smartset … display show prints it")
        items.remove(wanted)
    at = len(items) if changes.at is None else min(changes.at - 1, len(items))
    for offset, written in enumerate(changes.add):
        wanted = _item(meter, written)
        if wanted in items:
            raise ConfigurationError(f"{written!r} is in the list already")
        items.insert(at + offset, wanted)
    if not items:
        raise ConfigurationError("a list shows at least one item")
    return items


def _item(meter: Meter, written: str) -> CaptureObject:
    """Read NAME|OBIS[:ATTRIBUTE[:INDEX]]."""
    match = _INDEXED.fullmatch(written)
    indexed = match is not None and not re.fullmatch(r"\d+-\d+", match["target"].rpartition(":")[0])
    target = Target.parse(match["target"] if match and indexed else written)
    kind = meter.class_of(target)
    index = int(match["index"]) if match and indexed else 0
    return CaptureObject(kind, target.obis, attribute_number(kind, target.part), index)


def _shown(meter: Meter, obis: Obis) -> dict[str, Any]:
    profile = read_profile(meter, obis, Part())
    if not profile.rows:
        raise ExplainedError(f"the meter has nothing in its display list {obis.short}")
    named = titles()
    items = []
    for column, cell in zip(profile.columns, profile.rows[0], strict=True):
        one = column.captures
        value = to_text(column)(cell)
        items.append(
            {
                "object": one.name.short,
                "class": one.class_id,
                "class_name": class_name(one.class_id),
                "attribute": one.attribute,
                "attribute_name": attribute_name(one.class_id, one.attribute) or str(one.attribute),
                "data_index": one.data_index,
                "title": named.get(one.name, ""),
                "value": f"{value} {column.unit}".strip(),
            }
        )
    return {"object": obis.short, "period_s": profile.capture_period_s, "items": items}


def _decimals(meter: Meter) -> int | None:
    try:
        value = meter.get(DATA, DECIMALS, _VALUE).value
    except RefusedError:
        return None
    return value if isinstance(value, int) else None
