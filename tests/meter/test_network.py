"""The cellular module as a head-end and the bench have it: registration, refusal, supervision, switches, volume."""

from pathlib import Path

import pytest

from meter.asking import cut, get, put
from meter.cellular import FIRST, HOME, ROAMING, SEARCHING, around, codes, live, octets, own, randomised, value
from meter.making import START, Made
from softmeter.device.events import Log
from softmeter.device.modem import is_reachable
from softmeter.device.modem_parameters import Interface, Ping
from softmeter.device.surroundings import Surrounded
from softmeter.instant import SECOND, Instant
from softmeter.meter.at_commands import answers
from softmeter.wire.types import Data, Tag, encode_data

GSM, LTE = "0-0:25.6.0", "0-0:25.11.0"


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


def test_a_module_that_hangs_is_found_when_it_is_told_of_another_access_point() -> None:
    made = around({100: Surrounded(modem_hangs=1)})
    live(made, 200)
    assert put(made, 45, "0-0:25.4.0", 2, octets(b"elsewhere")) == 0
    assert codes(made) == [150, 147, 148]
    assert put(made, 45, "0-0:25.4.0", 2, octets(b"meters")) == 0
    assert codes(made) == [150, 147, 148, 146]
    live(made, 2000)
    assert codes(made) == [150, 147, 148, 146]


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
