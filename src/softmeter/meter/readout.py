"""What a mode C read-out of the optical port says: identification and main registers (IEC 62056-21, 6.4; EN 13757-1).

The numbers are those of the registers, cut to whole Wh as everywhere.
"""

from softmeter.device.device import Device
from softmeter.meter.identity import Identity
from softmeter.metrology.energy import Quantity
from softmeter.wire.telegram import wrapped

SHOWN_RATES = 2
_ENERGIES = ((1, Quantity.ACTIVE_IMPORT), (2, Quantity.ACTIVE_EXPORT))


def readout(device: Device, identity: Identity) -> tuple[str, ...]:
    """The lines of the data message, of the device's last whole second."""
    registers, time = device.registers, device.clock.date_time(device.now)
    rates = range(max(SHOWN_RATES, device.tariff.table.highest_rate) + 1)
    return (
        f"C.1.0({identity.serial})",
        f"0.0.0({identity.meter_identifier})",
        f"0.2.0({identity.legal_firmware})",
        f"0.9.1({time.hour:02d}:{time.minute:02d}:{time.second:02d})",
        f"0.9.2({time.year % 100:02d}-{time.month:02d}-{time.day:02d})",
        *(
            f"{code}.8.{rate}({wrapped(registers.wh(quantity, rate=rate), 9, 3)}*kWh)"
            for code, quantity in _ENERGIES
            for rate in rates
        ),
    )
