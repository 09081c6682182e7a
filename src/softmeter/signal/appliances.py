"""What a synthetic household switches on: events at random times, found from slot numbers alone."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from softmeter.signal.noise import lanes, words
from softmeter.signal.samples import Floats, Integers
from softmeter.signal.seasons import DAY
from softmeter.signal.shapes import Shape

HOUR = 3_600
_H = HOUR

Targets = Callable[[Shape], tuple[Floats, Floats]]
"""Where active (W) and reactive power (var) of loads of a shape are added up."""


class Appliance(NamedTuple):
    """One event may begin in each slot of time, such as a day or a cycle of a refrigerator.

    `likely`, `likely_weekend`: its probability; `earliest_s`, `latest_s`: when it begins, from the begin of the slot;
    `shortest_s`, `longest_s`: how long it lasts; `var_per_w`: reactive power, inductive when positive; `shape`: what
    its current looks like; `on_s`, `off_s`: how a thermostat switches meanwhile (off 0: never).
    """

    name: str
    slot_s: int
    likely: float
    likely_weekend: float
    earliest_s: float
    latest_s: float
    shortest_s: int
    longest_s: int
    power_w: float
    var_per_w: float = 0.0
    shape: Shape = Shape.HEATER
    on_s: int = 1
    off_s: int = 0


# fmt: off
APPLIANCES = (
    # name, slot, likely on weekdays and at weekends, earliest, latest, shortest, longest, W, var/W, shape
    Appliance("refrigerator",   2_700, 1.0,  1.0, 0,         900,       700,   1_300,  95,    0.55, Shape.COMPRESSOR),
    Appliance("freezer",        4_200, 1.0,  1.0, 0,         1_500,     800,   1_900,  110,   0.60, Shape.COMPRESSOR),
    Appliance("heating pump",   HOUR,  0.8,  0.8, 0,         600,       1_500, 2_900,  45,    0.40, Shape.MOTOR),
    Appliance("morning kettle", DAY,   0.9,  0.8, 6.5 * _H,  8 * _H,    110,   210,    2_100),
    Appliance("coffee machine", DAY,   0.8,  0.9, 6.75 * _H, 9 * _H,    400,   900,    900,   on_s=40, off_s=25),
    Appliance("toaster",        DAY,   0.6,  0.7, 6.75 * _H, 9 * _H,    120,   240,    850),
    Appliance("hair dryer",     DAY,   0.5,  0.4, 6.5 * _H,  8 * _H,    180,   420,    800,   0.10, Shape.HALF_WAVE),
    Appliance("lunch hob",      DAY,   0.3,  0.8, 11 * _H,   13 * _H,   900,   2_100,  1_700, on_s=22, off_s=19),
    Appliance("tea kettle",     DAY,   0.6,  0.8, 14 * _H,   16 * _H,   110,   210,    2_100),
    Appliance("dinner hob",     DAY,   0.9,  0.8, 17 * _H,   19 * _H,   1_200, 2_700,  1_800, on_s=24, off_s=17),
    Appliance("oven",           DAY,   0.3,  0.5, 17 * _H,   18.5 * _H, 1_800, 3_900,  2_300, on_s=95, off_s=140),
    Appliance("microwave",      DAY,   0.7,  0.7, 18 * _H,   21 * _H,   90,    420,    1_250, 0.25, Shape.MICROWAVE),
    Appliance("television",     DAY,   0.9,  1.0, 18.5 * _H, 20 * _H,   5_400, 12_600, 115,   -0.3, Shape.ELECTRONICS),
    Appliance("computer",       DAY,   0.7,  0.8, 9 * _H,    17 * _H,   5_400, 18_000, 130,   -0.3, Shape.ELECTRONICS),
    Appliance("dishwasher heat",DAY,   0.6,  0.8, 19 * _H,   21 * _H,   900,   1_500,  1_950),
    Appliance("dishwasher dry", DAY,   0.6,  0.8, 21.5 * _H, 22.5 * _H, 500,   800,    1_900),
    Appliance("washing machine",DAY,   0.35, 0.6, 9 * _H,    18 * _H,   900,   1_400,  2_000),
    Appliance("vacuum cleaner", DAY,   0.2,  0.5, 10 * _H,   17 * _H,   600,   1_500,  750,   0.35, Shape.MOTOR),
)
HOT_WATER = Appliance("hot water", DAY, 0.95, 0.95, 12 * _H, 14 * _H, 2_400, 4_200, 1_500, 0.05, Shape.INVERTER)
"""What a heat pump does beside heating."""
CAR = Appliance("car", DAY, 0.55, 0.35, 17 * _H, 20.5 * _H, 3_600, 14_400, 3_680, -0.02, Shape.CORRECTED)
# fmt: on

_EVENTS = 1_100
"""The stream of chance that decides over events; a counter joins the appliance's number and the slot's."""

_NUMBER_SHIFT = 40


class Event(NamedTuple):
    """An appliance in use from `begin` until before `end`, seconds."""

    appliance: Appliance
    begin: int
    end: int
    power_w: float


class Timetable:
    """The appliances of a household, as columns."""

    def __init__(self, appliances: Sequence[Appliance]) -> None:
        self.appliances = tuple(appliances)
        self.slot, self.latest, self.shortest, self.longest, self.earliest = (
            np.array([getattr(appliance, name) for appliance in appliances], dtype=np.int64)
            for name in ("slot_s", "latest_s", "shortest_s", "longest_s", "earliest_s")
        )
        self.likely = np.array([(appliance.likely, appliance.likely_weekend) for appliance in appliances])


def events(seed: int, first: int, count: int, timetable: Timetable) -> Iterator[Event]:
    """The uses of appliances that touch the seconds [first, first + count), by appliance, then by time."""
    earliest = (first - timetable.latest - timetable.longest) // timetable.slot
    lengths = (first + count - 1) // timetable.slot + 1 - earliest
    number = np.repeat(np.arange(len(lengths)), lengths)
    slots = np.arange(len(number)) + np.repeat(earliest - np.cumsum(lengths) + lengths, lengths)
    chance, start, length, strength = lanes(words(seed, _EVENTS, (number << _NUMBER_SHIFT) + slots))
    begins = slots * timetable.slot[number]
    weekend = (begins // DAY + 3) % 7 >= 5  # 1970-01-01 was a Thursday
    happens = chance < timetable.likely[number, weekend.astype(np.int64)]
    begins = begins + _within(start, timetable.earliest, timetable.latest, number)
    ends = begins + _within(length, timetable.shortest, timetable.longest, number)
    touching = np.flatnonzero(happens & (begins < first + count) & (ends > first))
    for at in touching.tolist():
        appliance = timetable.appliances[int(number[at])]
        yield Event(appliance, int(begins[at]), int(ends[at]), appliance.power_w * (0.9 + 0.2 * float(strength[at])))


def add_appliances(seed: int, first: int, count: int, timetable: Timetable, into: Targets) -> None:
    """Add what all appliances take in the seconds from `first` (local time) to arrays of shape (count,)."""
    for appliance, begin, end, power_w in events(seed, first, count, timetable):
        low, high = max(begin - first, 0), min(end - first, count)
        active_w, reactive_var = into(appliance.shape)
        if appliance.off_s:
            cycle = np.zeros(appliance.on_s + appliance.off_s)
            cycle[: appliance.on_s] = power_w
            active_w[low:high] += np.resize(cycle, end - begin)[first + low - begin : first + high - begin]
        else:
            active_w[low:high] += power_w
        if appliance.var_per_w:
            reactive_var[low:high] += power_w * appliance.var_per_w


def _within(chance: Floats, least: Integers, greatest: Integers, number: Integers) -> Integers:
    """Whole seconds from the range that each event's appliance has."""
    seconds: Integers = least[number] + (chance * (greatest - least)[number]).astype(np.int64)
    return seconds
