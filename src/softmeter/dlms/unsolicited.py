"""What a meter says without being asked, each message declared once (IEC 62056-53, notification services)."""

from softmeter.clock import DateTime
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.messages import AttributeReference, DataNotification
from softmeter.wire.types import octet_string, octets, of, optional, rest, struct, structure, u32

CONFIRMED = 1 << 30
"""Of a long invoke id: the sender waits for an answer."""
_TIME_OCTETS = 12


@structure
class DataNotificationConfirm:
    """The answer to a confirmed DataNotification; `time` is 0 or 12 octets."""

    long_invoke_id: int = of(u32)
    time: bytes = of(octets)


@structure
class EventNotification:
    """An attribute that changed, with its value (an encoded Data); `time` is 12 octets, or absent."""

    time: bytes | None = of(optional(octet_string(_TIME_OCTETS)))
    reference: AttributeReference = of(struct(AttributeReference))
    value: bytes = of(rest)


def stamp_octets(time: DateTime | None) -> bytes:
    """A date-time as these messages carry it: 12 octets, or none."""
    return b"" if time is None else time.encode()


def service_of(message: "Unsolicited") -> Conformance:
    """What must have been negotiated for a message."""
    return Conformance.DATA_NOTIFICATION if isinstance(message, DataNotification) else Conformance.EVENT_NOTIFICATION


Unsolicited = DataNotification | EventNotification
"""What a meter says without being asked."""
