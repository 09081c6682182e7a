"""Whole meters for tests: the real parts, a source, fixed keys."""

from dataclasses import dataclass, field, replace
from functools import cache

from softmeter.apps import configuration
from softmeter.bench.journal import Journal
from softmeter.bench.mbus_line import MBusLine
from softmeter.bench.submeters import parse_sub_meters
from softmeter.bench.supply import Supply
from softmeter.bench.surroundings import JournalSurroundings
from softmeter.device.device import Device
from softmeter.device.display import Display
from softmeter.device.pulses import Outputs
from softmeter.dlms.host import Keys
from softmeter.entropy import SeededEntropy
from softmeter.instant import Instant, LinkTime, parse_instant
from softmeter.meter.actor import Actor
from softmeter.meter.factory import Factory
from softmeter.meter.identity import Identity
from softmeter.meter.keys import KeyRing
from softmeter.meter.mbus_bus import FramedBus
from softmeter.meter.meter import Meter
from softmeter.meter.model.switching import LIMITS
from softmeter.persistent import Changes, Scalar
from softmeter.signal.constant import constant
from softmeter.signal.samples import Source

START = parse_instant("2026-01-01T00:00:00Z")
SERIAL = "12345678"
PLAIN, SWITCHED = "IQ0102065BNEM01-0", "IQ0102065BNEM02+D"
KEYS = {sap: Keys(bytes([sap]) * 16, bytes([0xA0 + sap]) * 16, f"password-{sap}".encode()) for sap in (1, 2, 6)}


def steady(**settings: str) -> Source:
    """A constant supply: 230 V, 5 A, 50 Hz, power factor 1 unless said otherwise."""
    return constant({"u": "230", "i": "5", "f": "50", **settings}, "test")


@cache
def _read(config: str) -> configuration.Configuration:
    return configuration.read(config)


@dataclass
class Made:
    """A meter with what surrounds it."""

    source: Source = field(default_factory=steady)
    start: Instant = START
    config: str = "factory"
    outputs: Outputs | None = None
    journal: Journal = field(default_factory=Journal)
    has_breaker: bool = False
    sub_meters: str = ""
    outside: bool = False
    """Whether the sub-meters are on a line that is not simulated."""

    def __post_init__(self) -> None:
        settings = _read(self.config)
        identity = Identity(serial=SERIAL, type=SWITCHED if self.has_breaker else PLAIN)
        line = MBusLine(parse_sub_meters(self.sub_meters))
        bus = FramedBus(line.exchange, line.felt)
        kind = replace(
            settings.device,
            has_breaker=self.has_breaker,
            limits=LIMITS,
            sub_meters=settings.device.sub_meters._replace(bus=bus, outside=self.outside),
        )
        device = Device(
            kind if self.has_breaker or self.sub_meters or self.outside else settings.device,
            Supply(self.source, self.journal),
            self.start,
            JournalSurroundings(self.journal),
        )
        display = Display(LinkTime(0.0))
        self.meter = Meter(Factory(identity, self.start), device, display, KeyRing(bytes(16), KEYS), SeededEntropy(1))
        self.actor = Actor(self.meter, self.outputs)


def values_of(changes: Changes) -> dict[str, dict[str, Scalar]]:
    """What is to be stored of each part, by its name: what a meter made anew restores."""
    values: dict[str, dict[str, Scalar]] = {}
    for (part, name), value in changes.values.items():
        values.setdefault(part, {})[name] = value
    return values
