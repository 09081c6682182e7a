"""What clients have set in a meter, as its own parts read it."""

from softmeter.cosem.dictionary import Inside
from softmeter.meter.meter import Meter
from softmeter.obis import Obis
from softmeter.wire.types import decode_data


def number_in(meter: Meter, class_id: int, name: Obis, attribute: int) -> int:
    """The number that an attribute is set to."""
    key = class_id.to_bytes(2, "big") + name.octets + bytes((attribute,))
    return int(decode_data(meter.view(Inside.INSIDE).readers[key](meter)).value)
