"""The object model of the meter: one row per object, a file per chapter, compiled once for all meters of the type."""

from functools import cache
from typing import Any

from softmeter.cosem.dictionary import Dictionary
from softmeter.meter.model import (
    access,
    administered,
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
from softmeter.security.ciphering import Protection
from softmeter.security.suites import Suite

ROWS = (
    *identification.ROWS,
    *alarms.ROWS,
    *recording.ROWS,
    *quality.ROWS,
    *tariffs.ROWS,
    *billing.ROWS,
    *scripted.ROWS,
    *pushing.ROWS,
    *network.ROWS,
    *administered.ROWS,
    *displayed.ROWS,
    *local.ROWS,
    *mbus.ROWS,
    *firmware.ROWS,
)
"""The objects of every meter, whatever its suite: those of `access` come with that."""

DISCONNECTOR = "+D"
"""The variant that has what `switching` describes."""


def dictionary(*, has_disconnector: bool = False, suite: Suite = Suite.SUITE_0) -> Dictionary:
    """The compiled model of a variant; built on first use and shared by every meter of it in the process."""
    return _compiled(has_disconnector, suite)


@cache
def _compiled(has_disconnector: bool, suite: Suite) -> Dictionary:  # noqa: FBT001 - a key of the cache
    return Dictionary((*ROWS, *access.rows(suite), *(switching.ROWS if has_disconnector else ())))


def describe(suite: Suite = Suite.SUITE_0) -> list[dict[str, Any]]:
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
                audience.name.lower(): {
                    "read": rights.read,
                    "write": rights.write,
                    "call": rights.call,
                    "signed": {name for name, demand in rights.demands.items() if Protection.SIGNED in demand.request},
                }
                for audience, rights in row.policy.rights.items()
            },
        }
        for row in dictionary(has_disconnector=True, suite=suite).rows
    ]
