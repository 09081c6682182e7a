"""The bench: all that a person can do to a meter from outside, in one place for panel, scenarios and tests."""

from collections.abc import Iterable, Mapping
from enum import Enum, IntFlag
from typing import Protocol

from softmeter.bench.journal import Circumstance, Control, Journal, LinkFault, Quantity
from softmeter.device.device import Device
from softmeter.device.display import Display
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant, LinkTime

SHORT_PRESS_S = 2.0
"""A press that is shorter scrolls the display (manual 4.4)."""
LONG_PRESS_S = 5.0
"""Who holds the display button for so long works the breaker."""


class Button(Enum):
    """The push buttons at the front."""

    DISPLAY = "display"
    SEALED = "sealed"


class Fault(IntFlag):
    """What can be broken inside, by the bits of the error register that self-diagnosis sets."""

    PROGRAM_MEMORY = 1 << 8
    RAM = 1 << 9
    NONVOLATILE_MEMORY = 1 << 10
    MEASUREMENT = 1 << 11
    WATCHDOG = 1 << 12

    @property
    def label(self) -> str:
        return (self.name or "").lower()


CONTROLS: Mapping[str, Control] = {
    control.label: control
    for control in (*Quantity, *Circumstance, *LinkFault)
    if control not in {Circumstance.SEALED_BUTTON, Circumstance.DISPLAY_BUTTON, Circumstance.LONG_PRESSES}
}
"""What can be imposed, by name; buttons are pressed instead."""
CALIBRATION = tuple(
    one.label for one in (Circumstance.VOLTAGE_GAIN_PPM, Circumstance.CURRENT_GAIN_PPM, Circumstance.CURRENT_LAG_NS)
)
"""What lies under the calibration seal."""


class Timekeeper(Protocol):
    """Who lets the bench's time pass."""

    @property
    def rate(self) -> float:
        """Bench seconds per real second; 0 stands still."""
        ...

    def present(self) -> Instant:
        """The bench's time as of now."""
        ...

    def link_now(self) -> LinkTime:
        """The time of peers: what the display scrolls by."""
        ...

    def set_rate(self, rate: float) -> None:
        """Run at another rate from now on; ConfigurationError for one that is not possible."""
        ...

    def move_to(self, instant: Instant) -> None:
        """Live through everything until an instant at full speed."""
        ...


class Front(Protocol):
    """The meter as somebody before it sees it."""

    @property
    def device(self) -> Device: ...

    @property
    def display(self) -> Display: ...


class Bench:
    """What surrounds one meter. Everything done goes into the journal and acts at the next whole second."""

    def __init__(self, meter: Front, journal: Journal, time: Timekeeper) -> None:
        self.time = time
        self._meter = meter
        self._journal = journal
        self._rate_before = time.rate or 1.0

    def impose(self, changes: Mapping[str, float | None]) -> None:
        """Set or release (None) some of `CONTROLS`; all of it or, if one cannot be, nothing.

        Raises:
            ConfigurationError: there is no such control, a value is out of its range, or a seal is in the way.
        """
        wanted = checked(changes)
        self._check_seal(changes)
        at = self.time.present()
        for control, value in wanted:
            self._journal.give(control, value, at)

    def _check_seal(self, changes: Mapping[str, float | None]) -> None:
        """Nobody gets at the calibration while its seal is whole."""
        wanted = [label for label in CALIBRATION if changes.get(label) is not None]
        if wanted and not {**self.imposed(), **changes}[Circumstance.CALIBRATION_SEAL_BROKEN.label]:
            message = f"the calibration seal is whole; break it first: {Circumstance.CALIBRATION_SEAL_BROKEN.label}"
            raise ConfigurationError(message, wanted[0])

    def imposed(self) -> dict[str, float | None]:
        """What every control is set to; None where nobody has touched it."""
        touched = self._journal.current(-(-self.time.present() // SECOND))
        return {label: touched.get(control) for label, control in CONTROLS.items()}

    def press(self, button: Button, held_s: float = 0.2) -> None:
        """Press a button and let it go; the display button scrolls, or works the breaker when it is held."""
        at = self.time.present()
        if button is Button.SEALED:
            self._journal.press(Circumstance.SEALED_BUTTON, at)
        elif held_s >= LONG_PRESS_S:
            self._journal.press(Circumstance.LONG_PRESSES, at)
        elif held_s < SHORT_PRESS_S:
            self._journal.press(Circumstance.DISPLAY_BUTTON, at)
            if self._meter.device.powered:
                device = self._meter.device
                self._meter.display.press(
                    device.behaviours.display.settings, self.time.link_now(), device.feeling.state
                )

    def run(self, rate: float | None = None) -> None:
        """Let time pass at `rate`, else as fast as before it was paused.

        Raises:
            ConfigurationError: the rate is not possible.
        """
        self.time.set_rate(self._rate_before if rate is None else rate)
        if self.time.rate:
            self._rate_before = self.time.rate

    def pause(self) -> None:
        """Let time stand still."""
        self.time.set_rate(0)

    def jump(self, until: Instant) -> None:
        """Live through everything until an instant at full speed.

        Raises:
            ConfigurationError: it has passed.
        """
        if until < self.time.present():
            raise ConfigurationError("lies before the present: time does not run back", "jump")
        self.time.move_to(until)

    def step(self, seconds: int = 1) -> None:
        """Live on to the next whole second, or to so many of them."""
        self.jump(Instant((self.time.present() // SECOND + seconds) * SECOND))


def checked(changes: Mapping[str, float | None]) -> list[tuple[Control, float | None]]:
    """The controls that are named, each with a value that it can take or None.

    Raises:
        ConfigurationError: there is no such control, or a value is out of its range.
    """
    wanted = [(_control(label), value) for label, value in changes.items()]
    for control, value in wanted:
        if value is not None:
            control.check(value)
    return wanted


def _control(label: str) -> Control:
    try:
        return CONTROLS[label]
    except KeyError:
        raise ConfigurationError(f"there is no control {label!r}; there are {', '.join(CONTROLS)}", "bench") from None


def faults(names: Iterable[str]) -> Fault:
    """The faults of these names.

    Raises:
        ConfigurationError: there is no such fault.
    """
    found = Fault(0)
    for name in names:
        try:
            found |= Fault[name.upper()]
        except KeyError:
            known = ", ".join(fault.label for fault in Fault)
            raise ConfigurationError(f"there is no fault {name!r}; there are {known}", "faults") from None
    return found
