"""What somebody did to the meter's surroundings, numbered and time-stamped.

A command acts at the first whole second at or after its instant. The same journal over the same source gives the same
measurements, however time was cut into steps.
"""

from enum import Enum
from typing import NamedTuple

from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant


class Control(Enum):
    """Something of a meter's surroundings that can be set, with the range that makes sense: label, lowest, highest."""

    @property
    def label(self) -> str:
        return str(self.value[0])

    def check(self, value: float) -> float:
        """Return `value` if it lies in the range.

        Raises:
            ConfigurationError: it does not, or it is no number.
        """
        _, low, high = self.value
        if not low <= value <= high:
            raise ConfigurationError(f"{value} lies outside {low:g} to {high:g}", self.label)
        return value


class Quantity(Control):
    """What of the supply can be overridden; a release gives it back to the source."""

    VOLTAGE_V = ("voltage_v", 0.0, 400.0)
    ACTIVE_POWER_W = ("active_power_w", -30_000.0, 30_000.0)
    POWER_FACTOR = ("power_factor", -1.0, 1.0)
    FREQUENCY_HZ = ("frequency_hz", 45.0, 65.0)


class Circumstance(Control):
    """What else surrounds a meter, by the names of `Surrounded`; a release means the state nobody has touched.

    Buttons are counted: each press adds one. All are whole numbers.
    """

    TERMINAL_COVER_OPEN = ("terminal_cover_open", 0, 1)
    METER_COVER_OPEN = ("meter_cover_open", 0, 1)
    MODULE_COVER_OPEN = ("module_cover_open", 0, 1)
    STRONG_FIELD = ("strong_field", 0, 1)
    MODULE_PRESENT = ("module_present", 0, 1)
    TEMPERATURE = ("temperature", -40, 85)
    SEALED_BUTTON = ("sealed_button", 0, 2**31)
    DISPLAY_BUTTON = ("display_button", 0, 2**31)
    LONG_PRESSES = ("long_presses", 0, 2**31)
    FAULTS = ("faults", 0, 0x1F00)
    NETWORK_UP = ("network_up", 0, 1)
    RSRP = ("rsrp", -156, -44)
    RSRQ = ("rsrq", -20, -3)
    TECHNOLOGY = ("technology", 1, 8)
    CELL = ("cell", 0, 2**28 - 1)
    ROAMING = ("roaming", 0, 1)
    ACCESS_REFUSED = ("access_refused", 0, 1)
    SUB_METERS_CUT = ("sub_meters_cut", 0, 0xFF)
    SUB_METERS_JOINED = ("sub_meters_joined", 0, 0xFF)
    SUB_METERS_OPENED = ("sub_meters_opened", 0, 0xFF)
    SUB_METERS_WEAK = ("sub_meters_weak", 0, 0xFF)
    SUB_METERS_BROKEN = ("sub_meters_broken", 0, 0xFF)
    MODEM_HANGS = ("modem_hangs", 0, 2**31)
    CALIBRATION_SEAL_BROKEN = ("calibration_seal_broken", 0, 1)
    VOLTAGE_GAIN_PPM = ("voltage_gain_ppm", -200_000, 200_000)
    CURRENT_GAIN_PPM = ("current_gain_ppm", -200_000, 200_000)
    CURRENT_LAG_NS = ("current_lag_ns", -200_000, 200_000)
    OPTICAL_HEAD = ("optical_head", 0, 1)
    P1_REQUEST = ("p1_request", 0, 1)
    SUB_METER_FLOW_1 = ("sub_meter_flow_1", 0, 1_000_000)
    SUB_METER_FLOW_2 = ("sub_meter_flow_2", 0, 1_000_000)
    SUB_METER_FLOW_3 = ("sub_meter_flow_3", 0, 1_000_000)
    SUB_METER_FLOW_4 = ("sub_meter_flow_4", 0, 1_000_000)
    SUB_METER_FLOW_5 = ("sub_meter_flow_5", 0, 1_000_000)
    SUB_METER_FLOW_6 = ("sub_meter_flow_6", 0, 1_000_000)
    SUB_METER_FLOW_7 = ("sub_meter_flow_7", 0, 1_000_000)
    SUB_METER_FLOW_8 = ("sub_meter_flow_8", 0, 1_000_000)

    def check(self, value: float) -> float:
        super().check(value)
        if value != int(value):
            raise ConfigurationError(f"{value} is no whole number", self.label)
        return value


class LinkFault(Control):
    """What can be wrong with the links of a meter; a release means a link that loses no time and nothing else.

    Latencies are of one way. Of what passes, `drop` is the part that gets lost, `damage` the part with a wrong bit;
    `close_s` is how long the end of a connection takes to be noticed.
    """

    WAN_LATENCY_MS = ("wan_latency_ms", 0, 60_000)
    WAN_BITS_PER_S = ("wan_bits_per_s", 50, 1e9)
    WAN_DROP = ("wan_drop", 0.0, 0.999)
    WAN_DAMAGE = ("wan_damage", 0.0, 0.999)
    WAN_CLOSE_S = ("wan_close_s", 0, 600)
    WAN_LIMITS = ("wan_limits", 0, 1)
    """Whether the WAN port carries no more than the technology of its cell."""
    OPTICAL_LATENCY_MS = ("optical_latency_ms", 0, 60_000)
    OPTICAL_BITS_PER_S = ("optical_bits_per_s", 50, 1e9)
    OPTICAL_DROP = ("optical_drop", 0.0, 0.999)
    OPTICAL_DAMAGE = ("optical_damage", 0.0, 0.999)
    OPTICAL_CLOSE_S = ("optical_close_s", 0, 600)
    P1_LATENCY_MS = ("p1_latency_ms", 0, 60_000)
    P1_BITS_PER_S = ("p1_bits_per_s", 50, 1e9)
    P1_DROP = ("p1_drop", 0.0, 0.999)
    P1_DAMAGE = ("p1_damage", 0.0, 0.999)
    P1_CLOSE_S = ("p1_close_s", 0, 600)
    LINK_SEED = ("link_seed", 0, 2**31)
    """Another one, and others are lost and damaged."""


class Command(NamedTuple):
    """One override, or its release (`value` None)."""

    number: int
    at: Instant
    quantity: Control
    value: float | None

    @property
    def second(self) -> int:
        """The UTC second from which it acts."""
        return -(-self.at // SECOND)


class Journal:
    """The commands in the order in which they were given."""

    def __init__(self) -> None:
        self._commands: list[Command] = []
        self._given = 0

    def give(self, quantity: Control, value: float | None, at: Instant) -> Command:
        """Add a command.

        Raises:
            ConfigurationError: the value is out of range, or the instant lies before the last command's.
        """
        if value is not None:
            quantity.check(value)
        if self._commands and at < self._commands[-1].at:
            raise ConfigurationError("a command lies before the last one", quantity.label)
        command = Command(self._given, at, quantity, value)
        self._given += 1
        # Of several that act from the same second on, the last one counts.
        self._commands = [one for one in self._commands if one.quantity is not quantity or one.second < command.second]
        self._commands.append(command)
        return command

    def forget_before(self, second: int) -> None:
        """Drop commands that say nothing about `second` and what follows: replaced ones, and releases."""
        last = {command.quantity: command for command in self._commands if command.second <= second}
        self._commands = [
            command
            for command in self._commands
            if command.second > second or (command is last[command.quantity] and command.value is not None)
        ]

    def of(self, quantity: Control) -> list[tuple[int, float | None]]:
        """(second, value) of every change of one quantity, oldest first."""
        return [(command.second, command.value) for command in self._commands if command.quantity is quantity]

    def current(self, second: int) -> dict[Control, float | None]:
        """What has been touched by `second`, and is overridden then; None where it was released."""
        return {command.quantity: command.value for command in self._commands if command.second <= second}

    def later(self, second: int) -> list[tuple[int, Control]]:
        """(second, control) of every change after `second`."""
        return [(command.second, command.quantity) for command in self._commands if command.second > second]

    def press(self, button: Circumstance, at: Instant) -> Command:
        """Press a button once more.

        Raises:
            ConfigurationError: the instant lies before the last command's.
        """
        presses = [command.value or 0.0 for command in self._commands if command.quantity is button]
        return self.give(button, (presses[-1] if presses else 0.0) + 1, at)

    @property
    def circumstances(self) -> bool:
        """Whether anything but the supply was touched."""
        return any(isinstance(command.quantity, Circumstance) for command in self._commands)

    def __len__(self) -> int:
        return len(self._commands)
