"""Lives of a whole meter under load in simulated time, recorded: what it wrote, what it told, what it had stored."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from unittest.mock import patch

from crashing.clients import CAPTURE, CLOCK, DEVICE, DEVICE_KEY, LOAD, Caller
from crashing.consumer import Consumer, Counter
from crashing.ledger import Ledger, digest
from crashing.maintenance import Maintenance
from crashing.recording import Recording, lay_out
from runtime.virtual_time import AtOnce, VirtualTime
from softmeter.apps import assembly, configuration
from softmeter.apps.assembly import METER, Assembled, assemble
from softmeter.apps.options import RunOptions
from softmeter.bench.journal import Quantity
from softmeter.entropy import SeededEntropy
from softmeter.errors import MeterError
from softmeter.instant import SECOND, Instant, LinkTime, parse_instant
from softmeter.meter.actor import MEASURED
from softmeter.meter.clients import MAINTENANCE, MANAGEMENT, PUBLIC
from softmeter.meter.p1 import Variant, broadcast
from softmeter.persistent import Changes
from softmeter.runtime.address import Address
from softmeter.runtime.bench_time import BenchTime
from softmeter.runtime.connection import Connection
from softmeter.runtime.drive import Drive
from softmeter.runtime.p1_port import Telegrams
from softmeter.runtime.pulse_feed import HeardPulses, PulseFeed
from softmeter.runtime.store import FILE_NAME, Store
from softmeter.runtime.wan_port import WanPort
from softmeter.wire.types import octets

START = parse_instant("2026-03-28T22:50:00Z")
"""Ten minutes before midnight, the night before summer time."""
OFF_NS = 5 * SECOND
SOURCE = "household:seed=3"
SUB_METERS = '[mbus]\nsub_meters = "gas:1,water:2"\n'


@dataclass(frozen=True, slots=True)
class Plan:
    """What a life is to be."""

    seconds: float
    """How long it takes before it ends cleanly."""
    jump_s: int = 0
    """How far it jumps before its ports open."""
    busy: bool = True
    """Whether clients talk to it, and power fails."""
    is_read: bool = False
    """Whether somebody reads P1 all the time."""


@dataclass
class Recorded:
    """What was written in some lives, one after the other, and what it was good for."""

    directory: Path
    ledger: Ledger = field(default_factory=Ledger)
    keeps_states: bool = True
    """Whether the ledger gets a digest of each state; else only their number."""
    recording: Recording = field(init=False)

    def __post_init__(self) -> None:
        self.recording = Recording(self.directory)

    def live(self, plan: Plan, seed: int) -> None:
        """One life of the process, recorded."""
        virtual = VirtualTime()
        self.recording.phase = "opening"
        with simulated(virtual, seed), self.recording.running():
            store = Store.open(self.directory)
            try:
                keep = _Witness(store, self)
                heard = HeardPulses()
                assembled = _assembled(keep, self.directory, heard)
                virtual.run(_Life(self, assembled, heard, keep, virtual, Random(seed)).lead(plan))
            finally:
                self.recording.phase = "clean end"
                store.close()


def migrated(directory: Path, old: bytes) -> Recorded:
    """A state file of an older version, taken over and left, recorded. Its state is never another one."""
    lay_out({FILE_NAME: old}, directory)
    recorded = Recorded(directory)
    recorded.recording.phase = "migration"
    with recorded.recording.running():
        store = Store.open(directory)
        recorded.ledger.digests[0] = digest(store.load(METER))
        recorded.recording.phase = "clean end"
        store.close()
    return recorded


@contextmanager
def simulated(virtual: VirtualTime, seed: int) -> Iterator[None]:
    """Time and chance of a start are the test's."""
    entropy = partial(SeededEntropy, seed)
    with patch.object(assembly, "time", _Clock(virtual)), patch.object(assembly, "SystemEntropy", entropy):
        yield


class _Clock:
    """Stands in for the module `time`."""

    def __init__(self, virtual: VirtualTime) -> None:
        self.monotonic = virtual.monotonic
        self.time_ns = virtual.wall


class _Witness:
    """The store of a meter, whose commits go into the ledger when they have returned."""

    def __init__(self, store: Store, recorded: Recorded) -> None:
        self._store = store
        self._recorded = recorded
        self.load = store.load
        self.accepted = store.accepted

    def commit(self, meter: str, changes: Changes, real: int, *, durable: bool = True) -> None:
        recording, ledger = self._recorded.recording, self._recorded.ledger
        recording.phase = f"{'' if durable else 'jump: '}{_written_by(changes)}"
        self._store.commit(meter, changes, real, durable=durable)
        state = digest(self._store.load(meter)) if self._recorded.keeps_states else ""
        ledger.committed(state, len(recording.ops), durable=durable)


_WRITERS = {
    **dict.fromkeys(MEASURED, "measured values"),
    "attributes": "attributes",
    "counters": "counters",
    "display": "display lists",
    "firmware": "images",
    "keys": "keys",
    "mbus": "sub-meters",
    "profile": "profiles",
    "pushes": "pushes",
    "tariff": "calendar",
    "trust": "certificates",
}
"""What writes, by the first word of a part."""
_RINGS = {"events": "logs", "mbus": "rows of sub-meters", "firmware": "image blocks", "profile": "rows of profiles"}


def _written_by(changes: Changes) -> str:
    writers = {_WRITERS.get(part.partition(".")[0], "behaviours") for part, _ in changes.values}
    writers |= {_RINGS.get(ring.partition(".")[0], "logs") for ring in (*changes.appended, *changes.dropped)}
    return "+".join(sorted(writers)) or "nothing"


def _assembled(keep: _Witness, directory: Path, heard: HeardPulses) -> Assembled:
    """The meter; from its second start on it has a ciphered P1 port."""
    if keep.load(METER) is not None:
        options = RunOptions(directory, off_for_ns=OFF_NS, p1_variant=Variant.NL_ENCRYPTED.value)
    else:
        config = directory.with_name(f"{directory.name}.toml")
        config.write_text(f"{configuration.text('factory')}\n{SUB_METERS}", encoding="utf-8")
        options = RunOptions(directory, config=str(config), source=SOURCE, start=START, off_for_ns=OFF_NS)
    return assemble(options, keep, heard, lambda _: None)  # type: ignore[arg-type]


async def _over_and_over(doing: Callable[[], Awaitable[None]]) -> None:
    """Begin anew whenever the meter has restarted with another image."""
    while True:
        with suppress(ConnectionResetError):
            await doing()


class _Life:
    """One life: the meter, its drive and port, and its clients."""

    def __init__(
        self,
        recorded: Recorded,
        assembled: Assembled,
        heard: HeardPulses,
        keep: _Witness,
        virtual: VirtualTime,
        random: Random,
    ) -> None:
        self._ledger = recorded.ledger
        self._journal = assembled.journal
        self._actor = assembled.actor
        self._random = random
        self._now = virtual.monotonic
        time = BenchTime(self._actor.now, 1, LinkTime(self._now()))
        self._drive = Drive(
            self._actor, partial(keep.commit, METER), time, AtOnce(), monotonic=self._now, wall=virtual.wall
        )
        self._port = WanPort(Address("127.0.0.1", 0, "--wan"), lambda _: self._nobody(), self._drive.barrier, self._now)
        self._drive.ticked.connect(self._port.tick)
        self._maintenance = Maintenance(self._actor.meter, self._ledger, random, recorded.directory)
        telegrams = Telegrams(partial(broadcast, self._actor.meter, assembled.p1), self._drive.barrier)
        self._consumer = Consumer(telegrams, self._ledger)
        self._drive.ticked.connect(self._consumer.tick)
        feed = PulseFeed(heard, self._actor.meter, self._drive.barrier)
        self._counter = Counter(feed, self._ledger)
        self._drive.ticked.connect(feed.tick)
        self._awake = asyncio.Event()

    async def lead(self, plan: Plan) -> None:
        await self._drive.store_now()
        if plan.jump_s:
            until = Instant(self._actor.now + plan.jump_s * SECOND)
            await self._drive.jump_to(until, stored_s=0)  # after every hour: more to cut
        self._awake.set()
        self._consumer.listens = plan.is_read
        everybody = (self._manage, self._maintain, self._ask, self._guess, self._disturb, self._consume, self._sleep)
        doings = everybody if plan.busy else ()
        clients = [asyncio.create_task(_over_and_over(doing)) for doing in doings]
        asyncio.get_running_loop().call_later(plan.seconds, self._drive.stop)
        await self._drive.run()
        for client in clients:
            if client.done():
                client.result()
            client.cancel()
        await asyncio.gather(*clients, return_exceptions=True)

    def _nobody(self) -> Connection:
        raise AssertionError("nobody comes through a socket here")

    def _caller(self, sap: int) -> Caller:
        return Caller(self._actor.meter, self._port, sap, self._ledger, self._now)

    async def _manage(self) -> None:
        """Registers, a value set again and again, rows captured out of turn, the profile read, hundreds of requests."""
        while await self._awake.wait():
            caller = self._caller(MANAGEMENT)
            await caller.run(caller.client.associate())
            for _ in range(self._random.randrange(5, 60)):
                await caller.read_total()
                if self._random.random() < 0.4:
                    number = len(self._ledger.asked) + 1
                    await caller.set(DEVICE, DEVICE_KEY, octets.encode(number.to_bytes(4, "big")))
                if self._random.random() < 0.05:
                    await caller.run(caller.client.action(CAPTURE, b"\x0f\x00"))
                if self._random.random() < 0.03:
                    await caller.run(caller.client.get(LOAD))
                if self._random.random() < 0.03:
                    await self._maintenance.draw_pair(caller)
                await asyncio.sleep(self._random.choice((0.0, 0.0, 0.01, 0.3, 2.0)))
            await caller.run(caller.client.release())
            caller.hang_up()
            await asyncio.sleep(self._random.random() * 10)

    async def _maintain(self) -> None:
        """Bursts that use up steps of counters, and chores."""
        while await self._awake.wait():
            caller = self._caller(MAINTENANCE)
            await caller.run(caller.client.associate())
            for _ in range(self._random.choice((0, 0, 400)) and self._random.randrange(400)):
                await caller.read_total()
            await self._maintenance.chore(caller)
            caller.hang_up()
            await asyncio.sleep(self._random.random() * 8)

    async def _ask(self) -> None:
        """The public."""
        while await self._awake.wait():
            await asyncio.sleep(self._random.random() * 20)
            caller = self._caller(PUBLIC)
            await caller.run(caller.client.associate())
            await caller.run(caller.client.get(CLOCK))
            caller.hang_up()

    async def _guess(self) -> None:
        """Somebody without keys."""
        while True:
            await asyncio.sleep(30 + self._random.random() * 300)
            caller = self._caller(MANAGEMENT)
            caller.forge()
            with suppress(MeterError, ConnectionError):
                await caller.run(caller.client.associate())
            caller.hang_up()

    async def _disturb(self) -> None:
        """The supply fails for moments."""
        while True:
            await asyncio.sleep(60 + self._random.random() * 600)
            self._journal.give(Quantity.VOLTAGE_V, 0.0, self._actor.now)
            await asyncio.sleep(self._random.random() * 20)
            self._journal.give(Quantity.VOLTAGE_V, None, self._actor.now)

    async def _consume(self) -> None:
        """P1 is read now and then, and pulses from one time until another."""
        while await self._awake.wait():
            await asyncio.sleep(self._random.random() * 60)
            self._consumer.listens = True
            self._counter.listen(listens=self._random.random() < 0.5)
            await asyncio.sleep(self._random.random() * 30)
            self._consumer.listens = False

    async def _sleep(self) -> None:
        """For a while nobody is there."""
        while True:
            await asyncio.sleep(self._random.random() * 120)
            self._awake.clear()
            await asyncio.sleep(20 + self._random.random() * 40)
            self._awake.set()
