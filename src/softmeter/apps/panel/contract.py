"""What the panel shows and what may be asked of the meter behind it: the JSON of the page, and one Protocol.

Manual 4.2 (layout of the LCD), 3.2 (marking), 2.3 (pulse LEDs). The page consumes exactly these models; a meter that
implements `PanelMeter` can be shown.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Protocol

from pydantic import AfterValidator, Field

from softmeter.apps.panel.controls import Bench, TimeChange
from softmeter.apps.panel.message import Message

ALPHANUMERIC_CELLS = 8
NUMERIC_CELLS = 9

LcdUnit = Literal["", "kWh", "kvarh", "kW", "kvar", "kVA", "V", "A", "Hz", "dBm", "%"]
Direction = Literal["import", "export"]
Breaker = Literal["closed", "open"]


def _cells(text: str) -> int:
    """Positions of the LCD that `text` takes; marks between two positions take none."""
    return sum(character not in ".:" for character in text)


def _within(cells: int) -> AfterValidator:
    def check(text: str) -> str:
        if _cells(text) > cells:
            raise ValueError(f"{text!r} takes {_cells(text)} positions of {cells}")
        return text

    return AfterValidator(check)


class Lcd(Message):
    """What the LCD shows now; everything blank when the meter has no power."""

    alphanumeric: Annotated[str, Field(max_length=16), _within(ALPHANUMERIC_CELLS)] = ""
    """Upper row, left aligned: the OBIS code, or the local time; '.' and ':' take no position in either row."""
    numeric: Annotated[str, Field(max_length=18), _within(NUMERIC_CELLS)] = ""
    """Lower row, right aligned: digits, '-', blanks and what letters seven segments can show."""
    unit: LcdUnit = ""
    rate: Annotated[int, Field(ge=1, le=4)] | None = None
    active_direction: Direction | None = None
    reactive_direction: Direction | None = None
    breaker: Breaker | None = None
    """None on a meter without breaker."""
    signal: Annotated[int, Field(ge=0, le=4)] = 0
    """Bars: none, insufficient, sufficient, good, excellent (manual 4.3)."""
    triangles: tuple[Literal["L1", "F", "T", "M", "C"], ...] = ()
    description: str = ""
    """The item in words, for the caption and for screen readers: "Active energy import (+A)"."""


class PulseTrain(Message):
    """One pulse LED."""

    offsets_ms: tuple[Annotated[float, Field(ge=0)], ...] = ()
    """Pulses of the last tick: real milliseconds after the tick's start. More than 50 a second cannot be told apart:
    beyond that a meter sends 50 and the exact `count`."""
    count: int = 0
    """Pulses since the meter's first power-on."""


class Leds(Message):
    status: Literal["off", "on", "blink"] = "off"
    active: PulseTrain = PulseTrain()
    reactive: PulseTrain = PulseTrain()


class RegisterReading(Message):
    """An energy register; `rate` 0 is the total."""

    obis: str
    kind: Literal["+A", "-A", "+R", "-R"]
    rate: Annotated[int, Field(ge=0, le=4)]
    value: int
    """Wh or varh."""


class Readings(Message):
    """What the meter measures; None while it has no power."""

    registers: tuple[RegisterReading, ...] = ()
    voltage_v: float | None = None
    current_a: float | None = None
    active_power_w: float | None = None
    """Import positive."""
    reactive_power_var: float | None = None
    apparent_power_va: float | None = None
    power_factor: float | None = None
    frequency_hz: float | None = None


class Time(Message):
    instant: str
    """Simulated time, ISO 8601 in UTC."""
    meter_clock: str | None
    """The meter's own clock, ISO 8601 with its offset; None when it is not set or has no power."""
    rate: float
    """Simulated seconds per real second: 0 stands still, 1 is real time."""


class Identity(Message):
    manufacturer: str
    type: str
    serial: Annotated[str, Field(pattern=r"^[ -~]{1,24}$")]
    year: int
    logical_device_name: str
    system_title: str
    firmware: str


class Modem(Message):
    """The communication module and the network around it (manual 12.2)."""

    registration: Literal["not registered", "home", "searching", "denied", "roaming"]
    online: bool
    """Whether the data network lets octets through."""
    operator: str
    """Of the network; empty where it is not heard."""
    technology: str
    rsrp_dbm: int
    rsrq_db: int
    sent: int
    """Octets since the meter was made."""
    received: int
    pushes_waiting: Annotated[int, Field(ge=0)] = 0
    """For a delay, a window, the network, or to be tried again."""


class Firmware(Message):
    """What runs, and how far the transfer of an image has come (manual 10)."""

    legal: str
    application: str
    phase: str
    """In words: not initiated, initiated, verification successful, …"""
    image: str = ""
    """The identifier of the image announced; empty where there is none."""
    received: Annotated[int, Field(ge=0)] = 0
    """Blocks of it that are here, of `blocks`."""
    blocks: Annotated[int, Field(ge=0)] = 0


Mode = Literal["certification", "programming", "measuring periods"]
"""What a meter can be set to beside its service (manual 2.4): certification mode; open to be programmed on the spot,
after its sealed button was pressed; or its optical output gives measuring periods instead of energy."""


class Port(Message):
    """A port of the meter, with commands to copy that read it."""

    name: str
    address: str
    protocol: str
    commands: tuple[str, ...] = ()


class PanelState(Message):
    """All the page shows."""

    version: int
    """Grows with every change, also between ticks (display, button, bench)."""
    tick: int
    """Grows with every tick; `leds` hold the pulses of this one."""
    powered: bool
    time: Time
    lcd: Lcd
    leds: Leds
    readings: Readings
    identity: Identity
    ports: tuple[Port, ...]
    bench: Bench
    modem: Modem
    firmware: Firmware
    modes: tuple[Mode, ...] = ()
    breaker: Breaker | None = None
    """As it stands, also while the display is dark; None on a meter without one."""


class PowerSample(Message):
    """A point of the power curve."""

    instant: str
    active_power_w: float


class PanelMeter(Protocol):
    """A meter that can be shown and touched."""

    def state(self) -> PanelState:
        """The visible state."""

    async def stored(self) -> None:
        """Return when all that `state` would show now is stored, so that it may be seen."""

    def recent_power(self) -> Sequence[PowerSample]:
        """The power curve of the last minutes, oldest first, at most 600 points."""

    async def press(self, duration_ms: int, button: str = "display") -> None:
        """Press a button and let it go after `duration_ms`."""

    async def retime(self, change: TimeChange) -> None:
        """Let time pass otherwise; returns when that is accepted.

        Raises:
            MeterError: it cannot be.
        """

    async def override(self, changes: Mapping[str, float | None]) -> None:
        """Impose or release controls of the bench by name; returns when they are accepted.

        Raises:
            MeterError: a combination that cannot be imposed.
        """

    async def wait_changed(self, seen: int) -> bool:
        """Wait until the state's version is above `seen`; False when the meter ends and nothing more will come."""
