"""The feed of pulses: the same lines however time is cut, told when they are stored, in bounded room."""

import json
from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from meter.making import START, Made, steady
from softmeter.bench.journal import Quantity
from softmeter.device.pulses import active_pulse_count, reactive_pulse_count
from softmeter.instant import SECOND, Instant
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.pulse_feed import MOST_WAITING, HeardPulses, PulseFeed, Subscription
from softmeter.signal.household import Household
from softmeter.signal.samples import Source


class Scene:
    """A meter, its feed, and commits as the test wants them."""

    def __init__(self, source: Source | None = None) -> None:
        self.owed = False
        self.watchers = 0
        self.heard = HeardPulses()
        self.made = Made(source=source or steady(pf="0.8"), outputs=self.heard)
        self.barrier = Barrier(lambda: self.owed)
        self.feed = PulseFeed(self.heard, self.made.meter, self.barrier, self.watch)

    def watch(self, watchers: int) -> None:
        self.watchers += watchers

    def live(self, until_s: float) -> None:
        """A tick of the drive."""
        successor = self.made.actor.advanced(Instant(START + int(until_s * SECOND)))
        self.made.actor.adopt(successor)
        self.feed.tick()

    def commit(self) -> None:
        self.barrier.begin()
        self.owed = False
        self.barrier.end()

    def reader(self) -> Subscription:
        return self.feed.subscribe(lambda: None)


def octets(reader: Subscription, most: int = 1 << 20) -> bytes:
    """All that may leave now."""
    return b"".join(iter(lambda: reader.taken(most), b""))


def read(reader: Subscription) -> list[dict[str, Any]]:
    """The lines that may leave now."""
    return [json.loads(line) for line in octets(reader).splitlines()]


def test_first_the_meter_and_then_each_pulse() -> None:
    on = Scene()
    on.live(60)
    reader = on.reader()
    on.live(63.5)
    opening, *pulses = read(reader)
    assert opening["type"] == "meter"
    assert opening["meter"]["serial"] == "12345678"
    assert (opening["time"], opening["ns"]) == ("2026-01-01T00:01:00.000000000Z", START + 60 * SECOND)
    assert opening["outputs"]["active"] == {
        "unit": "Wh",
        "units_per_pulse": 0.5,
        "constant": "2000 imp/kWh",
        "gives": "energy",
        "count": 30,  # 920 W
    }
    assert opening["outputs"]["reactive"]["count"] == 23  # 690 var
    assert pulses[0] == {
        "type": "pulse",
        "output": "active",
        "number": 31,
        "time": "2026-01-01T00:01:00.652173914Z",
        "ns": START + 60_652_173_914,
        "energy": "+A",
    }
    assert [(pulse["output"], pulse["number"]) for pulse in pulses] == [
        ("active", 31),
        ("active", 32),
        ("reactive", 24),
    ]


def lines_of(cuts_s: Iterable[float]) -> bytes:
    on = Scene(Household(7))
    on.made.journal.give(Quantity.ACTIVE_POWER_W, -2500.0, Instant(START + 600 * SECOND))
    on.made.journal.give(Quantity.VOLTAGE_V, 0.0, Instant(START + 1000 * SECOND))
    on.made.journal.give(Quantity.VOLTAGE_V, 240.0, Instant(START + 1100 * SECOND))
    reader = on.reader()
    for cut_s in sorted({*cuts_s, 1800.0}):
        on.live(cut_s)
    lines = octets(reader, 1000).splitlines()
    return b"\n".join(line for line in lines if line.startswith(b'{"type":"pulse"'))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0, 1800), max_size=8))
def test_any_cuts_of_time_give_the_same_bytes(cuts_s: list[float]) -> None:
    whole = lines_of([])
    assert whole.count(b'"-A"') > 900
    assert lines_of(cuts_s) == whole


def test_nothing_is_told_before_it_is_stored() -> None:
    on = Scene()
    reader = on.reader()
    read(reader)
    on.owed = True
    on.live(10)
    late = on.reader()
    assert read(reader) == read(late) == []
    on.commit()
    assert [line["number"] for line in read(reader) if line["output"] == "active"] == [1, 2, 3, 4, 5]
    assert read(late)[0]["outputs"]["active"]["count"] == 5
    on.barrier.fail()
    on.live(20)
    assert read(reader) == []


def test_who_comes_while_a_step_is_being_stored_misses_nothing() -> None:
    on = Scene()
    successor = on.made.actor.advanced(Instant(START + 10 * SECOND))
    reader = on.reader()
    assert read(reader)[0]["outputs"]["active"]["count"] == 0
    on.made.actor.adopt(successor)
    on.feed.tick()
    assert [line["number"] for line in read(reader) if line["output"] == "active"] == [1, 2, 3, 4, 5]


def test_of_very_many_pulses_in_one_step_the_ends_are_told() -> None:
    on = Scene(steady(i="65", pf="0.8"))
    reader = on.reader()
    on.live(10_000)
    _, *bursts, reached = read(reader)
    assert [burst["output"] for burst in bursts] == ["active", "reactive"]
    device = on.made.meter.device
    for burst, count, energy in zip(bursts, (active_pulse_count, reactive_pulse_count), ("+A", "R1"), strict=True):
        assert burst["first"]["number"] == 1
        assert burst["last"]["number"] == count(device.registers)
        assert burst["energies"] == {energy: burst["last"]["number"]}
    assert reached["counts"]["active"] == bursts[0]["last"]["number"] == 66_444  # 11.96 kW
    on.live(10_001)
    assert read(reader)[0]["number"] == 66_445


def test_the_ends_of_measuring_periods_are_told_among_a_burst() -> None:
    on = Scene(steady(i="65", pf="0.8"))
    on.live(100)
    on.made.meter.device.behaviours.outputs.gives_periods = True
    reader = on.reader()
    on.live(7200)
    opening, *lines = read(reader)
    assert opening["outputs"]["active"]["gives"] == "measuring periods"
    periods = [line for line in lines if line["type"] == "period"]
    assert [line["ns"] - START for line in periods] == [quarter * 900 * SECOND for quarter in range(1, 9)]
    assert [line["output"] for line in lines if line["type"] == "burst"] == ["reactive"]
    on.made.meter.device.behaviours.outputs.gives_periods = False
    on.live(7201)
    assert read(reader)[0]["number"] > 40_000  # what was counted in between has its numbers


def test_without_a_load_time_is_told_once_a_minute_and_when_power_goes_and_comes() -> None:
    on = Scene(steady(i="0"))
    on.made.journal.give(Quantity.VOLTAGE_V, 0.0, Instant(START + 130 * SECOND))
    on.made.journal.give(Quantity.VOLTAGE_V, 230.0, Instant(START + 140 * SECOND))
    reader = on.reader()
    for second in range(1, 181):
        on.live(second)
    _, *told = read(reader)
    assert {line["type"] for line in told} == {"reached"}
    assert [((line["ns"] - START) // SECOND, line["powered"]) for line in told] == [
        (60, True),
        (120, True),
        (131, False),
        (141, True),
    ]
    assert told[-1]["counts"] == {"active": 0, "reactive": 0}


def test_a_reader_who_takes_nothing_is_given_up_and_nobody_else() -> None:
    on = Scene(steady(i="65", pf="0.8"))
    slow, good = on.reader(), on.reader()
    assert on.watchers == 2
    taken = 0
    for step in range(1, 20):
        on.live(step * 400)
        taken += len(octets(good))
        if slow.lost:
            break
    assert MOST_WAITING <= taken < 3 * MOST_WAITING
    assert octets(slow) == b""
    assert not good.lost
    on.feed.unsubscribe(slow)
    on.feed.unsubscribe(slow)
    assert on.watchers == 1


def test_at_the_end_all_are_given_up_and_who_comes_later_too() -> None:
    on = Scene()
    told: list[bool] = []
    reader = on.feed.subscribe(lambda: told.append(True))
    on.feed.end()
    assert reader.lost
    assert told
    assert on.reader().lost


def test_without_readers_nothing_is_kept() -> None:
    on = Scene(steady(i="65"))
    on.live(5000)
    assert on.heard.taken() == HeardPulses().taken()
    on.live(6000)
    reader = on.reader()
    on.live(6001)
    opening, *pulses = read(reader)
    assert pulses[0]["number"] == opening["outputs"]["active"]["count"] + 1
