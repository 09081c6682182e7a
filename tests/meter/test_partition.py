"""Any partition of time gives the same bytes: in the store, on P1, on the pulse outputs, in pushes."""

import hashlib
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meter.making import START, Made
from softmeter.bench.journal import Control, Quantity
from softmeter.device.device import Device
from softmeter.device.pulses import Train, in_order
from softmeter.instant import SECOND, Instant
from softmeter.meter.p1 import P1Settings, Variant, telegram
from softmeter.runtime.store import Store
from softmeter.signal.demo import demo
from softmeter.signal.household import Household

SPAN_S = 2 * 3600
DAY_S = 86_400
Doing = Callable[[Made], None]
"""Something that is done at an instant, before anything past it is lived through."""


class Story(NamedTuple):
    """A meter, and what is done to it: at which second, and what."""

    make: Callable[["Recorder"], Made]
    span_s: int = SPAN_S
    doings: tuple[tuple[float, Doing], ...] = ()
    variants: tuple[Variant, ...] = (Variant.NL,)


class Recorder:
    """Hashes what leaves each output: every telegram, every pulse."""

    wants_seconds = True

    def __init__(self, *variants: Variant) -> None:
        self.variants = variants
        self.streams = {name: hashlib.sha256() for name in ("p1", "active", "reactive")}
        self.identity = Made().meter.identity
        self.telegrams = 0
        self.pulsed = 0

    def pulses(self, active: Train, reactive: Train) -> None:
        for pulse in in_order(active, reactive):
            energy = None if pulse.energy is None else pulse.energy.name
            self.streams[pulse.output.value].update(f"{pulse.number} {pulse.at} {energy}\n".encode())
        self.pulsed += len(active.instants) + len(reactive.instants)

    def second(self, device: Device) -> None:
        for variant in self.variants:
            self.streams["p1"].update(telegram(device, self.identity, P1Settings(variant)))
        self.telegrams += 1


def imposed(quantity: Control, value: float | None) -> Doing:
    """The bench imposes something, or releases it."""
    return lambda made: made.journal.give(quantity, value, made.actor.now) and None


def household(outputs: Recorder) -> Made:
    return Made(source=Household(7), config="nl", outputs=outputs)


HOUSEHOLD = Story(
    household,
    doings=(
        (1234.5, imposed(Quantity.ACTIVE_POWER_W, -2500.0)),
        (2000.25, imposed(Quantity.VOLTAGE_V, 0.0)),
        (2100.0, imposed(Quantity.VOLTAGE_V, 241.0)),
        (5000.0, imposed(Quantity.ACTIVE_POWER_W, None)),
    ),
)
RECORDED_DAY = Story(lambda outputs: Made(source=demo(), config="nl", outputs=outputs), DAY_S)


class Digest(NamedTuple):
    """What a span left behind."""

    store: str
    outputs: tuple[str, ...]
    telegrams: int
    pulses: int


def lived(story: Story, cuts_ns: Iterable[int] = (), *, store_each: bool = True) -> Digest:
    """What is left after living through the story in these steps, each stored or only the last."""
    recorder = Recorder(*story.variants)
    made = story.make(recorder)
    doings = list(story.doings)
    with tempfile.TemporaryDirectory() as directory:
        store = Store.open(Path(directory))

        def step(until_ns: int, *, keep: bool) -> None:
            successor = made.actor.advanced(Instant(START + until_ns))
            if keep:
                store.commit("meter", made.actor.changes(successor), 0, durable=False)
            made.actor.adopt(successor)

        end_ns = story.span_s * SECOND
        for cut_ns in sorted({*cuts_ns, end_ns}):
            while doings and doings[0][0] * SECOND <= cut_ns:
                at_s, do = doings.pop(0)
                step(int(at_s * SECOND), keep=store_each)
                do(made)
            step(cut_ns, keep=store_each)
        made.actor.stop()
        store.commit("meter", made.actor.changes(), 0)
        saved = store.load("meter")
        store.close()
    assert saved is not None
    content = hashlib.sha256("\n".join(saved.canonical()).encode()).hexdigest()
    streams = tuple(stream.hexdigest() for stream in recorder.streams.values())
    return Digest(content, streams, recorder.telegrams, recorder.pulsed)


@cache
def whole(story: Story) -> Digest:
    return lived(story)


@pytest.mark.slow
def test_the_span_has_telegrams_and_pulses() -> None:
    assert whole(HOUSEHOLD).telegrams == SPAN_S - 99  # 2001 to 2100 without power
    assert whole(HOUSEHOLD).pulses > 1000


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, SPAN_S * SECOND), max_size=12))
def test_any_cuts_give_the_same_bytes(cuts_ns: list[int]) -> None:
    assert lived(HOUSEHOLD, cuts_ns) == whole(HOUSEHOLD)


@pytest.mark.slow
def test_the_recorded_day_at_once_or_at_odd_instants_and_by_seconds_over_midnight_gives_the_same_bytes() -> None:
    odd = [900 * SECOND * quarter + 12_345 for quarter in range(96)]
    by_seconds = [second * SECOND for second in range(DAY_S - 3600 - 600, DAY_S - 3600 + 600)]  # 24:00 in winter
    assert lived(RECORDED_DAY, [*odd, *by_seconds]) == whole(RECORDED_DAY)
