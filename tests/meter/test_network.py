"""The cellular module as a head-end and the bench have it: registration, refusal, supervision, switches, volume."""

from pathlib import Path

import pytest

from device.surrounded import Timeline
from meter.asking import call, cut, get, put
from meter.making import START, Made
from softmeter.clock import DateTime
from softmeter.device.adjustment import set_clock
from softmeter.device.events import Log
from softmeter.device.modem import is_reachable
from softmeter.device.modem_parameters import Interface, Ping
from softmeter.device.saved import saved_int
from softmeter.device.surroundings import Surrounded
from softmeter.instant import SECOND, Instant, whole_second
from softmeter.meter.at_commands import answers
from softmeter.meter.parts_network import idle_s, most_connections, wan_port
from softmeter.wire.types import Data, Tag, decode_data, encode_data

FIRST = whole_second(START)
GSM, LTE = "0-0:25.6.0", "0-0:25.11.0"
HOME, SEARCHING, ROAMING = 1, 2, 5
LOCKED = 2


def around(changes: dict[int, Surrounded]) -> Made:
    made = Made()
    made.meter.device.surroundings = Timeline({FIRST + at: state for at, state in changes.items()})
    return made


def live(made: Made, second: int, step: int = 100_000) -> None:
    end = START + second * SECOND
    while made.meter.device.now < end:
        made.meter.device.advance(Instant(min(end, made.meter.device.now + step * SECOND)))


def value(made: Made, class_id: int, obis: str, attribute: int = 2) -> object:
    return decode_data(get(made, class_id, obis, attribute)).value


def own(made: Made, number: int) -> object:
    return value(made, 1, f"0-1:94.31.{number}")


def codes(made: Made) -> list[int]:
    return [int(code) for code in made.meter.device.events.ring(Log.COMMUNICATION).rows()["code"]]


def octets(text: bytes) -> bytes:
    return encode_data(Data(Tag.OCTET_STRING, text))


def randomised(made: Made, window_s: int, factor: int = 2, retries: int = 3) -> None:
    parts = (
        Data(Tag.DOUBLE_LONG_UNSIGNED, window_s),
        Data(Tag.LONG_UNSIGNED, factor),
        Data(Tag.LONG_UNSIGNED, retries),
    )
    assert put(made, 1, "0-1:94.31.12", 2, encode_data(Data(Tag.STRUCTURE, parts))) == 0


def test_a_new_meter_is_on_the_network_and_shows_it() -> None:
    made = Made()
    live(made, 10)
    assert value(made, 47, GSM) == "softmeter mobile"
    assert [value(made, 47, GSM, attribute) for attribute in (3, 4, 5)] == [HOME, 0, 7]
    assert [own(made, number) for number in (6, 7, 8, 9)] == [-85, -85, -10, -67]
    assert own(made, 4) == b"8931080000000000017"
    quality = value(made, 151, LTE, 3)
    assert isinstance(quality, tuple)
    assert [one.value for one in quality] == [19, 55, 30, 0]
    assert codes(made) == []


def test_what_is_heard_is_what_surrounds_the_meter() -> None:
    made = around({10: Surrounded(rsrp=-112, rsrq=-15, technology=8, cell=0x12345, roaming=1)})
    live(made, 11)
    assert [own(made, number) for number in (7, 8, 9)] == [-112, -15, -97]
    assert [value(made, 47, GSM, attribute) for attribute in (3, 5)] == [ROAMING, 8]
    cell = value(made, 47, GSM, 6)
    assert isinstance(cell, tuple)
    assert [one.value for one in cell][:4] == [0x12345, 0x123, 8, 99]
    assert cell[5].value == 8


def test_without_a_signal_there_is_no_network_and_the_port_is_closed() -> None:
    made = around({10: Surrounded(rsrp=-130), 100: Surrounded()})
    live(made, 11)
    assert not is_reachable(made.meter.device, Interface.WAN)
    assert is_reachable(made.meter.device, Interface.P1)
    assert [value(made, 47, GSM, attribute) for attribute in (2, 3, 5)] == ["", SEARCHING, 0]
    assert value(made, 42, "0-0:25.1.0", 3) == 0
    live(made, 101)
    assert is_reachable(made.meter.device, Interface.WAN)
    address = value(made, 42, "0-0:25.1.0", 3)
    assert isinstance(address, int)
    assert address >> 24 == 10
    assert codes(made) == [147, 146]


@pytest.mark.parametrize("step", [13, 100_000])
@pytest.mark.manual("11.3.randomised")
def test_after_an_outage_of_the_network_registration_is_spread(step: int) -> None:
    made = around({100: Surrounded(network_up=0), 200: Surrounded()})
    randomised(made, 600)
    live(made, 201, step)
    assert value(made, 47, GSM, 3) == SEARCHING
    due = made.meter.device.behaviours.modem.due
    assert FIRST + 200 < due <= FIRST + 800
    live(made, due - FIRST - 1, step)
    assert codes(made) == [147]
    live(made, due - FIRST + 1, step)
    rows = made.meter.device.events.ring(Log.COMMUNICATION).rows()
    assert rows["code"].tolist() == [147, 146]
    assert rows["clock"]["second"].tolist() == [FIRST + 100, due]


@pytest.mark.parametrize("step", [31, 100_000])
@pytest.mark.manual("11.3.access")
def test_a_wrong_access_point_is_refused_and_tried_less_and_less_often(step: int) -> None:
    made = Made()
    assert put(made, 45, "0-0:25.4.0", 2, octets(b"elsewhere")) == 0
    assert not is_reachable(made.meter.device, Interface.WAN)
    assert value(made, 47, GSM, 3) == HOME
    live(made, 3000, step)
    rows = made.meter.device.events.ring(Log.COMMUNICATION).rows()
    assert rows["code"].tolist() == [147, 148, 149]  # the cause is told once, the reset after the third refusal
    assert rows["clock"]["second"].tolist() == [FIRST, FIRST, FIRST + 60 + 120]
    assert put(made, 45, "0-0:25.4.0", 2, octets(b"meters")) == 0
    assert codes(made)[-1] == 146
    assert is_reachable(made.meter.device, Interface.WAN)


@pytest.mark.manual("11.3.access")
def test_a_wrong_password_is_refused_and_never_read() -> None:
    made = Made()
    parts = (Data(Tag.OCTET_STRING, b"user"), Data(Tag.OCTET_STRING, b"wrong"))
    assert put(made, 44, "0-0:25.3.0", 5, encode_data(Data(Tag.STRUCTURE, parts))) == 0
    assert codes(made) == [147, 148]
    with pytest.raises(KeyError):
        get(made, 44, "0-0:25.3.0", 5)


def test_a_network_that_lets_nobody_in_any_more_is_event_148() -> None:
    made = around({10: Surrounded(access_refused=1), 5000: Surrounded()})
    live(made, 5001)
    assert codes(made) == [147, 148, 149, 146]


def diagnosed(made: Made) -> list[object]:
    """Registration, data, operator, and the parts of the cell."""
    cell = value(made, 47, GSM, 6)
    assert isinstance(cell, tuple)
    return [*(value(made, 47, GSM, one) for one in (3, 5, 2)), *(one.value for one in cell)]


def test_a_wrong_pin_leaves_the_card_closed_and_the_module_unregistered() -> None:
    made = Made()
    assert put(made, 45, "0-0:25.4.0", 3, encode_data(Data(Tag.LONG_UNSIGNED, 1234))) == 0
    live(made, 1)
    assert diagnosed(made) == [0, 0, "", 0, 0, 99, 99, 0, 0, 0]
    assert answers(made.meter, "+CPIN?")[0] == "+CPIN: SIM PIN"
    assert codes(made) == [147, 148]
    assert put(made, 45, "0-0:25.4.0", 3, encode_data(Data(Tag.LONG_UNSIGNED, 0))) == 0
    assert diagnosed(made)[:3] == [HOME, 7, "softmeter mobile"]


def test_a_network_that_lets_nobody_in_says_so_and_its_cell_is_still_heard() -> None:
    made = around({10: Surrounded(access_refused=1, cell=0x12345)})
    live(made, 11)
    assert diagnosed(made)[:4] == [3, 0, "", 0x12345]
    assert answers(made.meter, "+CEREG?")[0] == "+CEREG: 2,3"


@pytest.mark.parametrize(
    ("technology", "rsrp", "reports", "errors"),
    [(7, -85, (19, 55), 99), (8, -85, (19, 71), 99), (5, -140, (127, 127), 99), (1, -85, (127, 127), 0)],
)
def test_what_no_link_can_tell_is_told_as_unknown(
    technology: int, rsrp: int, reports: tuple[int, int], errors: int
) -> None:
    made = around({10: Surrounded(technology=technology, rsrp=rsrp)})
    live(made, 11)
    quality, cell = value(made, 151, LTE, 3), value(made, 47, GSM, 6)
    assert isinstance(quality, tuple)
    assert isinstance(cell, tuple)
    assert (quality[0].value, quality[1].value) == reports
    assert cell[3].value == errors


def test_a_weak_gsm_signal_has_wrong_bits() -> None:
    made = around({10 * step: Surrounded(technology=1, rsrp=-90 - 5 * step) for step in range(1, 7)})
    errors = []
    for step in range(1, 7):
        live(made, 10 * step + 1)
        errors.append(diagnosed(made)[6])
    assert errors == [0, 2, 3, 4, 5, 7]


@pytest.mark.manual("11.module-replaced")
def test_another_module_goes_on_with_what_the_meter_keeps() -> None:
    made = around({10: Surrounded(module_present=0), 60: Surrounded()})
    assert put(made, 45, "0-0:25.4.0", 4, get(made, 45, "0-0:25.4.0", 4)) == 0
    live(made, 11)
    assert value(made, 47, GSM, 3) == 0
    assert own(made, 4) == b""
    live(made, 61)
    assert value(made, 47, GSM, 3) == HOME
    assert value(made, 45, "0-0:25.4.0") == b"meters"
    assert is_reachable(made.meter.device, Interface.WAN)


@pytest.mark.parametrize(
    ("place", "period_s", "found_s"), [(b"192.0.2.1", 0, 900), (b"192.0.2.1", 60, 180), (b"", 60, 900)]
)
@pytest.mark.manual("11.3.self-reset")
def test_a_module_that_hangs_is_found_and_reset(place: bytes, period_s: int, found_s: int) -> None:
    made = around({100: Surrounded(modem_hangs=1)})
    put(made, 1, "0-1:94.31.129", 2, octets(place))
    put(made, 1, "0-1:94.31.130", 2, encode_data(Data(Tag.LONG_UNSIGNED, period_s)))
    live(made, 100 + found_s - 1)
    assert not is_reachable(made.meter.device, Interface.WAN)
    assert codes(made) == []
    live(made, 100 + found_s + 1)
    assert codes(made) == [150, 147, 146]
    assert is_reachable(made.meter.device, Interface.WAN)


@pytest.mark.parametrize("step", [31, 100_000])
@pytest.mark.manual("11.3.ping", "11.3.volume")
def test_pings_are_counted_into_the_volume(step: int) -> None:
    made = Made()
    assert put(made, 1, "0-1:94.31.129", 2, octets(b"192.0.2.1")) == 0
    put(made, 1, "0-1:94.31.130", 2, encode_data(Data(Tag.LONG_UNSIGNED, 300)))
    live(made, 3600, step)
    assert own(made, 131) == own(made, 132) == 12 * 60
    made.meter.device.behaviours.modem.carried(1000, 1)
    assert (own(made, 131), own(made, 132)) == (1720, 721)
    assert put(made, 1, "0-1:94.31.129", 2, octets(b"")) == 0
    live(made, 7200, step)
    assert own(made, 132) == 721  # nobody to ping


@pytest.mark.parametrize(
    ("mask", "closed"), [(0b1100, Interface.WAN), (0b1001, Interface.P1), (0b0101, Interface.OPTICAL)]
)
@pytest.mark.manual("11.four-interfaces", "12.2.interfaces")
def test_an_interface_that_is_switched_off_cannot_be_reached(mask: int, closed: Interface, tmp_path: Path) -> None:
    made = Made()
    assert own(made, 128) == 0b1101
    assert put(made, 1, "0-1:94.31.128", 2, encode_data(Data(Tag.UNSIGNED, mask))) == 0
    again = cut(made, tmp_path, Instant(START + 60 * SECOND))
    for each in (made, again):
        reached = {one: is_reachable(each.meter.device, one) for one in Interface}
        assert reached == {one: one is not closed for one in Interface}
    assert put(made, 1, "0-1:94.31.128", 2, encode_data(Data(Tag.UNSIGNED, 0x10))) != 0
    assert put(again, 1, "0-1:94.31.128", 2, encode_data(Data(Tag.UNSIGNED, 0b1111))) == 0
    assert is_reachable(again.meter.device, closed)


@pytest.mark.parametrize("step", [31, 100_000])
def test_auto_connect_keeps_the_module_off_the_network_outside_its_windows(step: int) -> None:
    made = Made()
    begin, end = DateTime(hour=2, minute=0, second=0), DateTime(hour=2, minute=30, second=0)
    window = Data(Tag.STRUCTURE, (Data(Tag.OCTET_STRING, begin.encode()), Data(Tag.OCTET_STRING, end.encode())))
    assert put(made, 29, "0-0:2.1.0", 5, encode_data(Data(Tag.ARRAY, (window,)))) == 0
    assert is_reachable(made.meter.device, Interface.WAN)
    assert put(made, 29, "0-0:2.1.0", 2, encode_data(Data(Tag.ENUM, 102))) == 0
    assert not is_reachable(made.meter.device, Interface.WAN)
    assert value(made, 28, "0-0:2.2.0", 4) == 0
    live(made, 3600, step)
    assert is_reachable(made.meter.device, Interface.WAN)
    assert value(made, 28, "0-0:2.2.0", 4) == 1
    live(made, 5400, step)
    assert not is_reachable(made.meter.device, Interface.WAN)
    assert call(made, 29, "0-0:2.1.0", 1) == 0
    assert not is_reachable(made.meter.device, Interface.WAN)
    assert put(made, 29, "0-0:2.1.0", 2, encode_data(Data(Tag.ENUM, 104))) == 0
    assert call(made, 29, "0-0:2.1.0", 1) == 0
    assert is_reachable(made.meter.device, Interface.WAN)
    assert put(made, 29, "0-0:2.1.0", 2, encode_data(Data(Tag.ENUM, 1))) != 0


def set_connect(made: Made, **wanted: int) -> None:
    places = {
        "mode": (2, Tag.ENUM),
        "repetitions": (3, Tag.UNSIGNED),
        "delay_s": (4, Tag.LONG_UNSIGNED),
    }
    for what, number in wanted.items():
        attribute, tag = places[what]
        assert put(made, 29, "0-0:2.1.0", attribute, encode_data(Data(tag, number))) == 0


def refusals_at(made: Made, *seconds: int) -> list[int]:
    """How many times the network had refused the module, at some seconds."""
    counted = []
    for second in seconds:
        live(made, second)
        counted.append(saved_int(made.meter.device.behaviours.modem.saved(), "attempts", 0))
    return counted


@pytest.mark.parametrize(("delay_s", "beats"), [(0, (59, 60, 179, 180)), (300, (299, 300, 899, 900))])
def test_who_is_refused_tries_again_after_the_delay_of_auto_connect(delay_s: int, beats: tuple[int, ...]) -> None:
    made = Made()
    set_connect(made, delay_s=delay_s, repetitions=0)
    assert put(made, 45, "0-0:25.4.0", 2, octets(b"elsewhere")) == 0
    assert refusals_at(made, *beats) == [1, 2, 2, 3]
    first, second = refusals_at(made, 100_000, 100_000 + 3600)
    assert second == first + 1  # who shall be there never gives up


def test_a_delay_of_more_than_an_hour_is_kept_to_and_does_not_grow(tmp_path: Path) -> None:
    made = Made()
    set_connect(made, delay_s=7200)
    assert put(made, 45, "0-0:25.4.0", 2, octets(b"elsewhere")) == 0
    assert refusals_at(made, 7199, 7200, 14_399, 14_400) == [1, 2, 2, 3]
    again = cut(made, tmp_path, Instant(START + 14_500 * SECOND))
    assert value(again, 29, "0-0:2.1.0", 4) == 7200


@pytest.mark.parametrize("step", [31, 100_000])
def test_an_invoked_connection_is_given_up_after_its_repetitions_until_somebody_invokes_it_again(step: int) -> None:
    made = around({10: Surrounded(access_refused=1), 50_000: Surrounded()})
    set_connect(made, mode=104, repetitions=2, delay_s=100)
    live(made, 11)
    assert call(made, 29, "0-0:2.1.0", 1) == 0
    live(made, 40_000, step)
    modem = made.meter.device.behaviours.modem
    assert (modem.attached, modem.saved()["attempts"]) == (False, 3)  # at once, and twice again
    live(made, 60_000, step)
    assert not modem.attached
    assert call(made, 29, "0-0:2.1.0", 1) == 0
    assert modem.attached


V4, V6 = (42, "0-0:25.1.0"), (48, "0-0:25.7.0")


def test_the_network_gives_addresses_of_both_families_while_the_meter_is_in_it() -> None:
    made = around({10: Surrounded(network_up=0), 20: Surrounded()})
    given = [value(made, *V4, one) for one in (3, 6, 7, 9, 10)]
    assert [int(str(one)) >> 24 for one in given] == [10, 255, 10, 10, 10]
    unicast = value(made, *V6, 4)
    assert isinstance(unicast, tuple)
    title = made.meter.system_title
    assert [one.value for one in unicast] == [bytes.fromhex("fe80000000000000") + title, unicast[1].value[:8] + title]
    gateways, resolvers = value(made, *V6, 6), [value(made, *V6, one) for one in (7, 8)]
    assert isinstance(gateways, tuple)
    assert [one.value[:2].hex() for one in gateways] == ["fe80"]
    assert [len(str(one)) > 16 for one in resolvers] == [True, True]
    live(made, 11)
    assert [value(made, *V4, one) for one in (3, 6, 7, 9, 10)] == [0] * 5
    assert [value(made, *V6, one) for one in (4, 6, 7, 8)] == [(), (), b"", b""]
    live(made, 21)
    assert [value(made, *V4, one) for one in (3, 6, 7, 9, 10)] == given
    assert value(made, *V6, 4) == unicast


def test_addresses_that_a_client_sets_hold_where_the_network_gives_none(tmp_path: Path) -> None:
    made = Made()
    mine = bytes.fromhex("20010db8000000000000000000000007")
    addresses = encode_data(Data(Tag.ARRAY, (Data(Tag.OCTET_STRING, mine),)))
    assert put(made, *V6, 4, addresses) == put(made, *V6, 7, octets(mine)) == 0
    assert get(made, *V6, 4) != addresses
    assert put(made, *V6, 3, encode_data(Data(Tag.ENUM, 2))) == 0
    assert put(made, *V4, 8, encode_data(Data(Tag.BOOLEAN, value=False))) == 0
    for attribute in (3, 6, 7, 9, 10):
        assert put(made, *V4, attribute, encode_data(Data(Tag.DOUBLE_LONG_UNSIGNED, attribute))) == 0
    again = cut(made, tmp_path, Instant(START + 60 * SECOND))
    for each in (made, again):
        assert get(each, *V6, 4) == addresses
        assert [value(each, *V6, one) for one in (6, 7, 8)] == [(), mine, b""]
        assert [value(each, *V4, one) for one in (3, 6, 7, 9, 10)] == [3, 6, 7, 9, 10]


@pytest.mark.manual("11.parameters-in-the-meter")
def test_what_a_client_set_outlives_a_power_cut(tmp_path: Path) -> None:
    made = Made()
    randomised(made, 30, 3, 5)
    put(made, 1, "0-1:94.31.129", 2, octets(b"192.0.2.1"))
    put(made, 45, "0-0:25.4.0", 2, octets(b"elsewhere"))
    put(made, 42, "0-0:25.1.0", 8, encode_data(Data(Tag.BOOLEAN, value=False)))
    put(made, 42, "0-0:25.1.0", 3, encode_data(Data(Tag.DOUBLE_LONG_UNSIGNED, 0xC0A80001)))
    again = cut(made, tmp_path, Instant(START + 60 * SECOND))
    for class_id, obis, attribute in ((1, "0-1:94.31.12", 2), (1, "0-1:94.31.129", 2), (45, "0-0:25.4.0", 2)):
        assert get(again, class_id, obis, attribute) == get(made, class_id, obis, attribute)
    assert value(again, 42, "0-0:25.1.0", 3) == 0xC0A80001


@pytest.mark.parametrize(
    "wanted",
    [
        Data(Tag.STRUCTURE, (Data(Tag.LONG_UNSIGNED, 1),)),
        Data(Tag.STRUCTURE, (Data(Tag.LONG_UNSIGNED, 1), Data(Tag.LONG_UNSIGNED, 1), Data(Tag.LONG_UNSIGNED, 1))),
        Data(Tag.LONG_UNSIGNED, 1),
    ],
)
def test_randomisation_of_another_form_is_refused(wanted: Data) -> None:
    made = Made()
    before = get(made, 1, "0-1:94.31.12", 2)
    assert put(made, 1, "0-1:94.31.12", 2, encode_data(wanted)) != 0
    assert get(made, 1, "0-1:94.31.12", 2) == before


def test_in_factory_state_nothing_of_it_is_stored() -> None:
    made = Made()
    live(made, 7200)
    behaviours = made.meter.device.behaviours
    assert behaviours.modem.saved() == behaviours.pushes.saved() == {}


@pytest.mark.parametrize("period_s", [1, 60])
def test_power_that_comes_back_within_a_second_does_not_stop_the_pings(period_s: int) -> None:
    device = Made().meter.device
    modem = device.behaviours.modem
    modem.change(device, modem.parameters._replace(ping=Ping(b"192.0.2.1", period_s)))
    device.advance(Instant(START + 10 * SECOND))
    device.resume(Instant(START + 59 * SECOND + SECOND // 2))
    device.advance(Instant(START + 70 * SECOND))
    assert device.now == START + 70 * SECOND


def answering(made: Made, mode: int, calls: int, *window: DateTime) -> None:
    windows = (Data(Tag.STRUCTURE, tuple(Data(Tag.OCTET_STRING, one.encode()) for one in window)),) if window else ()
    assert put(made, 28, "0-0:2.2.0", 2, encode_data(Data(Tag.ENUM, mode))) == 0
    assert put(made, 28, "0-0:2.2.0", 3, encode_data(Data(Tag.ARRAY, windows))) == 0
    assert put(made, 28, "0-0:2.2.0", 5, encode_data(Data(Tag.UNSIGNED, calls))) == 0


def test_calls_are_answered_inside_the_listening_windows_while_the_module_stays_online(tmp_path: Path) -> None:
    made = Made()
    answering(made, 0, 0, DateTime(hour=2, minute=0, second=0), DateTime(hour=2, minute=30, second=0))
    for second, is_open in ((3599, False), (3600, True), (5399, True), (5400, False)):
        live(made, second)
        modem = made.meter.device.behaviours.modem
        assert (modem.answers(made.meter.device), modem.online) == (is_open, True)
        assert value(made, 28, "0-0:2.2.0", 4) == int(is_open)
    again = cut(made, tmp_path, Instant(START + 25 * 3600 * SECOND + 1))
    assert again.meter.device.behaviours.modem.answers(again.meter.device)


def test_so_many_calls_are_answered_in_each_window() -> None:
    made = Made()
    answering(made, 1, 3, DateTime(minute=0, second=0), DateTime(minute=50, second=0))
    modem, device = made.meter.device.behaviours.modem, made.meter.device
    live(made, 10)
    modem.called(device, 2)
    assert (modem.answers(device), modem.calls_left(device)) == (True, 1)
    modem.called(device, 1)
    assert not modem.answers(device)
    assert value(made, 28, "0-0:2.2.0", 4) == LOCKED
    live(made, 3600)
    assert modem.answers(device)
    modem.called(device, 1)
    assert value(made, 28, "0-0:2.2.0", 4) == 1
    answering(made, 3, 0)
    assert not modem.answers(device)


def test_a_limit_of_calls_without_windows_locks_nobody_out_for_good() -> None:
    made = Made()
    answering(made, 1, 1)
    modem, device = made.meter.device.behaviours.modem, made.meter.device
    modem.called(device, 1)
    assert (modem.answers(device), modem.calls_left(device)) == (True, None)


def test_calls_count_no_longer_than_the_windows_that_were_set_last_and_the_time_say() -> None:
    made = Made()
    answering(made, 1, 1, DateTime(minute=0, second=0), DateTime(minute=50, second=0))
    modem, device = made.meter.device.behaviours.modem, made.meter.device
    live(made, 10)
    modem.called(device, 1)
    assert not modem.answers(device)
    answering(made, 1, 1, DateTime(minute=0, second=0), DateTime(minute=40, second=0))
    assert modem.answers(device)
    modem.called(device, 1)
    set_clock(device, device.now, DateTime.of(device.now // SECOND - 30 * 24 * 3600, -60, 0))
    live(made, 3610)
    assert modem.answers(device)


def test_what_the_tcp_udp_setup_says_holds_once_a_client_has_said_it() -> None:
    made = Made()
    assert (wan_port(made.meter), most_connections(made.meter), idle_s(made.meter)) == (None, None, 180)
    for attribute, tag, wanted in ((2, Tag.LONG_UNSIGNED, 4100), (5, Tag.UNSIGNED, 2), (6, Tag.LONG_UNSIGNED, 30)):
        assert put(made, 41, "0-0:25.0.0", attribute, encode_data(Data(tag, wanted))) == 0
    assert (wan_port(made.meter), most_connections(made.meter), idle_s(made.meter)) == (4100, 2, 30)
    assert put(made, 41, "0-0:25.0.0", 6, encode_data(Data(Tag.LONG_UNSIGNED, 0))) == 0
    assert idle_s(made.meter) == 0
    assert put(made, 41, "0-0:25.0.0", 2, encode_data(Data(Tag.LONG_UNSIGNED, 0))) != 0
    assert put(made, 41, "0-0:25.0.0", 2, encode_data(Data(Tag.LONG_UNSIGNED, 4059))) == 0
    assert wan_port(made.meter) is None


def following(drift_s_per_day: float) -> Made:
    made = Made()
    device = made.meter.device
    device.clock.hands = device.clock.hands.drifting(device.now, round(drift_s_per_day * SECOND))
    return made


def off_s(made: Made) -> float:
    device = made.meter.device
    return (device.clock.time(device.now) - device.now) / SECOND


@pytest.mark.parametrize("step", [613, 100_000])
def test_time_from_the_network_keeps_a_clock_right_while_the_network_is_there(step: int) -> None:
    made = following(20.0)
    made.meter.device.surroundings = Timeline({FIRST + 3 * 86_400 - 50: Surrounded(network_up=0)})
    live(made, 86_400, step)
    assert off_s(made) == pytest.approx(20.0)
    assert put(made, 100, "0-0:25.10.0", 2, encode_data(Data(Tag.BOOLEAN, value=True))) == 0
    live(made, 86_401, step)
    assert abs(off_s(made)) < 0.1
    rows = made.meter.device.events.ring(Log.STANDARD).rows()
    assert rows["code"].tolist()[-2:] == [4, 5]
    live(made, 3 * 86_400 - 60, step)
    assert 19 < off_s(made) < 21
    live(made, 5 * 86_400, step)
    assert 50 < off_s(made) < 61  # nobody tells the time any more


def test_the_server_is_shown_and_the_keys_are_not(tmp_path: Path) -> None:
    made = Made()
    assert value(made, 100, "0-0:25.10.0") is False
    assert [value(made, 100, "0-0:25.10.0", one) for one in (3, 4, 5)] == [b"time.network.example", 123, 0]
    with pytest.raises(KeyError):
        get(made, 100, "0-0:25.10.0", 7)
    assert put(made, 100, "0-0:25.10.0", 2, encode_data(Data(Tag.BOOLEAN, value=True))) == 0
    again = cut(made, tmp_path, Instant(START + 60 * SECOND))
    assert value(again, 100, "0-0:25.10.0") is True
    assert put(again, 100, "0-0:25.10.0", 2, encode_data(Data(Tag.BOOLEAN, value=False))) == 0
    assert again.meter.device.behaviours.network_time.saved() == {}
