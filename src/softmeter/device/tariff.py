"""Which rate counts: the calendar in force, the one that waits, special days, register activation (manual 7)."""

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from softmeter.clock import DateTime
from softmeter.device.activation import FACTORY_MASKS, Activation, Family, rate_name
from softmeter.device.calendar import Calendar
from softmeter.device.clock import Clock
from softmeter.device.events import Event
from softmeter.device.saved import saved_int, saved_octets, saved_text
from softmeter.device.special_days import NO_SPECIAL_DAYS, SpecialDays
from softmeter.device.zone import FOREVER, next_boundary
from softmeter.errors import ConfigurationError
from softmeter.persistent import Scalar

if TYPE_CHECKING:
    from softmeter.device.device import Device

NEVER = DateTime()
"""The activation time that is not given."""

NO_SWITCH = -1


class Tariff:
    """The rate that counts now; `due` is the meter second at which it is looked at again.

    What the factory gave is kept apart from what clients set: only the latter is stored.
    """

    __slots__ = (
        "_factory",
        "_switched",
        "activation_time",
        "activations",
        "default_rate",
        "due",
        "passive",
        "pending",
        "special_days",
        "table",
    )

    def __init__(self, factory: Calendar, default_rate: int, special_days: SpecialDays = NO_SPECIAL_DAYS) -> None:
        self._factory = (factory, default_rate, special_days)
        self.table = self.passive = factory
        self.default_rate = default_rate
        self.special_days = special_days
        self.activation_time = NEVER
        self.pending = False
        self.activations = tuple(Activation(masks, b"").activated(rate_name(default_rate)) for masks in FACTORY_MASKS)
        self.due = 0
        self._switched = NO_SWITCH  # local second of the switch that was made last

    @property
    def rate(self) -> int:
        """The rate that the active mask stands for, 0 for none."""
        return self.activations[Family.ENERGY].rate

    @property
    def name(self) -> str:
        """The rate as the customer port writes it: four digits."""
        return f"{self.rate:04d}"

    def activate_rate(self, rate: int) -> None:
        """Do what the tariff script of a rate says: let its masks be active; those of the default where it has none."""
        names = rate_name(rate), rate_name(self.default_rate)
        self.activations = tuple(activation.activated(*names) for activation in self.activations)

    def counting(self, family: Family) -> tuple[int, ...]:
        """Which registers of a family count, by their places."""
        return self.activations[family].counting

    def activation(self, clock: Clock) -> int:
        """The meter second at which the passive calendar is due; FOREVER when it is not, or the clock is invalid."""
        if not self.pending or clock.invalid:
            return FOREVER
        return clock.zone.utc_second(self.activation_time)

    def evaluate(self, clock: Clock, second: int, *, anew: bool = True) -> None:
        """Make the last switch at or before a meter second, the default one while the clock is invalid.

        Without `anew` only one that was not made yet: what a client activated since then stays.
        """
        segment = clock.segment(second)
        found = None if clock.invalid else self.table.action(second - segment.shift, self.special_days)
        switched, rate = found or (NO_SWITCH, self.default_rate)
        if anew or switched != self._switched:
            self.activate_rate(rate)
        self._switched = switched
        look = next_boundary(clock.segment, second, lambda local: self.table.next_look(local, self.special_days))
        self.due = min(look, segment.end, self.activation(clock))

    def saved(self) -> Mapping[str, Scalar]:
        saved: dict[str, Scalar] = {
            "due": self.due,
            "switched": self._switched,
        }
        for family, activation in zip(Family, self.activations, strict=True):
            saved[f"{family.name.lower()}_mask"] = activation.active
            if activation.masks is not FACTORY_MASKS[family]:
                saved[f"{family.name.lower()}_masks"] = activation.masks.text
        factory, default_rate, special_days = self._factory
        if self.table is not factory:
            saved["active"] = self.table.text
        if self.passive is not factory:
            saved["passive"] = self.passive.text
        if self.activation_time != NEVER:
            saved |= {"activation_time": self.activation_time.encode(), "pending": int(self.pending)}
        if self.default_rate != default_rate:
            saved["default_rate"] = self.default_rate
        if self.special_days is not special_days:
            saved["special_days"] = self.special_days.octets
        return saved

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        self.due = saved_int(saved, "due", self.due)
        self._switched = saved_int(saved, "switched", self._switched)
        self.default_rate = saved_int(saved, "default_rate", self.default_rate)
        if "active" in saved:
            self.table = Calendar.parse(saved_text(saved, "active", ""))
            self.table.check()
        if "passive" in saved:
            self.passive = Calendar.parse(saved_text(saved, "passive", ""))
        self.activation_time = DateTime.decode(saved_octets(saved, "activation_time", NEVER.encode()))
        self.pending = bool(saved_int(saved, "pending", 0))
        if "special_days" in saved:
            self.special_days = SpecialDays.decode(saved_octets(saved, "special_days", b""))
        self.activations = tuple(
            _restored(activation, saved, family.name.lower())
            for family, activation in zip(Family, self.activations, strict=True)
        )


def _restored(activation: Activation, saved: Mapping[str, Scalar], name: str) -> Activation:
    text = saved_text(saved, f"{name}_masks", "")
    changed = activation.changed(activation.masks.parse(text)) if text else activation
    return changed.activated(saved_octets(saved, f"{name}_mask", changed.active))


def take_passive(device: "Device", second: int) -> None:
    """Let the passive calendar be the active one; it stays as it is, too.

    Raises:
        ConfigurationError: its seasons, weeks and days do not fit together.
    """
    tariff = device.tariff
    tariff.passive.check()
    tariff.table = tariff.passive
    device.record(Event.TARIFF_ACTIVATED, device.clock.stamp_of(second))


def follow(device: "Device", second: int, *, anew: bool = True) -> None:
    """Find out which rate counts at a meter second, with the passive calendar if its time has come.

    A passive calendar that does not fit together when its time comes is not taken.
    """
    tariff = device.tariff
    if tariff.activation(device.clock) <= second:
        tariff.pending = False
        with contextlib.suppress(ConfigurationError):
            take_passive(device, second)
            anew = True
    tariff.evaluate(device.clock, second, anew=anew)
