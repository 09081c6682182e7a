"""The pulses of a running meter for whoever reads them: heard while time passes, told when what they tell is stored.

Nobody holds the meter up. Of a step of time with very many pulses the first and the last are told, and a reader who is
too far behind is given up.
"""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from softmeter.device.device import Device
from softmeter.device.pulses import Train
from softmeter.instant import SECOND
from softmeter.meter.meter import Meter
from softmeter.metrology.energy import Quantity
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.pulse_lines import Burst, Given, opening, reached, told

MOST_PER_STEP: Final = 5000
"""Pulses of one output in one step of time that are told one by one."""
MOST_WAITING: Final = 1024 * 1024
"""Octets that wait for a reader when more pulses come: he is given up."""
SILENCE: Final = 60 * SECOND
"""So much of the meter's time after the last line it is told how far time has come."""


class HeardPulses:
    """Hears the pulses of each advance (`Outputs` of the device) and keeps them until they are taken."""

    wants_seconds = False

    def __init__(self) -> None:
        self._active, self._reactive = _Heard(), _Heard()

    def pulses(self, active: Train, reactive: Train) -> None:
        """More pulses of the advance going on."""
        self._active.hear(active)
        self._reactive.hear(reactive)

    def second(self, device: Device) -> None:
        """Whole seconds are of no interest here."""

    def taken(self) -> tuple[Given, Given]:
        """What both outputs gave since the last call."""
        heard, (self._active, self._reactive) = (self._active, self._reactive), (_Heard(), _Heard())
        return heard[0].given, heard[1].given


class _Heard:
    """What was heard of one output, in bounded room."""

    def __init__(self) -> None:
        self._trains: list[Train] = []
        self._count = 0
        self._burst: Burst | None = None

    def hear(self, train: Train) -> None:
        if not len(train.instants):
            return
        self._trains.append(train)
        self._count += len(train.energies)
        if self._count > MOST_PER_STEP:
            self._burst = _burst(self._burst, [one for one in self._trains if len(one.energies)])
            self._trains = [one for one in self._trains if not len(one.energies)]

    @property
    def given(self) -> Given:
        return Given(tuple(self._trains), self._burst)


def _burst(before: Burst | None, trains: Sequence[Train]) -> Burst:
    """A burst with more pulses, of which there are some."""
    energies = Counter() if before is None else Counter(before.energies)
    for train in trains:
        energies.update(
            {Quantity(one): count for one, count in enumerate(np.bincount(train.energies).tolist()) if count}
        )
    first, last = trains[0], trains[-1]
    return Burst(
        before.first if before else (first.first, int(first.instants[0])),
        (last.first + len(last.instants) - 1, int(last.instants[-1])),
        energies,
    )


class Subscription:
    """What one reader is still to get. `ready` is called when there may be something, or he is given up."""

    def __init__(self, barrier: Barrier, ready: Callable[[], None]) -> None:
        self.lost = False
        """Whether the reader is too far behind: he gets nothing any more."""
        self.ready = ready
        self._barrier = barrier
        self._waiting: deque[tuple[int | None, bytes]] = deque()
        """Lines, and the commit that they wait for."""
        self._octets = 0
        self._sent = 0
        """Of the first of them."""

    @property
    def behind(self) -> bool:
        """Whether something waits for him."""
        return bool(self._waiting)

    def put(self, ticket: int | None, lines: bytes) -> None:
        """More lines, which leave when a commit is done."""
        if self._octets >= MOST_WAITING:
            self.lost = True
            self._waiting.clear()
        if not self.lost:
            self._waiting.append((ticket, lines))
            self._octets += len(lines)

    def taken(self, most: int) -> bytes:
        """The next octets, up to so many, that may leave now; none where there are none."""
        if not self._waiting:
            return b""
        ticket, lines = self._waiting[0]
        if ticket is not None and self._barrier.done < ticket:
            return b""
        octets = lines[self._sent : self._sent + most]
        self._sent += len(octets)
        if self._sent == len(lines):
            self._waiting.popleft()
            self._octets -= len(lines)
            self._sent = 0
        return octets


class PulseFeed:
    """Gives each reader who comes a line about the meter, then one for each pulse. `tick` when a state is visible."""

    def __init__(
        self, heard: HeardPulses, meter: Meter, barrier: Barrier, watch: Callable[[int], None] = lambda _: None
    ) -> None:
        """`watch` is told how many readers came (-: went)."""
        self._heard = heard
        self._meter = meter
        self._barrier = barrier
        self._watch = watch
        self._subscriptions: set[Subscription] = set()
        self._told_until = meter.device.now
        self._was_powered = meter.device.powered
        self._ended = False
        barrier.passed.connect(self._release)

    def subscribe(self, ready: Callable[[], None]) -> Subscription:
        """Let somebody read from now on."""
        subscription = Subscription(self._barrier, ready)
        subscription.lost = self._ended
        subscription.put(self._barrier.ticket(), opening(self._meter))
        self._subscriptions.add(subscription)
        self._watch(1)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Somebody reads no more."""
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)
            self._watch(-1)

    def tick(self) -> None:
        """A new state is visible: tell of the pulses that led to it."""
        given, device = self._heard.taken(), self._meter.device
        lines = told(*given) if self._subscriptions else b""
        if device.now - self._told_until >= SILENCE or device.powered != self._was_powered:
            lines += reached(device)
        if lines:
            self._told_until, self._was_powered = device.now, device.powered
        if not self._subscriptions or not lines:
            return
        ticket = self._barrier.ticket()
        for subscription in self._subscriptions:
            subscription.put(ticket, lines)
        self._release()

    def end(self) -> None:
        """Nothing more will come: give all readers up."""
        self._ended = True
        for subscription in tuple(self._subscriptions):
            subscription.lost = True
            subscription.ready()

    def _release(self) -> None:
        for subscription in tuple(self._subscriptions):
            subscription.ready()
