"""What a device saves of its channels, and when it reads them, with a bus that answers as it is told to."""

from itertools import pairwise

import pytest

from device.making import device
from softmeter.clock import Stamp
from softmeter.device.mbus import SubMeters
from softmeter.device.mbus_channel import EMPTY, Channel, Definition, KeyStatus, Nobody, Value
from softmeter.device.mbus_errands import read
from softmeter.errors import StorageError
from softmeter.units import Unit

FULL = Channel(
    primary_address=3,
    identification=0x12345678,
    manufacturer=0x1EE9,
    version=1,
    device_type=3,
    access=7,
    status=4,
    alarm=1,
    configuration=0x0510,
    key=bytes(range(16)),
    key_status=KeyStatus.IN_USE,
    period_s=900,
    definitions=(Definition(b"\x0c", b"\x13"), Definition(b"\x04", b"\x6d")),
    identifier=b"G001",
    installed=1,
    failed=1,
    mode=3,
    valve=2,
    values=(Value(12345, -3, Unit.CUBIC_METRE), Value(0, 2, Unit.WATT_HOUR)),
    captured=Stamp.of(1_780_000_000, -120, 0),
)


def test_a_channel_comes_back_as_it_was_saved() -> None:
    assert Channel.restored(2, FULL.saved(2)) == FULL
    assert Channel.restored(3, FULL.saved(2)) == EMPTY
    assert EMPTY.saved(1) == {}
    assert "0001" not in repr(FULL)
    with pytest.raises(StorageError):
        Channel.restored(2, {**FULL.saved(2), "2.status": "x"})


def test_a_device_without_sub_meters_saves_nothing_and_is_due_never() -> None:
    meter = device("2026-01-01T00:00:00Z")
    assert meter.behaviours.mbus.saved() == {}
    assert meter.behaviours.mbus.capturing == ()
    assert isinstance(meter.behaviours.mbus.bus, Nobody)
    assert not read(meter, 1)


@pytest.mark.parametrize(("period_s", "lead_s"), [(3600, 300), (900, 300), (300, 0), (86_400, 300)])
def test_a_channel_is_due_before_each_multiple_of_its_period(period_s: int, lead_s: int) -> None:
    meter = device("2026-03-01T00:00:00Z")
    meters: SubMeters = meter.behaviours.mbus
    meters.put(meter, 1, EMPTY._replace(installed=1, period_s=period_s))
    dues = [meters.due]
    while len(dues) < 5:
        meters.reschedule(meter, dues[-1])
        dues.append(meters.due)
    for due in dues:
        local = due - meter.clock.segment(due).shift
        assert (local + lead_s) % period_s == 0
    if period_s < 86_400:
        assert {later - earlier for earlier, later in pairwise(dues)} == {period_s}
