"""The display lists of the factory (manual 4.3, annex I)."""

from softmeter.device.display import DisplaySettings, Item
from softmeter.obis import Obis

# fmt: off
AUTOMATIC = (
    Item(3, Obis(1, 0, 1, 8, 0), 2, "Active energy import"),
    Item(3, Obis(1, 0, 2, 8, 0), 2, "Active energy export"),
    Item(3, Obis(1, 0, 1, 7, 0), 2, "Active power import"),
    Item(3, Obis(1, 0, 2, 7, 0), 2, "Active power export"),
)

MANUAL = (
    Item(8, Obis(0, 0, 1, 0, 0), 2, "Clock"),
    Item(1, Obis(0, 0, 97, 98, 0), 2, "Alarm register 1"),
    Item(3, Obis(1, 0, 1, 8, 0), 2, "Active energy import"),
    Item(3, Obis(1, 0, 2, 8, 0), 2, "Active energy export"),
    Item(3, Obis(1, 0, 1, 8, 1), 2, "Active energy import, rate 1"),
    Item(3, Obis(1, 0, 1, 8, 2), 2, "Active energy import, rate 2"),
    Item(3, Obis(1, 0, 2, 8, 1), 2, "Active energy export, rate 1"),
    Item(3, Obis(1, 0, 2, 8, 2), 2, "Active energy export, rate 2"),
    Item(3, Obis(1, 0, 14, 7, 0), 2, "Frequency"),
    Item(3, Obis(1, 0, 16, 7, 0), 2, "Net active power"),
    Item(3, Obis(1, 0, 32, 7, 0), 2, "Voltage L1"),
    Item(3, Obis(1, 0, 31, 7, 0), 2, "Current L1"),
    Item(47, Obis(0, 0, 25, 6, 0), 2, "GSM operator"),
    Item(47, Obis(0, 0, 25, 6, 0), 3, "GSM registration status"),
    Item(47, Obis(0, 0, 25, 6, 0), 5, "GSM attachment"),
    Item(1, Obis(0, 1, 94, 31, 6), 2, "Modem signal strength"),
    Item(1, Obis(0, 1, 94, 31, 7), 2, "Modem RSRP"),
    Item(1, Obis(0, 1, 94, 31, 8), 2, "Modem RSRQ"),
    Item(1, Obis(0, 1, 94, 31, 9), 2, "Modem RSSI"),
    Item(45, Obis(0, 0, 25, 4, 0), 2, "Access point name"),
    Item(1, Obis(0, 1, 94, 31, 4), 2, "Modem ICCID"),
    Item(42, Obis(0, 0, 25, 1, 0), 3, "IP address"),
    Item(1, Obis(1, 0, 0, 2, 0), 2, "Legal firmware version"),
    Item(1, Obis(1, 1, 0, 2, 0), 2, "Application firmware version"),
)
# fmt: on

FACTORY_DISPLAY = DisplaySettings(AUTOMATIC, MANUAL)
