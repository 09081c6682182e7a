"""An independent client of IEC 62056-21 reads out the optical port in mode C."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from interop.foreign import answered, gurux, started

if TYPE_CHECKING:
    from interop.meter_process import Meter

pytestmark = [pytest.mark.interop, pytest.mark.slow]

KINDS: Final = {"1.8.0": "1.0.1.8.0.255", "1.8.1": "1.0.1.8.1.255", "2.8.0": "1.0.2.8.0.255"}


def test_the_read_out_says_what_dlms_says(meter: Meter) -> None:
    told: dict[str, Any] = answered(started("iec62056-21", "iec62056_reader.py", meter.text_address("optical")))
    assert told["manufacturer"] == meter.told["identity"]["logical_device_name"][:3]
    assert told["data"]["C.1.0"] == [meter.told["identity"]["serial"], None]
    registers = gurux(meter, "management", *(["get", 3, name, 2] for name in KINDS.values()))
    for address, watt_hours in zip(KINDS, registers, strict=True):
        assert told["data"][address] == [f"{watt_hours / 1000:010.3f}", "kWh"]
