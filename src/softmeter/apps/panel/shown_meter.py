"""A running meter behind the panel: the panel's view of the visible device, its display and the bench."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from softmeter.apps.panel.contract import (
    SHORT_PRESS_MS,
    Bench,
    Identity,
    Lcd,
    Leds,
    PanelState,
    Port,
    PowerSample,
    PulseTrain,
    Quantity,
    Readings,
    RegisterReading,
    Time,
)
from softmeter.apps.panel.pulse_watch import PulseWatch
from softmeter.bench.journal import Journal
from softmeter.bench.journal import Quantity as Overridable
from softmeter.device.device import Device
from softmeter.device.display import Screen
from softmeter.device.pulses import active_pulse_count, reactive_pulse_count
from softmeter.device.registers import RATES
from softmeter.instant import SECOND, LinkTime, iso
from softmeter.meter.actor import Actor
from softmeter.meter.model.shown import indicators, values
from softmeter.metrology.energy import Quantity as Energy
from softmeter.runtime.barrier import Barrier

HISTORY = 600
"""Points of the power curve that are kept."""
_BY_LABEL = {quantity.label: quantity for quantity in Overridable}
_KINDS = (("+A", 1, Energy.ACTIVE_IMPORT), ("-A", 2, Energy.ACTIVE_EXPORT))


class ShownMeter:
    """What `PanelMeter` asks for. `ticked` is to be called when a new state is visible."""

    def __init__(
        self,
        actor: Actor,
        journal: Journal,
        pulses: PulseWatch,
        rate: Fraction,
        barrier: Barrier,
        monotonic: Callable[[], float],
    ) -> None:
        self.ports: tuple[Port, ...] = ()
        self.source = ""
        self._actor = actor
        self._journal = journal
        self._pulses = pulses
        self._rate = rate
        self._barrier = barrier
        self._monotonic = monotonic
        self._version, self._tick = 1, 1
        self._offsets_ms: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())
        self._seen_until = actor.now
        self._was_powered = actor.meter.device.powered
        self._history: deque[PowerSample] = deque(maxlen=HISTORY)
        self._waiting: list[asyncio.Future[None]] = []
        self._ended = False

    def ticked(self) -> None:
        """A new state is visible: take note of its pulses and power, and tell who waits."""
        device = self._actor.meter.device
        if device.powered and not self._was_powered:
            self._actor.meter.display.power_on(self._link())
        self._was_powered = device.powered
        if device.now > self._seen_until:
            self._offsets_ms = self._pulses.taken(self._seen_until, float(self._rate))
            self._seen_until = device.now
            power_w = device.instantaneous.active_power_mw / 1000
            self._history.append(PowerSample(instant=iso(device.now), active_power_w=power_w))
        self._tick += 1
        self._announce()

    def end(self) -> None:
        """Nothing more will come."""
        self._ended = True
        self._announce()

    def state(self) -> PanelState:
        """The visible state."""
        meter = self._actor.meter
        device = meter.device
        return PanelState(
            version=self._version,
            tick=self._tick,
            powered=device.powered,
            time=self._time(device),
            lcd=self._lcd(device) if device.powered else Lcd(),
            leds=self._leds(device),
            readings=_readings(device),
            identity=self._identity(),
            ports=self.ports,
            bench=self._bench(),
        )

    def recent_power(self) -> Sequence[PowerSample]:
        """The power curve of the last ticks, oldest first."""
        return tuple(self._history)

    async def stored(self) -> None:
        """Return when all that is visible now is stored."""
        await self._barrier.stored()

    async def press(self, duration_ms: int) -> None:
        """Press the display button; a long press does nothing more than a short one's first half."""
        if duration_ms < SHORT_PRESS_MS and self._actor.meter.device.powered:
            self._actor.meter.display.press(self._link())
            self._announce()

    async def override(self, changes: Mapping[Quantity, float | None]) -> None:
        """Impose or release quantities of the supply from the next whole second on."""
        for label, value in changes.items():
            if value is not None:
                _BY_LABEL[label].check(value)
        at = self._actor.present()
        for label, value in changes.items():
            self._journal.give(_BY_LABEL[label], value, at)
        self._announce()

    async def wait_changed(self, seen: int) -> bool:
        """Wait until the version is above `seen`, at most until the display may scroll; False at the end."""
        while not self._ended and self._version <= seen:
            waiting = asyncio.get_running_loop().create_future()
            self._waiting.append(waiting)
            await waiting
        return not self._ended

    def _announce(self) -> None:
        self._version += 1
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if not one.done():
                one.set_result(None)

    def _link(self) -> LinkTime:
        return LinkTime(self._monotonic())

    def _time(self, device: Device) -> Time:
        clock = device.clock.date_time(device.now).iso() if device.powered else None
        return Time(instant=iso(device.now), meter_clock=clock, rate=float(self._rate))

    def _lcd(self, device: Device) -> Lcd:
        meter = self._actor.meter
        screen = meter.display.screen(self._link(), values(device, meter.identity), indicators(device, meter.identity))
        return lcd(screen)

    def _leds(self, device: Device) -> Leds:
        active_ms, reactive_ms = self._offsets_ms if device.powered else ((), ())
        return Leds(
            status="on" if device.powered else "off",
            active=PulseTrain(offsets_ms=active_ms, count=active_pulse_count(device.registers)),
            reactive=PulseTrain(offsets_ms=reactive_ms, count=reactive_pulse_count(device.registers)),
        )

    def _identity(self) -> Identity:
        identity = self._actor.meter.identity
        return Identity(
            manufacturer=identity.manufacturer,
            type=identity.type,
            serial=identity.serial,
            year=identity.year,
            logical_device_name=identity.logical_device_name,
            system_title=identity.system_title.hex().upper(),
            firmware=f"{identity.legal_firmware} / {identity.application_firmware}",
        )

    def _bench(self) -> Bench:
        second = -(-self._actor.present() // SECOND)
        imposed = {quantity.label: value for quantity, value in self._journal.current(second).items()}
        return Bench.model_validate({"source": self.source, **imposed})


def lcd(screen: Screen) -> Lcd:
    """A screen of the display as the panel draws it."""
    breaker = None if screen.breaker_closed is None else ("closed" if screen.breaker_closed else "open")
    return Lcd.model_validate(
        {
            "alphanumeric": screen.alphanumeric,
            "numeric": screen.numeric,
            "unit": screen.unit,
            "rate": screen.rate,
            "active_direction": _DIRECTIONS[screen.active_direction],
            "reactive_direction": _DIRECTIONS[screen.reactive_direction],
            "breaker": breaker,
            "signal": screen.signal or 0,
            "triangles": tuple(mark for mark in ("L1", "F", "T", "M", "C") if mark in screen.triangles),
            "description": screen.title,
        }
    )


_DIRECTIONS = {1: "import", -1: "export", 0: None}


def _readings(device: Device) -> Readings:
    highest = max(2, device.tariff.table.highest_rate)
    registers = tuple(
        RegisterReading.model_validate(
            {
                "obis": f"1-0:{code}.8.{rate}",
                "kind": kind,
                "rate": rate,
                "value": device.registers.wh(energy, rate=rate),
            }
        )
        for kind, code, energy in _KINDS
        for rate in range(min(highest, RATES) + 1)
    )
    if not device.powered:
        return Readings(registers=registers)
    now = device.instantaneous
    return Readings(
        registers=registers,
        voltage_v=now.voltage_mv / 1000,
        current_a=now.current_ma / 1000,
        active_power_w=now.active_power_mw / 1000,
        reactive_power_var=now.reactive_power_mvar / 1000,
        apparent_power_va=now.apparent_power_mva / 1000,
        power_factor=now.power_factor_permille / 1000,
        frequency_hz=now.frequency_mhz / 1000,
    )
