"""Which line an entry of a TOML file stands on."""

from softmeter.apps.toml_lines import line_of


def test_lines() -> None:
    text = 'a = 1\n\n[b.c]\n"d e" = 2 # x\n[[f]]\ng = 1\n[[f]]\ng = 2\n[f.h]\ni = 3\n'
    places = {("a",): 1, ("b", "c"): 3, ("b", "c", "d e"): 4, ("f", 0, "g"): 6, ("f", 1, "g"): 8}
    assert {place: line_of(place, text) for place in places} == places
    assert line_of(("f", 1, "h", "i"), text) == 10
    assert line_of(("f", 1, "nothing"), text) == 7
    assert line_of(("nothing",), text) == 1


def test_inline_tables_of_an_array_over_several_lines() -> None:
    text = "[a]\nlist = [\n  { x = 1 },\n  { x = 2 },\n]\nb.c = 3\n"
    assert [line_of(("a", "list", number, "x"), text) for number in (0, 1)] == [3, 4]
    assert line_of(("a", "b", "c"), text) == 6
