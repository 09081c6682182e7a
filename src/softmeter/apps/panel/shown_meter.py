"""A running meter behind the panel: the panel's view of the visible device, its display and the bench."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence

from softmeter.apps.panel.contract import (
    Identity,
    Lcd,
    Leds,
    PanelState,
    Port,
    PowerSample,
    PulseTrain,
    Readings,
    RegisterReading,
    Time,
)
from softmeter.apps.panel.controls import Bench, TimeChange
from softmeter.apps.panel.pulse_watch import PulseWatch
from softmeter.apps.panel.shown_parts import breaker, firmware, modem, modes
from softmeter.bench.bench import Bench as Controls
from softmeter.bench.bench import Button
from softmeter.device.device import Device
from softmeter.device.display import Screen
from softmeter.device.pulses import active_pulse_count, reactive_pulse_count
from softmeter.device.registers import RATES
from softmeter.instant import SECOND, Instant, LinkTime, iso, parse_instant
from softmeter.meter.actor import Actor
from softmeter.meter.model.shown import screen
from softmeter.metrology.energy import Quantity as Energy
from softmeter.runtime.barrier import Barrier

HISTORY = 600
"""Points of the power curve that are kept."""
_KINDS = (("+A", 1, Energy.ACTIVE_IMPORT), ("-A", 2, Energy.ACTIVE_EXPORT))


class ShownMeter:
    """What `PanelMeter` asks for. `ticked` is to be called when a new state is visible."""

    def __init__(
        self,
        actor: Actor,
        bench: Controls,
        pulses: PulseWatch,
        barrier: Barrier,
    ) -> None:
        self.ports: tuple[Port, ...] = ()
        self.source = ""
        self._actor = actor
        self._controls = bench
        self._pulses = pulses
        self._barrier = barrier
        self._version, self._tick = 1, 1
        self._offsets_ms: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())
        self._seen_until = actor.now
        self._was_powered = actor.meter.device.powered
        self._restarts = actor.meter.device.behaviours.firmware.restarts
        self._history: deque[PowerSample] = deque(maxlen=HISTORY)
        self._waiting: list[asyncio.Future[None]] = []
        self._ended = False

    def ticked(self) -> None:
        """A new state is visible: take note of its pulses and power, and tell who waits."""
        device = self._actor.meter.device
        restarts = device.behaviours.firmware.restarts
        if device.powered and (not self._was_powered or restarts != self._restarts):
            self._actor.meter.display.power_on(self._link())
        self._was_powered, self._restarts = device.powered, restarts
        if device.now > self._seen_until:
            self._offsets_ms = self._pulses.taken(self._seen_until, self._controls.time.rate)
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
            lcd=lcd(screen(meter, self._link())) if device.powered else Lcd(),
            leds=self._leds(device),
            readings=_readings(device),
            identity=self._identity(),
            ports=self.ports,
            bench=Bench.of(self._controls.imposed(), self.source),
            modem=modem(device),
            firmware=firmware(device, meter.identity),
            modes=modes(device),
            breaker=breaker(device),
        )

    def recent_power(self) -> Sequence[PowerSample]:
        """The power curve of the last ticks, oldest first."""
        return tuple(self._history)

    async def stored(self) -> None:
        """Return when all that is visible now is stored."""
        await self._barrier.stored()

    async def press(self, duration_ms: int, button: str = "display") -> None:
        """Press a button and let it go."""
        self._controls.press(Button(button), duration_ms / 1000)
        self._announce()

    async def override(self, changes: Mapping[str, float | None]) -> None:
        """Impose or release controls of the bench from the next whole second on."""
        self._controls.impose(changes)
        self._announce()

    async def retime(self, change: TimeChange) -> None:
        """Let time pass otherwise; after a step or a jump return when all of it has been lived through."""
        if change.rate is not None:
            self._controls.run(change.rate)
        elif change.step_s is not None:
            self._controls.step(change.step_s)
        elif change.jump_to is not None:
            self._controls.jump(parse_instant(change.jump_to))
        self._announce()
        if change.rate is None:
            await self._reached(Instant(self._controls.time.present() // SECOND * SECOND))

    async def _reached(self, goal: Instant) -> None:
        """Return when `goal` is visible."""
        while self._actor.now < goal and await self.wait_changed(self._version):
            pass

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
        return self._controls.time.link_now()

    def _time(self, device: Device) -> Time:
        clock = device.clock.date_time(device.now).iso() if device.powered else None
        return Time(instant=iso(device.now), meter_clock=clock, rate=self._controls.time.rate)

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


def lcd(seen: Screen) -> Lcd:
    """A screen of the display as the panel draws it."""
    breaker = None if seen.breaker_closed is None else ("closed" if seen.breaker_closed else "open")
    return Lcd.model_validate(
        {
            "alphanumeric": seen.alphanumeric,
            "numeric": seen.numeric,
            "unit": seen.unit,
            "rate": seen.rate,
            "active_direction": _DIRECTIONS[seen.active_direction],
            "reactive_direction": _DIRECTIONS[seen.reactive_direction],
            "breaker": breaker,
            "signal": seen.signal or 0,
            "triangles": tuple(mark for mark in ("L1", "F", "T", "M", "C") if mark in seen.triangles),
            "description": seen.title,
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
