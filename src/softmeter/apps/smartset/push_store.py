"""Where `smartset push listen` keeps what came: lines of JSON or rows of a database, each written before it is shown.

A store also says which counters were seen already, so that what is sent again is known after a restart.
"""

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol, TextIO

from softmeter.apps.smartset.push_opening import Counters, Push
from softmeter.errors import ConfigurationError

PATIENCE_S = 2.0
"""How long is waited for a database that somebody else holds; not again for each push while he goes on."""
_TABLE = """CREATE TABLE IF NOT EXISTS pushes (
    received TEXT NOT NULL, sender TEXT NOT NULL, client INTEGER NOT NULL, meter TEXT, repeated INTEGER NOT NULL,
    counter INTEGER, time TEXT, number INTEGER NOT NULL, "values" TEXT NOT NULL, encoded BLOB NOT NULL)"""

_ROW = """INSERT INTO pushes (received, sender, client, meter, repeated, counter, time, number, "values", encoded)
    VALUES (:received, :from, :client, :meter, :repeated, :counter, :time, :number, :values, :encoded)"""


class Keep(Protocol):
    """Keeps pushes."""

    def __call__(self, push: Push) -> None:
        """Keep one; it is written when this returns.

        Raises:
            OSError: it cannot be.
            sqlite3.Error: it cannot be, in a database.
        """
        ...


class Kept(NamedTuple):
    """How pushes are kept, and the highest counters of those kept before."""

    keep: Keep
    highest: Counters


@contextlib.contextmanager
def opened(store: Path | None) -> Iterator[Kept]:
    """A store, by the ending of its name; without one nothing is kept.

    Raises:
        ConfigurationError: it cannot be used.
    """
    if store is None:
        yield Kept(lambda _: None, {})
    elif store.suffix == ".jsonl":
        with store.open("a+", encoding="utf-8", errors="replace") as file:
            highest = _of_lines(file)

            def write(push: Push) -> None:
                file.write(json.dumps(push.as_json(), ensure_ascii=False) + "\n")
                file.flush()

            yield Kept(write, highest)
    elif store.suffix in {".sqlite", ".db"}:
        try:
            with contextlib.closing(sqlite3.connect(store, PATIENCE_S, isolation_level=None)) as database:
                _prepare(database)
                yield Kept(_Rows(database).keep, _of_rows(database))
        except sqlite3.Error as error:
            raise ConfigurationError(f"cannot be used: {error}", str(store)) from error
    else:
        raise ConfigurationError(f"{store.name} is neither .jsonl nor .sqlite", "--store")


def _of_lines(file: TextIO) -> Counters:
    """The highest counters in lines of JSON; a line that is none is passed over: a power cut may have torn the last."""
    highest: Counters = {}
    file.seek(0)
    line = "\n"
    for line in file:
        with contextlib.suppress(ValueError, KeyError, TypeError, OverflowError, RecursionError):
            known = json.loads(line)
            if known["counter"] is not None:
                place = int(known["client"]), str(known["meter"])
                highest[place] = max(int(known["counter"]), highest.get(place, -1))
    if not line.endswith("\n"):
        file.write("\n")  # what follows begins a line of its own
    return highest


def _prepare(database: sqlite3.Connection) -> None:
    """Have the table, as it is now: earlier ones had no counters."""
    database.execute(_TABLE)
    if "counter" not in {column for _, column, *_ in database.execute("PRAGMA table_info(pushes)")}:
        database.execute("ALTER TABLE pushes ADD COLUMN counter INTEGER")


def _of_rows(database: sqlite3.Connection) -> Counters:
    rows = database.execute(
        "SELECT client, meter, max(counter) FROM pushes WHERE counter IS NOT NULL GROUP BY client, meter"
    )
    return {(client, meter): counter for client, meter, counter in rows}


class _Rows:
    """The rows of a database. While somebody else holds it the listener stands still, so it waits for him only once."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._waits = True

    def keep(self, push: Push) -> None:
        known = push.as_json()
        row = {**known, "values": json.dumps(known["values"], ensure_ascii=False), "encoded": push.octets}
        waits, self._waits = self._waits, False
        self._database.execute(f"PRAGMA busy_timeout = {int(PATIENCE_S * 1000) if waits else 0}")
        self._database.execute(_ROW, row)
        self._waits = True
