"""Running scenarios: bench, clients and expectations of each kind, and that each of them can fail."""

from pathlib import Path

import pytest

from softmeter.apps.scenario.reading import parse
from softmeter.apps.scenario.running import Report, run
from softmeter.errors import ConfigurationError

HEAD = """
title = "A story"
[meter]
start = "2026-01-01T10:00:00+01:00"
type = "IQ0102065BNEM02+D"
source = "constant:u=230,i=10"
"""
STEP = '[[step]]\nafter = "{after}"\n{what}\n'


def told(*steps: tuple[str, str]) -> Report:
    text = HEAD + "".join(STEP.format(after=after, what=what) for after, what in steps)
    return run(parse(text, "story"), Path())


def seen(*steps: tuple[str, str]) -> list[tuple[bool, str]]:
    """Whether each check was met, and what was seen."""
    return [(one.met, one.seen) for step in told(*steps).steps for one in step.outcomes]


@pytest.mark.parametrize(
    ("expectation", "met"),
    [
        ('object = "active_import", value = 2300', True),
        ('object = "active_import", value = 2299', False),
        ('object = "active_import", value = 2299, tolerance = 1', True),
        ('object = "active_import", least = 2301', False),
        ('object = "active_import", least = 2300, most = 2300', True),
        ('object = "active_import", most = 2299', False),
        ('object = "voltage", value = 230.0', True),
        ('object = "0-0:42.0.0:2", value = "KWQ1010500000001", client = "public"', True),
        ('object = "0-0:42.0.0:2", value = "KWQ", client = "public"', False),
        ('object = "active_import", result = "read-write-denied"', False),
        ('object = "0-0:96.1.1:3", class_id = 1, result = "object-undefined"', True),
        ('object = "0-0:97.98.0:2", bits = []', True),
        ('object = "0-0:97.98.0:2", bits = [3]', False),
        ('log = "fraud", codes = []', True),
        ('log = "fraud", codes = [40]', False),
        ('log = "fraud", code = 40', False),
        ('log = "fraud", code = 40, times = 0', True),
        ('profile = "load", rows = 4, spacing = "15m"', True),
        ('profile = "load", spacing = "14m"', False),
        ('profile = "load", rows = 3', False),
        ('profile = "load", since = "2026-01-01T10:30:00+01:00", rows = 3', True),
        ('profile = "load", until = "2026-01-01T10:30:00+01:00", rows = 2', True),
        ('profile = "load", having = "power_down", rows = 0', True),
        ('profile = "load", row = 0, time = "2026-01-01T10:15:00+01:00", status = []', True),
        ('profile = "load", row = 0, status = ["power_down"]', False),
        ('profile = "load", row = -1, values = { active_import = 2300 }', True),
        ('profile = "load", row = -1, values = { active_import = 2301 }', False),
        ('profile = "load", row = 9, status = []', False),
        ('display = { rate = 2, breaker = "closed", direction = "import" }', True),
        ("display = { rate = 3 }", False),
        ("display = { dark = true }", False),
        ('telegram = "1-0:1.7.0", value = "02.300*kW"', True),
        ('telegram = "1-0:1.7.0", value = "02.301*kW"', False),
        ('telegram = "1-0:9.9.9", value = ""', False),
        ("tariff = 2", True),
        ("tariff = 1", False),
        ('breaker = "connected"', True),
        ('breaker = "ready"', False),
        ('pulses = "active", times = 4600', True),
        ('pulses = "active", times = 4599', False),
        ('pulses = "reactive", times = 0', True),
        ("powered = true", True),
        ("powered = false", False),
    ],
)
def test_an_hour_later(expectation: str, met: bool) -> None:  # noqa: FBT001
    assert [one for one, _ in seen(("1h", f"expect = [{{ {expectation} }}]"))] == [met]


def test_the_meter_is_dark_while_the_voltage_is_gone_and_nobody_answers() -> None:
    found = seen(
        ("1m", "bench = { voltage_v = 0 }"),
        ("1m", 'expect = [{ powered = false }, { display = { dark = true } }, { object = "clock", value = 1 }]'),
        ("0", 'expect = [{ telegram = "1-0:1.7.0", value = "" }]\nrelease = ["voltage_v"]'),
        ("2s", "expect = [{ powered = true }]"),
    )
    assert [met for met, _ in found] == [True, True, False, False, True]
    assert "no power" in found[2][1]


def test_a_value_is_kept_and_its_growth_compared() -> None:
    since = '{{ object = "active_import", since = "before", value = {value} }}'
    found = seen(
        ("1h", 'get = [{ object = "active_import", keep = "before" }]'),
        ("1h", f"expect = [{since.format(value=2300)}, {since.format(value=2301)}]"),
    )
    assert found == [(True, "success"), (True, "2300 Wh"), (False, "2300 Wh")]


def test_clients_set_and_call_and_are_refused() -> None:
    found = seen(
        ("1m", 'set = [{ object = "1-0:0.8.4", value = 1800 }, { object = "1-0:0.8.4", value = 7 }]'),
        ("0", 'set = [{ object = "1-0:0.8.4", value = 900, client = "readout", result = "read-write-denied" }]'),
        ("0", 'call = [{ object = "0-0:10.0.100:1", value = 4, type = "long-unsigned" }]\nexpect = [{ tariff = 4 }]'),
        ("0", 'call = [{ object = "0-0:96.3.10:1" }]\nexpect = [{ breaker = "disconnected" }]'),
        ("0", 'expect = [{ object = "1-0:0.8.4", value = 1800 }]'),
    )
    assert [met for met, _ in found] == [True, False, True, True, True, True, True, True]
    assert found[1][1] == "other-reason"


def test_wrong_secrets_open_nothing_and_right_ones_do() -> None:
    found = seen(
        ("1m", 'login = [{ wrong = "password" }, { client = "maintenance", wrong = "key" }]'),
        ("1h", 'expect = [{ object = "active_import", least = 0, client = "maintenance" }]'),
    )
    assert [met for met, _ in found] == [True, True, True]


def test_what_the_meter_sends_by_itself_arrives() -> None:
    sent = 'expect = [{{ push = "10.0.0.1:4059", times = {times} }}]'
    found = seen(
        ("1m", 'set = [{ object = "0-1:25.9.0:3", value = [0, "text:10.0.0.1:4059", 0] }]'),
        ("1m", 'call = [{ object = "0-1:25.9.0:1" }]\n' + sent.format(times=1)),
        ("1m", sent.format(times=2)),
    )
    assert [met for met, _ in found] == [True, True, True, False]


def test_faults_covers_and_buttons_reach_the_meter() -> None:
    found = seen(
        ("1m", 'bench = { faults = ["watchdog"], meter_cover_open = true }'),
        ("2s", 'expect = [{ object = "0-0:97.97.0:2", bits = [12, 13] }, { log = "fraud", codes = [44] }]'),
        ("0", 'set = [{ object = "0-0:96.3.10:4", value = 1 }]\npress = [{ held_s = 6.0 }]'),
        ("2s", 'expect = [{ breaker = "ready" }]'),
    )
    assert [met for met, _ in found][1:] == [True, True, True]


@pytest.mark.parametrize(
    "what", ["bench = { voltage_v = 1000 }", 'bench = { faults = ["nose"] }', "bench = { nose = 1 }"]
)
def test_what_the_bench_cannot_do_is_told_with_its_step(what: str) -> None:
    with pytest.raises(ConfigurationError, match="step 2: "):
        told(("1m", ""), ("1m", what))


def test_seed_decides_about_keys_and_so_about_the_bytes() -> None:
    script = parse(HEAD + STEP.format(after="1h", what="expect = [{ tariff = 2 }]"), "story")
    digests = [run(script, Path(), seed=seed, digest=True).digest for seed in (1, 1, 2)]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    ("what", "seen_then"),
    [
        ('keys = [{ of = "readout" }]', "success, new keys"),
        ('keys = [{ cut = "before", has = "old" }]', "success, old keys"),
        ('keys = [{ cut = "after" }]', "success, new keys"),
        ('keys = [{ client = "readout", has = "old", result = "read-write-denied" }]', "read-write-denied, old keys"),
    ],
)
def test_keys_are_replaced_or_not_and_never_lost(what: str, seen_then: str) -> None:
    assert seen(("1m", what), ("1m", 'get = [{ object = "clock" }]')) == [(True, seen_then), (True, "success")]
    other = what.replace('has = "old"', 'has = "new"') if "old" in what else what.replace("}", ', has = "old" }')
    assert seen(("1m", other)) == [(False, seen_then)]


PUSHED = 'set = [{ object = "0-1:25.9.0:3", value = [0, "text:10.0.0.1:4059", 0] }]'
CALLED = 'call = [{ object = "0-1:25.9.0:1" }]'


@pytest.mark.parametrize(
    ("listening", "expectation", "met"),
    [
        ("true", "times = 1", True),
        ("true", "times = 2", False),
        ("true", "element = 4, value = 2300", True),
        ("true", "element = 4, value = 2301", False),
        ("true", "element = 9, value = 2300", False),
        ("false", "times = 0", True),
        ("false", "element = 4, value = 2300", False),
    ],
)
def test_what_is_pushed_is_heard_by_who_listens(listening: str, expectation: str, *, met: bool) -> None:
    what = f'{CALLED}\nexpect = [{{ push = "10.0.0.1:4059", {expectation} }}]'
    found = seen(("1h", f"{PUSHED}\nlistening = {listening}"), ("0", what))
    assert [one for one, _ in found] == [True, True, met]


def test_what_nobody_heard_is_pushed_again_between_the_steps() -> None:
    came = 'expect = [{{ push = "10.0.0.1:4059", times = {} }}]'
    away = ("1h", f"{PUSHED}\nlistening = false"), ("0", CALLED), ("30s", f"{came.format(0)}\nlistening = true")
    found = seen(*away, ("3m", came.format(1)))
    assert all(met for met, _ in found)


@pytest.mark.parametrize(
    ("bench", "reading", "met"),
    [
        ("", 'object = "clock"', True),
        ("", 'object = "clock", answered = false', False),
        ("wan_latency_ms = 500", 'object = "clock", within = "1s"', False),
        ("wan_latency_ms = 500", 'object = "clock", within = "20s"', True),
        ("wan_latency_ms = 500", 'object = "clock", port = "optical", within = "1s"', True),
        ("wan_limits = true, technology = 8", 'object = "clock", within = "1s"', False),
        ("wan_drop = 0.9", 'object = "clock", answered = false', True),
        ("optical_drop = 0.9", 'object = "clock", port = "optical"', False),
        ("network_up = false", 'object = "clock", answered = false', True),
        ("", 'object = "1-0:1.8.0", client = "public"', False),
    ],
)
def test_reading_over_a_link_is_as_good_as_the_link(bench: str, reading: str, *, met: bool) -> None:
    found = seen(("1m", f"bench = {{ {bench} }}"), ("1m", f"over_link = [{{ {reading} }}]"))
    assert [one for one, _ in found] == [met]
