"""Simulated sub-meters: gas, water, heat and electricity, seeded, plausible and nobody's.

What one has counted is a function of its seed and the second, whatever was asked before; only a closed valve holds it
back. An amount of each day follows the season and a chance of its own, and is spread over the hours by a pattern.
"""

import math
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from softmeter.device.mbus_channel import Identity
from softmeter.device.surroundings import SUB_METERS
from softmeter.errors import ConfigurationError
from softmeter.wire import mbus_writing
from softmeter.wire.cursor import Cursor
from softmeter.wire.mbus import DeviceType, Header, manufacturer_code
from softmeter.wire.mbus_quantities import Quantity
from softmeter.wire.mbus_records import records

DAY_S, HOUR_S = 86_400, 3600
_YEAR_DAYS = 365.2425
_EPOCH_DAY = 18_262
"""The first of January 2020, when all of them counted next to nothing."""
_COLDEST_DAY = 20
_CHANCE = 0.4
_SMALLEST, _RANGE = 0.7, 0.6
"""Households use from the smallest share of the average on."""
_LOCAL_S = HOUR_S
_MOST_SEED_DIGITS, _SHOWN = 18, 24


class Kind(NamedTuple):
    """A kind of sub-meter. It counts units of `10**exponent` in the quantity of `information`."""

    device_type: DeviceType
    maker: str
    information: bytes
    per_day: float
    """Units counted on an average day."""
    season: float
    """By how much more of it on the coldest day, and less on the warmest."""
    hours: tuple[int, ...]
    """How the amount of a day is spread."""
    has_valve: bool
    flow_unit: str = "l/h"
    flow_per_unit: int = 1
    """How much flows in an hour, in `flow_unit`, where one unit is counted in it."""

    @property
    def quantity(self) -> Quantity:
        """What one counted unit is."""
        (record,) = records(Cursor(mbus_writing.digits(self.information, 0)))
        return record.quantity


_HEATING = (2, 2, 2, 2, 3, 5, 9, 9, 6, 4, 3, 3, 3, 3, 3, 4, 6, 9, 9, 8, 6, 4, 3, 2)
_TAPS = (1, 0, 0, 0, 0, 2, 10, 14, 8, 4, 3, 3, 4, 3, 2, 2, 4, 8, 10, 7, 6, 5, 3, 1)
_PLUGS = (2, 2, 2, 2, 2, 3, 5, 6, 4, 4, 4, 4, 5, 4, 4, 4, 6, 8, 9, 8, 7, 6, 4, 3)
KINDS = {
    "gas": Kind(DeviceType.GAS, "GWI", b"\x13", 3_300.0, 0.85, _HEATING, has_valve=True),
    "water": Kind(DeviceType.WATER, "WTR", b"\x13", 320.0, 0.1, _TAPS, has_valve=True),
    "heat": Kind(
        DeviceType.HEAT, "HTM", b"\x06", 24.0, 0.9, _HEATING, has_valve=True, flow_unit="W", flow_per_unit=1000
    ),
    "electricity": Kind(DeviceType.ELECTRICITY, "ELM", b"\x03", 4_200.0, 0.3, _PLUGS, has_valve=False, flow_unit="W"),
}
"""By name: litres of gas and of water, kWh of heat, Wh of electricity."""


class SubMeter(NamedTuple):
    """One sub-meter as its factory made it."""

    name: str
    seed: int

    @property
    def kind(self) -> Kind:
        return KINDS[self.name]

    @property
    def title(self) -> str:
        """Kind and seed as a person writes them."""
        return f"{self.name}:{self.seed}"

    @property
    def identification(self) -> int:
        """Its number, eight digits as nibbles."""
        return int(f"{int.from_bytes(self._drawn(b'number')[:6], 'big') % 10**8:08d}", 16)

    @property
    def default_key(self) -> bytes:
        """The key with which it left the factory."""
        return self._drawn(b"key")[:16]

    @property
    def header(self) -> Header:
        return Header(self.identification, manufacturer_code(self.kind.maker), 1, self.kind.device_type)

    @property
    def identity(self) -> Identity:
        """Who it says it is."""
        header = self.header
        return Identity(header.identification, header.manufacturer, header.version, header.device_type)

    @property
    def secondary_address(self) -> str:
        """Its address as people write it."""
        return f"{self.identification:08X}{self.header.address[4:].hex().upper()}"

    def counted(self, second: int) -> int:
        """What it would have counted at a bench second with its valve open all the time."""
        day, rest = divmod(second + _LOCAL_S, DAY_S)
        begin, end = _midnight(self, day), _midnight(self, day + 1)
        return max(0, round(begin + (end - begin) * _share(self.kind.hours, rest)))

    def _drawn(self, what: bytes) -> bytes:
        return sha256(f"{self.name} {self.seed} ".encode() + what).digest()


@lru_cache(maxsize=64)
def _midnight(meter: SubMeter, day: int) -> float:
    """What it has counted when a day of local time begins; grows from day to day."""
    kind = meter.kind
    days = day - _EPOCH_DAY
    angle, first = (2 * math.pi * (one - _COLDEST_DAY) / _YEAR_DAYS for one in (days, 0))
    seasonal = days + kind.season * _YEAR_DAYS / (2 * math.pi) * (math.sin(angle) - math.sin(first))
    chance, size = (_uniform(meter, what) for what in (str(day), "household"))
    least = 1 - kind.season  # of the warmest day: chance moves a midnight by less than half of that
    return kind.per_day * (_SMALLEST + _RANGE * size) * (seasonal + _CHANCE * least * chance)


def _uniform(meter: SubMeter, what: str) -> float:
    """A number from 0 to 1 that belongs to a sub-meter."""
    return int.from_bytes(sha256(f"{meter.name} {meter.seed} {what}".encode()).digest()[:4], "big") / 2**32


def _share(hours: tuple[int, ...], rest_s: int) -> float:
    """How much of a day's amount has been counted so many seconds after midnight."""
    hour, within = divmod(rest_s, HOUR_S)
    return (sum(hours[:hour]) + hours[hour] * within / HOUR_S) / sum(hours)


def parse_sub_meters(text: str) -> tuple[SubMeter, ...]:
    """Sub-meters as a person writes them: `gas,water:7`, each with its seed where it has one.

    Raises:
        ConfigurationError: a kind is unknown, a seed no number, one comes twice, or there are too many.
    """
    meters = []
    for one in filter(None, (part.strip() for part in text.split(","))):
        name, _, seed = one.partition(":")
        if name not in KINDS:
            raise ConfigurationError(f"{name!r} is no kind of sub-meter; there are {', '.join(KINDS)}", "sub-meters")
        if seed and not (seed.isdecimal() and len(seed) <= _MOST_SEED_DIGITS):
            message = f"the seed {seed[:_SHOWN]!r} of {name} is no number of up to {_MOST_SEED_DIGITS} digits"
            raise ConfigurationError(message, "sub-meters")
        meters.append(SubMeter(name, int(seed or 1)))
    if len(set(meters)) != len(meters):
        raise ConfigurationError("two sub-meters of a kind need different seeds: gas:1,gas:2", "sub-meters")
    if len(meters) > SUB_METERS:
        raise ConfigurationError(f"{len(meters)} sub-meters; at most {SUB_METERS} fit on the line", "sub-meters")
    return tuple(meters)
