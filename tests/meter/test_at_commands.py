"""What a person hears who talks to the cellular module."""

import pytest

from device.surrounded import Timeline
from meter.asking import put
from meter.making import START, Made
from softmeter.device.surroundings import Surrounded
from softmeter.instant import SECOND, Instant, LinkTime, whole_second
from softmeter.meter.at_commands import AtServer, answers
from softmeter.wire.types import Data, Tag, encode_data

NOW = LinkTime(0.0)


def around(state: Surrounded) -> Made:
    made = Made()
    made.meter.device.surroundings = Timeline({whole_second(START) + 10: state})
    made.meter.device.advance(Instant(START + 20 * SECOND))
    return made


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("I", ["softmeter", "MN200", "OK"]),
        ("+CSQ", ["+CSQ: 23,99", "OK"]),
        ("+CESQ", ["+CESQ: 99,99,255,255,19,55", "OK"]),
        ("+CPIN?", ["+CPIN: READY", "OK"]),
        ("+CREG?", ["+CREG: 2,0", "OK"]),
        ("+CEREG?", ['+CEREG: 2,1,"0000","00000001",8', "OK"]),
        ("+COPS?", ['+COPS: 0,0,"softmeter mobile",8', "OK"]),
        ("+CGATT?", ["+CGATT: 1", "OK"]),
        ("+CGDCONT?", ['+CGDCONT: 1,"IP","meters","0.0.0.0",0,0', "OK"]),
        ("+CIMI", ["204080000000017", "OK"]),
        ("+CCID", ["+CCID: 8931080000000000017", "OK"]),
        ("+CCLK?", ['+CCLK: "26/01/01,01:00:20"', "OK"]),
        ("+QNWINFO", ['+QNWINFO: "LTE CAT M","20408",6300', "OK"]),
        ("+CEREG=?", ["OK"]),
        ('+CGDCONT=1,"IP","ELSEWHERE"', ["+CME ERROR: 3"]),
        ("+WHAT?", ["ERROR"]),
        ("+WHAT=1", ["ERROR"]),
    ],
)
def test_a_module_on_the_network_tells_how_it_stands(command: str, answer: list[str]) -> None:
    assert answers(around(Surrounded()).meter, command) == answer


def test_a_module_without_a_network_searches_and_one_on_2g_registers_there() -> None:
    lost = around(Surrounded(network_up=0)).meter
    told = [answers(lost, command)[0] for command in ("+CEREG?", "+COPS?", "+CSQ", "+CGATT?", "+CGPADDR", "+QNWINFO")]
    assert told == [
        "+CEREG: 2,2",
        "+COPS: 0",
        "+CSQ: 99,99",
        "+CGATT: 0",
        '+CGPADDR: 1,"0.0.0.0"',
        "+QNWINFO: No Service",
    ]
    old = around(Surrounded(technology=1, cell=0x12345, roaming=1)).meter
    assert answers(old, "+CREG?")[0] == '+CREG: 2,5,"0123","00012345",0'
    assert answers(old, "+CEREG?")[0] == "+CEREG: 2,0"


def test_what_a_client_sets_is_what_the_module_was_told() -> None:
    made = around(Surrounded())
    assert put(made, 45, "0-0:25.4.0", 2, encode_data(Data(Tag.OCTET_STRING, b"elsewhere"))) == 0
    assert answers(made.meter, "+CGDCONT?")[0] == '+CGDCONT: 1,"IP","elsewhere","0.0.0.0",0,0'
    assert answers(made.meter, "+CGACT?")[0] == "+CGACT: 1,0"


def test_an_access_point_with_signs_of_any_kind_stays_in_its_line() -> None:
    made = around(Surrounded())
    assert put(made, 45, "0-0:25.4.0", 2, encode_data(Data(Tag.OCTET_STRING, b'a"\r\nOK\xff'))) == 0
    assert answers(made.meter, "+CGDCONT?") == ['+CGDCONT: 1,"IP","a???OK?","0.0.0.0",0,0', "OK"]


def test_a_line_is_echoed_until_that_is_switched_off_and_corrected_by_backspace() -> None:
    server = AtServer(around(Surrounded()).meter)
    server.receive(b"atx\x08\rAT+CGATT?", NOW)
    server.receive(b"\r\n", NOW)
    assert server.to_send() == b"atx\x08\r\r\nOK\r\nAT+CGATT?\r\r\n+CGATT: 1\r\n\r\nOK\r\n\n"
    server.receive(b"ATE0\rhello\rAT\r" + b"A" * 10_000 + b"\rAT\xff\r", NOW)
    assert server.to_send() == b"ATE0\r\r\nOK\r\n\r\nOK\r\n\r\nERROR\r\n"
    server.receive(b"", NOW)
    assert server.closed


def test_where_there_is_no_module_nobody_answers() -> None:
    server = AtServer(around(Surrounded(module_present=0)).meter)
    server.receive(b"AT\r", NOW)
    assert server.to_send() == b""
