"""Tariffs through their objects: what is legal is read back, acts and survives; what is not changes nothing."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meter.asking import call, cut, get, key, put
from meter.making import START, Made
from softmeter.cosem.dictionary import Inside
from softmeter.device.events import Log
from softmeter.errors import AccessError
from softmeter.instant import SECOND, Instant
from softmeter.meter.model.shown import indicators
from softmeter.meter.p1 import telegram
from softmeter.metrology.energy import Quantity
from softmeter.wire.types import Data, Tag, encode_data

CALENDAR, SPECIAL_DAYS, ENERGY, MAXIMUM = (20, "0-0:13.0.0"), (11, "0-0:11.0.0"), (6, "0-0:14.0.1"), (6, "0-0:14.0.2")
ACTIVE_TARIFF, DEFAULT = (1, "0-0:96.14.0", 2), (1, "0-0:96.14.15", 2)
OTHER, TYPE = 250, 12
NEVER = "FFFFFFFFFFFFFFFFFF8000FF"


def octets(text: str | bytes) -> Data:
    return Data(Tag.OCTET_STRING, text if isinstance(text, bytes) else bytes.fromhex(text))


def structure(*fields: Data) -> Data:
    return Data(Tag.STRUCTURE, fields)


def array(*elements: Data) -> bytes:
    return encode_data(Data(Tag.ARRAY, elements))


def number(value: int, tag: Tag = Tag.UNSIGNED) -> Data:
    return Data(tag, value)


def season(name: bytes, start: str, week: bytes) -> Data:
    return structure(octets(name), octets(start), octets(week))


def week(name: bytes, *days: int) -> Data:
    return structure(octets(name), *(number(day) for day in days))


def day(day_id: int, *switches: tuple[str, int], script: str = "00000A0064FF") -> Data:
    schedule = tuple(
        structure(octets(start), octets(script), number(selector, Tag.LONG_UNSIGNED)) for start, selector in switches
    )
    return structure(number(day_id), Data(Tag.ARRAY, schedule))


def special(index: int, date: str, day_id: int) -> Data:
    return structure(number(index, Tag.LONG_UNSIGNED), octets(date), number(day_id))


SEASONS = array(season(b"all", "FFFF0101FF000000FF8000FF", b"W"))
WEEKS = array(week(b"W", 1, 1, 1, 1, 1, 1, 2))
DAYS = array(day(1, ("00000000", 2), ("06000000", 1), ("17000000", 4)), day(2, ("00000000", 3)))
LEGAL = (
    (CALENDAR, 6, encode_data(octets(b"winter 2026"))),
    (CALENDAR, 7, SEASONS),
    (CALENDAR, 8, WEEKS),
    (CALENDAR, 9, DAYS),
    (CALENDAR, 10, encode_data(octets("07EA010104" + "110000008000FF"))),  # Thursday 2026-01-01 17:00:00
    (SPECIAL_DAYS, 2, array(special(1, "07EA0101FF", 2), special(9, "FFFF0CFEFF", 1))),
    (ENERGY, 3, array(structure(octets(b"0001"), Data(Tag.ARRAY, (number(1), number(2)))))),
    (ENERGY, 4, encode_data(octets(b"0003"))),
    (ENERGY, 4, encode_data(octets(b""))),
    (MAXIMUM, 3, array(structure(octets(b"all"), Data(Tag.ARRAY, tuple(number(place) for place in range(1, 17)))))),
    (MAXIMUM, 4, encode_data(octets(b"0002"))),
    ((1, "0-0:96.14.15"), 2, encode_data(number(4, Tag.LONG_UNSIGNED))),
)
ILLEGAL = (
    (CALENDAR, 6, encode_data(octets(b"x" * 33)), OTHER),
    (CALENDAR, 6, encode_data(number(1)), TYPE),
    (CALENDAR, 7, array(*[season(b"%d" % n, "FFFF0101FF000000FF8000FF", b"W") for n in range(7)]), OTHER),
    (CALENDAR, 7, array(season(b"all", NEVER, b"W")), OTHER),
    (CALENDAR, 7, array(week(b"W", 1, 1, 1, 1, 1, 1, 2)), TYPE),
    (CALENDAR, 8, array(*[week(b"%d" % n, 1, 1, 1, 1, 1, 1, 2) for n in range(5)]), OTHER),
    (CALENDAR, 8, array(week(b"W", 1, 1, 1, 1, 1, 1)), TYPE),
    (CALENDAR, 9, array(*[day(n, ("00000000", 1)) for n in range(9)]), OTHER),
    (CALENDAR, 9, array(day(1, *[(f"{n:02X}000000", 1) for n in range(9)])), OTHER),
    (CALENDAR, 9, array(day(1, ("18000000", 1))), OTHER),
    (CALENDAR, 9, array(day(1, ("FFFFFFFF", 1))), OTHER),
    (CALENDAR, 9, array(day(1, ("00000000", 5))), OTHER),
    (CALENDAR, 9, array(day(1, ("00000000", 0))), OTHER),
    (CALENDAR, 9, array(day(1, ("00000000", 1), script="00000A0065FF")), OTHER),
    (CALENDAR, 10, encode_data(octets("07EA010105" + "110000008000FF")), OTHER),  # no Friday
    (CALENDAR, 10, encode_data(octets("07EA010104" + "11000000FFC4FF")), OTHER),  # a deviation
    (CALENDAR, 10, encode_data(octets("07EA010104" + "11000000800000")), OTHER),  # a status
    (CALENDAR, 10, encode_data(octets("FFFF010104" + "110000008000FF")), OTHER),
    (CALENDAR, 10, encode_data(octets("07EA0101")), TYPE),
    (SPECIAL_DAYS, 2, array(special(1, "07EA0101FF", 2), special(1, "07EA0102FF", 2)), OTHER),
    (SPECIAL_DAYS, 2, array(special(1, "07EA021EFF", 2)), OTHER),
    (SPECIAL_DAYS, 2, array(*[special(n, "07EA0101FF", 0) for n in range(201)]), OTHER),
    (SPECIAL_DAYS, 2, array(special(1, "07EA01", 2)), TYPE),
    (ENERGY, 2, array(structure(number(3, Tag.LONG_UNSIGNED), octets("0100010800FF"))), OTHER),
    (ENERGY, 2, array(), OTHER),  # the masks still need them
    (ENERGY, 3, array(structure(octets(b"0001"), Data(Tag.ARRAY, (number(33),)))), OTHER),
    (ENERGY, 4, encode_data(octets(b"0009")), OTHER),
    (MAXIMUM, 2, array(structure(number(3, Tag.LONG_UNSIGNED), octets("0100010801FF"))), OTHER),
    ((1, "0-0:96.14.15"), 2, encode_data(number(0, Tag.LONG_UNSIGNED)), OTHER),
    ((1, "0-0:96.14.15"), 2, encode_data(number(1)), TYPE),
)


def name(made: Made) -> bytes:
    return get(made, *ACTIVE_TARIFF)[2:]


def at(hours: float) -> Instant:
    """So many hours after midnight local time of 2026-01-01."""
    return Instant(START + round((hours - 1) * 3600 * SECOND))


def living(hours: float = 10) -> Made:
    made = Made(start=at(hours - 0.1))
    made.actor.jump(at(hours))
    return made


def events(made: Made) -> list[int]:
    codes: list[int] = made.meter.device.events.ring(Log.STANDARD).rows()["code"].tolist()
    return codes


def state(made: Made) -> object:
    device = made.meter.device
    return [dict(part.saved()) for _, part in device.parts()], [ring.end for ring in device.rings()]


@pytest.mark.parametrize(("place", "attribute", "value"), LEGAL)
def test_a_legal_value_is_read_back_and_survives_a_power_cut(
    tmp_path: Path, place: tuple[int, str], attribute: int, value: bytes
) -> None:
    made = living()
    assert put(made, *place, attribute, value) == 0
    assert get(made, *place, attribute) == value
    again = cut(made, tmp_path, at(10.25))
    if attribute != 4:  # another mask holds until the calendar is looked at again
        assert get(again, *place, attribute) == value


@pytest.mark.parametrize(("place", "attribute", "value", "result"), ILLEGAL)
def test_an_illegal_value_is_refused_and_changes_nothing(
    place: tuple[int, str], attribute: int, value: bytes, result: int
) -> None:
    made = living()
    before = state(made)
    assert put(made, *place, attribute, value) == result
    assert state(made) == before


def program(made: Made) -> None:
    for place, attribute, value in LEGAL[:4]:
        assert put(made, *place, attribute, value) == 0


@pytest.mark.manual("II.factory-table")
def test_the_calendar_of_the_factory_is_that_of_the_manual() -> None:
    made = living()
    assert get(made, *CALENDAR, 3) == array(season(b"S01", "FFFF0101FF000000FF8000FF", b"W0"))
    assert get(made, *CALENDAR, 4) == array(week(b"W0", 0, 0, 0, 0, 0, 0, 0))
    assert get(made, *CALENDAR, 5) == array(day(0, ("00000000", 1), ("06000000", 2), ("0C000000", 3), ("12000000", 4)))
    assert get(made, *CALENDAR, 10) == encode_data(octets(NEVER))
    assert name(made) == b"0002"


@pytest.mark.manual("5.3.tariff")
def test_a_calendar_is_programmed_and_activated_by_the_method() -> None:
    made = living()
    program(made)
    assert events(made) == [19] * 4
    assert get(made, *CALENDAR, 3) != SEASONS
    assert call(made, *CALENDAR, 1) == 0
    assert [get(made, *CALENDAR, attribute) for attribute in (2, 3, 4, 5)] == [value for _, _, value in LEGAL[:4]]
    assert events(made)[4:] == [9]
    assert name(made) == b"0001"
    made.actor.jump(at(23))
    assert name(made) == b"0004"


def test_a_calendar_is_activated_at_its_time_though_the_meter_was_dark(tmp_path: Path) -> None:
    made = living()
    program(made)
    assert put(made, *CALENDAR, 10, LEGAL[4][2]) == 0
    again = cut(made, tmp_path, at(20))
    assert get(again, *CALENDAR, 2) == LEGAL[0][2]
    assert events(again)[-3:] == [1, 2, 9]
    assert name(again) == b"0001"  # from 06:00 on, until 23:00


def test_a_calendar_that_does_not_fit_together_is_refused_by_method_and_time() -> None:
    made = living()
    assert put(made, *CALENDAR, 8, WEEKS) == 0
    before = state(made)
    assert call(made, *CALENDAR, 1) == OTHER
    assert put(made, *CALENDAR, 10, LEGAL[4][2]) == OTHER
    assert state(made) == before


def test_special_days_are_inserted_and_deleted() -> None:
    made = living()
    program(made)
    call(made, *CALENDAR, 1)
    entry = special(5, "07EAFF01FF", 2)
    assert call(made, *SPECIAL_DAYS, 1, encode_data(entry)) == 0
    assert name(made) == b"0003"
    assert call(made, *SPECIAL_DAYS, 1, encode_data(special(5, "07EAFF02FF", 2))) == 0
    assert name(made) == b"0001"
    assert call(made, *SPECIAL_DAYS, 1, encode_data(special(2, "07EA011FFF", 1))) == 0
    assert get(made, *SPECIAL_DAYS, 2) == array(special(2, "07EA011FFF", 1), special(5, "07EAFF02FF", 2))
    assert call(made, *SPECIAL_DAYS, 1, encode_data(special(6, "07EA0D01FF", 1))) == OTHER
    assert call(made, *SPECIAL_DAYS, 2, encode_data(number(5, Tag.LONG_UNSIGNED))) == 0
    assert call(made, *SPECIAL_DAYS, 2, encode_data(number(5, Tag.LONG_UNSIGNED))) == OTHER
    assert get(made, *SPECIAL_DAYS, 2) == array(special(2, "07EA011FFF", 1))


@pytest.mark.parametrize("rate", [1, 2, 3, 4])
def test_a_tariff_script_activates_its_rate(rate: int) -> None:
    made = living()
    assert call(made, 9, "0-0:10.0.100", 1, encode_data(number(rate, Tag.LONG_UNSIGNED))) == 0
    assert name(made) == b"%04d" % rate
    before = made.meter.device.registers.mj(Quantity.ACTIVE_IMPORT, rate=rate)
    made.actor.jump(at(10.5))
    assert made.meter.device.registers.mj(Quantity.ACTIVE_IMPORT, rate=rate) - before == 1800 * 1150 * 1000
    made.actor.jump(at(12))
    assert name(made) == b"0003"


@pytest.mark.manual("7.current-tariff")
def test_customer_port_display_and_object_show_the_same_rate() -> None:
    made = living()
    call(made, 9, "0-0:10.0.100", 1, encode_data(number(3, Tag.LONG_UNSIGNED)))
    device, identity = made.meter.device, made.meter.identity
    assert b"0-0:96.14.0(0003)" in telegram(device, identity)
    assert indicators(made.meter).rate == 3
    assert name(made) == b"0003"


@pytest.mark.manual("7.masks")
def test_registers_count_as_their_mask_says() -> None:
    made = living()
    both = structure(octets(b"0002"), Data(Tag.ARRAY, (number(1), number(9))))  # 1.8.1 and 1.8.2
    assert put(made, *ENERGY, 3, array(both)) == 0
    assert name(made) == b"0002"
    registers = made.meter.device.registers
    before = [registers.wh(Quantity.ACTIVE_IMPORT, rate=rate) for rate in range(5)]
    made.actor.jump(at(11))
    after = [registers.wh(Quantity.ACTIVE_IMPORT, rate=rate) for rate in range(5)]
    assert [b - a for a, b in zip(before, after, strict=True)] == [1150, 1150, 1150, 0, 0]
    made.actor.jump(at(13))  # script 3 finds no mask, nor does the default: nothing changes
    assert name(made) == b"0002"


def test_the_lists_can_be_changed_by_those_inside() -> None:
    """The methods of the class are not among the rights of clients, but scripts reach them."""
    made = living()
    view = made.meter.dictionary.view(Inside.INSIDE)
    mask = structure(octets(b"peak"), Data(Tag.ARRAY, (number(9),)))
    view.invokers[key(*ENERGY, 2)](made.meter, encode_data(mask))
    view.writers[key(*ENERGY, 4)](made.meter, encode_data(octets(b"peak")))
    assert name(made) == b"peak"
    view.invokers[key(*ENERGY, 3)](made.meter, encode_data(octets(b"peak")))
    assert name(made) == b"0002"


def test_a_register_that_is_added_is_switched_from_then_on() -> None:
    made = living()
    view = made.meter.dictionary.view(Inside.INSIDE)
    first = structure(number(3, Tag.LONG_UNSIGNED), octets("0100010801FF"))
    assert put(made, *ENERGY, 3, array()) == 0
    assert put(made, *ENERGY, 2, array()) == 0
    registers = made.meter.device.registers
    before = registers.mj(Quantity.ACTIVE_IMPORT, rate=1)
    made.actor.jump(at(10.1))
    assert registers.mj(Quantity.ACTIVE_IMPORT, rate=1) - before == 360 * 1150 * 1000  # nobody switches it
    view.invokers[key(*ENERGY, 1)](made.meter, encode_data(first))
    assert get(made, *ENERGY, 2) == array(first)
    before = registers.mj(Quantity.ACTIVE_IMPORT, rate=1)
    made.actor.jump(at(10.2))
    assert registers.mj(Quantity.ACTIVE_IMPORT, rate=1) == before
    with pytest.raises(AccessError, match="twice"):
        view.invokers[key(*ENERGY, 1)](made.meter, encode_data(first))


@st.composite
def damaged(draw: st.DrawFn) -> tuple[tuple[int, str], int, bytes]:
    """A legal value with some octets changed, gone or added."""
    place, attribute, value = draw(st.sampled_from(LEGAL))
    octets = bytearray(value)
    for _ in range(draw(st.integers(1, 3))):
        octets[draw(st.integers(0, len(octets) - 1))] = draw(st.integers(0, 255))
    cut = draw(st.integers(0, len(octets)))
    return place, attribute, draw(st.sampled_from([bytes(octets), bytes(octets[:cut]), bytes(octets) + b"\0"]))


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(damaged())
def test_whatever_is_sent_is_taken_whole_or_refused_whole(sent: tuple[tuple[int, str], int, bytes]) -> None:
    place, attribute, value = sent
    made = living()
    program(made)
    before = state(made)
    if put(made, *place, attribute, value):
        assert state(made) == before
        return
    get(made, *place, attribute)
    call(made, *CALENDAR, 1)  # perhaps it fits together
    made.meter.device.tariff.evaluate(made.meter.device.clock, made.meter.device.clock.time(made.actor.now) // SECOND)
    twin = Made(start=made.start)
    twin.meter.device.tariff.restore(dict(made.meter.device.tariff.saved()))
    assert twin.meter.device.tariff.saved() == made.meter.device.tariff.saved()
