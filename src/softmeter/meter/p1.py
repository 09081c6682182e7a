"""The P1 telegram of a Dutch single-phase meter (DSMR 5.0.2 P1 Companion Standard, chapter 6).

Energies are cut to whole Wh, powers rounded to whole W: the numbers that the registers and the display show. Lines
whose cause this meter does not record (failures, sags, swells) carry their empty value.
"""

from softmeter.device.device import Device
from softmeter.device.registers import RATES
from softmeter.meter.identity import Identity
from softmeter.meter.model.local import P1_VERSION, message, message_code
from softmeter.meter.model.measured import nearest
from softmeter.metrology.energy import Quantity
from softmeter.wire.telegram import build, saturated, stamp, text, wrapped

FEWEST_RATES = 2

_IMPORT, _EXPORT = Quantity.ACTIVE_IMPORT, Quantity.ACTIVE_EXPORT


def telegram(device: Device, identity: Identity) -> bytes:
    """The telegram of the device's last whole second."""
    now = device.instantaneous
    time = device.clock.date_time(device.now)
    active_w = nearest(abs(now.active_power_mw), 1000)
    exports = now.active_power_mw < 0
    import_kw = saturated(0 if exports else active_w, 5, 3)
    export_kw = saturated(active_w if exports else 0, 5, 3)
    lines = (
        f"1-3:0.2.8({P1_VERSION})",
        f"0-0:1.0.0({stamp(time)})",
        f"0-0:96.1.1({text(identity.meter_identifier.encode('ascii'))})",
        *_energies(device, 1, _IMPORT),
        *_energies(device, 2, _EXPORT),
        f"0-0:96.14.0({device.tariff.name})",
        f"1-0:1.7.0({import_kw}*kW)",
        f"1-0:2.7.0({export_kw}*kW)",
        "0-0:96.7.21(00000)",
        "0-0:96.7.9(00000)",
        "1-0:99.97.0(0)(0-0:96.7.19)",
        "1-0:32.32.0(00000)",
        "1-0:32.36.0(00000)",
        f"0-0:96.13.0({text(message(device))})",
        *_code(message_code(device)),
        f"1-0:32.7.0({saturated(nearest(now.voltage_mv, 100), 4, 1)}*V)",
        f"1-0:31.7.0({saturated(nearest(now.current_ma, 1000), 3)}*A)",
        f"1-0:21.7.0({import_kw}*kW)",
        f"1-0:22.7.0({export_kw}*kW)",
    )
    return build(identity.p1_identification, lines)


def _code(code: bytes) -> list[str]:
    """The line of DSMR 4 for a code to the consumer; none where there is no code, as in DSMR 5."""
    return [f"0-0:96.13.1({text(code)})"] if code else []


def _energies(device: Device, code: int, quantity: Quantity) -> list[str]:
    """One line per rate that is in use, so that no energy is missing from the telegram."""
    registers = device.registers
    rates = [registers.wh(quantity, rate=rate) for rate in range(1, RATES + 1)]
    used = max(FEWEST_RATES, device.tariff.table.highest_rate)
    while used < RATES and any(rates[used:]):
        used += 1
    return [f"1-0:{code}.8.{rate}({wrapped(rates[rate - 1], 9, 3)}*kWh)" for rate in range(1, used + 1)]
