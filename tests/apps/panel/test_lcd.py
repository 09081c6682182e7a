"""Whatever the display of a meter can be set to show, the panel can draw."""

from dataclasses import replace
from typing import get_args

from meter.making import START, Made
from softmeter.apps.panel.contract import NUMERIC_CELLS, LcdUnit
from softmeter.apps.panel.shown_meter import lcd
from softmeter.device.display import UNITS, WIDTH
from softmeter.device.display_lists import MANUAL, MOST_ITEMS, Item
from softmeter.instant import SECOND, Instant, LinkTime
from softmeter.meter.displayable import displayable
from softmeter.meter.model.shown import screen
from softmeter.meter.policies import Audience
from softmeter.obis import Obis


def test_the_glass_is_that_of_the_meter() -> None:
    assert set(get_args(LcdUnit)) == {"", *UNITS}
    assert NUMERIC_CELLS == WIDTH


def test_every_attribute_that_can_be_listed_is_drawn() -> None:
    made = Made(has_breaker=True)
    made.actor.jump(Instant(START + 3600 * SECOND))
    meter = made.meter
    keys = meter.view(Audience.READOUT).readers
    found = [Item(int.from_bytes(key[:2], "big"), Obis.of(key[2:8]), key[8]) for key in keys]
    listed = [item for item in found if displayable(meter, item)]
    assert len(listed) > 300
    control = meter.device.behaviours.display
    units = set()
    for at in range(0, len(listed), MOST_ITEMS):
        control.settings = replace(control.settings, automatic=tuple(listed[at : at + MOST_ITEMS]))
        seen = [lcd(screen(meter, LinkTime(5.0 + 5 * page))) for page in range(2 * MOST_ITEMS)]
        units |= {one.unit for one in seen}
        assert {one.breaker for one in seen} == {"closed"}
    assert units >= {"kWh", "kvarh", "kW", "kvar", "V", "A", "Hz", ""}


def test_a_text_of_points_and_a_meter_without_rate_are_drawn() -> None:
    meter = Made().meter
    key = b"\x00\x01" + Obis.parse("0-0:96.1.2").octets + b"\x02"
    meter.view(Audience.MANAGEMENT).writers[key](meter, b"\x09\x30" + b"." * 48)
    meter.device.tariff.activations = tuple(one._replace(active=b"") for one in meter.device.tariff.activations)
    assert meter.device.tariff.rate == 0
    control = meter.device.behaviours.display
    control.settings = replace(control.settings, automatic=(Item(1, Obis.parse("0-0:96.1.2"), 2), *MANUAL[:1]))
    assert lcd(screen(meter, LinkTime(5.0))).rate is None
    drawn = [lcd(screen(meter, LinkTime(5.0 + 5 * page))).numeric for page in range(6)]
    assert max(map(len, drawn)) <= 2 * WIDTH
    assert sum(len(row) for row in drawn[:5] if set(row) == {"."}) == 45
