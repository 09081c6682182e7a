"""Scenario files: what is read, what is refused with its line and place, and the schema that says so."""

import json
from pathlib import Path

import pytest

from softmeter.apps.scenario.expectations import EXPECTATIONS
from softmeter.apps.scenario.reading import instants, library, parse, schema, text_of
from softmeter.apps.scenario.script import Script
from softmeter.bench.bench import CONTROLS
from softmeter.errors import ConfigurationError
from softmeter.instant import iso

GOOD = """
title = "A story"

[meter]
start = "2026-01-01T00:00:00Z"

[[step]]
at = "2026-01-01T01:00:00+01:00"
expect = [
  { tariff = 1 },
  { object = "active_import", value = 1 },
]

[[step]]
after = "1h30m"
bench = { voltage_v = 0, faults = ["ram"] }

[[step]]
expect = [{ powered = false }]
"""

WRONG = [
    ("{ tariff = 1 }", "{ tarif = 1 }", "line 10, step 1, expect 1: is about nothing"),
    ("{ tariff = 1 }", "{ tariff = 7 }", "line 10, step 1, expect 1, tariff: must be "),
    (", value = 1 }", " }", "line 11, step 1, expect 2: says nothing"),
    (", value = 1 }", ", valu = 1 }", "line 11, step 1, expect 2, valu: is not known here; did you mean value?"),
    ('after = "1h30m"', 'after = "soon"', "line 15, step 2, after: 'soon' is no duration"),
    ('after = "1h30m"', 'at = "soon"', "line 15, step 2, at: 'soon' is no ISO 8601"),
    ('after = "1h30m"', 'at = "2025-12-31T00:00:00Z"', "line 15, step 2, at: 2025-12-31T00:00:00Z lies before"),
    ('after = "1h30m"', 'after = "1h"\nat = "2026-01-01T03:00:00Z"', "line 14, step 2: has both at and after"),
    ("voltage_v = 0", "voltage_v = 1000", "line 14, step 2: voltage_v: 1000.0 lies outside 0 to 400"),
    ("voltage_v = 0", "nose = 0", "line 14, step 2: bench: there is no control 'nose'"),
    ('["ram"]', '["nose"]', "line 14, step 2: faults: there is no fault 'nose'"),
    (
        "{ tariff = 1 }",
        '{ profile = "load", having = "dark", rows = 1 }',
        "'dark' is no status bit; there are critical_er",
    ),
    ('start = "2026-01-01T00:00:00Z"', 'start = "x"', "line 5, meter, start: 'x' is no ISO 8601"),
    ('start = "2026-01-01T00:00:00Z"', "colour = 1", "line 5, meter, colour: is not known here"),
    ('title = "A story"', "", "title: is missing"),
    ("[[step]]", "[[stp]]", "step: is missing"),
    ("[meter]", "[meter", "line 4: is no TOML"),
    ('"active_import"', '"activ_import"', "line 11, step 1, expect 2, object: 'activ_import' is no OBIS code"),
    ("value = 1", "value = nan", "line 11, step 1, expect 2, value"),
    ("value = 1", "least = inf", "line 11, step 1, expect 2, least: must be a finite number"),
    ("value = 1", 'result = "denied"', "line 11, step 1, expect 2, result: 'denied' is no answer of a meter"),
    ("value = 1", 'since = "then", value = 1', "line 11, step 1, expect 2, since: no value was kept as 'then' before"),
    (
        "[[step]]\nexpect",
        '[[step]]\nset = [{ object = "clock", value = 1, type = "word" }]\nexpect',
        "line 19, step 3, set 1, type: 'word' is no type; known are",
    ),
]


def test_times_are_absolute_relative_or_those_of_the_step_before() -> None:
    assert [iso(one) for one in instants(parse(GOOD, "story"))] == [
        "2026-01-01T00:00:00Z",
        "2026-01-01T01:30:00Z",
        "2026-01-01T01:30:00Z",
    ]


def test_a_time_needs_no_quotes() -> None:
    bare = GOOD.replace('"2026-01-01T01:00:00+01:00"', "2026-01-01 01:00:00+01:00")
    assert parse(bare, "story") == parse(GOOD, "story")


@pytest.mark.parametrize(("good", "wrong", "message"), WRONG)
def test_what_is_wrong_is_told_with_its_line_and_place(good: str, wrong: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(GOOD.replace(good, wrong), "story.toml")
    assert str(caught.value).startswith("story.toml: ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("meter", "message"),
    [
        ("settings = { identity = 3 }", "line 5, meter, settings, identity: must be a table"),
        ("settings = { p1 = { varant = 'nl' } }", "line 5, meter, settings, p1, varant: is not known here; did you me"),
        ("settings = { demand = { period_s = 7 } }", "line 5, meter, settings: demand"),
        ("[meter.settings.clock]\ndrift_s_per_day = 90", "line 6, meter, settings, clock, drift_s_per_day: must"),
        ('type = "IQ1"', "meter, settings: "),
        ('config = "none.toml"', "line 5, meter, config: none.toml: cannot be read"),
        ('source = "constant:u=abc"', "line 5, meter, source: constant:u=abc: "),
        ('source = "household:sed=1"', "line 5, meter, source: household:sed=1: 'sed' is not known"),
        ('source = "none.csv"', "line 5, meter, source: none.csv: cannot be read: No such file"),
        ('source = "grid+file:none.csv"', "line 5, meter, source: none.csv: cannot be read: No such file"),
        ('source = "tune.mp3"', "line 5, meter, source: tune.mp3: is no source; give "),
        ('source = "a\\u0000.csv"', "line 5, meter, source: 'a\\x00.csv': cannot be the name of a file"),
        ('config = "a\\u0000b"', "line 5, meter, config: 'a\\x00b': cannot be the name of a file"),
    ],
)
def test_what_is_wrong_with_the_meter_is_told_with_the_lines_of_the_scenario(meter: str, message: str) -> None:
    text = f'title = "A story"\n\n[meter]\nstart = "2026-01-01"\n{meter}\n[[step]]\nafter = "1h"\n'
    with pytest.raises(ConfigurationError) as caught:
        parse(text, "story.toml")
    assert message in str(caught.value)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(GOOD.replace("tariff = 1", "tariff = 7").replace("1h30m", "soon"), "story.toml")
    assert "line 10" in str(caught.value)
    assert "line 15" in str(caught.value)


def test_what_is_wrong_with_the_meter_is_told_beside_mistakes_of_form() -> None:
    text = GOOD.replace("tariff = 1", "tariff = 7").replace("[meter]", '[meter]\nsource = "none.csv"\nconfig = "none"')
    with pytest.raises(ConfigurationError) as caught:
        parse(text, "story.toml")
    lines = [line.split(", ")[0] for line in str(caught.value).splitlines()]
    assert lines == ["story.toml: line 5", "story.toml: line 6", "story.toml: line 12"]
    assert "none.csv: cannot be read" in str(caught.value)
    with pytest.raises(ConfigurationError, match=r"meter: must be a table.*\n?.*"):
        parse('title = "A"\nmeter = 3\n[[step]]\n', "story.toml")


def test_recordings_lie_beside_the_story(tmp_path: Path) -> None:
    (tmp_path / "day.csv").write_text("time,active_power_w\n0,500\n1,500\n")
    text = GOOD.replace("[meter]", '[meter]\nsource = "day.csv?loop&shift=start"')
    assert parse(text, "story.toml", tmp_path).meter.source.startswith("day.csv")
    with pytest.raises(ConfigurationError, match=r"line 5, meter, source: .*day\.csv"):
        parse(text.replace("day.csv", "day.csv?lop&"), "story.toml", tmp_path)


def test_a_file_that_is_not_there_is_told_with_what_is() -> None:
    with pytest.raises(ConfigurationError, match=r"give a file, or one of: .*outage-over-midnight"):
        text_of("nowhere")
    with pytest.raises(ConfigurationError, match=r"did you mean outage-over-midnight\?"):
        text_of("outage_over_midnight")


def test_the_schema_names_every_expectation_and_control() -> None:
    document = json.loads(schema())
    assert set(EXPECTATIONS) == {
        next(iter(one["required"])) for name, one in document["$defs"].items() if name.endswith("Expectation")
    }
    names = document["$defs"]["Step"]["properties"]["release"]["items"]["enum"]
    assert set(names) == set(CONTROLS)
    assert document["additionalProperties"] is False


@pytest.mark.parametrize("name", library())
def test_every_scenario_of_the_library_is_one_and_tells_its_story(name: str) -> None:
    text = text_of(name)
    script = parse(text, name)
    assert isinstance(script, Script)
    assert script.about
    assert 10 <= sum(bool(line.strip()) for line in text.splitlines()) <= 80
