"""Activity calendar, Special days table, Register activation, Extended register and Demand register on the wire."""

from dataclasses import dataclass, field
from enum import Enum, auto
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest

from softmeter.clock import DateTime
from softmeter.cosem.access import ALL, Policy, Rights
from softmeter.cosem.classes.activity_calendar import ActivityCalendar, Tables
from softmeter.cosem.classes.demand_register import DemandRegister
from softmeter.cosem.classes.extended_register import ExtendedRegister
from softmeter.cosem.classes.register import ScalerUnit
from softmeter.cosem.classes.register_activation import RegisterActivation, RegisterMask, RegisterReference
from softmeter.cosem.classes.special_days_table import SpecialDayEntry, SpecialDaysTable
from softmeter.cosem.dictionary import Dictionary, Row
from softmeter.errors import AccessError
from softmeter.obis import Obis
from softmeter.units import Unit


class Anybody(Enum):
    ANYBODY = auto()


WHOLE = Policy("WHOLE", MappingProxyType({Anybody.ANYBODY: Rights(ALL, ALL, ALL)}))
NEVER = DateTime()
NOON = DateTime(2026, 1, 5, 1, 12, 0, 0, 0, -60, 0)


EMPTY = Tables(b"", (), (), ())


@dataclass
class CalendarPart:
    """Two calendars."""

    active: Tables = EMPTY
    passive: Tables = EMPTY
    activation_time: DateTime = NEVER

    def program(self, passive: Tables) -> None:
        self.passive = passive

    def activate_at(self, moment: DateTime) -> None:
        self.activation_time = moment

    def activate(self) -> None:
        self.active = self.passive


@dataclass
class Part:
    """All other parts in one: keeps what it is given."""

    entries: tuple[SpecialDayEntry, ...] = ()
    registers: tuple[RegisterReference, ...] = ()
    masks: tuple[RegisterMask, ...] = ()
    active: bytes = b""
    period_s: int = 900
    periods: int = 1
    value: int = 7
    current: int = 8
    last: int = 9
    status: int = 0x20
    capture_time: DateTime = NOON
    start_time: DateTime = NOON
    done: list[Any] = field(default_factory=list)

    def replace(self, entries: tuple[SpecialDayEntry, ...]) -> None:
        self.entries = entries

    def insert(self, entry: SpecialDayEntry) -> None:
        self.done.append(entry)

    def delete(self, index: int) -> None:
        self.done.append(index)

    def reset(self) -> None:
        self.done.append("reset")

    def next_period(self) -> None:
        self.done.append("next_period")


def _part(meter: Any) -> Part:
    part: Part = meter.part
    return part


def _calendar(meter: Any) -> CalendarPart:
    part: CalendarPart = meter.calendar
    return part


def made() -> Any:
    return SimpleNamespace(part=Part(), calendar=CalendarPart())


WATT = ScalerUnit(0, Unit.WATT)
VIEW = Dictionary(
    [
        Row("0-0:13.0.0", "Calendar", ActivityCalendar(part=_calendar), WHOLE),
        Row("0-0:11.0.0", "Special days", SpecialDaysTable(part=_part), WHOLE),
        Row("0-0:14.0.1", "Activation", RegisterActivation(part=_part), WHOLE),
        Row("1-0:1.6.0", "Maximum", ExtendedRegister(part=_part, scaler_unit=WATT), WHOLE),
        Row("1-0:1.4.0", "Demand", DemandRegister(part=_part, scaler_unit=WATT), WHOLE),
    ]
).view(Anybody.ANYBODY)
NAME = {20: "0-0:13.0.0", 11: "0-0:11.0.0", 6: "0-0:14.0.1", 4: "1-0:1.6.0", 5: "1-0:1.4.0"}
SEASON = "01 01 02 03 09 01 53 09 0C FFFF0101FF000000FF8000FF 09 01 57"
WEEK = "01 01 02 08 09 01 57 11 00 11 01 11 02 11 03 11 04 11 05 11 06"
SWITCHES = ("02 03 09 04 06000000 09 06 00000A0064FF 12 0001", "02 03 09 04 16000000 09 06 00000A0064FF 12 0002")
DAY = "01 01 02 02 11 01 01 02" + "".join(SWITCHES)
NOON_OCTETS = "09 0C 07EA0105010C000000FFC400"


def key(class_id: int, number: int) -> bytes:
    return class_id.to_bytes(2, "big") + Obis.parse(NAME[class_id]).octets + bytes((number,))


@pytest.mark.parametrize(
    ("class_id", "number", "octets"),
    [
        (20, 6, "09 03 544F55"),
        (20, 7, SEASON),
        (20, 8, WEEK),
        (20, 9, DAY),
        (20, 10, "09 0C FFFFFFFFFFFFFFFFFF8000FF"),
        (20, 10, NOON_OCTETS),
        (11, 2, "01 01 02 03 12 0005 09 05 FFFF0C19FF 11 02"),
        (6, 2, "01 01 02 02 12 0003 09 06 0100010801FF"),
        (6, 3, "01 01 02 02 09 04 30303031 01 02 11 01 11 02"),
        (6, 4, "09 04 30303031"),
        (5, 8, "06 0000012C"),
        (5, 9, "12 0003"),
    ],
)
def test_what_is_set_is_read_back_octet_for_octet(class_id: int, number: int, octets: str) -> None:
    meter = made()
    VIEW.writers[key(class_id, number)](meter, bytes.fromhex(octets))
    assert VIEW.readers[key(class_id, number)](meter) == bytes.fromhex(octets)


@pytest.mark.parametrize(
    ("class_id", "number", "octets"),
    [
        (4, 2, "06 00000007"),
        (4, 3, "02 02 0F 00 16 1B"),
        (4, 4, "11 20"),
        (4, 5, NOON_OCTETS),
        (5, 2, "06 00000008"),
        (5, 3, "06 00000009"),
        (5, 4, "02 02 0F 00 16 1B"),
        (5, 5, "11 20"),
        (5, 6, NOON_OCTETS),
        (5, 7, NOON_OCTETS),
        (20, 2, "09 00"),
        (20, 3, "01 00"),
        (20, 4, "01 00"),
        (20, 5, "01 00"),
    ],
)
def test_what_is_shown(class_id: int, number: int, octets: str) -> None:
    meter = made()
    assert VIEW.readers[key(class_id, number)](meter) == bytes.fromhex(octets)


@pytest.mark.parametrize(
    ("class_id", "number", "octets", "done"),
    [
        (4, 1, "0F 00", ["reset"]),
        (5, 1, "", ["reset"]),
        (5, 2, "0F 00", ["next_period"]),
        (11, 2, "12 0005", [5]),
    ],
)
def test_what_is_called(class_id: int, number: int, octets: str, done: list[Any]) -> None:
    meter = made()
    VIEW.invokers[key(class_id, number)](meter, bytes.fromhex(octets))
    assert meter.part.done == done


def test_one_entry_of_the_special_days_is_inserted() -> None:
    meter = made()
    VIEW.invokers[key(11, 1)](meter, bytes.fromhex("02 03 12 0005 09 05 FFFF0C19FF 11 02"))
    (entry,) = meter.part.done
    assert (entry.index, entry.specialday_date.hex(), entry.day_id) == (5, "ffff0c19ff", 2)


def test_activating_takes_all_four_tables() -> None:
    meter = made()
    for number, octets in ((6, "09 03 544F55"), (7, SEASON), (8, WEEK), (9, DAY)):
        VIEW.writers[key(20, number)](meter, bytes.fromhex(octets))
    VIEW.invokers[key(20, 1)](meter, b"\x0f\x00")
    for active in (2, 3, 4, 5):
        assert VIEW.readers[key(20, active)](meter) == VIEW.readers[key(20, active + 4)](meter)


def test_registers_and_masks_are_added_and_masks_deleted() -> None:
    meter = made()
    register, mask = "02 02 12 0003 09 06 0100010801FF", "02 02 09 01 41 01 01 11 01"
    VIEW.invokers[key(6, 1)](meter, bytes.fromhex(register))
    VIEW.invokers[key(6, 2)](meter, bytes.fromhex(mask))
    VIEW.invokers[key(6, 2)](meter, bytes.fromhex(mask))  # in place of the one of its name
    assert VIEW.readers[key(6, 2)](meter) == bytes.fromhex("01 01" + register)
    assert VIEW.readers[key(6, 3)](meter) == bytes.fromhex("01 01" + mask)
    VIEW.invokers[key(6, 3)](meter, bytes.fromhex("09 01 41"))
    assert VIEW.readers[key(6, 3)](meter) == bytes.fromhex("01 00")


@pytest.mark.parametrize(
    ("class_id", "number", "octets"),
    [
        (20, 7, WEEK),
        (20, 9, DAY[:-2]),
        (20, 10, "09 0B FFFFFFFFFFFFFFFFFF8000"),
        (11, 2, "01 01 02 03 12 0005 09 04 FFFF0C19 11 02"),
        (6, 3, "01 01 02 02 09 04 30303031 01 01 12 0001"),
        (5, 8, "12 012C"),
    ],
)
def test_another_type_is_refused(class_id: int, number: int, octets: str) -> None:
    meter = made()
    with pytest.raises(AccessError) as refused:
        VIEW.writers[key(class_id, number)](meter, bytes.fromhex(octets))
    assert refused.value.result == 12
