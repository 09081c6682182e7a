"""A small device of its own behind the server: every class of the stack, one meter, no meter half."""

from dataclasses import dataclass, field
from enum import Enum, auto

import numpy as np

from softmeter.clock import DAYLIGHT_SAVING, STAMP, DateTime, Stamp, days_from_civil
from softmeter.cosem.access import ALL, DataAccessResult, Policy, Rights
from softmeter.cosem.buffer import Column, Rows
from softmeter.cosem.capture import CaptureObject
from softmeter.cosem.classes.association_ln import AssociationLN
from softmeter.cosem.classes.clock import Clock
from softmeter.cosem.classes.data import Data, SettableData
from softmeter.cosem.classes.profile_generic import ProfileGeneric
from softmeter.cosem.classes.register import Register, ScalerUnit
from softmeter.cosem.classes.sap_assignment import SapAssigned, SapAssignment
from softmeter.cosem.classes.security_setup import SecuritySetup
from softmeter.cosem.dictionary import Dictionary, Row, View
from softmeter.cosem.interface import Holder, Interface, Source, method
from softmeter.cosem.sessions import Session, Sessions
from softmeter.dlms.acse import Context, Mechanism
from softmeter.dlms.conformance import Conformance as Bit
from softmeter.dlms.host import Client, Keys
from softmeter.entropy import Entropy, SeededEntropy
from softmeter.errors import AccessError
from softmeter.obis import Obis
from softmeter.units import Unit
from softmeter.wire.types import Data as Value
from softmeter.wire.types import Tag, octet_string, octets

PUBLIC_SAP, MANAGEMENT_SAP, READOUT_SAP = 16, 1, 2
TITLE = bytes.fromhex("4D4D4D0000BC614E")
KEYS = Keys(bytes(range(16)), bytes(range(0xD0, 0xE0)), b"12345678")
LN, CIPHERED = Context.LOGICAL_NAMES, Context.LOGICAL_NAMES_CIPHERED
CLOCK, ENERGY, PROFILE = "0-0:1.0.0", "1-0:1.8.0", "1-0:99.1.0"


class Audience(Enum):
    PUBLIC = auto()
    READOUT = auto()
    MANAGEMENT = auto()


ALL_BITS = Bit(0x7FFFFF)
WHOLE = Rights(ALL, ALL, ALL)
OPEN = Policy("OPEN", {audience: Rights(ALL) for audience in Audience})
READ = Policy("READ", {Audience.READOUT: Rights(ALL), Audience.MANAGEMENT: WHOLE})
TIME = Policy("TIME", {Audience.PUBLIC: Rights("time"), Audience.READOUT: Rights(ALL), Audience.MANAGEMENT: WHOLE})
SHOWN = (
    "object_list associated_partners_id application_context_name xdlms_context_info authentication_mechanism_name "
    "association_status security_setup_reference"
)
ASSOCIATION = Policy(
    "ASSOCIATION",
    {
        Audience.PUBLIC: Rights(SHOWN),
        Audience.READOUT: Rights(SHOWN),
        Audience.MANAGEMENT: Rights(SHOWN, call="reply_to_hls_authentication add_object"),
    },
)

CLIENTS = {
    client.sap: client
    for client in (
        Client(PUBLIC_SAP, "public", {(LN, Mechanism.LOWEST): Audience.PUBLIC}, Bit(0x201051)),
        Client(
            MANAGEMENT_SAP,
            "management",
            {(CIPHERED, Mechanism.HLS_GMAC): Audience.MANAGEMENT, (CIPHERED, Mechanism.LLS): Audience.PUBLIC},
            Bit(0x601A5D),
            Obis(0, 0, 43, 0, 0),
        ),
        Client(
            READOUT_SAP,
            "readout",
            {(LN, Mechanism.LLS): Audience.READOUT, (CIPHERED, Mechanism.LLS): Audience.READOUT},
            Bit(0x601ADD),
            Obis(0, 0, 43, 0, 2),
        ),
    )
}


def captured(class_id: int, obis: str, attribute: int = 2) -> CaptureObject:
    return CaptureObject(class_id, Obis.parse(obis), attribute, 0)


COLUMNS = (
    Column(captured(8, CLOCK), "stamp", Tag.OCTET_STRING),
    Column(captured(1, "0-0:96.10.1"), "status", Tag.UNSIGNED),
    Column(captured(3, ENERGY), "import", Tag.DOUBLE_LONG_UNSIGNED),
    Column(captured(3, "1-0:2.8.0"), "export", Tag.DOUBLE_LONG_UNSIGNED),
)
ROW = np.dtype([("stamp", STAMP), ("status", "u1"), ("import", "<u4"), ("export", "<u4")])
CET, CEST = -60, -120
SUMMER = range(  # of 2021, in UTC
    days_from_civil(2021, 3, 28) * 86_400 + 3600, days_from_civil(2021, 10, 31) * 86_400 + 3600
)


def stamp_of(second: int) -> Stamp:
    return Stamp.of(second, CEST, DAYLIGHT_SAVING) if second in SUMMER else Stamp.of(second, CET, 0)


@dataclass
class SmallClock:
    """A clock that stands still."""

    second: int = days_from_civil(2021, 7, 1) * 86_400 + 8 * 3600 + 262
    time_zone_min: int = CET
    daylight_begin: DateTime = field(default=DateTime(month=3, day=0xFE, day_of_week=7, hour=2, minute=0, second=0))
    daylight_end: DateTime = field(default=DateTime(month=10, day=0xFE, day_of_week=7, hour=3, minute=0, second=0))
    daylight_deviation_min: int = 60
    daylight_enabled: bool = True
    kept: tuple[DateTime, ...] = ()

    @property
    def time(self) -> DateTime:
        return stamp_of(self.second).date_time

    def set_time(self, moment: DateTime) -> None:
        deviation = CET if moment.deviation_min == -0x8000 else moment.deviation_min
        self.second = moment.local_second + deviation * 60

    def adjust(self, period_s: int) -> None:
        self.second = (self.second + period_s // 2) // period_s * period_s

    def adjust_to_measuring_period(self) -> None:
        self.adjust(900)

    def preset(self, moment: DateTime, begin: DateTime, end: DateTime) -> None:
        self.kept = (moment, begin, end)

    def adjust_to_preset_time(self) -> None:
        if not self.kept:
            raise AccessError(DataAccessResult.OTHER_REASON, "nothing was preset")
        self.set_time(self.kept[0])

    def shift(self, seconds: int) -> None:
        self.second += seconds


@dataclass
class SmallProfile:
    """Rows as they are put in; `capture` adds one."""

    stored: Rows = field(default_factory=lambda: np.zeros(0, ROW))
    columns: tuple[Column, ...] = COLUMNS
    capture_period_s: int = 900
    capacity: int = 5280

    def rows(self) -> Rows:
        return self.stored.copy()

    @property
    def entries_in_use(self) -> int:
        return len(self.stored)

    def capture_these(self, objects: tuple[CaptureObject, ...]) -> None:
        known = {column.captures: column for column in COLUMNS}
        if not set(objects) <= set(known):
            raise AccessError(DataAccessResult.OTHER_REASON, "cannot be captured")
        self.columns = tuple(known[one] for one in objects)
        self.clear()

    def set_capture_period(self, period_s: int) -> None:
        if period_s not in {900, 1800, 3600}:
            raise AccessError(DataAccessResult.OTHER_REASON, f"no period of {period_s} s")
        self.capture_period_s = period_s
        self.clear()

    def set_capacity(self, entries: int) -> None:
        self.capacity = entries
        self.clear()

    def clear(self) -> None:
        self.stored = np.zeros(0, ROW)

    def capture(self) -> None:
        self.fill(1, len(self.stored))

    def fill(self, count: int, first: int = 0, begin: int = SUMMER.start) -> None:
        rows = np.zeros(count, ROW)
        for index in range(count):
            number = first + index
            rows[index] = (tuple(stamp_of(begin + number * 900)), number % 251, 1000 + number, 7 * number)
        self.stored = np.concatenate([self.stored, rows])

    def utc_second(self, local_second: int, *, daylight: bool | None, last: bool) -> int:
        fits = [local_second + CEST * 60, local_second + CET * 60]
        fits = [second for second, summer in zip(fits, (True, False), strict=True) if (second in SUMMER) == summer]
        if len(fits) == 2 and daylight is not None:
            return fits[0 if daylight else 1]
        return fits[-1 if last else 0] if fits else local_second + CET * 60


@dataclass
class SmallCounters:
    accepted: dict[tuple[int, bytes], int] = field(default_factory=dict)
    own: int = 0

    def last_accepted(self, sap: int, title: bytes) -> int:
        return self.accepted.get((sap, title), 0)

    def accept(self, sap: int, title: bytes, counter: int) -> None:
        assert counter > self.last_accepted(sap, title)
        self.accepted[sap, title] = counter

    def next_own(self, sap: int) -> int:
        assert sap in CLIENTS
        self.own += 1
        return self.own


@dataclass(frozen=True)
class Settings:
    policy: int = 3
    suite: int = 0
    client_system_title: bytes = b""
    server_system_title: bytes = TITLE


class Teller(Interface, class_id=9000, version=0):
    """Returns what it is told."""

    @method(1, octets, returns=octets)
    def echo(self, _: Holder, told: bytes) -> bytes:
        return told


ALIAS = SettableData(value=Value(Tag.OCTET_STRING, b"nobody"), form=octet_string(most=48))
LEVEL = SettableData(value=Value(Tag.UNSIGNED, 3), form=octet_string(1), allowed=lambda octets: octets != b"\x00")
NOT_OPEN = Session(
    client_sap=MANAGEMENT_SAP,
    audience=Audience.MANAGEMENT,
    security_setup=Obis(0, 0, 43, 0, 0),
    server_sap=1,
    context_id=CIPHERED,
    mechanism_id=Mechanism.HLS_GMAC,
    conformance=0x401A1D,
    max_receive_pdu_size=1024,
    max_send_pdu_size=0,
)


def _set_limit(meter: "SmallMeter", value: int) -> None:
    if value > 100:
        raise AccessError(DataAccessResult.OTHER_REASON, "over 100")
    meter.limit = value


def _status(meter: "SmallMeter") -> int:
    if meter.fault is not None:
        raise meter.fault
    return 0


def _set_decimals(meter: "SmallMeter", value: int) -> None:
    meter.decimals = value


# fmt: off
ROWS = (
    Row("0-0:42.0.0",  "Name",        Data(source=Source(Tag.OCTET_STRING, lambda _: b"KWQ1010400000001")), OPEN),
    Row("0-0:43.1.0",  "Counter",     Data(source=Source(Tag.DOUBLE_LONG_UNSIGNED,
                                                         lambda meter: meter.highest_counter)),              OPEN),
    Row("0-0:128.0.0", "Teller",      Teller(),                                                              READ),
    Row("0-0:96.1.1",  "Alias",       ALIAS,                                                                 READ),
    Row("0-0:96.1.2",  "Level",       LEVEL,                                                                 READ),
    Row("0-0:96.10.1", "Status",      Data(source=Source(Tag.UNSIGNED, _status)),                        READ),
    Row("0-0:96.6.1",  "Decimals",    Data(source=Source(Tag.UNSIGNED, lambda meter: meter.decimals, _set_decimals)),
                                                                                                             READ),
    Row(CLOCK,         "Clock",       Clock(part=lambda meter: meter.clock),                                 TIME),
    Row(ENERGY,        "+A",          Register(source=Source(Tag.DOUBLE_LONG_UNSIGNED, lambda meter: meter.energy_wh),
                                               scaler_unit=ScalerUnit(0, Unit.WATT_HOUR)),                   READ),
    Row("1-0:31.4.0",  "Limit",       Register(source=Source(Tag.LONG_UNSIGNED, lambda meter: meter.limit, _set_limit),
                                               scaler_unit=ScalerUnit(0, Unit.AMPERE)),                      READ),
    Row(PROFILE,       "Profile",     ProfileGeneric(part=lambda meter: meter.profile),                      READ),
    Row("0-0:40.0.0",  "Current",     AssociationLN(),                                                ASSOCIATION),
    Row("0-0:40.0.1",  "Management",  AssociationLN(own=NOT_OPEN),                                    ASSOCIATION),
    Row("0-0:41.0.0",  "Addresses",   SapAssignment(devices=lambda _: (SapAssigned(1, b"KWQ1010400000001"),)), OPEN),
    Row("0-0:43.0.0",  "Security",    SecuritySetup(part=lambda meter: meter.security),                      READ),
)
# fmt: on
DICTIONARY = Dictionary(ROWS)


class SmallMeter:
    """A host of the server."""

    system_title = TITLE
    clients = CLIENTS
    dictionary = DICTIONARY

    def __init__(self) -> None:
        self.entropy: Entropy = SeededEntropy(7)
        self.attributes: dict[bytes, bytes] = {}
        self.sessions = Sessions()
        self.counters = SmallCounters()
        self.locked = False
        self.must_store = False
        self.clock = SmallClock()
        self.profile = SmallProfile()
        self.security = Settings()
        self.energy_wh = 123_456
        self.limit = 65
        self.decimals = 3
        self.fault: AccessError | None = None
        self.changes = 0

    @property
    def highest_counter(self) -> int:
        return max(self.counters.accepted.values(), default=0)

    def view(self, audience: Enum) -> View:
        return DICTIONARY.view(audience)

    def keys(self, sap: int) -> Keys:
        return KEYS if sap in {MANAGEMENT_SAP, READOUT_SAP} else Keys()

    def changed(self) -> None:
        self.changes += 1
        self.must_store = True

    @property
    def state(self) -> tuple[object, ...]:
        """All that a client might have changed, counters apart."""
        clock, profile = self.clock, self.profile
        return (
            dict(self.attributes),
            (clock.second, clock.time_zone_min, clock.daylight_deviation_min, clock.daylight_enabled, clock.kept),
            (profile.stored.tobytes(), profile.columns, profile.capture_period_s, profile.capacity),
            self.limit,
            self.changes,
        )
