"""State files of version 1: their check sums do not cover the columns that people read (`text`, `at`)."""

import sqlite3

from softmeter.errors import StorageError
from softmeter.runtime.checksum import checksum

_ROWS = (
    ("state", "meter, part, name, value", "meter, part, name, value, text", 3),
    ("rows", "meter, ring, number, record", "meter, ring, number, at, record, text", 3),
)
"""Tables, what was summed, what is summed now, and how many columns of it are the key."""


def sum_texts(connection: sqlite3.Connection) -> None:
    """Make the check sums of version 2, those of version 1 having been verified.

    Raises:
        StorageError: something stored does not agree with its check sum.
    """
    _check_meters(connection)
    for table, before, now, keys in _ROWS:
        key = " AND ".join(f"{column} = ?" for column in now.split(", ")[:keys])
        count = len(before.split(", "))
        for *content, crc in connection.execute(f"SELECT {before}, {now}, crc FROM {table}").fetchall():  # noqa: S608  ours
            if crc != checksum(*content[:count]):
                raise StorageError(f"damaged: a row of {table} does not agree with its check sum")
            update = f"UPDATE {table} SET crc = ? WHERE {key}"  # noqa: S608  ours
            connection.execute(update, (checksum(*content[count:]), *content[:keys]))
    for meter, *content in connection.execute(
        "SELECT id, id, name, real, text, commits, entries, closed FROM meters"
    ).fetchall():
        *head, closed = content
        total = _total(connection, meter)[1]
        crc = checksum(*head, total, closed)
        connection.execute("UPDATE meters SET total = ?, crc = ? WHERE id = ?", (total, crc, meter))


def _check_meters(connection: sqlite3.Connection) -> None:
    query = "SELECT crc, id, name, real, commits, entries, total, closed FROM meters"
    for crc, meter, *content in connection.execute(query).fetchall():
        entries, total = _total(connection, meter)
        if crc != checksum(meter, *content) or [entries, total] != content[3:5]:
            raise StorageError(f"damaged: the entry of meter {content[0]} does not agree with its check sum")


def _total(connection: sqlite3.Connection, meter: int) -> tuple[int, int]:
    """The number of rows in `state` and `rings`, and the sum of their check sums."""
    query = """
    SELECT count(*), coalesce(sum(crc), 0)
    FROM (SELECT crc FROM state WHERE meter = ? UNION ALL SELECT crc FROM rings WHERE meter = ?)
    """
    count, total = connection.execute(query, (meter, meter)).fetchone()
    return count, total
