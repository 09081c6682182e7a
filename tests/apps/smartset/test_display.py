"""`display show` and `display set` on a real meter."""

import json

import pytest

from apps.smartset.loopback import Smartset
from softmeter.meter.meter import Meter

Own = tuple[Smartset, Meter]


def items(meter: Meter, name: str = "automatic") -> list[str]:
    return [f"{item.obis.short}:{item.attribute}" for item in getattr(meter.device.behaviours.display.settings, name)]


def test_both_lists_are_shown_with_values(smartset: Smartset) -> None:
    status, out, err = smartset("display", "show")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "auto: 4 items, 5 seconds for each item"
    assert "1-0:1.8.0" in lines[2]
    assert lines[2].endswith("33120 Wh")
    assert "energy decimals: 0" in lines
    told = json.loads(smartset("--json", "display", "show", "auto")[1])
    assert told["lists"]["auto"]["period_s"] == 5
    assert told["lists"]["auto"]["items"][0] == {
        "object": "1-0:1.8.0",
        "class": 3,
        "class_name": "Register",
        "attribute": 2,
        "attribute_name": "value",
        "data_index": 0,
        "title": "Active energy import (+A), total",
        "value": "33120 Wh",
    }


def test_items_are_added_deleted_and_put_in_order(own: Own) -> None:
    smartset, meter = own
    before = items(meter)
    assert smartset("display", "set", "--add", "voltage", "--add", "clock:time", "--at", "1")[0] == 0
    assert items(meter) == ["1-0:32.7.0:2", "0-0:1.0.0:2", *before]
    assert smartset("display", "set", "auto", "--delete", "1-0:32.7.0:2:0", "--delete", "clock")[0] == 0
    assert items(meter) == before
    assert smartset("display", "set", "button", "--items", "active_import, voltage,1-0:31.7.0")[0] == 0
    assert items(meter, "manual") == ["1-0:1.8.0:2", "1-0:32.7.0:2", "1-0:31.7.0:2"]


def test_period_and_decimals(own: Own) -> None:
    smartset, meter = own
    status, out, _ = smartset("display", "set", "button", "--period", "90", "--decimals", "2")
    assert status == 0
    assert "90 seconds until it scrolls by itself again" in out
    assert out.endswith("\nenergy decimals: 2\n")
    settings = meter.device.behaviours.display.settings
    assert (settings.return_s, settings.energy_decimals) == (90, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["set"], "nothing to set; add --add"),
        (["set", "--items", "clock", "--add", "voltage"], "--items are all items"),
        (["set", "--at", "1", "--period", "6"], "--at says where --add puts items"),
        (["set", "--delete", "voltage"], "'voltage' is not in the list"),
        (["set", "--add", "active_import"], "'active_import' is in the list already"),
        (["set", "--add", "gossip"], "'gossip' is no OBIS code"),
        (["set", "--period", "4"], "attribute 4 (capture_period) of 0-0:21.0.1: other-reason"),
        (["show", "front"], "'front' is no list of the display; there are auto and button"),
    ],
)
def test_what_cannot_be_is_refused(own: Own, arguments: list[str], message: str) -> None:
    smartset, meter = own
    before = items(meter)
    status, out, err = smartset("display", *arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert items(meter) == before
