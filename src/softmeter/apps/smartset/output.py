"""Printing for people and for machines; a table streams, so a long one starts at once."""

import json
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import Any

_MEASURED_ROWS = 500
"""Columns are as wide as the widest cell of so many rows; a wider one later only shifts its own row."""


def print_json(value: Any) -> None:
    """One line of JSON."""
    print(json.dumps(value, ensure_ascii=False, allow_nan=False))


def print_table(header: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> None:
    """Aligned columns; those numbered in `right` to the right."""
    remaining = iter(rows)
    first = list(islice(remaining, _MEASURED_ROWS))
    widths = [max(map(len, column)) for column in zip(header, *first, strict=True)]
    form = "  ".join(f"{{:{'>' if at in right else '<'}{width}}}" for at, width in enumerate(widths))
    for row in chain([header], first, remaining):
        print(form.format(*row).rstrip())
