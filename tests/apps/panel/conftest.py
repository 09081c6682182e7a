"""A small meter on the table, and the panel before it on a real socket."""

import asyncio
import contextlib
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from softmeter.apps.panel.contract import (
    Breaker,
    Firmware,
    Identity,
    Lcd,
    Leds,
    Mode,
    Modem,
    PanelState,
    Port,
    PowerSample,
    PulseTrain,
    Readings,
    RegisterReading,
    Time,
)
from softmeter.apps.panel.controls import Bench, TimeChange
from softmeter.apps.panel.server import create_app
from softmeter.apps.panel.serving import serving
from softmeter.bench.shelf import ShownSubMeter
from softmeter.errors import MeterError
from softmeter.runtime.address import Address

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READ = "() => window.softmeter && window.softmeter.readLcd()"

IN_A_BROWSER = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium found: apt-get install chromium"),
]

MODEM = Modem(
    registration="home",
    online=True,
    operator="softmeter mobile",
    technology="LTE Cat-M1",
    rsrp_dbm=-85,
    rsrq_db=-10,
    sent=0,
    received=0,
)
FIRMWARE = Firmware(legal="1.05.01 CC88E9DD", application="1.05.00", phase="not initiated")


GAS = ShownSubMeter(
    place=1,
    kind="gas",
    seed=1,
    secondary_address="30370309E91E0103",
    default_key="00" * 16,
    attached=True,
    counted=8_653_932,
    exponent=-3,
    unit="m3",
    flow=None,
    flow_unit="l/h",
    valve="open",
    opened=False,
    battery_low=False,
    broken=False,
    encrypts=False,
    channel=2,
)


@dataclass
class TableShelf:
    """The sub-meters of a test: none at first."""

    meters: list[ShownSubMeter] = field(default_factory=list)

    def shown(self) -> Sequence[ShownSubMeter]:
        return self.meters

    def change(self, place: int, changes: dict[str, float | None]) -> None:
        self.meters[place - 1] = replace(self.meters[place - 1], **changes)  # type: ignore[arg-type]


@dataclass
class TableMeter:
    """A meter of three display items whose energy the test sets."""

    energy_wh: int = 1_234_567
    power_w: float = 1840.0
    powered: bool = True
    item: int = 0
    presses: list[int] = field(default_factory=list)
    pulses_ms: tuple[float, ...] = ()
    bench: Bench = field(default_factory=lambda: Bench(source="constant"))
    imposed: dict[str, float | None] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)
    changes_of_time: list[TimeChange] = field(default_factory=list)
    rate: float = 1
    storing: asyncio.Event | None = None
    """Set once what the meter shows is stored; None while it is."""
    version: int = 1
    tick: int = 1
    lcd: Lcd | None = None
    type: str = "IQ0102065BNEM01-0"
    modem: Modem = MODEM
    firmware: Firmware = FIRMWARE
    modes: tuple[Mode, ...] = ()
    breaker: Breaker | None = None
    shelf: TableShelf = field(default_factory=TableShelf)
    _ended: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = field(default_factory=list)

    def state(self) -> PanelState:
        return PanelState(
            version=self.version,
            tick=self.tick,
            powered=self.powered,
            time=Time(
                instant=f"2024-03-30T11:{self.tick // 60 % 60:02}:{self.tick % 60:02}Z",
                meter_clock=f"2024-03-30T12:{self.tick // 60 % 60:02}:{self.tick % 60:02}+01:00"
                if self.powered
                else None,
                rate=self.rate,
            ),
            lcd=self.lcd or self._items()[self.item % 4],
            leds=Leds(
                status="on",
                active=PulseTrain(offsets_ms=self.pulses_ms, count=self.energy_wh * 2),
                reactive=PulseTrain(count=41_207),
            ),
            readings=self._readings() if self.powered else Readings(registers=self._registers()),
            identity=Identity(
                manufacturer="KWQ",
                type=self.type,
                serial="KWQ0012400417",
                year=2021,
                logical_device_name="KWQ1030012400417",
                system_title="4B57511030BD3651",
                firmware="1.0.0",
            ),
            ports=(
                Port(
                    name="WAN",
                    address="127.0.0.1:4059",
                    protocol="DLMS/COSEM over TCP",
                    commands=(
                        "smartset --meter 127.0.0.1:4059 --client public get 0-0:42.0.0",
                        "smartset --meter 127.0.0.1:4059 --client management --keys keys.toml get 1-0:1.8.0",
                    ),
                ),
                Port(
                    name="P1",
                    address="127.0.0.1:4061",
                    protocol="DSMR 5.0.2 telegrams",
                    commands=("nc 127.0.0.1 4061",),
                ),
            ),
            bench=self.bench,
            modem=self.modem,
            firmware=self.firmware,
            modes=self.modes,
            breaker=self.breaker,
        )

    def _items(self) -> tuple[Lcd, ...]:
        common = Lcd(rate=2, breaker=None, signal=3, triangles=("L1",))
        directions = {"active_direction": "import" if self.power_w >= 0 else "export", "reactive_direction": "import"}
        shown = common.model_copy(update=directions)
        kilowatts = f"{abs(self.power_w) / 1000:.3f}"
        items = (
            ("1.8.0", f"{self.energy_wh // 1000:09}", "kWh", "Active energy import (+A)"),
            ("2.8.0", "000000042", "kWh", "Active energy export (-A)"),
            ("1.7.0", kilowatts if self.power_w >= 0 else "0.000", "kW", "Active power import (+P)"),
            ("12:00:07", "30-03-24", "", "Clock"),
        )
        return tuple(
            shown.model_copy(update={"alphanumeric": code, "numeric": value, "unit": unit, "description": text})
            for code, value, unit, text in items
        )

    def _registers(self) -> tuple[RegisterReading, ...]:
        low = self.energy_wh * 4 // 10
        values = {("+A", 0): self.energy_wh, ("+A", 1): low, ("+A", 2): self.energy_wh - low}
        values |= {("-A", 0): 42_310, ("-A", 1): 2_310, ("-A", 2): 40_000}
        codes = {"+A": "1-0:1.8", "-A": "1-0:2.8"}
        return tuple(
            RegisterReading.model_validate(
                {"obis": f"{codes[kind]}.{rate}", "kind": kind, "rate": rate, "value": value}
            )
            for (kind, rate), value in values.items()
        )

    def _readings(self) -> Readings:
        power = self.power_w if self.bench.active_power_w is None else self.bench.active_power_w
        voltage = 231.4 if self.bench.voltage_v is None else self.bench.voltage_v
        factor = 0.982 if self.bench.power_factor is None else self.bench.power_factor
        apparent = abs(power) / max(abs(factor), 0.05)
        return Readings(
            registers=self._registers(),
            voltage_v=voltage,
            current_a=apparent / max(voltage, 1.0),
            active_power_w=power,
            reactive_power_var=(apparent**2 - power**2) ** 0.5,
            apparent_power_va=apparent,
            power_factor=abs(factor),
            frequency_hz=50.01,
        )

    def recent_power(self) -> Sequence[PowerSample]:
        return [
            PowerSample(instant=f"2024-03-30T10:{minute:02}:00Z", active_power_w=minute * 10.0) for minute in range(60)
        ]

    async def stored(self) -> None:
        if self.storing is not None:
            await self.storing.wait()

    async def press(self, duration_ms: int, button: str = "display") -> None:
        self.presses.append(duration_ms)
        self.buttons.append(button)
        if duration_ms < 2000 and button == "display":
            self.change(item=self.item + 1)

    async def retime(self, change: TimeChange) -> None:
        if change.jump_to == "yesterday":
            raise MeterError("time does not run back")
        self.changes_of_time.append(change)
        if change.rate is not None:
            self.change(rate=change.rate)

    async def override(self, changes: Mapping[str, float | None]) -> None:
        if changes.get("voltage_v") == 0:
            raise MeterError("no voltage, no meter")
        self.imposed |= changes
        self.change(bench=Bench.of(self.imposed, self.bench.source))

    async def wait_changed(self, seen: int) -> bool:
        while True:
            event = asyncio.Event()
            with self._lock:
                if self._ended or self.version > seen:
                    return not self._ended
                self._waiting.append((asyncio.get_running_loop(), event))
            await event.wait()

    def change(self, **fields: object) -> None:
        """Set fields and tell who waits, from any thread."""
        with self._lock:
            for name, value in fields.items():
                setattr(self, name, value)
            self.version += 1
            waiting, self._waiting = self._waiting, []
        for loop, event in waiting:
            with contextlib.suppress(RuntimeError):  # a reader whose loop has ended
                loop.call_soon_threadsafe(event.set)

    def end(self) -> None:
        """Switch off: streams end."""
        self._ended = True
        self.change()


@pytest.fixture
def meter() -> Iterator[TableMeter]:
    meter = TableMeter()
    yield meter
    meter.end()


@pytest.fixture
def panel(meter: TableMeter) -> Iterator[str]:
    """The panel of `meter` on a free port of loopback; its address."""
    loop, told, stop = asyncio.new_event_loop(), Future[Address](), asyncio.Event()

    async def serve() -> None:
        async with serving(create_app(meter, sub_meters=meter.shelf), Address("127.0.0.1", 0, "--panel")) as address:
            told.set_result(address)
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    yield f"http://{told.result(timeout=60)}"
    meter.end()
    loop.call_soon_threadsafe(stop.set)
    thread.join(timeout=60)
    loop.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any, panel: str, meter: Any) -> Iterator[Any]:
    """The panel of `meter` in a window; fails on any error of a script or of the content policy."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.goto(panel)
    shows(page, numeric=meter.state().lcd.numeric)
    yield page
    page.close()
    assert problems == []


def becomes(page: Any, told: Callable[[], object], wanted: object) -> None:
    """Wait until what is told is what is wanted."""
    for _ in range(1000):
        if told() == wanted:
            break
        page.wait_for_timeout(20)
    assert told() == wanted


def shows(page: Any, **expected: Any) -> None:
    """Wait until the lit segments of the LCD show the fields given."""
    check = f"(wanted) => {{ const lcd = ({READ})(); return lcd && JSON.stringify(lcd, Object.keys(wanted).sort()) \
        === JSON.stringify(wanted, Object.keys(wanted).sort()); }}"
    try:
        page.wait_for_function(check, arg=expected, timeout=20_000)
    except Exception:  # noqa: BLE001  (a time-out says little: compare once more to see what was shown)
        lcd = page.evaluate(READ)
        assert {name: lcd[name] for name in expected} == expected
