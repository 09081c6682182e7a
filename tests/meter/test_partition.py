"""Any partition of time gives the same bytes: in the store, on P1, on the pulse outputs."""

import hashlib
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meter.making import START, Made
from softmeter.bench.journal import Quantity
from softmeter.device.device import Device
from softmeter.instant import SECOND, Instant
from softmeter.meter.p1 import telegram
from softmeter.runtime.store import Store
from softmeter.signal.demo import demo
from softmeter.signal.household import Household
from softmeter.signal.samples import Integers

SPAN_S = 2 * 3600
DAY_S = 86_400
OVERRIDES = (
    (1234.5, Quantity.ACTIVE_POWER_W, -2500.0),
    (2000.25, Quantity.VOLTAGE_V, 0.0),
    (2100.0, Quantity.VOLTAGE_V, 241.0),
    (5000.0, Quantity.ACTIVE_POWER_W, None),
)


class Recorder:
    """Hashes what leaves each output: every telegram, every pulse."""

    wants_seconds = True

    def __init__(self) -> None:
        self.streams = {name: hashlib.sha256() for name in ("p1", "active", "reactive")}
        self.identity = Made().meter.identity
        self.telegrams = 0
        self.pulsed = 0

    def pulses(self, active: Integers, reactive: Integers) -> None:
        self.streams["active"].update(active.astype("<i8").tobytes())
        self.streams["reactive"].update(reactive.astype("<i8").tobytes())
        self.pulsed += len(active) + len(reactive)

    def second(self, device: Device) -> None:
        self.streams["p1"].update(telegram(device, self.identity))
        self.telegrams += 1


class Digest(NamedTuple):
    """What a span left behind."""

    store: str
    outputs: tuple[str, ...]
    telegrams: int
    pulses: int


def lived(cuts_ns: Iterable[int], span_s: int = SPAN_S, *, store_each: bool = True) -> Digest:
    """What is left after living through the span in these steps, each stored or only the last."""
    recorder = Recorder()
    made = Made(source=Household(7) if span_s == SPAN_S else demo(), config="nl", outputs=recorder)
    commands = list(OVERRIDES)
    with tempfile.TemporaryDirectory() as directory:
        store = Store.open(Path(directory))

        def step(until_ns: int, *, keep: bool) -> None:
            successor = made.actor.advanced(Instant(START + until_ns))
            if keep:
                store.commit("meter", made.actor.changes(successor), 0, durable=False)
            made.actor.adopt(successor)

        end_ns = span_s * SECOND
        for cut_ns in sorted({*cuts_ns, end_ns}):
            while commands and commands[0][0] * SECOND <= cut_ns:
                # A command is given before anything past it is lived through, as a bench does.
                at_s, quantity, value = commands.pop(0)
                step(int(at_s * SECOND), keep=store_each)
                made.journal.give(quantity, value, Instant(START + int(at_s * SECOND)))
            step(cut_ns, keep=store_each or cut_ns == end_ns)
        saved = store.load("meter")
        store.close()
    assert saved is not None
    content = hashlib.sha256("\n".join(saved.canonical()).encode()).hexdigest()
    streams = tuple(stream.hexdigest() for stream in recorder.streams.values())
    return Digest(content, streams, recorder.telegrams, recorder.pulsed)


@cache
def whole(span_s: int = SPAN_S) -> Digest:
    return lived([], span_s)


@pytest.mark.slow
def test_the_span_has_telegrams_and_pulses() -> None:
    assert whole().telegrams == SPAN_S - 99  # 2001 to 2100 without power
    assert whole().pulses > 1000


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, SPAN_S * SECOND), max_size=12))
def test_any_cuts_give_the_same_bytes(cuts_ns: list[int]) -> None:
    assert lived(cuts_ns) == whole()


@pytest.mark.slow
def test_the_recorded_day_at_once_by_seconds_and_at_odd_instants_gives_the_same_bytes() -> None:
    odd = [900 * SECOND * quarter + 12_345 for quarter in range(96)]
    assert lived(odd, DAY_S) == whole(DAY_S)
    assert lived((second * SECOND for second in range(1, DAY_S)), DAY_S, store_each=False) == whole(DAY_S)
