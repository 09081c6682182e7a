"""The object model of the meter: one row per object, a file per chapter, compiled once for all meters of the type."""

from functools import cache
from typing import Any

from softmeter.cosem.dictionary import Dictionary
from softmeter.meter.model import (
    access,
    alarms,
    billing,
    displayed,
    firmware,
    identification,
    local,
    mbus,
    network,
    pushing,
    quality,
    recording,
    scripted,
    switching,
    tariffs,
)

ROWS = (
    *identification.ROWS,
    *access.ROWS,
    *alarms.ROWS,
    *recording.ROWS,
    *quality.ROWS,
    *tariffs.ROWS,
    *billing.ROWS,
    *scripted.ROWS,
    *pushing.ROWS,
    *network.ROWS,
    *displayed.ROWS,
    *local.ROWS,
    *mbus.ROWS,
    *firmware.ROWS,
)
"""The objects of every meter."""

DISCONNECTOR = "+D"
"""The variant that has what `switching` describes."""


def dictionary(*, has_disconnector: bool = False) -> Dictionary:
    """The compiled model of a variant; built on first use and shared by every meter of it in the process."""
    return _with_disconnector() if has_disconnector else _plain()


@cache
def _plain() -> Dictionary:
    return Dictionary(ROWS)


@cache
def _with_disconnector() -> Dictionary:
    return Dictionary((*ROWS, *switching.ROWS))


def describe() -> list[dict[str, Any]]:
    """The model as plain values, for documentation and tests: an entry per object, in the order of the model."""
    return [
        {
            "obis": row.name.short,
            "class_id": row.interface.class_id,
            "version": row.interface.version,
            "title": row.title,
            "variant": DISCONNECTOR if row in switching.ROWS else "",
            "attributes": {1: "logical_name"}
            | {number: spec.name for number, spec in row.interface.attribute_specs.items()},
            "methods": {number: spec.name for number, spec in row.interface.method_specs.items()},
            "rights": {
                audience.name.lower(): {"read": rights.read, "write": rights.write, "call": rights.call}
                for audience, rights in row.policy.rights.items()
            },
        }
        for row in dictionary(has_disconnector=True).rows
    ]
