"""What `set`, `call` and `clock` do to a real meter, and what they say."""

import json
import time

import pytest

from apps.smartset.loopback import Smartset
from softmeter.apps.smartset import clocks
from softmeter.apps.smartset.clocks import difference_s, difference_text
from softmeter.clock import DateTime
from softmeter.instant import SECOND
from softmeter.meter.meter import Meter

Own = tuple[Smartset, Meter]
NOW = "2026-01-02T13:00:00+01:00"


class Computer:
    """The clock of this computer: time passes only while somebody sleeps."""

    def __init__(self) -> None:
        self._now_s = 1_767_400_000.4

    def time(self) -> float:
        return self._now_s

    def sleep(self, seconds: float) -> None:
        self._now_s += seconds


@pytest.fixture
def computer(monkeypatch: pytest.MonkeyPatch) -> Computer:
    found = Computer()
    monkeypatch.setattr(clocks, "time", found)
    return found


def test_set_shows_the_old_and_the_new_value(own: Own) -> None:
    smartset, _ = own
    assert smartset("set", "load:capture_period", "1800") == (0, "900 → 1800\n", "")
    assert smartset("get", "1-0:99.1.0:4") == (0, "1800\n", "")


def test_set_takes_text_for_an_empty_octet_string_only_when_it_is_told_so(own: Own) -> None:
    smartset, _ = own
    status, out, err = smartset("set", "0-0:96.1.2:2", "hall")
    assert (status, out) == (2, "")
    assert "'hall' may mean text or octets; write 0x… for octets, text:… for text" in err
    assert smartset("set", "0-0:96.1.2:value", "text:hall") == (0, "empty → hall\n", "")
    assert smartset("set", "0-0:96.1.2:2", "attic") == (0, "hall → attic\n", "")
    assert smartset("set", "0-0:96.1.2:2", "text:") == (0, "attic → empty\n", "")


def test_set_takes_negative_numbers(own: Own) -> None:
    smartset, meter = own
    assert smartset("set", "clock:time_zone", "-120") == (0, "-60 → -120\n", "")
    assert meter.device.clock.zone.standard_min == -120


def test_the_one_value_of_a_data_object_needs_no_number(own: Own) -> None:
    smartset, _ = own
    assert smartset("set", "0-0:96.1.2", "text:hello")[:2] == (0, "empty → hello\n")


@pytest.mark.parametrize(
    "way", [["set", "clock", "now"], ["set", "0-0:1.0.0:2", "now"], ["clock", "sync", "--to", "now"]]
)
def test_the_clock_is_set_to_now_in_plain_words(own: Own, computer: Computer, way: list[str]) -> None:
    smartset, meter = own
    status, out, err = smartset(*way)
    assert (status, err) == (0, "")
    shown = meter.device.clock.date_time(meter.device.now)
    assert difference_s(shown, computer.time()) == 0
    assert shown.iso()[:16] in out


@pytest.mark.usefixtures("computer")
def test_a_clock_that_slews_is_said_to(own: Own) -> None:
    smartset, meter = own
    assert smartset("clock", "sync")[0] == 0
    hands = meter.device.clock.hands
    meter.device.clock.hands = hands.turned(meter.device.now, -4 * SECOND)
    assert smartset("clock", "sync")[1].endswith(
        "behind this computer; the meter takes up a small difference by and by\n"
    )


def test_the_clock_takes_any_time_of_iso_8601(own: Own) -> None:
    smartset, _ = own
    assert smartset("set", "clock", "2026-01-02 13:00")[1].endswith("→ 2026-01-02T13:00:00+01:00\n")
    assert smartset("set", "clock:time", "2026-01-02T13:00:00Z")[1].endswith("→ 2026-01-02T14:00:00+01:00\n")


def test_set_in_json(own: Own) -> None:
    smartset, _ = own
    told = json.loads(smartset("--json", "set", "load:4", "1800")[1])
    assert (told["old"]["value"], told["new"]["value"], told["sent"]) == (900, 1800, "1800")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            ["set", "load", "5"],
            "'load' names no attribute; write it like load:buffer; ProfileGeneric has buffer, capture_objects",
        ),
        (["set", "load:4", "often"], "'often' is no number, and the meter wants double-long-unsigned"),
        (["set", "load:4", "17"], "attribute 4 (capture_period) of 1-0:99.1.0: other-reason"),
        (["set", "serial:2", "x"], "read-write-denied; this client's rights there are: 1-2 r"),
        (["call", "load"], "'load' names no method; write it like 1-0:99.1.0 1"),
        (["call", "clock", "shift_time"], "method shift_time takes a value of type long; add it"),
        (["call", "clock", "shift_time", "5", "6"], "2 values given, a method takes one; put '5 6' in quotes"),
        (["call", "0-0:43.0.0", "1", "3"], "the type of '3' is not known; add --type"),
        (["call", "clock:leap"], "'leap' is no method of Clock; known are adjust_to_quarter"),
        (["call", "active_import:1"], "method 1 (reset) of 1-0:1.8.0: read-write-denied"),
    ],
)
def test_what_may_not_be_changed_is_refused_with_a_reason(
    smartset: Smartset, arguments: list[str], reason: str
) -> None:
    status, out, err = smartset(*arguments)
    assert (status, out) == (2, "")
    assert reason in err
    assert err.count("\n") == 1


def test_a_client_that_may_not_set_at_all_is_told_so_before_it_tries(smartset: Smartset) -> None:
    status, out, err = smartset("clock", "sync", client="public")
    assert (status, out) == (2, "")
    assert err.startswith(
        "smartset: the meter offers client public no set; smartset … list shows what it may see, or try"
    )


def test_call_invokes_a_method(own: Own) -> None:
    smartset, meter = own
    assert smartset("call", "load:reset") == (0, "done\n", "")
    assert smartset("get", "load:entries_in_use") == (0, "0\n", "")
    assert smartset("call", "0-0:1.0.0:6", "5", "--type", "long") == (0, "done\n", "")
    assert smartset("call", "clock", "shift_time", "-5") == (0, "done\n", "")
    assert smartset("call", "0-0:10.0.100", "1", "2") == (0, "done\n", "")
    assert json.loads(smartset("--json", "call", "load:2")[1])["value"] is None
    assert meter.must_store is False


def test_clock_shows_the_time_and_how_far_it_is_off(smartset: Smartset, computer: Computer) -> None:
    status, out, _ = smartset("clock")
    assert status == 0
    assert out.startswith(f"{NOW}  ")
    told = json.loads(smartset("--json", "clock")[1])
    assert (told["time"], told["daylight_saving"], told["valid"]) == (NOW, False, True)
    assert told["ahead_s"] == pytest.approx(1767355200 - computer.time(), abs=0.01)


@pytest.mark.usefixtures("computer")
def test_clock_sync_takes_this_computer_s_time(own: Own) -> None:
    smartset, _ = own
    status, out, _ = smartset("clock", "sync")
    assert status == 0
    assert out.startswith(f"{NOW} → ")
    assert out.endswith("in step with this computer\n")


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("2026-01-03T08:30:00", "2026-01-03T08:30:00+01:00"),
        ("2026-07-01T08:30:00+02:00", "2026-07-01T08:30:00+02:00"),
        ("2026-07-01T06:30:00Z", "2026-07-01T08:30:00+02:00"),
    ],
)
def test_clock_sync_takes_a_given_time(own: Own, to: str, expected: str) -> None:
    smartset, _ = own
    assert smartset("clock", "sync", "--to", to)[1].startswith(f"{NOW} → {expected}  ")
    assert smartset("get", "clock") == (0, f"{expected}\n", "")


def test_a_time_that_is_none_is_refused(smartset: Smartset) -> None:
    status, _, err = smartset("clock", "sync", "--to", "noon")
    assert (status, err.startswith("smartset: 'noon' is no date and time; write now, or 2026")) == (2, True)


def test_differences_are_told_in_words() -> None:
    assert difference_text(None) == "not comparable"
    assert difference_text(0.4) == "in step with this computer"
    assert difference_text(-3661) == "1:01:01 behind this computer"
    assert difference_text(90_000) == "1 day, 1:00:00 ahead of this computer"
    assert difference_s(DateTime(), 0.0) is None
    assert difference_s(DateTime.of(1000, -60, 0, hundredths=50), 990.0) == 10.5
    shown = time.localtime(1_767_355_200)
    local = DateTime(shown.tm_year, shown.tm_mon, shown.tm_mday, 0xFF, shown.tm_hour, shown.tm_min, shown.tm_sec)
    assert difference_s(local, 1_767_355_200.0) == 0.0


def test_a_clock_far_beyond_any_calendar_is_not_compared() -> None:
    far = DateTime(60_000, 1, 1, hour=0, minute=0, second=0)
    assert difference_text(difference_s(far, 0.0)) == "not comparable"


IPV4, IPV6 = "0-0:25.1.0", "0-0:25.7.0"


def test_addresses_are_read_and_set_as_people_write_them(own: Own) -> None:
    smartset, _ = own
    assert smartset("get", f"{IPV4}:primary_dns") == (0, "10.255.255.53\n", "")
    assert smartset("set", f"{IPV4}:use_dhcp", "false")[0] == 0
    assert smartset("set", f"{IPV4}:primary_dns", "198.51.100.7") == (0, "0.0.0.0 → 198.51.100.7\n", "")
    assert smartset("set", f"{IPV4}:primary_dns", "3325256712")[1] == "198.51.100.7 → 198.51.100.8\n"
    assert smartset("get", f"{IPV4}:9") == (0, "198.51.100.8\n", "")
    told = json.loads(smartset("--json", "get", f"{IPV4}:9")[1])
    assert (told["value"], told["raw"], told["type"]) == ("198.51.100.8", 3_325_256_712, "double-long-unsigned")
    told = json.loads(smartset("--json", "set", f"{IPV4}:9", told["value"])[1])
    assert (told["old"], told["sent"]) == (told["new"], "198.51.100.8")
    assert smartset("set", f"{IPV6}:7", "2001:db8::7", "--type", "octet-string")[0] == 2
    assert smartset("set", f"{IPV6}:3", "2")[0] == 0
    assert smartset("set", f"{IPV6}:7", "2001:db8::7")[1].endswith("→ 2001:db8::7\n")
    assert json.loads(smartset("--json", "get", f"{IPV6}:7")[1])["raw"] == "20010db8000000000000000000000007"


def test_lists_of_addresses(own: Own) -> None:
    smartset, _ = own
    assert smartset("set", f"{IPV4}:4", '["224.0.0.1", "224.0.0.2"]') == (0, "[] → [224.0.0.1, 224.0.0.2]\n", "")
    assert json.loads(smartset("--json", "get", f"{IPV4}:4")[1])["value"] == ["224.0.0.1", "224.0.0.2"]
    assert smartset("set", f"{IPV4}:4", "[3758096387]")[1].endswith("→ [224.0.0.3]\n")
    assert smartset("set", f"{IPV4}:4", "[]")[1].endswith("→ []\n")


@pytest.mark.parametrize(
    ("target", "value", "like"),
    [
        (f"{IPV4}:9", "300.0.0.1", "192.0.2.7"),
        (f"{IPV4}:9", "2001:db8::7", "192.0.2.7"),
        (f"{IPV4}:4", '["224.0.0"]', "192.0.2.7"),
        (f"{IPV6}:7", "192.0.2.7", "2001:db8::7"),
        (f"{IPV6}:7", "fe80::1%eth0", "2001:db8::7"),
    ],
)
def test_what_is_no_address_of_its_kind(own: Own, target: str, value: str, like: str) -> None:
    status, out, err = own[0]("set", target, value)
    assert (status, out) == (2, "")
    assert f"is no address of this kind; write it like {like}" in err


@pytest.mark.parametrize("value", ["[" * 100_000, f"[{'1' * 5000}]"])
def test_what_is_no_list_of_addresses(own: Own, value: str) -> None:
    status, out, err = own[0]("set", f"{IPV6}:6", value)
    assert (status, out) == (2, "")
    assert "is no JSON list" in err
