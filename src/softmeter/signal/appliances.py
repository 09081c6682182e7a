"""What a synthetic household switches on: events at random times, found from slot numbers alone."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from softmeter.signal.noise import lanes, words
from softmeter.signal.samples import Floats, Integers

HOUR, DAY = 3_600, 86_400


class Appliance(NamedTuple):
    """One event may begin in each slot of time, such as a day or a cycle of a refrigerator.

    `likely`, `likely_weekend`: its probability; `earliest_s`, `latest_s`: when it begins, from the begin of the slot;
    `shortest_s`, `longest_s`: how long it lasts; `on_s`, `off_s`: how a thermostat switches meanwhile (off 0: never);
    `var_per_w`: reactive power, inductive when positive.
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
    on_s: int = 1
    off_s: int = 0
    var_per_w: float = 0.0


# fmt: off
APPLIANCES = (
    # name, slot, likely on weekdays and at weekends, earliest, latest, shortest, longest, W, on, off, var/W
    Appliance("refrigerator",     2_700, 1.0,  1.0, 0,           900,         700,   1_300,  95.0,    1,  0,   0.55),
    Appliance("freezer",          4_200, 1.0,  1.0, 0,           1_500,       800,   1_900,  110.0,   1,  0,   0.60),
    Appliance("heating pump",     HOUR,  0.8,  0.8, 0,           600,         1_500, 2_900,  45.0,    1,  0,   0.40),
    Appliance("morning kettle",   DAY,   0.9,  0.8, 6.5 * HOUR,  8 * HOUR,    110,   210,    2_100.0),
    Appliance("coffee machine",   DAY,   0.8,  0.9, 6.75 * HOUR, 9 * HOUR,    400,   900,    900.0,   40, 25),
    Appliance("toaster",          DAY,   0.6,  0.7, 6.75 * HOUR, 9 * HOUR,    120,   240,    850.0),
    Appliance("hair dryer",       DAY,   0.5,  0.4, 6.5 * HOUR,  8 * HOUR,    180,   420,    1_600.0, 1,  0,   0.10),
    Appliance("lunch hob",        DAY,   0.3,  0.8, 11 * HOUR,   13 * HOUR,   900,   2_100,  1_700.0, 22, 19),
    Appliance("afternoon kettle", DAY,   0.6,  0.8, 14 * HOUR,   16 * HOUR,   110,   210,    2_100.0),
    Appliance("dinner hob",       DAY,   0.9,  0.8, 17 * HOUR,   19 * HOUR,   1_200, 2_700,  1_800.0, 24, 17),
    Appliance("oven",             DAY,   0.3,  0.5, 17 * HOUR,   18.5 * HOUR, 1_800, 3_900,  2_300.0, 95, 140),
    Appliance("microwave",        DAY,   0.7,  0.7, 18 * HOUR,   21 * HOUR,   90,    420,    1_250.0, 1,  0,   0.25),
    Appliance("television",       DAY,   0.9,  1.0, 18.5 * HOUR, 20 * HOUR,   5_400, 12_600, 115.0,   1,  0,   -0.30),
    Appliance("computer",         DAY,   0.7,  0.8, 9 * HOUR,    17 * HOUR,   5_400, 18_000, 130.0,   1,  0,   -0.25),
    Appliance("dishwasher heat",  DAY,   0.6,  0.8, 19 * HOUR,   21 * HOUR,   900,   1_500,  1_950.0),
    Appliance("dishwasher dry",   DAY,   0.6,  0.8, 21.5 * HOUR, 22.5 * HOUR, 500,   800,    1_900.0),
    Appliance("washing machine",  DAY,   0.35, 0.6, 9 * HOUR,    18 * HOUR,   900,   1_400,  2_000.0),
    Appliance("vacuum cleaner",   DAY,   0.2,  0.5, 10 * HOUR,   17 * HOUR,   600,   1_500,  750.0,   1,  0,   0.35),
)
# fmt: on

_EVENTS = 1_100
"""The stream of chance that decides over events; a counter joins the appliance's number and the slot's."""

_NUMBER_SHIFT = 40

_SLOT, _LATEST, _SHORTEST, _LONGEST, _EARLIEST = (
    np.array([getattr(appliance, name) for appliance in APPLIANCES], dtype=np.int64)
    for name in ("slot_s", "latest_s", "shortest_s", "longest_s", "earliest_s")
)
_LIKELY = np.array([(appliance.likely, appliance.likely_weekend) for appliance in APPLIANCES])


class Event(NamedTuple):
    """An appliance in use from `begin` until before `end`, seconds."""

    appliance: Appliance
    begin: int
    end: int
    power_w: float


def events(seed: int, first: int, count: int) -> Iterator[Event]:
    """The uses of appliances that touch the seconds [first, first + count), by appliance, then by time."""
    earliest = (first - _LATEST - _LONGEST) // _SLOT
    lengths = (first + count - 1) // _SLOT + 1 - earliest
    number = np.repeat(np.arange(len(APPLIANCES)), lengths)
    slots = np.arange(len(number)) + np.repeat(earliest - np.cumsum(lengths) + lengths, lengths)
    chance, start, length, strength = lanes(words(seed, _EVENTS, (number << _NUMBER_SHIFT) + slots))
    begins = slots * _SLOT[number]
    weekend = (begins // DAY + 3) % 7 >= 5  # 1970-01-01 was a Thursday
    happens = chance < _LIKELY[number, weekend.astype(np.int64)]
    begins = begins + _within(start, _EARLIEST, _LATEST, number)
    ends = begins + _within(length, _SHORTEST, _LONGEST, number)
    touching = np.flatnonzero(happens & (begins < first + count) & (ends > first))
    for at in touching.tolist():
        appliance = APPLIANCES[int(number[at])]
        yield Event(appliance, int(begins[at]), int(ends[at]), appliance.power_w * (0.9 + 0.2 * float(strength[at])))


def add_appliances(seed: int, first: int, active_w: Floats, reactive_var: Floats) -> None:
    """Add what all appliances take in the seconds from `first` (local time) to the two arrays of shape (n,)."""
    count = len(active_w)
    for appliance, begin, end, power_w in events(seed, first, count):
        low, high = max(begin - first, 0), min(end - first, count)
        power = np.full(high - low, power_w)
        if appliance.off_s:
            phase = np.arange(first + low - begin, first + high - begin)
            power[phase % (appliance.on_s + appliance.off_s) >= appliance.on_s] = 0.0
        active_w[low:high] += power
        if appliance.var_per_w:
            reactive_var[low:high] += power * appliance.var_per_w


def _within(chance: Floats, least: Integers, greatest: Integers, number: Integers) -> Integers:
    """Whole seconds from the range that each event's appliance has."""
    seconds: Integers = least[number] + (chance * (greatest - least)[number]).astype(np.int64)
    return seconds
