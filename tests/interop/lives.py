"""Lives of a meter's process under load, each ended by a signal at any instant, and what they have to show for it."""

from __future__ import annotations

import contextlib
import itertools
import signal
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from interop.meter_process import PATIENCE_S, Meter, ended, launch, met, running
from interop.p1_reader import P1Reader
from interop.raw_client import RawClient, RawError, credentials, next_counter
from interop.raw_data import moment, octet_string

if TYPE_CHECKING:
    from pathlib import Path

ROOM_FOR_CUTS: Final = 45
"""The log has a hundred lines; a cut takes two, tariff and summer time take some."""
RATE: Final = "1800"
OPTIONS: Final = ("--source", "household:seed=3", "--start", "2024-03-30T00:00:00+01:00", "--rate", RATE)
PROFILE: Final = "1-0:99.1.0"
DEVICE_ID: Final = "0-0:96.1.2"
EVENTS: Final = "0-0:99.98.0"
POWER_DOWN_BIT: Final = 0x80
POWER_DOWN: Final = 1
POWER_UP: Final = 2


@dataclass
class Witness:
    """All that anybody has seen of a meter over its lives."""

    registers: dict[str, int] = field(default_factory=dict)
    rows: dict[datetime, list[Any]] = field(default_factory=dict)
    counters: Counter[int] = field(default_factory=Counter)
    lives: int = 0
    """How often the meter came up before it was killed."""
    telegrams: int = 0
    sent: int = 0
    """The last value written, whether or not the meter answered."""
    acknowledged: int = 0
    """The last value whose writing was acknowledged."""
    accepted: int = 0
    """The last counter of a client whose request was answered."""
    faults: list[str] = field(default_factory=list)

    def see_register(self, name: str, value: int) -> None:
        if value < self.registers.get(name, 0):
            self.faults.append(f"{name} fell from {self.registers[name]} to {value}")
        self.registers[name] = value

    def see_rows(self, rows: list[list[Any]]) -> None:
        for row in rows:
            stamp = moment(row[0])
            if self.rows.setdefault(stamp, row) != row:
                self.faults.append(f"the row of {stamp} became {row}, was {self.rows[stamp]}")

    def see_sent(self, client: RawClient) -> None:
        assert client.protection is not None
        self.accepted = client.protection.counter - 1

    def see_counters(self, client: RawClient) -> None:
        if client.protection is not None:
            self.counters.update(client.protection.seen)


def read(meter: Meter, witness: Witness, cut: threading.Event) -> None:
    """An honest client under way when the power fails: reads, writes, and remembers what was acknowledged."""
    try:
        while not cut.is_set():
            converse(meter, witness, cut)
    except (OSError, RawError, IndexError) as error:
        if not cut.is_set():
            witness.faults.append(f"a living meter failed its client: {error!r}")


def converse(meter: Meter, witness: Witness, cut: threading.Event) -> None:
    """One association: registers, the newest rows and a write, over and over."""
    start = next_counter(meter.address("wan"), "management")
    if start <= witness.accepted:
        witness.faults.append(f"the meter would take counter {start} again, {witness.accepted} was answered")
    with RawClient(meter.address("wan"), credentials(meter.keys, "management")) as client:
        try:
            client.open_hls5(start)
            for _ in range(100):
                if cut.is_set():
                    return
                witness.see_register("1-0:1.8.0", client.get(3, "1-0:1.8.0"))
                in_use = client.get(7, PROFILE, 7)
                if in_use:
                    witness.see_rows(client.get(7, PROFILE, 2, entries(max(1, in_use - 2))))
                witness.sent += 1
                if client.set(1, DEVICE_ID, 2, octet_string(witness.sent.to_bytes(4, "big"))) == 0:
                    witness.acknowledged = witness.sent
                witness.see_sent(client)
            client.release()
        finally:
            witness.see_counters(client)


def entries(first: int) -> bytes:
    """Selection of all entries from `first` on."""
    return b"\x02\x02\x04\x06" + first.to_bytes(4, "big") + bytes.fromhex("0600000000120001120000")


def telegrams(meter: Meter, witness: Witness) -> None:
    with contextlib.suppress(OSError), P1Reader(meter.address("p1")) as reader:
        for telegram in reader:
            witness.telegrams += 1
            for rate in (1, 2):
                witness.see_register(f"P1 1.8.{rate}", telegram.energy_wh(f"1-0:1.8.{rate}"))


def lived(
    state: Path,
    witness: Witness,
    length_s: float,
    number: signal.Signals = signal.SIGKILL,
    *,
    from_up: bool = False,
) -> None:
    """One life under load: `length_s` from the start of its process, or from when it is up, to its signal."""
    process, cut = launch(state, *OPTIONS), threading.Event()

    def fail() -> None:
        cut.set()
        process.send_signal(number)

    threads: list[threading.Thread] = [threading.Timer(length_s, fail)]
    if not from_up:
        threads[0].start()
    try:
        meter = met(state, process)
    except AssertionError:
        if not cut.is_set():
            raise
    else:
        witness.lives += 1
        threads.append(threading.Thread(target=read, args=(meter, witness, cut)))
        threads.append(threading.Thread(target=telegrams, args=(meter, witness)))
        for thread in threads[0 if from_up else 1 :]:
            thread.start()
        process.wait(timeout=PATIENCE_S)
    finally:
        cut.set()
        ended(process)
        for thread in threads:
            if thread.ident is not None:
                thread.join(timeout=PATIENCE_S)


def judge(meter: Meter, witness: Witness) -> None:
    """What the last life has to show for all of them."""
    with meter.client("management") as client:
        witness.see_register("1-0:1.8.0", client.get(3, "1-0:1.8.0"))
        rows = client.get(7, PROFILE)
        written = int.from_bytes(client.get(1, DEVICE_ID), "big")
        events = [(moment(row[0]), row[1]) for row in client.get(7, EVENTS)]
        client.release()
        witness.see_counters(client)
    witness.see_rows(rows)
    assert not witness.faults
    assert witness.acknowledged <= written <= witness.sent
    times = [moment(row[0]) for row in rows]
    steps = {later - earlier for earlier, later in itertools.pairwise(times)}
    assert steps == {timedelta(minutes=15)}, "rows lost, doubled or out of order"
    assert set(witness.rows) <= set(times), "a row that was read is gone"
    for column in (2, 3):
        values = [row[column] for row in rows]
        assert values == sorted(values)
    repeated = [number for number, times_seen in witness.counters.items() if times_seen > 1]
    assert not repeated, "the meter used a counter twice"
    judge_events(events, dict(zip(times, rows, strict=True)), witness.lives)


def judge_events(events: list[tuple[datetime, int]], rows: dict[datetime, list[Any]], lives: int) -> None:
    """Every cut is in the log, as a pair, and marks the entry that ends the period it fell in."""
    power = [(stamp, code) for stamp, code in events if code in (POWER_DOWN, POWER_UP)]
    assert power == sorted(power, key=itemgetter(0))
    assert all(one != other for (_, one), (_, other) in itertools.pairwise(power)), "a cut is not a pair"
    downs = [stamp for stamp, code in power if code == POWER_DOWN]
    assert len(downs) >= min(lives, ROOM_FOR_CUTS)
    for down in downs:
        following = min((stamp for stamp in rows if stamp > down), default=None)
        if following is not None:
            assert rows[following][1] & POWER_DOWN_BIT, f"the cut of {down} is not marked at {following}"


def shown(state: Path, witness: Witness) -> None:
    """A last life, in which time stands still, shows what became of all those before."""
    with running(state, *OPTIONS[:-2], "--rate", "0") as meter:
        judge(meter, witness)
