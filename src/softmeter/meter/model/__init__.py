"""The object model of the meter: one row per object, a file per chapter, compiled once for all meters of the type."""

from functools import cache
from typing import Any

from softmeter.cosem.dictionary import Dictionary
from softmeter.meter.model import access, identification, recording

ROWS = (*identification.ROWS, *access.ROWS, *recording.ROWS)


@cache
def dictionary() -> Dictionary:
    """The compiled model; built on first use and shared by every meter in the process."""
    return Dictionary(ROWS)


def describe() -> list[dict[str, Any]]:
    """The model as plain values, for documentation and tests: an entry per object, in the order of the model."""
    return [
        {
            "obis": row.name.short,
            "class_id": row.interface.class_id,
            "version": row.interface.version,
            "title": row.title,
            "attributes": {1: "logical_name"}
            | {number: spec.name for number, spec in row.interface.attribute_specs.items()},
            "methods": {number: spec.name for number, spec in row.interface.method_specs.items()},
            "rights": {
                audience.name.lower(): {"read": rights.read, "write": rights.write, "call": rights.call}
                for audience, rights in row.policy.rights.items()
            },
        }
        for row in ROWS
    ]
