"""Another configuration for a meter that has been made: what of it holds from now on, and what the meter keeps."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any, Final

from softmeter.apps import configuration
from softmeter.apps.toml_text import document_text
from softmeter.runtime.saved import Saved

TAKEN_OVER: Final = ("tariff", "services", "mbus", "modem", "network", "p1", "ports")
"""Tables that a later start may change. The others are what a factory puts into the memory of a meter, once."""
_SET_BY_CLIENTS: Final = {"tariff": "active", "modem": "apn"}
"""What the meter has stored under a table's name once a client has set it; then the client's word holds."""
_NO_CLIENTS: Final = {"modem.link_limits", "modem.at_port"}
"""Entries of such a table that no client can set."""

Say = Callable[[str], None]


class Fate(Enum):
    """What becomes of an entry of the file."""

    TAKEN = "from now on the meter has its {entries}"
    OVERRULED = "{entries} {are} ignored, a client has set something else, which stays"
    KEPT = "{entries} {are} ignored, the meter keeps what it was made with; another meter is made with --state"


def reconfigured(before: str, name: str, saved: Saved, say: Say) -> str:
    """The configuration of a meter from now on: its own, with the tables of the file `name` that can be taken over.

    `before` is its own; `say` hears what becomes of each entry in which the two differ.

    Raises:
        ConfigurationError: the file cannot be read, or something in it is wrong.
    """
    text = configuration.text(name)
    configuration.parse(text, name)
    changed = sorted(_changed(_effective(before), _effective(text)))
    fates = {entry: _fate(entry, saved) for entry in changed}
    for fate in Fate:
        if entries := [entry for entry, found in fates.items() if found is fate]:
            told = fate.value.format(entries=", ".join(entries), are="is" if len(entries) == 1 else "are")
            say(f"--config {name}: {told}")
    if not changed:
        say(f"--config {name}: the meter has all of that already")
    old, new = tomllib.loads(before), tomllib.loads(text)
    of_its_own = {table: value for table, value in old.items() if table not in TAKEN_OVER}
    return document_text(of_its_own | {table: new[table] for table in TAKEN_OVER if table in new})


def _fate(entry: str, saved: Saved) -> Fate:
    table = entry.partition(".")[0]
    if table not in TAKEN_OVER:
        return Fate.KEPT
    is_set = entry not in _NO_CLIENTS and _SET_BY_CLIENTS.get(table) in saved.values.get(table, {})
    return Fate.OVERRULED if is_set else Fate.TAKEN


def _effective(text: str) -> dict[str, Any]:
    """What a file says, with every default."""
    return configuration.document(text).model_dump(mode="json")


def _changed(before: Mapping[str, Any], after: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """The entries in which two documents differ, by their names with dots; of the tariff only that it does."""
    for name, value in after.items():
        known, entry = before.get(name), f"{path}{name}"
        if known == value:
            continue
        if isinstance(value, Mapping) and isinstance(known, Mapping) and entry != "tariff":
            yield from _changed(known, value, f"{entry}.")
        elif entry != "identity.serial" or value:
            yield entry
