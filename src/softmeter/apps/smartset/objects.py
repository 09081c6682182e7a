"""The command `list`: the objects a client sees, with its rights."""

from softmeter.apps.smartset.classes import attribute_name, class_name, method_name
from softmeter.apps.smartset.connection import opened
from softmeter.apps.smartset.names import name_of
from softmeter.apps.smartset.object_list import Entry, rights_text
from softmeter.apps.smartset.output import print_json, print_table
from softmeter.apps.smartset.settings import Settings
from softmeter.cosem.access import AttributeAccess
from softmeter.obis import Obis


def show_objects(settings: Settings) -> None:
    """Print the object list."""
    with opened(settings) as meter:
        found = meter.objects()
    named = titles()
    if settings.json:
        print_json([_described(entry, named) for entry in found])
        return
    rows = (
        (class_name(entry.class_id), entry.obis.short, named.get(entry.obis, ""), rights_text(entry)) for entry in found
    )
    print_table(("class", "object", "title", "rights"), rows)


def _described(entry: Entry, named: dict[Obis, str]) -> dict[str, object]:
    return {
        "object": entry.obis.short,
        "class": entry.class_id,
        "version": entry.version,
        "name": name_of(entry.obis),
        "title": named.get(entry.obis, ""),
        "attributes": [
            {
                "attribute": number,
                "name": attribute_name(entry.class_id, number),
                "read": bool(mode & AttributeAccess.READ),
                "write": bool(mode & AttributeAccess.WRITE),
                "selectors": list(entry.selectors.get(number, ())),
            }
            for number, mode in entry.attributes.items()
        ],
        "methods": [
            {"method": number, "name": method_name(entry.class_id, number), "call": allowed}
            for number, allowed in entry.methods.items()
        ],
    }


def titles() -> dict[Obis, str]:
    """What our own model calls its objects: the codes mean the same on other meters."""
    from softmeter.meter.model import describe

    return {Obis.parse(row["obis"]): row["title"] for row in describe()}
