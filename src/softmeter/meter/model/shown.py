"""What the display can show, taken from the same table as everything else (annex I)."""

from collections.abc import Callable

from softmeter.device.device import Device
from softmeter.device.display import DisplayValue, Indicators, Item, Reading, Values
from softmeter.meter.identity import Identity
from softmeter.meter.model.measured import MEASURED
from softmeter.meter.model.periodic import PERIODIC
from softmeter.obis import Obis

_MEASURED = {(3, Obis.parse(value.obis)): value for value in (*MEASURED, *PERIODIC)}
_CLOCK = (8, Obis(0, 0, 1, 0, 0))
_TEXTS: dict[tuple[int, Obis], Callable[[Identity], str]] = {
    (1, Obis(0, 0, 96, 1, 0)): lambda identity: identity.serial,
    (1, Obis(1, 0, 0, 2, 0)): lambda identity: identity.legal_firmware,
    (1, Obis(1, 1, 0, 2, 0)): lambda identity: identity.application_firmware,
}


def values(device: Device, identity: Identity) -> Values:
    """How the display looks up an item; None for objects this meter does not have."""

    def value(item: Item) -> DisplayValue | None:
        wanted = (item.class_id, item.obis)
        measured = _MEASURED.get(wanted)
        if item.attribute != 2:
            return None
        if measured is not None:
            return Reading(measured.read(device), measured.scaler, measured.unit)
        if wanted == _CLOCK:
            return device.clock.date_time(device.now)
        text = _TEXTS.get(wanted)
        return None if text is None else text(identity)

    return value


def indicators(device: Device, identity: Identity) -> Indicators:
    """What the display shows beside its rows; the meter has no modem, so there is no signal."""
    now = device.instantaneous
    return Indicators(
        rate=device.tariff.rate,
        active_direction=_sign(now.active_power_mw),
        reactive_direction=_sign(now.reactive_power_mvar),
        breaker_closed=device.behaviours.breaker.closed if identity.has_disconnector else None,
        signal=0,
        triangles=frozenset({"L1"}) if now.voltage_mv >= device.settings.cut_mv else frozenset(),
    )


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
