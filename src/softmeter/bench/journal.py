"""What somebody did to the meter's surroundings, numbered and time-stamped.

A command acts at the first whole second at or after its instant. The same journal over the same source gives the same
measurements, however time was cut into steps.
"""

from enum import Enum
from typing import NamedTuple

from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant


class Quantity(Enum):
    """What of the supply can be overridden, with the range that makes sense."""

    VOLTAGE_V = ("voltage_v", 0.0, 400.0)
    ACTIVE_POWER_W = ("active_power_w", -30_000.0, 30_000.0)
    POWER_FACTOR = ("power_factor", -1.0, 1.0)
    FREQUENCY_HZ = ("frequency_hz", 45.0, 65.0)

    @property
    def label(self) -> str:
        return self.value[0]

    def check(self, value: float) -> float:
        """Return `value` if it lies in the range.

        Raises:
            ConfigurationError: it does not, or it is no number.
        """
        _, low, high = self.value
        if not low <= value <= high:
            raise ConfigurationError(f"{value} lies outside {low:g} to {high:g}", self.label)
        return value


class Command(NamedTuple):
    """One override, or its release (`value` None)."""

    number: int
    at: Instant
    quantity: Quantity
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

    def give(self, quantity: Quantity, value: float | None, at: Instant) -> Command:
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

    def of(self, quantity: Quantity) -> list[tuple[int, float | None]]:
        """(second, value) of every change of one quantity, oldest first."""
        return [(command.second, command.value) for command in self._commands if command.quantity is quantity]

    def current(self, second: int) -> dict[Quantity, float | None]:
        """What is overridden in `second`; None where nothing is."""
        state: dict[Quantity, float | None] = dict.fromkeys(Quantity)
        for command in self._commands:
            if command.second <= second:
                state[command.quantity] = command.value
        return state

    def __len__(self) -> int:
        return len(self._commands)
