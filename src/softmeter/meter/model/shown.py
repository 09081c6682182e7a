"""What the display of a meter shows: its lists by the objects of the model, and what stands beside them (manual 4)."""

from functools import partial

from softmeter.device.device import Device
from softmeter.device.display import DisplayValue, Indicators, Reading, Screen, Values, signal_class
from softmeter.device.display_lists import Item
from softmeter.instant import LinkTime
from softmeter.meter.displayable import value
from softmeter.meter.meter import Meter
from softmeter.meter.model.measured import FINE
from softmeter.meter.presented import Presented
from softmeter.obis import Obis

_RSRP = Item(1, Obis(0, 1, 94, 31, 7), 2)
_FINE_SCALER = -3


def screen(meter: Meter, now: LinkTime) -> Screen:
    """What is visible at `now`, after all presses that the device has felt."""
    control, display = meter.device.behaviours.display, meter.display
    display.feel(control.settings, meter.device.feeling.state, now)
    return display.screen(control.settings, now, values(meter), indicators(meter), control.more_decimals)


def values(meter: Presented) -> Values:
    """How the display looks up an item; None for what this meter does not have."""
    return partial(_fine if meter.device.behaviours.display.certification else value, meter)


def indicators(meter: Presented) -> Indicators:
    """What the display shows beside its rows; without a modem there is no signal."""
    device = meter.device
    now = device.instantaneous
    rsrp = value(meter, _RSRP)
    return Indicators(
        rate=device.tariff.rate or None,
        active_direction=_sign(now.active_power_mw),
        reactive_direction=_sign(now.reactive_power_mvar),
        breaker_closed=device.behaviours.breaker.closed if device.settings.has_breaker else None,
        signal=signal_class(rsrp.number) if isinstance(rsrp, Reading) else 0,
        triangles=frozenset(triangle for triangle, is_lit in _triangles(device) if is_lit),
    )


def _triangles(device: Device) -> tuple[tuple[str, bool], ...]:
    """The marks below the display, and whether they hold (manual 4.3)."""
    tamper = device.behaviours.tamper
    return (
        ("L1", device.instantaneous.voltage_mv >= device.settings.cut_mv),
        ("F", bool(tamper.covers.meter)),
        ("T", bool(tamper.covers.terminal)),
        ("M", tamper.field),
        ("C", device.behaviours.alarms.critical),
    )


def _fine(meter: Presented, item: Item) -> DisplayValue | None:
    """The same in certification mode: energies as exactly as nine digits can say."""
    shown, fine = value(meter, item), FINE.get(item.obis)
    if fine is None or not isinstance(shown, Reading):
        return shown
    return Reading(fine(meter.device), _FINE_SCALER, shown.unit)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
