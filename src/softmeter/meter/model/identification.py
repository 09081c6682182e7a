"""Who the meter is: names, numbers, firmware, invocation counters, tariff (manual 2, 7, 10, 12)."""

from collections.abc import Callable

from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.classes.data import Data, SettableData
from softmeter.cosem.dictionary import Row
from softmeter.cosem.interface import Source
from softmeter.errors import AccessError, ConfigurationError
from softmeter.meter.clients import BROADCAST, MAINTENANCE, MANAGEMENT, READOUT
from softmeter.meter.model.capture import DAILY, LOAD, QUALITY
from softmeter.meter.model.seconds import in_seconds
from softmeter.meter.policies import OPEN, READ, SET
from softmeter.meter.presented import Presented
from softmeter.wire.types import Data as Value
from softmeter.wire.types import Tag, octet_string

LARGEST_LIMIT_S = 900
"""A shift_time of the clock goes as far."""


def _text(read: Callable[[Presented], str]) -> Data:
    """ASCII text in an octet-string."""
    return Data(source=Source(Tag.OCTET_STRING, lambda meter: read(meter).encode("ascii")))


def _counter(sap: int) -> Data:
    """The last invocation counter accepted from a client."""
    return Data(source=Source(Tag.DOUBLE_LONG_UNSIGNED, lambda meter: meter.counters.highest_accepted(sap)))


def _note() -> SettableData:
    """48 octets that the grid operator uses as he likes."""
    return SettableData(value=Value(Tag.OCTET_STRING, b""), form=octet_string(most=48))


def _status(profile: str) -> Data:
    return Data(source=Source(Tag.UNSIGNED, lambda meter: meter.device.status(profile)))


def _date(meter: Presented) -> bytes:
    return meter.device.clock.date_time(meter.present()).encode()[:5]


def _time(meter: Presented) -> bytes:
    return meter.device.clock.date_time(meter.present()).encode()[5:9]


def _set_limit(meter: Presented, limit_s: int) -> None:
    if limit_s > LARGEST_LIMIT_S:
        raise AccessError(
            DataAccessResult.OTHER_REASON, f"a limit of {limit_s} s; at most {LARGEST_LIMIT_S} are sensible"
        )
    meter.device.clock.limit_s = limit_s


def _set_equipment(meter: Presented, octets: bytes) -> None:
    try:
        meter.name(octets.decode("ascii"))
    except (UnicodeDecodeError, ConfigurationError) as error:
        raise AccessError(DataAccessResult.OTHER_REASON, str(error)) from error


_EQUIPMENT: Source[bytes] = Source(
    Tag.OCTET_STRING, lambda meter: meter.identity.meter_identifier.encode("ascii"), write=_set_equipment
)
_SYNCHRONISATION_LIMIT: Source[int] = Source(
    Tag.LONG_UNSIGNED, lambda meter: meter.device.clock.limit_s, write=_set_limit
)

# fmt: off
ROWS = (
    Row("0-0:42.0.0", "COSEM logical device name", _text(lambda m: m.identity.logical_device_name), OPEN),
    Row("0-0:96.1.0", "Device ID 1, manufacturing number", _text(lambda m: m.identity.serial), OPEN),
    Row("0-0:96.1.1", "Device ID 2, utility equipment identifier", Data(source=_EQUIPMENT), SET),
    *(Row(f"0-0:96.1.{e}", f"Device ID {e + 1}", _note(), SET) for e in range(2, 7)),
    *(Row(f"0-0:43.1.{e}", f"Invocation counter, {name}", _counter(sap), OPEN)
      for e, name, sap in ((0, "management", MANAGEMENT), (1, "management (alias)", MANAGEMENT),
                           (2, "data readout", READOUT), (6, "maintenance", MAINTENANCE),
                           (BROADCAST, "messages to all", BROADCAST))),
    Row("1-0:0.2.0", "Active firmware identifier (legal)", _text(lambda m: m.identity.legal_firmware), READ),
    Row("1-1:0.2.0", "Active firmware identifier 1 (application)", _text(lambda m: m.identity.application_firmware),
        READ),
    Row("1-0:0.9.1", "Local time", Data(source=Source(Tag.OCTET_STRING, _time)), READ),
    Row("1-0:0.9.2", "Local date", Data(source=Source(Tag.OCTET_STRING, _date)), READ),
    Row("1-0:0.9.11", "Clock time shift limit",
        in_seconds(_SYNCHRONISATION_LIMIT), SET),
    Row("0-0:96.12.6", "Communication address, phone number", _note(), SET),
    Row("0-0:96.10.1", "Profile status, load profile 1", _status(LOAD), READ),
    Row("0-0:96.10.2", "Profile status, daily profile", _status(DAILY), READ),
    Row("0-0:96.10.3", "Profile status, power quality profile", _status(QUALITY), READ),
)
# fmt: on
