"""What the panel shows and what may be asked of the meter behind it: the JSON of the page, and one Protocol.

Manual 4.2 (layout of the LCD), 3.2 (marking), 2.3 (pulse LEDs). The page consumes exactly these models; a meter that
implements `PanelMeter` can be shown.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, model_validator
from pydantic.fields import FieldInfo

from softmeter.bench.bench import SHORT_PRESS_S, Fault, faults
from softmeter.bench.journal import Circumstance, Control
from softmeter.bench.journal import Quantity as Overridable

ALPHANUMERIC_CELLS = 8
NUMERIC_CELLS = 9
SHORT_PRESS_MS = round(SHORT_PRESS_S * 1000)
"""A press shorter than this scrolls the display (manual 4.4)."""

LcdUnit = Literal["", "kWh", "kvarh", "kW", "kvar", "kVA", "V", "A", "Hz", "dBm", "%"]
Direction = Literal["import", "export"]
FaultName = Literal["program_memory", "ram", "nonvolatile_memory", "measurement", "watchdog"]


def _cells(text: str) -> int:
    """Positions of the LCD that `text` takes; marks between two positions take none."""
    return sum(character not in ".:" for character in text)


def _within(cells: int) -> AfterValidator:
    def check(text: str) -> str:
        if _cells(text) > cells:
            raise ValueError(f"{text!r} takes {_cells(text)} positions of {cells}")
        return text

    return AfterValidator(check)


def _range_of(quantity: Control) -> FieldInfo:
    """The values that the bench takes."""
    _, low, high = quantity.value
    info: FieldInfo = Field(ge=low, le=high, strict=True)
    return info


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Lcd(_Message):
    """What the LCD shows now; everything blank when the meter has no power."""

    alphanumeric: Annotated[str, Field(max_length=16), _within(ALPHANUMERIC_CELLS)] = ""
    """Upper row, left aligned: the OBIS code, or the local time; '.' and ':' take no position in either row."""
    numeric: Annotated[str, Field(max_length=18), _within(NUMERIC_CELLS)] = ""
    """Lower row, right aligned: digits, '-', blanks and what letters seven segments can show."""
    unit: LcdUnit = ""
    rate: Annotated[int, Field(ge=1, le=4)] | None = None
    active_direction: Direction | None = None
    reactive_direction: Direction | None = None
    breaker: Literal["closed", "open"] | None = None
    """None on a meter without breaker."""
    signal: Annotated[int, Field(ge=0, le=4)] = 0
    """Bars: none, insufficient, sufficient, good, excellent (manual 4.3)."""
    triangles: tuple[Literal["L1", "F", "T", "M", "C"], ...] = ()
    description: str = ""
    """The item in words, for the caption and for screen readers: "Active energy import (+A)"."""


class PulseTrain(_Message):
    """One pulse LED."""

    offsets_ms: tuple[Annotated[float, Field(ge=0)], ...] = ()
    """Pulses of the last tick: real milliseconds after the tick's start. More than 50 a second cannot be told apart:
    beyond that a meter sends 50 and the exact `count`."""
    count: int = 0
    """Pulses since the meter's first power-on."""


class Leds(_Message):
    status: Literal["off", "on", "blink"] = "off"
    active: PulseTrain = PulseTrain()
    reactive: PulseTrain = PulseTrain()


class RegisterReading(_Message):
    """An energy register; `rate` 0 is the total."""

    obis: str
    kind: Literal["+A", "-A", "+R", "-R"]
    rate: Annotated[int, Field(ge=0, le=4)]
    value: int
    """Wh or varh."""


class Readings(_Message):
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


class Time(_Message):
    instant: str
    """Simulated time, ISO 8601 in UTC."""
    meter_clock: str | None
    """The meter's own clock, ISO 8601 with its offset; None when it is not set or has no power."""
    rate: float
    """Simulated seconds per real second: 0 stands still, 1 is real time."""


class Identity(_Message):
    manufacturer: str
    type: str
    serial: Annotated[str, Field(pattern=r"^[ -~]{1,24}$")]
    year: int
    logical_device_name: str
    system_title: str
    firmware: str


class Port(_Message):
    """A port of the meter, with commands to copy that read it."""

    name: str
    address: str
    protocol: str
    commands: tuple[str, ...] = ()


class Bench(_Message):
    """What the bench imposes; None leaves a quantity to the source, and what surrounds the meter untouched."""

    voltage_v: float | None = None
    active_power_w: float | None = None
    power_factor: float | None = None
    frequency_hz: float | None = None
    terminal_cover_open: bool | None = None
    meter_cover_open: bool | None = None
    module_cover_open: bool | None = None
    strong_field: bool | None = None
    """A magnet at the meter."""
    module_present: bool | None = None
    temperature: float | None = None
    """Degrees Celsius."""
    faults: tuple[FaultName, ...] | None = None
    """What is broken inside."""
    network_up: bool | None = None
    """Whether there is a mobile network."""
    rsrp: float | None = None
    """Its strength in dBm."""
    rsrq: float | None = None
    """Its quality in dB."""
    technology: float | None = None
    cell: float | None = None
    roaming: bool | None = None
    access_refused: bool | None = None
    """Whether the data network lets nobody in."""
    modem_hangs: float | None = None
    """How often the communication module stopped to work."""
    source: str = ""
    """The input beneath, in words: "household, seed 7"."""

    @classmethod
    def of(cls, imposed: Mapping[str, float | None], source: str) -> "Bench":
        """What the controls of the bench are set to, by name."""
        broken = imposed.get("faults")
        names = None if broken is None else tuple(fault.label for fault in Fault if fault in Fault(int(broken)))
        shown = {name: value for name, value in imposed.items() if name in cls.model_fields}
        return cls.model_validate({**shown, "faults": names, "source": source})


class PanelState(_Message):
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


class PowerSample(_Message):
    """A point of the power curve."""

    instant: str
    active_power_w: float


class Press(_Message):
    """The display button was down this long."""

    duration_ms: Annotated[int, Field(ge=0, le=60_000)]


class BenchOverride(_Message):
    """A change of the bench: a number imposes, null releases, what is absent stays as it is."""

    voltage_v: Annotated[float, _range_of(Overridable.VOLTAGE_V)] | None = None
    active_power_w: Annotated[float, _range_of(Overridable.ACTIVE_POWER_W)] | None = None
    """Import positive."""
    power_factor: Annotated[float, _range_of(Overridable.POWER_FACTOR)] | None = None
    """Magnitude |P|/S; positive is inductive (+Q), negative capacitive (-Q)."""
    frequency_hz: Annotated[float, _range_of(Overridable.FREQUENCY_HZ)] | None = None
    terminal_cover_open: StrictBool | None = None
    meter_cover_open: StrictBool | None = None
    module_cover_open: StrictBool | None = None
    strong_field: StrictBool | None = None
    module_present: StrictBool | None = None
    temperature: Annotated[float, _range_of(Circumstance.TEMPERATURE)] | None = None
    faults: tuple[FaultName, ...] | None = None
    network_up: StrictBool | None = None
    rsrp: Annotated[float, _range_of(Circumstance.RSRP)] | None = None
    rsrq: Annotated[float, _range_of(Circumstance.RSRQ)] | None = None
    technology: Annotated[float, _range_of(Circumstance.TECHNOLOGY)] | None = None
    cell: Annotated[float, _range_of(Circumstance.CELL)] | None = None
    roaming: StrictBool | None = None
    access_refused: StrictBool | None = None
    modem_hangs: Annotated[float, _range_of(Circumstance.MODEM_HANGS)] | None = None

    def changes(self) -> dict[str, float | None]:
        """The controls of the bench that were named, with what to set them to."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        if given.get("faults") is not None:
            given["faults"] = faults(given["faults"])
        return {name: None if value is None else float(value) for name, value in given.items()}


class BenchPress(Press):
    """A button was down this long."""

    button: Literal["display", "sealed"] = "display"


class TimeChange(_Message):
    """What is to become of time: one of the three."""

    rate: Annotated[float, Field(ge=0, strict=True)] | None = None
    """Simulated seconds per real second from now on: 0 stands still."""
    step_s: Annotated[int, Field(ge=1, le=86_400)] | None = None
    """Live on to the next whole second, or to so many of them, at full speed."""
    jump_to: Annotated[str, Field(max_length=40)] | None = None
    """Live through everything until then at full speed; ISO 8601."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> "TimeChange":
        if sum(one is not None for one in (self.rate, self.step_s, self.jump_to)) != 1:
            raise ValueError("give one of rate, step_s and jump_to")
        return self


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
