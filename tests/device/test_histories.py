"""Random lives with outages, stops, clocks set and profiles changed; then the same life in other steps."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.making import SETTINGS, Recorder, Varying, dump, restored
from softmeter.clock import DateTime
from softmeter.device.adjustment import round_clock, set_clock, set_zone, shift_clock
from softmeter.device.device import Device
from softmeter.device.zone import AMSTERDAM
from softmeter.instant import SECOND, Instant, parse_instant

NIGHTS = ["2026-03-28T20:00:00Z", "2026-10-24T21:00:00Z", "2026-01-31T21:00:00Z"]
AFTER = st.one_of(st.just(0), st.integers(0, 2 * SECOND), st.integers(0, 9000 * SECOND))


class Deed(NamedTuple):
    """What somebody does, so long after the last deed."""

    after_ns: int
    kind: str
    number: int


SLEWING = st.builds(Deed, AFTER, st.just("shift"), st.integers(-7, 7))
STOPPING = st.builds(Deed, AFTER, st.just("stop"), AFTER)
SETTING = st.one_of(
    st.builds(Deed, AFTER, st.just("shift"), st.integers(-900, 900)),
    st.builds(Deed, AFTER, st.just("set"), st.integers(-90_000, 90_000)),
    st.builds(Deed, AFTER, st.just("round"), st.sampled_from([60, 900])),
    st.builds(Deed, AFTER, st.just("zone"), st.sampled_from([-60, 0, -330])),
    st.builds(Deed, AFTER, st.just("period"), st.sampled_from([60, 300, 900, 3600, 86_400])),
)
OUTAGES = st.lists(st.tuples(st.integers(0, 30_000), st.sampled_from([1, 500, 4000])), max_size=3)


class Life:
    """A meter from a night on, cut into steps at `cuts` (ns after the start) besides what its deeds need."""

    def __init__(self, night: str, outages: list[tuple[int, int]], cuts: list[int], *, each: bool) -> None:
        self.start = parse_instant(night)
        spans = [(Instant(self.start + b * SECOND), Instant(self.start + (b + s) * SECOND)) for b, s in outages]
        self.meter = Device(SETTINGS, Varying(spans), self.start)
        self.outputs = Recorder(wants_seconds=each)
        self.cuts = sorted(cuts)

    def live(self, deeds: list[Deed]) -> dict[str, object]:
        for deed in [*deeds, Deed(3000 * SECOND, "end", 0)]:
            until = Instant(self.meter.now + deed.after_ns)
            for cut in self.cuts:
                if self.meter.now < self.start + cut < until:
                    self.meter.advance(Instant(self.start + cut), self.outputs)
            self.meter.advance(until, self.outputs)
            self.do(deed)
        return dump(self.meter)

    def do(self, deed: Deed) -> None:
        if deed.kind == "stop":
            self.meter = restored(self.meter)
            self.meter.resume(Instant(self.meter.now + deed.number))
            return
        meter, now = self.meter, self.meter.now
        if not meter.powered:
            return
        second = meter.clock.time(now) // SECOND
        match deed.kind:
            case "shift":
                shift_clock(meter, now, deed.number)
            case "set":
                set_clock(meter, now, DateTime.of(second + deed.number, 0, 0))
            case "round":
                round_clock(meter, now, deed.number)
            case "zone":
                set_zone(meter, now, replace(AMSTERDAM, standard_min=deed.number))
            case "period":
                load = meter.profile("load")
                load.configure(replace(load.settings, period_s=deed.number), meter.clock, second)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(NIGHTS),
    st.lists(st.one_of(SLEWING, STOPPING, SETTING), max_size=6),
    OUTAGES,
    st.lists(st.integers(0, 40_000 * SECOND), max_size=20),
    st.booleans(),
)
def test_steps_do_not_matter(
    night: str,
    deeds: list[Deed],
    outages: list[tuple[int, int]],
    cuts: list[int],
    each: bool,  # noqa: FBT001
) -> None:
    whole, cut = Life(night, outages, [], each=False), Life(night, outages, cuts, each=each)
    assert whole.live(deeds) == cut.live(deeds)
    assert (whole.outputs.active, whole.outputs.reactive) == (cut.outputs.active, cut.outputs.reactive)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.sampled_from(NIGHTS), st.lists(st.one_of(SLEWING, STOPPING), max_size=6), OUTAGES)
def test_no_row_is_missing_or_twice_unless_the_clock_is_set(
    night: str, deeds: list[Deed], outages: list[tuple[int, int]]
) -> None:
    life = Life(night, outages, [], each=False)
    life.live(deeds)
    rows = life.meter.profile("load").ring.rows()
    assert (np.diff(rows["clock"]["second"].astype(int)) == 900).all()
    assert (np.diff(rows["+A"].astype(int)) >= 0).all()
