"""The drive: stored before seen, nothing lost at any cut, answers held until their change is stored."""

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime.virtual_time import VirtualTime
from softmeter.errors import ConfigurationError, StorageError
from softmeter.instant import SECOND, Instant, LinkTime, at_second
from softmeter.persistent import Changes, Memory, Ring, Scalar
from softmeter.runtime.bench_time import BenchTime
from softmeter.runtime.drive import LONGEST_STEP, Drive
from softmeter.runtime.loop import run
from softmeter.runtime.signal import Signal
from softmeter.runtime.store import Store

START = at_second(1_790_000_100)
ROW = np.dtype([("second", "<u4"), ("total", "<u8")])


class CountingMeter:
    """Counts seconds and appends a row at each full quarter of an hour."""

    def __init__(self, now: Instant = START) -> None:
        self.now = now
        self.total = 0
        self.setting = 0
        self.ring = Ring("load", ROW, 500)
        self.memory = Memory()
        self.must_store = False
        self.locked = False
        self.present: Callable[[], Instant] = lambda: self.now
        self.stopped = False
        self.steps: list[int] = []

    def saved(self) -> Mapping[str, Scalar]:
        return {"now": self.now, "total": self.total, "setting": self.setting, "stopped": self.stopped}

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        self.now, self.total = Instant(int(saved["now"] or 0)), int(saved["total"] or 0)

    def advanced(self, until: Instant) -> "CountingMeter":
        successor = CountingMeter(self.now)
        successor.total, successor.setting, successor.ring = self.total, self.setting, self.ring.fork()
        successor.jump(until)
        return successor

    def changes(self, successor: "CountingMeter | None" = None) -> Changes:
        self.must_store = False
        state = successor or self
        return self.memory.changes([("device", state)], [state.ring])

    def can_wait(self, changes: Changes) -> bool:
        return not changes.appended and ("device", "setting") not in changes.values

    def adopt(self, successor: "CountingMeter") -> None:
        self.steps.append((successor.now - self.now) // SECOND)
        self.now, self.total, self.ring = successor.now, successor.total, successor.ring

    def jump(self, until: Instant) -> None:
        for second in range(self.now // SECOND + 1, until // SECOND + 1):
            self.total += 1
            if second % 900 == 0:
                self.ring.append((second, self.total))
        self.now = until

    def stop(self) -> None:
        self.stopped = True

    def set(self, number: int) -> None:
        assert not self.locked
        self.setting = number
        self.must_store = True


class Tape:
    """Keeps commits in memory, what they hold all in all, and when they were made."""

    def __init__(self, virtual: VirtualTime) -> None:
        self.virtual = virtual
        self.values: dict[tuple[str, str], Scalar] = {}
        self.rows: list[int] = []
        self.commits: list[tuple[float, int, bool]] = []
        self.meter: CountingMeter | None = None
        self.broken = False

    def __call__(self, changes: Changes, real: int, *, durable: bool = True) -> None:
        if self.broken:
            raise StorageError("disk full")
        begin, rows = changes.appended.get("load", (0, np.zeros(0, ROW)))
        assert not len(rows) or begin == len(self.rows)
        self.rows += rows["second"].tolist()
        self.values |= changes.values
        self.commits.append((self.virtual.monotonic(), real, durable))
        if self.meter is not None:
            assert int(self.values["device", "now"] or 0) >= self.meter.now

    def value(self, name: str) -> Scalar:
        return self.values["device", name]


def driven(virtual: VirtualTime, at_once: Executor, rate: float) -> tuple[CountingMeter, Tape, Drive]:
    meter, tape = CountingMeter(), Tape(virtual)
    tape.meter = meter
    time = BenchTime(START, rate, LinkTime(virtual.monotonic()))
    return meter, tape, Drive(meter, tape, time, at_once, monotonic=virtual.monotonic, wall=virtual.wall)


async def live(drive: Drive, seconds: float, *actions: tuple[float, Callable[[], Any]]) -> None:
    loop = asyncio.get_running_loop()
    for when, action in actions:
        loop.call_later(when, action)
    loop.call_later(seconds, drive.stop)
    await drive.run()


def test_at_rate_one_it_ticks_on_each_whole_second(virtual: VirtualTime, at_once: Executor) -> None:
    meter, tape, drive = driven(virtual, at_once, 1)
    virtual.run(live(drive, 5.5))
    assert meter.steps == [1] * 5
    assert [when - 1000 for when, _, _ in tape.commits] == pytest.approx([1, 2, 3, 4, 5, 5.5], abs=1e-6)
    assert tape.value("total") == 5
    assert all(durable for _, _, durable in tape.commits)


def test_while_nobody_looks_what_was_measured_waits(virtual: VirtualTime, at_once: Executor) -> None:
    meter, tape, drive = driven(virtual, at_once, 1)
    tape.meter = None
    virtual.run(live(drive, 40.5))
    assert meter.steps == [1] * 40
    early = [when - 1000 for when, _, _ in tape.commits if when < 1009.5]
    assert early == pytest.approx(range(1, 10), abs=1e-6)
    assert 4 <= len(tape.commits) - len(early) <= 5
    assert tape.value("total") == 40


def test_who_looks_waits_for_what_waited_and_then_no_more(virtual: VirtualTime, at_once: Executor) -> None:
    _, tape, drive = driven(virtual, at_once, 1)
    tape.meter = None
    tickets: list[tuple[int | None, int, Scalar]] = []

    def look() -> None:
        tickets.append((drive.barrier.ticket(), drive.barrier.done, tape.value("total")))

    virtual.run(live(drive, 24.8, (15.5, look), (15.6, look), (17.5, look)))
    assert tickets == [(10, 9, 9), (None, 10, 15), (None, 12, 17)]
    assert [when - 1000 for when, _, _ in tape.commits[9:]] == pytest.approx([15.5, *range(16, 25), 24.8], abs=1e-6)


def test_a_new_row_takes_with_it_what_waited(virtual: VirtualTime, at_once: Executor) -> None:
    meter, tape, drive = driven(virtual, at_once, 60)
    tape.meter = None
    virtual.run(live(drive, 17.5))
    assert tape.rows == [START // SECOND + 900]
    assert tape.value("total") == meter.total == 17 * 60 + 30
    between = [when - 1000 for when, _, _ in tape.commits if 1010.5 < when < 1017.25]
    assert between == pytest.approx([15], abs=1e-6)


def test_a_setting_never_waits(virtual: VirtualTime, at_once: Executor) -> None:
    meter, tape, drive = driven(virtual, at_once, 1)
    tape.meter = None
    virtual.run(live(drive, 16.5, (14.25, partial(meter.set, 5)), (14.25, drive.barrier.ticket)))
    assert tape.commits[9][0] - 1000 == pytest.approx(14.25, abs=1e-6)
    assert tape.value("setting") == 5


def test_while_time_stands_still_and_nobody_looks_nearly_nothing_is_written(
    virtual: VirtualTime, at_once: Executor
) -> None:
    _, tape, drive = driven(virtual, at_once, 0)
    virtual.run(live(drive, 60.5))
    assert 15 <= len(tape.commits) <= 16


@pytest.mark.parametrize("rate", [0, 1, 3600])
def test_a_jump_is_lived_through_at_once_whatever_the_rate(
    virtual: VirtualTime, at_once: Executor, rate: float
) -> None:
    meter, tape, drive = driven(virtual, at_once, rate)
    until = Instant(START + 3 * LONGEST_STEP + 10 * SECOND)
    virtual.run(live(drive, 0.5, (0.1, partial(drive.retime, until))))
    assert 0 <= meter.now - until <= rate * SECOND // 2
    assert meter.total == (meter.now - START) // SECOND
    assert max(meter.steps) * SECOND <= LONGEST_STEP
    assert tape.value("now") == meter.now


def test_who_stops_a_meter_in_a_far_jump_need_not_wait_for_its_goal(virtual: VirtualTime, at_once: Executor) -> None:
    meter, tape, drive = driven(virtual, at_once, 1)
    base = virtual.wall()
    third = Instant(START + 3 * LONGEST_STEP)

    def look() -> None:
        if meter.now >= third:
            drive.stop()

    drive.ticked.connect(look)
    virtual.run(live(drive, 9.0, (0.5, partial(drive.retime, Instant(START + 365 * LONGEST_STEP)))))
    assert third <= meter.now <= third + SECOND
    assert tape.value("now") == meter.now
    assert tape.value("stopped") is True
    jumped = [real - base for when, real, _ in tape.commits if when >= 1000.5]
    assert all(abs(passed - SECOND // 2) < SECOND for passed in jumped)  # no years of an outage for the next start
    assert len(jumped) >= 3


def test_a_paced_meter_lives_second_by_second_and_waits_for_who_is_behind(
    virtual: VirtualTime, at_once: Executor
) -> None:
    meter, tape, drive = driven(virtual, at_once, 3600)
    relieved, behind = Signal(), [True]
    seen: list[int] = []
    drive.pace(lambda: behind[0], relieved)

    def tell() -> None:
        seen.append((meter.now - START) // SECOND)
        behind[0] = seen[-1] % 10 == 0
        if behind[0]:
            asyncio.get_running_loop().call_later(1, take)

    def take() -> None:
        assert meter.present() == meter.now
        behind[0] = False
        relieved.fire()

    drive.ticked.connect(tell)
    virtual.run(live(drive, 4.5, (1, take)))
    assert seen[:-1] == list(range(1, 41))
    assert set(meter.steps) == {1}
    assert tape.value("total") == (meter.now - START) // SECOND == 40


@pytest.mark.parametrize("rate", [0, 1])
def test_a_paced_meter_goes_on_with_a_jump_once_nobody_is_behind(
    virtual: VirtualTime, at_once: Executor, rate: float
) -> None:
    meter, tape, drive = driven(virtual, at_once, rate)
    relieved, behind = Signal(), [False]
    drive.pace(lambda: behind[0], relieved)

    def tell() -> None:
        assert len(tape.commits) < 500  # not a turn is taken in which nothing is to be done
        behind[0] = meter.total == 50
        if behind[0]:
            asyncio.get_running_loop().call_later(1, take)

    def take() -> None:
        assert meter.present() == START + 300 * SECOND  # as in any jump
        drive.retime(rate=rate)  # the jump goes on, and this holds from its goal on
        behind[0] = False
        relieved.fire()

    drive.ticked.connect(tell)
    virtual.run(live(drive, 4, (0.5, partial(drive.retime, Instant(START + 300 * SECOND)))))
    assert meter.total == pytest.approx(300 + 2.5 * rate, abs=1)
    assert tape.value("total") == meter.total


def test_a_paced_meter_that_is_stopped_in_a_jump_ends_where_it_has_come_to(
    virtual: VirtualTime, at_once: Executor
) -> None:
    meter, tape, drive = driven(virtual, at_once, 1)
    drive.pace(lambda: meter.total >= 50, Signal())
    virtual.run(live(drive, 4, (0.5, partial(drive.retime, Instant(START + 300 * SECOND)))))
    assert meter.total == tape.value("total") == 50
    assert tape.value("stopped") is True


def test_another_rate_holds_from_now_on(virtual: VirtualTime, at_once: Executor) -> None:
    meter, _, drive = driven(virtual, at_once, 1)
    virtual.run(live(drive, 10.5, (2.25, partial(drive.retime, rate=0)), (6.25, partial(drive.retime, rate=2))))
    assert (meter.now - START) / SECOND == 10  # 2.25 s, then 4.25 s twice as fast, whole seconds only
    with pytest.raises(ConfigurationError):
        drive.retime(rate=-1)


def test_a_step_while_time_stands_still_is_seen_at_once(virtual: VirtualTime, at_once: Executor) -> None:
    meter, tape, drive = driven(virtual, at_once, 0)
    virtual.run(live(drive, 0.5, (0.2, partial(drive.retime, Instant(START + 5 * SECOND)))))
    assert meter.total == 5
    assert tape.commits[0][0] - 1000 == pytest.approx(0.2, abs=1e-6)


def test_the_wall_clock_is_stored_as_of_the_stored_instant(virtual: VirtualTime, at_once: Executor) -> None:
    _, tape, drive = driven(virtual, at_once, 2)
    base = virtual.wall()
    virtual.run(live(drive, 2.25))
    assert tape.value("now") == START + 4 * SECOND
    assert [real - base for _, real, _ in tape.commits] == [SECOND, 2 * SECOND, 2 * SECOND]


@pytest.mark.parametrize(
    ("rate", "watchers", "ticks", "step"),
    [(1, 1, 4, 1), (10, 0, 4, 10), (10, 1, 40, 1), (25, 3, 33, 3), (3600, 1, 40, 360), (0.5, 1, 2, 1)],
)
def test_ticks_per_second(
    virtual: VirtualTime, at_once: Executor, *, rate: float, watchers: int, ticks: int, step: int
) -> None:
    meter, _, drive = driven(virtual, at_once, rate)
    seen: list[Instant] = []
    drive.ticked.connect(lambda: seen.append(meter.now))
    drive.watch(watchers)
    virtual.run(live(drive, 4.001))
    assert meter.steps[:ticks] == [step] * ticks
    assert len(seen) in {ticks, ticks + 1}
    assert meter.now == START + int(4.001 * rate) * SECOND


def test_when_time_stands_still_it_ticks_all_the_same(virtual: VirtualTime, at_once: Executor) -> None:
    meter, tape, drive = driven(virtual, at_once, 0)
    ticks: list[float] = []
    drive.ticked.connect(lambda: ticks.append(virtual.monotonic() - 1000))
    actions = [(0.3 * number, partial(drive.watch, 0)) for number in range(1, 12)]
    virtual.run(live(drive, 3.5, *actions))
    assert ticks == pytest.approx([1, 2, 3, 3.5], abs=1e-3)
    assert meter.now == START
    assert meter.present() == START
    assert tape.value("total") == 0


def test_the_present_runs_between_ticks(virtual: VirtualTime, at_once: Executor) -> None:
    meter, _, drive = driven(virtual, at_once, 1)
    seen: list[int] = []
    virtual.run(live(drive, 2, (1.75, lambda: seen.extend((meter.now - START, meter.present() - START)))))
    assert seen == pytest.approx([SECOND, 1_750_000_000], abs=10)


def test_a_pause_is_caught_up_in_pieces(virtual: VirtualTime, at_once: Executor) -> None:
    meter, tape, drive = driven(virtual, at_once, 1)
    virtual.run(live(drive, 172_820, (10.5, lambda: virtual.pass_by(2 * 86_400 + 7))))
    longest = LONGEST_STEP // SECOND
    assert meter.steps[10:13] == [longest, longest, 7]
    assert tape.value("total") == meter.total == sum(meter.steps) == 172_820
    assert tape.rows == list(range(1_790_000_100 // 900 * 900 + 900, tape.rows[-1] + 1, 900))


def test_a_meter_that_cannot_keep_up_slows_time_down(virtual: VirtualTime, at_once: Executor) -> None:
    meter, _, drive = driven(virtual, at_once, 3600)

    class Slow(CountingMeter):
        def advanced(self, until: Instant) -> CountingMeter:
            virtual.pass_by(1.7 * (until - self.now) / 3600 / SECOND)
            return super().advanced(until)

    slow = Slow()
    drive = Drive(slow, Tape(virtual), drive.bench_time, at_once, monotonic=virtual.monotonic, wall=virtual.wall)
    virtual.run(live(drive, 100))
    assert max(slow.steps) <= LONGEST_STEP // SECOND
    assert drive.present() - slow.now <= LONGEST_STEP
    assert meter.total == 0


def test_a_durable_change_is_stored_at_once(virtual: VirtualTime, at_once: Executor) -> None:
    meter, tape, drive = driven(virtual, at_once, 1)
    tickets: list[tuple[int | None, int]] = []

    def change() -> None:
        meter.set(7)
        tickets.append((drive.barrier.ticket(), drive.barrier.done))

    drive.barrier.passed.connect(lambda: tickets.append((drive.barrier.ticket(), drive.barrier.done)))
    virtual.run(live(drive, 1.5, (0.4, change)))
    assert tickets[0] == (1, 0)
    assert tickets[1] == (None, 1)
    assert tape.commits[0][0] - 1000 == pytest.approx(0.4)
    assert tape.value("setting") == 7


def test_store_now_waits_for_the_disk(virtual: VirtualTime, at_once: Executor) -> None:
    meter, tape, drive = driven(virtual, at_once, 1)

    async def story() -> None:
        await drive.store_now()
        assert tape.value("setting") == 0
        running = asyncio.create_task(drive.run())
        await asyncio.sleep(0.1)
        await drive.store_now()
        assert len(tape.commits) == 1
        meter.set(3)
        await drive.store_now()
        assert tape.value("setting") == 3
        drive.stop()
        await running

    virtual.run(story())


def test_a_failed_commit_ends_the_run_and_nothing_leaves_any_more(virtual: VirtualTime, at_once: Executor) -> None:
    meter, tape, drive = driven(virtual, at_once, 1)

    def fail() -> None:
        tape.broken = True

    with pytest.raises(StorageError, match="disk full"):
        virtual.run(live(drive, 9, (1.5, fail)))
    assert meter.now == START + SECOND
    ticket = drive.barrier.ticket()
    assert ticket is not None
    assert ticket > drive.barrier.done


@pytest.mark.parametrize(("step_takes_s", "stored"), [(0.0, 0), (0.5, 2), (5.0, 25)])
def test_a_jump_is_stored_every_five_seconds_and_durable_at_its_end(
    virtual: VirtualTime, at_once: Executor, step_takes_s: float, stored: int
) -> None:
    meter, tape, drive = driven(virtual, at_once, 1)
    tape.meter = None
    progress: list[Instant] = []
    until, live = Instant(START + 86_400 * SECOND + 5), meter.jump

    def slow(until: Instant) -> None:
        live(until)
        virtual.pass_by(step_takes_s)

    meter.jump = slow  # type: ignore[method-assign]
    virtual.run(drive.jump_to(until, progress.append))
    assert [durable for _, _, durable in tape.commits] == [False] * stored + [True]
    assert all(instant % (3600 * SECOND) == 0 for instant in progress[:-1])
    assert progress[-1] == meter.now == tape.value("now") == until == drive.present()
    assert tape.value("total") == 86_400
    assert len(tape.rows) == 96


def test_a_jump_can_be_stopped(virtual: VirtualTime, at_once: Executor) -> None:
    meter, tape, drive = driven(virtual, at_once, 1)
    tape.meter = None

    async def story() -> None:
        asyncio.get_running_loop().call_soon(drive.stop)
        await drive.jump_to(Instant(START + 365 * 86_400 * SECOND))
        await drive.run()

    virtual.run(story())
    assert meter.now == tape.value("now")
    assert meter.now < START + 4 * 3600 * SECOND
    assert meter.stopped


def test_a_jump_back_only_stores(virtual: VirtualTime, at_once: Executor) -> None:
    meter, tape, drive = driven(virtual, at_once, 1)
    virtual.run(drive.jump_to(Instant(START - 5)))
    assert meter.now == START
    assert len(tape.commits) == 1


def test_a_clean_end_advances_to_now_and_stores_exactly(virtual: VirtualTime, at_once: Executor) -> None:
    meter, tape, drive = driven(virtual, at_once, 10)
    virtual.run(live(drive, 0.55))
    assert meter.now == START + 5 * SECOND
    assert tape.value("total") == 5
    assert tape.value("stopped") is True


@pytest.mark.slow
def test_in_real_time_with_a_real_store_and_thread(tmp_path: Path) -> None:
    async def story(store: Store) -> CountingMeter:
        meter = CountingMeter()
        with ThreadPoolExecutor(1) as writer:
            began = time.monotonic()
            drive = Drive(meter, partial(store.commit, "meter"), BenchTime(START, 50, LinkTime(began)), writer)
            drive.watch(1)
            await drive.jump_to(Instant(START + 7200 * SECOND))
            ticks: list[int] = []
            drive.ticked.connect(lambda: ticks.append(meter.total))
            drive.ticked.connect(lambda: drive.stop() if len(ticks) >= 5 else None)
            await drive.run()
            took_s = time.monotonic() - began
            assert ticks == sorted(ticks)
            assert len(ticks) <= 10 * took_s + 2  # ten in a second
            assert 15 <= meter.total - 7200 <= 50 * took_s + 1
            return meter

    store = Store.open(tmp_path)
    meter = run(story(store))
    saved = store.load("meter")
    store.close()
    assert saved is not None
    assert saved.values["device"]["total"] == meter.total
    assert saved.rings["load"].rows(ROW)["second"].tolist() == meter.ring.rows()["second"].tolist()
