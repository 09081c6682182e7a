"""The network side of a meter as its objects present it, and what others need of it."""

from softmeter.meter.presented import Presented
from softmeter.obis import Obis
from softmeter.wire.types import u16

TCP_UDP = Obis.parse("0-0:25.0.0")
SEGMENT = 576
"""Octets of a segment, as the factory sets it."""
_SEGMENT_KEY = (41).to_bytes(2, "big") + TCP_UDP.octets + b"\x04"


def segment_octets(meter: Presented) -> int:
    """How many octets the meter sends in one segment."""
    kept = meter.attributes.get(_SEGMENT_KEY)
    return SEGMENT if kept is None else u16.decode(kept)
