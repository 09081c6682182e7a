"""Devices for tests: a catalogue, two profiles, and a source that is a function of the second."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from softmeter.clock import Stamp
from softmeter.device.device import Device
from softmeter.device.events import Log
from softmeter.device.profile import Catalogue, Column, ProfileSettings, clock_column, status_column
from softmeter.device.pulses import Train
from softmeter.device.settings import DeviceSettings
from softmeter.instant import SECOND, Instant, parse_instant
from softmeter.metrology.energy import Quantity
from softmeter.signal.samples import Measurements


class Varying:
    """Import and export, inductive and capacitive, different in each second; no voltage during the outages."""

    findings: tuple[str, ...] = ()

    def __init__(self, outages: Sequence[tuple[Instant, Instant]] = ()) -> None:
        self.outages = list(outages)

    def measurements(self, first_second: int, count: int) -> Measurements:
        seconds = np.arange(first_second, first_second + count)
        active = (seconds * 7919 % 5003 - 1500).astype(np.float64)
        reactive = (seconds * 104_729 % 1009 - 400).astype(np.float64)
        voltage = (228 + seconds % 7).astype(np.float64)
        for begin, end in self.outages:
            voltage[(seconds * SECOND >= begin) & (seconds * SECOND < end)] = 0.0
        current = np.hypot(active, reactive) / 230.0
        return Measurements(first_second, voltage, current, active, reactive, np.full(count, 50.0))


CATALOGUE = Catalogue(
    [
        clock_column("clock"),
        status_column("load status", "load"),
        status_column("daily status", "daily"),
        Column("+A", "u4", lambda device: device.registers.wh(Quantity.ACTIVE_IMPORT)),
        Column("-A", "u4", lambda device: device.registers.wh(Quantity.ACTIVE_EXPORT)),
        Column("+A T1", "u4", lambda device: device.registers.wh(Quantity.ACTIVE_IMPORT, rate=1)),
        Column("U", "u4", lambda device: device.instantaneous.voltage_mv),
    ]
)
LOAD = ProfileSettings("load", ("clock", "load status", "+A", "-A"), 900, 5280)
DAILY = ProfileSettings("daily", ("clock", "daily status", "+A T1"), 86_400, 31)
SETTINGS = DeviceSettings(CATALOGUE, (LOAD, DAILY))


class Recorder:
    """Outputs that keep what they are told."""

    def __init__(self, *, wants_seconds: bool = False) -> None:
        self.wants_seconds = wants_seconds
        self.active: list[int] = []
        self.reactive: list[int] = []
        self.seen: list[tuple[int, ...]] = []
        """Pulses and seconds in the order in which they were told."""

    def pulses(self, active: Train, reactive: Train) -> None:
        self.active += active.instants.tolist()
        self.reactive += reactive.instants.tolist()
        self.seen += [(1, instant) for instant in active.instants.tolist()]
        self.seen += [(2, instant) for instant in reactive.instants.tolist()]

    def second(self, device: Device) -> None:
        wh = device.registers.wh(Quantity.ACTIVE_IMPORT)
        self.seen.append((device.now, wh, device.instantaneous.active_power_mw))


def device(start: str, *outages: tuple[str, str], settings: DeviceSettings = SETTINGS) -> Device:
    """A device first powered at an ISO instant, with the source's outages between ISO instants."""
    spans = [(parse_instant(begin), parse_instant(end)) for begin, end in outages]
    return Device(settings, Varying(spans), parse_instant(start))


def advance(meter: Device, until: str) -> None:
    meter.advance(parse_instant(until))


def dump(meter: Device) -> dict[str, Any]:
    """Everything that survives, comparable."""
    state: dict[str, Any] = {
        f"{name}.{key}": value for name, part in meter.parts() for key, value in part.saved().items()
    }
    for ring in meter.rings():
        state[ring.name] = (ring.first, ring.end, ring.rows().tobytes())
    return state


def restored(meter: Device) -> Device:
    """A new device with what survives of `meter`."""
    twin = Device(meter.settings, meter.source, meter.now)
    parts = dict(twin.parts())
    for name, part in meter.parts():
        parts[name].restore(dict(part.saved()))
    for ring in meter.rings():
        kept = twin.ring(ring.name)
        assert kept is not None
        kept.load(ring.first, ring.rows())
    return twin


def rows(meter: Device, name: str = "load") -> list[tuple[str, int]]:
    """Local time and status of each row of a profile."""
    ring = meter.profile(name).ring
    times = stamps(ring.rows()["clock"])
    return list(zip(times, ring.rows()[f"{name} status"].tolist(), strict=True))


def stamps(column: Any) -> list[str]:
    """Time stamps as ISO 8601."""
    return [Stamp(*stamp).date_time.iso() for stamp in column.tolist()]


def events(meter: Device, log: int = 0) -> list[tuple[str, int]]:
    """Local time and code of each line of a log."""
    lines = meter.events.ring(Log(log)).rows()
    return list(zip(stamps(lines["clock"]), lines["code"].tolist(), strict=True))
