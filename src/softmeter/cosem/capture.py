"""What a profile captures: an attribute, or an element of it (IEC 62056-62, capture_object_definition)."""

from softmeter.obis import Obis
from softmeter.wire.types import i8, logical_name, of, structure, u16


@structure
class CaptureObject:
    """An attribute of an object; `data_index` 0 is the whole attribute."""

    class_id: int = of(u16)
    name: Obis = of(logical_name)
    attribute: int = of(i8)
    data_index: int = of(u16)


NOTHING = CaptureObject(0, Obis(0, 0, 0, 0, 0, 0), 0, 0)
"""The sort object of a profile that is not sorted."""
