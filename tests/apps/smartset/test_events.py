"""The command `events` on a real meter."""

import json

import pytest

from apps.smartset.loopback import Smartset
from softmeter.apps.smartset.columns import Column
from softmeter.apps.smartset.events import line_of
from softmeter.apps.smartset.profiles import Profile
from softmeter.clock import DateTime
from softmeter.cosem.capture import CaptureObject
from softmeter.device.events import Event
from softmeter.meter.meter import Meter
from softmeter.obis import Obis
from softmeter.wire.types import Data, Tag

Own = tuple[Smartset, Meter]


@pytest.fixture
def eventful(own: Own) -> Smartset:
    smartset, meter = own
    meter.device.record(Event.METER_COVER_REMOVED)
    meter.device.record(Event.POWER_UP)
    return smartset


def test_events_of_all_logs_stand_in_the_order_of_time(eventful: Smartset) -> None:
    status, out, err = eventful("events")
    assert (status, err) == (0, "")
    lines = [line.split(maxsplit=3) for line in out.splitlines()]
    assert lines[0] == ["time", "log", "code", "event"]
    assert ["2026-01-02T13:00:00+01:00", "fraud", "44", "meter cover removed"] in lines
    times = [line[0] for line in lines[1:]]
    assert times == sorted(times)


def test_one_log_since_a_time_and_the_newest_only(eventful: Smartset) -> None:
    assert eventful("events", "fraud", "--last", "1")[1].splitlines()[1].endswith("44  meter cover removed")
    assert eventful("events", "fraud", "--since", "2026-01-02T13:00:01+01:00") == (0, "no events\n", "")
    shown = json.loads(eventful("--json", "events", "standard", "--since", "2026-01-02T13:00:00")[1])
    assert shown == [{"time": "2026-01-02T13:00:00+01:00", "log": "standard", "code": 2, "name": "power up"}]


def test_codes_are_listed_without_a_meter(smartset: Smartset) -> None:
    status, out, _ = smartset("events", "--codes")
    assert status == 0
    assert ["fraud", "46", "login failed"] in [line.split(maxsplit=2) for line in out.splitlines()]


def test_a_log_that_there_is_not_is_named(smartset: Smartset) -> None:
    status, _, err = smartset("events", "gossip")
    assert (status, err.startswith("smartset: 'gossip' is no log; known are standard, fraud")) == (2, True)


def test_a_client_that_may_not_read_any_log_is_told_so(smartset: Smartset) -> None:
    assert "object-undefined; smartset … list shows" in smartset("events", client="public")[2]
    assert smartset("events", "fraud", client="public")[0] == 2


def test_a_log_that_this_meter_has_not_is_named(smartset: Smartset) -> None:
    status, out, err = smartset("events", "m_bus_control_1", client="public")
    assert (status, out) == (2, "")
    assert err == "smartset: the meter shows this client no log m_bus_control_1; smartset … events shows those it has\n"


def test_what_a_log_captures_beside_the_code_commands_no_terminal() -> None:
    columns = [
        Column("clock", CaptureObject(8, Obis(0, 0, 1, 0, 0), 2, 0)),
        Column("code", CaptureObject(1, Obis(0, 0, 96, 11, 1), 2, 0)),
        Column("who", CaptureObject(1, Obis(0, 0, 96, 1, 0), 2, 0)),
    ]
    time = DateTime(2026, 1, 2, 5, 13, 0, 0)
    row = (Data(Tag.OCTET_STRING, time.encode()), Data(Tag.UNSIGNED, 46), Data(Tag.VISIBLE_STRING, "\x1b[2JA"))
    line = line_of("fraud", Profile(Obis(0, 0, 99, 98, 1), 0, columns, [row]), row)
    assert (line.time, line.code, line.what) == (time, 46, r"login failed, who \x1b[2JA")
