"""An independent parser reads what sub-meters answer, plainly and, once they have a key, encrypted."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Final

import pytest

from bench.test_mbus_line import NOON, Wires
from interop.foreign import answered, started
from softmeter.bench.submeters import KINDS, SubMeter
from softmeter.security.mbus import wrap_smr5
from softmeter.wire import mbus_writing
from softmeter.wire.mbus import Control, Frame, Information
from softmeter.wire.mbus_master import send

pytestmark = [pytest.mark.interop, pytest.mark.slow]

KEY: Final = bytes(range(16))
UNITS: Final = {
    "gas": ("m3", Decimal(1000)),
    "water": ("m3", Decimal(1000)),
    "heat": ("W.h", Decimal("0.001")),
    "electricity": ("W.h", Decimal(1)),
}
"""What the parser tells each in, and how many of what the sub-meter counts that is."""


def frames(meter: SubMeter) -> list[tuple[str, str | None]]:
    """What it answers before and after it has a key."""
    wires = Wires(f"{meter.name}:{meter.seed}")
    plain = wires.say(Frame(Control.REQ_UD2, 0))
    record = mbus_writing.string(mbus_writing.KEY, wrap_smr5(meter.default_key, KEY, meter.header.address, 5))
    assert wires.hold(send(0, Information.DATA, record))
    return [(plain.hex(), None), (wires.say(Frame(Control.REQ_UD2, 0)).hex(), KEY.hex())]


def test_every_record_is_read_in_both_forms() -> None:
    meters = [SubMeter(name, 3) for name in KINDS]
    asked = [frame for meter in meters for frame in frames(meter)]
    told: list[Any] = answered(started("pymbusparser", "mbus_frames.py", json.dumps(asked)))
    for number, one in enumerate(told):
        meter, is_encrypted = meters[number // 2], number % 2 == 1
        assert one["decode_state"] == "complete"
        assert all(said["severity"] == "info" for said in one["diagnostics"]), one["diagnostics"]
        assert one["security"]["mode_code"] == (5 if is_encrypted else 0)
        assert one["meter"]["identity"]["id"] == f"{meter.identification:08x}"
        assert one["meter"]["identity"]["manufacturer_code"] == meter.kind.maker
        unit, counts = UNITS[meter.name]
        count = one["records"][0]
        assert count["unit"] == unit
        assert Decimal(count["value"]["value"]) * counts == meter.counted(NOON.second)
