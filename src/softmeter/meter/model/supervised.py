"""The current that fuse supervision watches: how its averages are read off a device, in hundredths of an ampere."""

from softmeter.device.device import Device
from softmeter.meter.model.measured import Read, nearest
from softmeter.wire.types import Tag

SUPERVISED_TYPE = Tag.LONG_UNSIGNED
DECIMALS = 2
_MA = 10
"""How many milliamperes are a hundredth of an ampere."""


def _current(device: Device) -> int:
    return nearest(device.behaviours.supervision.current_ma(device), _MA)


def _last(device: Device) -> int:
    return nearest(device.behaviours.supervision.last_ma(device), _MA)


SUPERVISED: dict[int, Read] = {2: _current, 3: _last}
"""By attribute of the demand register."""
