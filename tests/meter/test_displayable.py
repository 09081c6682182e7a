"""Values of every type as the display writes them; objects that other meters have show as soon as they are there."""

import pytest

from meter.making import Made
from softmeter.clock import DateTime
from softmeter.cosem.classes.data import Data as DataObject
from softmeter.cosem.dictionary import Dictionary, Row
from softmeter.cosem.interface import Source
from softmeter.device.display import DisplayValue, Reading
from softmeter.device.display_lists import Item
from softmeter.instant import LinkTime
from softmeter.meter import model
from softmeter.meter.displayable import content, value
from softmeter.meter.meter import Meter
from softmeter.meter.model.shown import screen
from softmeter.meter.policies import READ
from softmeter.obis import Obis
from softmeter.units import Unit
from softmeter.wire.types import Bits, Data, Tag, date_time

MOMENT = DateTime(2026, 1, 5, 1, 13, 7, 9, 0, -60, 0)
RSRP = "0-1:94.31.7"


def item(obis: str, class_id: int = 1, attribute: int = 2) -> Item:
    return Item(class_id, Obis.parse(obis), attribute)


# fmt: off
CONTENTS: list[tuple[Item, Data, DisplayValue | None]] = [
    (item("0-0:96.1.0"), Data(Tag.OCTET_STRING, b"12345678"), "12345678"),
    (item("0-0:96.1.2"), Data(Tag.OCTET_STRING, b""), ""),
    (item("0-0:96.1.2"), Data(Tag.OCTET_STRING, b"\x01\xab"), "01AB"),
    (item("0-0:96.1.2"), Data(Tag.OCTET_STRING, b"twelve chars"), "twelve chars"),
    (item("0-0:96.1.2"), Data(Tag.OCTET_STRING, b"\xff" * 12), "FF" * 12),
    (item("1-0:1.6.0", 4, 5), Data(Tag.OCTET_STRING, MOMENT.encode()), MOMENT),
    (item("1-0:0.9.1"), Data(Tag.OCTET_STRING, bytes((13, 7, 9, 0))), "13:07:09"),
    (item("1-0:0.9.2"), Data(Tag.OCTET_STRING, bytes((0x07, 0xEA, 1, 5, 1))), "26.01.05"),
    (item("0-0:25.6.0", 47), Data(Tag.VISIBLE_STRING, "KPN"), "KPN"),
    (item("0-0:25.6.0", 47, 5), Data(Tag.ENUM, 7), Reading(7, 0, Unit.COUNT)),
    (item("0-0:25.1.0", 42, 3), Data(Tag.DOUBLE_LONG_UNSIGNED, 0xC0A80001), "192.168.0.1"),
    (item("0-0:97.98.0"), Data(Tag.DOUBLE_LONG_UNSIGNED, 8193), "00002001"),
    (item("0-0:96.3.10", 70), Data(Tag.BOOLEAN, value=True), Reading(1, 0, Unit.COUNT)),
    (item(RSRP), Data(Tag.LONG, -95), Reading(-95, 0, Unit.DECIBEL_MILLIWATT)),
    (item("0-0:25.6.0", 47, 6), Data(Tag.STRUCTURE, (Data(Tag.UNSIGNED, 1),)), None),
    (item("0-0:44.0.0", 18, 3), Data(Tag.BIT_STRING, Bits(1, 1)), None),
    (item("0-0:96.1.2"), Data(Tag.NULL), None),
]
# fmt: on


@pytest.mark.parametrize(("wanted", "data", "shown"), CONTENTS)
def test_contents(wanted: Item, data: Data, shown: DisplayValue | None) -> None:
    assert content(wanted, data) == shown


class Equipped(Meter):
    """A meter that sees how strong its signal is."""

    rsrp_dbm = -95

    @property
    def dictionary(self) -> Dictionary:
        rows = [row for row in model.ROWS if row.name != Obis.parse(RSRP)]
        strength = DataObject(source=Source(Tag.LONG, lambda meter: meter.rsrp_dbm))
        return Dictionary((*rows, Row(RSRP, "Modem RSRP", strength, READ)))


def test_an_object_shows_as_soon_as_there_is_one_and_so_does_the_signal() -> None:
    made = Made().meter
    meter = Equipped(made.factory, made.device, made.display, made.key_ring, made.entropy)
    assert value(meter, item(RSRP)) == Reading(-95, 0, Unit.DECIBEL_MILLIWATT)
    assert screen(meter, LinkTime(0)).signal == 2
    meter.rsrp_dbm = -70
    assert [screen(meter, LinkTime(at)).signal for at in (29, 30)] == [2, 4]


def test_a_time_that_is_not_set_is_shown_as_its_octets() -> None:
    empty = date_time.encode(DateTime(0xFFFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, -0x8000, 0xFF))[2:]
    assert content(item("0-0:13.0.0", 20, 10), Data(Tag.OCTET_STRING, empty)) == empty.hex().upper()
