"""The optical port as its objects set it up, messages on P1, versions of the parts."""

import pytest

from device.surrounded import Timeline
from meter.making import START, Made, values_of
from softmeter.device.surroundings import Surrounded
from softmeter.dlms.optical import OpticalServer
from softmeter.errors import AccessError
from softmeter.instant import SECOND, Instant, LinkTime, whole_second
from softmeter.legal import CHECKSUM
from softmeter.meter.optical import optical_server, station
from softmeter.meter.p1 import telegram
from softmeter.meter.policies import Audience
from softmeter.obis import Obis
from softmeter.wire.hdlc import Address, Frame, FrameReader, Kind, control_of, encode_frame
from softmeter.wire.hdlc_parameters import LARGEST, Parameters, decode_parameters, encode_parameters
from softmeter.wire.mode_e import encode_request
from softmeter.wire.telegram import parse
from softmeter.wire.types import Data, Tag, decode_data, encode_data

PORT, LINE, MESSAGE, CODE = (19, "0-0:20.0.0"), (23, "0-0:22.0.0"), (1, "0-0:96.13.0"), (1, "0-0:96.13.1")
NOW = LinkTime(10.0)
Place = tuple[int, str]


def key(place: Place, number: int) -> bytes:
    class_id, obis = place
    return class_id.to_bytes(2, "big") + Obis.parse(obis).octets + bytes((number,))


def get(made: Made, place: Place, number: int = 2, audience: Audience = Audience.MANAGEMENT) -> Data:
    return decode_data(made.meter.view(audience).readers[key(place, number)](made.meter))


def put(made: Made, place: Place, number: int, value: Data) -> None:
    made.meter.view(Audience.MAINTENANCE).writers[key(place, number)](made.meter, encode_data(value))


def enum(number: int) -> Data:
    return Data(Tag.ENUM, number)


def u8(number: int) -> Data:
    return Data(Tag.UNSIGNED, number)


def u16(number: int) -> Data:
    return Data(Tag.LONG_UNSIGNED, number)


def octets(content: bytes) -> Data:
    return Data(Tag.OCTET_STRING, content)


def restarted(made: Made) -> Made:
    saved = values_of(made.actor.changes())
    again = Made()
    again.actor.restore(saved, {})
    return again


def port(made: Made) -> OpticalServer:
    return optical_server(made.meter, None, 300, None)


def answer(server: OpticalServer, asked: bytes, after_s: float = 0.3) -> bytes:
    server.receive(asked, NOW)
    server.expire(LinkTime(NOW + after_s))
    return server.to_send()


def set_up(server: OpticalServer, lower: int | None = None) -> Parameters | None:
    """What the port agrees to when everything is asked; None where it does not answer."""
    station = Address(1) if lower is None else Address(1, lower, 2)
    asked = Frame(station, Address(16), control_of(Kind.SNRM), encode_parameters(LARGEST))
    reader = FrameReader()
    reader.receive(answer(server, encode_frame(asked)), NOW)
    answered = reader.take()
    return None if answered is None else decode_parameters(answered.information)


@pytest.mark.manual("11.optical-9600")
def test_the_port_is_what_it_says() -> None:
    made = Made()
    assert [get(made, PORT, number).value for number in range(2, 7)] == [0, 0, 5, 1, b"12345678"]
    assert [get(made, LINE, number).value for number in range(2, 10)] == [5, 7, 7, 2030, 2030, 200, 120, 17]
    assert answer(port(made), encode_request()) == b"/KWQ5\\2IQ0102065BNEM01\r\n"
    assert set_up(port(made)) == LARGEST
    assert station(made.meter, paced=True).inter_octet_s == 0.2


def test_what_is_set_of_the_opening_acts_and_is_kept() -> None:
    made = Made()
    put(made, PORT, 4, enum(6))
    put(made, PORT, 5, enum(0))
    put(made, PORT, 6, octets(b"4711"))
    again = restarted(made)
    assert [get(again, PORT, number).value for number in (4, 5, 6)] == [6, 0, b"4711"]
    assert answer(port(again), encode_request("4711"), 0.03) == b"/KWQ6\\2IQ0102065BNEM01\r\n"
    assert answer(port(again), encode_request("12345678")) == b""
    assert answer(port(Made()), encode_request("12345678"), 0.03) == b""
    assert answer(port(Made()), encode_request("12345678")) != b""


def test_a_port_for_hdlc_alone_hears_no_request() -> None:
    made = Made()
    put(made, PORT, 2, enum(1))
    server = port(restarted(made))
    assert answer(server, encode_request()) == b""
    assert set_up(server) == LARGEST


def test_what_is_set_of_the_line_acts_and_is_kept() -> None:
    made = Made()
    for number, value in (
        (3, u8(2)),
        (4, u8(3)),
        (5, u16(300)),
        (6, u16(400)),
        (9, u16(99)),
        (7, u16(50)),
        (8, u16(9)),
    ):
        put(made, LINE, number, value)
    again = restarted(made)
    assert set_up(port(again)) == Parameters(300, 400, 2, 3)
    assert set_up(port(again), 99) == Parameters(300, 400, 2, 3)
    assert set_up(port(again), 17) is None
    line = station(again.meter, paced=True)
    assert (line.inter_octet_s, line.inactivity_s) == (0.05, 9)
    assert station(again.meter, paced=False).inter_octet_s is None


@pytest.mark.parametrize(
    ("place", "number", "value"),
    [
        (PORT, 2, enum(2)),
        (PORT, 4, enum(7)),
        (PORT, 4, enum(10)),
        (PORT, 5, enum(2)),
        (PORT, 6, octets(b"")),
        (PORT, 6, octets(b"12/4")),
        (PORT, 6, octets(bytes(33))),
        (LINE, 3, u8(0)),
        (LINE, 4, u8(8)),
        (LINE, 5, u16(31)),
        (LINE, 6, u16(2031)),
        (LINE, 7, u16(19)),
        (LINE, 7, u16(6001)),
        (LINE, 9, u16(15)),
        (LINE, 9, u16(0x7F)),
        (LINE, 9, u16(0x3FFE)),
        (LINE, 9, u8(17)),
        (MESSAGE, 2, octets(bytes(1025))),
        (MESSAGE, 2, Data(Tag.VISIBLE_STRING, "hello")),
        (CODE, 2, octets(bytes(9))),
    ],
)
def test_what_is_illegal_is_refused_and_changes_nothing(place: Place, number: int, value: Data) -> None:
    made = Made()
    before = get(made, place, number)
    with pytest.raises(AccessError):
        put(made, place, number, value)
    assert get(made, place, number) == before
    assert not made.meter.attributes


def test_speeds_and_passwords_cannot_be_set() -> None:
    view = Made().meter.view(Audience.MANAGEMENT)
    assert {number for number in range(2, 10) if key(PORT, number) in view.writers} == {2, 4, 5, 6}
    assert {number for number in range(2, 10) if key(PORT, number) in view.readers} == {2, 3, 4, 5, 6}
    assert key(LINE, 2) not in view.writers


def test_messages_to_the_consumer_are_on_p1_and_kept() -> None:
    made = Made()
    put(made, MESSAGE, 2, octets(b"Hi!"))
    put(made, CODE, 2, octets(b"12345678"))
    meter = restarted(made).meter
    lines = [line for line in parse(telegram(meter.device, meter.identity)).lines if ":96.13." in line.code]
    assert [(line.code, line.values) for line in lines] == [
        ("0-0:96.13.0", ("486921",)),
        ("0-0:96.13.1", ("3132333435363738",)),
    ]
    bare = Made().meter
    codes = [line.code for line in parse(telegram(bare.device, bare.identity)).lines]
    assert "0-0:96.13.0" in codes
    assert "0-0:96.13.1" not in codes


def test_parts_of_the_program_say_what_they_are() -> None:
    made = Made()
    made.meter.device.surroundings = Timeline({whole_second(START) + 5: Surrounded(module_present=0)})
    made.actor.jump(Instant(START + 2 * SECOND))
    firmware = made.meter.identity.application_firmware.encode()
    signature = made.meter.device.settings.program_signature
    assert len(signature) == 32
    assert get(made, (1, "1-0:0.2.8")).value.hex() == CHECKSUM
    assert get(made, (1, "1-1:0.2.8")).value == signature

    def texts() -> list[bytes]:
        names = ("1-2:0.2.0", "1-2:0.2.8", "1-3:0.2.0", "1-3:0.2.8", "1-4:0.2.0", "1-4:0.2.8")
        return [get(made, (1, obis), audience=Audience.READOUT).value for obis in names]

    assert texts() == [b"MN200 " + firmware, signature, b"50", b"50", firmware, signature]
    made.actor.jump(Instant(START + 9 * SECOND))
    assert texts() == [b"", b"", b"50", b"50", firmware, signature]
