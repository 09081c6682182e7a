"""Which line an entry of a TOML file stands on."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from softmeter.apps.toml_lines import Place, line_of, places

NESTED = '''# [no] = header
title = "a # = [ {"
text = """
[not.a.table]
x = 1
"""
raw = \'\'\'
[[nor.this]]\'\'\'
list = [ 1,
  2, # three = 3
  [4,
   5], { x = [
    6 ], "y z".w = { v = [7,
     8], u = "}" } },
]
"b.c".d = 3
when = 2026-01-01 01:02:03
[[step]]
expect = [
  { a = 1 }, { a = 2 },
  { b = 1 },
]
  [[step.expecting]]
  a = 1
[step.under."x.y"]
c = 1
[[step]]
[[step.expecting]]
d = 1
'''
LINES = {
    ("title",): 2,
    ("text",): 3,
    ("raw",): 7,
    ("list",): 9,
    ("list", 0): 9,
    ("list", 1): 10,
    ("list", 2): 11,
    ("list", 2, 1): 12,
    ("list", 3): 12,
    ("list", 3, "x", 0): 13,
    ("list", 3, "y z", "w", "v"): 13,
    ("list", 3, "y z", "w", "u"): 14,
    ("b.c", "d"): 16,
    ("step", 0, "expect", 1, "a"): 20,
    ("step", 0, "expect", 2, "b"): 21,
    ("step", 0, "expecting", 0, "a"): 24,
    ("step", 0, "under", "x.y", "c"): 26,
    ("step", 1): 27,
    ("step", 1, "expecting", 0, "d"): 29,
}


def test_lines() -> None:
    text = 'a = 1\n\n[b.c]\n"d e" = 2 # x\n[[f]]\ng = 1\n[[f]]\ng = 2\n[f.h]\ni = 3\n'
    known: dict[Place, int] = {("a",): 1, ("b", "c"): 3, ("b", "c", "d e"): 4, ("f", 0, "g"): 6, ("f", 1, "g"): 8}
    assert {place: line_of(place, text) for place in known} == known
    assert line_of(("f", 1, "h", "i"), text) == 10
    assert line_of(("f", 1, "nothing"), text) == 7
    assert line_of(("nothing",), text) == 1


@pytest.mark.parametrize("place", LINES)
def test_tables_and_arrays_within_each_other(place: Place) -> None:
    assert places(NESTED)[place] == LINES[place]


def test_everything_that_the_reader_of_the_standard_library_finds_has_a_line() -> None:
    found = places(NESTED)
    assert set(found) - {()} == set(_within(tomllib.loads(NESTED), ()))


def _within(value: Any, place: Place) -> Iterator[Place]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in children:
        yield (*place, name)
        yield from _within(child, (*place, name))


@pytest.mark.parametrize(
    "text", ["]", "}=,", "= [", "[[[", '"', "'''", "a.=.b=", "[a\nb = ]\n", "{" * 2000, "[" * 2000]
)
def test_what_is_no_toml_is_read_to_its_end(text: str) -> None:
    assert places(text)[()] == 1
