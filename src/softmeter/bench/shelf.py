"""The simulated sub-meters of a bench, one by one: plugged in and out, tampered with, broken, with a flow imposed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from softmeter.bench.bench import Bench
from softmeter.bench.mbus_line import MBusLine
from softmeter.bench.submeter_past import Past
from softmeter.bench.submeters import SubMeter
from softmeter.device.breaker import State
from softmeter.device.device import Device
from softmeter.errors import ConfigurationError
from softmeter.instant import whole_second

_BITS = {"opened": "sub_meters_opened", "battery_low": "sub_meters_weak", "broken": "sub_meters_broken"}
_VALVES: dict[State, Literal["open", "closed", "ready"]] = {
    State.DISCONNECTED: "closed",
    State.CONNECTED: "open",
    State.READY: "ready",
}


class Front(Protocol):
    """The meter whose bus they are on."""

    @property
    def device(self) -> Device: ...


@dataclass(frozen=True, slots=True)
class ShownSubMeter:
    """A sub-meter on the bench; what it has counted is `counted * 10**exponent` in `unit`."""

    place: int
    kind: str
    """`gas`, `water`, `heat` or `electricity`."""
    seed: int
    secondary_address: str
    default_key: str
    """The key with which it left the factory, in hexadecimal, as on its plate."""
    attached: bool
    counted: int
    exponent: int
    unit: str
    flow: int | None
    """What the bench has flow, in `flow_unit`; None: it counts by its own habit."""
    flow_unit: str
    """`l/h` or `W`."""
    valve: Literal["open", "closed", "ready"] | None
    opened: bool
    battery_low: bool
    broken: bool
    encrypts: bool
    channel: int | None
    """The channel of the meter that it is installed on."""


class Shelf:
    """What a person does to the sub-meters of one meter; all of it are commands in the journal of its bench."""

    def __init__(self, line: MBusLine, bench: Bench, meter: Front) -> None:
        self._line = line
        self._bench = bench
        self._meter = meter

    def shown(self) -> tuple[ShownSubMeter, ...]:
        """All of them, as they are in the visible second."""
        device = self._meter.device
        second = whole_second(device.now)
        around = device.surroundings.state(second)
        channels = {
            channel.identity: number for number, channel in device.behaviours.mbus.channels.items() if channel.installed
        }
        pasts = self._line.pasts(device.behaviours.mbus.memory)
        return tuple(
            replace(
                _shown(place, meter, past, second),
                attached=self._line.is_there(place, around),
                opened=bool(around.sub_meters_opened >> place & 1),
                battery_low=bool(around.sub_meters_weak >> place & 1),
                broken=bool(around.sub_meters_broken >> place & 1),
                channel=channels.get(meter.identity),
            )
            for place, (meter, past) in enumerate(zip(self._line.meters, pasts, strict=True))
        )

    def change(self, place: int, changes: Mapping[str, float | None]) -> None:
        """Do something to the sub-meter at a place, counted from 1, from the next whole second on.

        `attached`, `opened`, `battery_low` and `broken` are yes or no, `flow` is a number, or None for its own habit.

        Raises:
            ConfigurationError: there is no such place or change, or a value is out of its range.
        """
        if not 1 <= place <= len(self._line.meters):
            raise ConfigurationError(f"there is no place {place}; there are {len(self._line.meters)}", "sub-meters")
        imposed = self._bench.imposed()
        wanted: dict[str, float | None] = {}
        for name, value in changes.items():
            if name == "flow":
                wanted[f"sub_meter_flow_{place}"] = value
                continue
            label, is_set = self._bit(place, name, bool(value))
            before = int(imposed[label] or 0)
            bit = 1 << place - 1
            wanted[label] = before | bit if is_set else before & ~bit
        self._bench.impose(wanted)

    def _bit(self, place: int, name: str, value: bool) -> tuple[str, bool]:  # noqa: FBT001 - what is wanted
        """The control for something that is so or not, and whether its bit is set then."""
        if name in _BITS:
            return _BITS[name], value
        if name != "attached":
            known = ", ".join(("attached", "flow", *_BITS))
            raise ConfigurationError(f"there is no {name!r} to change; there are {known}", "sub-meters")
        return ("sub_meters_cut", not value) if place <= self._line.given else ("sub_meters_joined", value)


def _shown(place: int, meter: SubMeter, past: Past, second: int) -> ShownSubMeter:
    """A sub-meter by its own memory."""
    quantity = meter.kind.quantity
    return ShownSubMeter(
        place=place + 1,
        kind=meter.name,
        seed=meter.seed,
        secondary_address=meter.secondary_address,
        default_key=meter.default_key.hex().upper(),
        attached=True,
        counted=past.counted(meter, second),
        exponent=quantity.exponent,
        unit=quantity.unit,
        flow=None if past.flow < 0 else past.flow,
        flow_unit=meter.kind.flow_unit,
        valve=_VALVES[State(past.valve)] if meter.kind.has_valve else None,
        opened=False,
        battery_low=False,
        broken=False,
        encrypts=bool(past.key),
        channel=None,
    )
