"""What clients do to tariffs: calendars, special days, masks; each change is checked first and acts at once (manual 7).

The device has lived until now when these are called.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from softmeter.clock import NOT_SPECIFIED, NOT_SPECIFIED_DEVIATION, DateTime
from softmeter.device.activation import Activation, Family, Masks
from softmeter.device.calendar import Calendar
from softmeter.device.events import Event
from softmeter.device.registers import RATES
from softmeter.device.special_days import SpecialDays
from softmeter.device.tariff import NEVER, follow, take_passive
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND

if TYPE_CHECKING:
    from softmeter.device.device import Device

_ALL_ONES = replace(NEVER, deviation_min=-1)
"""How some clients write a time that is not given."""


def program_passive(device: "Device", calendar: Calendar) -> None:
    """Let another calendar wait; whether its tables fit together is checked on activation."""
    device.tariff.passive = calendar
    device.record(Event.PASSIVE_TARIFF_PROGRAMMED)


def set_activation_time(device: "Device", moment: DateTime) -> None:
    """Activate the passive calendar at a local time, at once if it has passed; a time that is not given takes it back.

    Raises:
        ConfigurationError: the time is not complete or not local, or the passive calendar does not fit together.
    """
    tariff = device.tariff
    given = moment not in {NEVER, _ALL_ONES}
    if given:
        if moment.deviation_min != NOT_SPECIFIED_DEVIATION or moment.status != NOT_SPECIFIED:
            raise ConfigurationError(f"{moment.iso()} has a deviation or status; it must be local", "activation time")
        device.clock.zone.utc_second(moment)
        tariff.passive.check()
    tariff.activation_time = moment
    tariff.pending = given
    device.record(Event.PASSIVE_TARIFF_PROGRAMMED)
    follow(device, _second(device), anew=False)


def activate_passive(device: "Device") -> None:
    """Let the passive calendar be the active one now.

    Raises:
        ConfigurationError: it does not fit together.
    """
    take_passive(device, _second(device))
    follow(device, _second(device))


def set_special_days(device: "Device", days: SpecialDays) -> None:
    """Let other special days hold."""
    device.tariff.special_days = days
    follow(device, _second(device))


def set_default_rate(device: "Device", rate: int) -> None:
    """Choose the rate that counts while the clock is invalid or the calendar says nothing.

    Raises:
        ConfigurationError: there is no such rate.
    """
    if not 1 <= rate <= RATES:
        raise ConfigurationError(f"rate {rate} is none of 1 to {RATES}", "default tariff")
    device.tariff.default_rate = rate
    follow(device, _second(device))


def set_masks(device: "Device", family: Family, masks: Masks) -> None:
    """Let other registers be switched, or by other masks; which one holds now is found anew."""
    _replace(device, family, device.tariff.activations[family].changed(masks))
    follow(device, _second(device))


def activate_mask(device: "Device", family: Family, name: bytes) -> None:
    """Let a mask be active until the next switch; none with an empty name.

    Raises:
        ConfigurationError: there is no mask of that name.
    """
    activation = device.tariff.activations[family].masks.activation(name)
    if activation is None:
        raise ConfigurationError(f"there is no mask {name.hex().upper()}", "register activation")
    _replace(device, family, activation)


def _replace(device: "Device", family: Family, activation: Activation) -> None:
    activations = list(device.tariff.activations)
    activations[family] = activation
    device.tariff.activations = tuple(activations)


def _second(device: "Device") -> int:
    return device.clock.time(device.now) // SECOND
