"""What independent clients send that the books allow or bear with, learned from their code and their issues: served."""

import pytest

from conformance.appl import GET_CLOCK, MANAGEMENT, PUBLIC, READOUT, REFUSED, Bench
from dlms.hdlc_line import HdlcLine
from meter.making import KEYS
from softmeter.dlms.acse import AARE, Aare, Context, Mechanism, Result, decode_acse
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import drive
from softmeter.dlms.credentials import Credentials
from softmeter.dlms.lists import get_many
from softmeter.dlms.messages import AttributeReference
from softmeter.entropy import SeededEntropy
from softmeter.obis import Obis
from softmeter.wire.hdlc import Address, Frame, FrameReader, Kind, control_of, encode_frame
from softmeter.wire.types import encode_length

INITIATE = "01000000065F1F0400007E1FFFFF"
LOWEST = "A109060760857405080101"
CLOCK = AttributeReference(8, Obis.parse("0-0:1.0.0"), 2)
LIST = bytes.fromhex("C001C1000F0000280000FF0200")


def element(tag: str, content: str, *, octets: int = 0) -> str:
    """A BER element; its length in so many octets more than it needs, as some clients write it."""
    size = len(content) // 2
    length = f"{size:02X}" if not octets else f"{0x80 + octets:02X}{size:0{2 * octets}X}"
    return tag + (length if octets else encode_length(size).hex()) + content


def opening(*parts: str, initiate: str = INITIATE, octets: int = 0) -> bytes:
    information = element("BE", element("04", initiate, octets=octets), octets=octets)
    return bytes.fromhex(element("60", "".join((LOWEST, *parts, information)), octets=octets))


def secret(password: bytes) -> str:
    return element("AC", element("80", password.hex()))


@pytest.mark.parametrize(
    "aarq",
    [
        pytest.param(opening(), id="as gurux writes it"),
        pytest.param(opening(octets=1), id="lengths in two octets"),
        pytest.param(opening(octets=2), id="lengths in three octets"),
        pytest.param(opening(initiate="01000000065F0400007E1FFFFF"), id="conformance under a tag of one octet"),
        pytest.param(opening(element("BD", "4142")), id="implementation information"),
        pytest.param(opening(element("A8", "020101"), element("A9", "020102")), id="invocation identifiers"),
        pytest.param(opening(element("A2", element("04", "4B57510000000001"))), id="called titles"),
    ],
)
def test_openings_of_many_kinds(aarq: bytes) -> None:
    bench = Bench(PUBLIC)
    assert bench.aare(aarq).result == Result.ACCEPTED
    assert bench.is_open()


@pytest.mark.parametrize("requirements", ["8A020780", "8A020080", ""], ids=["exact", "no unused bits", "left out"])
def test_passwords_with_and_without_requirements(requirements: str) -> None:
    bench = Bench(READOUT)
    aarq = opening(requirements, element("8B", "60857405080201"), secret(KEYS[READOUT].password))
    assert bench.aare(aarq).result == Result.ACCEPTED
    assert bench.is_open()


def test_a_rejection_says_result_and_diagnostic_too() -> None:
    """Some clients read both whatever came of it."""
    answer = Bench(READOUT).aare(opening("8A020780", element("8B", "60857405080201"), secret(b"wrong")))
    assert (answer.result, int(answer.diagnostic or 0)) == (Result.REJECTED_PERMANENT, 13)


def test_the_answer_to_a_ciphered_opening_has_the_meters_title() -> None:
    bench = Bench(MANAGEMENT)
    client = bench.client(Context.LOGICAL_NAMES_CIPHERED, Mechanism.HLS_GMAC)
    answer = bench.ask(next(client.associate())) or b""
    assert answer[0] == AARE
    message = decode_acse(answer)
    assert isinstance(message, Aare)
    assert message.responding_title == bench.meter.system_title


@pytest.mark.parametrize(
    "release", ["6200", "6203800100", "6203800101", "620380011E", "621580010 0BE10040E" + INITIATE]
)
def test_releases_of_many_kinds(release: str) -> None:
    bench = Bench(PUBLIC)
    bench.aare(opening())
    assert (bench.ask(bytes.fromhex(release.replace(" ", ""))) or b"")[:1] == b"\x63"
    assert bench.ask(GET_CLOCK) == REFUSED
    bench.aare(opening())
    assert bench.is_open()


def test_an_association_may_follow_without_a_release() -> None:
    bench = Bench(PUBLIC)
    for _ in range(3):
        assert bench.aare(opening()).result == Result.ACCEPTED
        assert bench.is_open()


def test_a_connection_may_change_its_client() -> None:
    """gurux reads the counter as public and goes on as management, on the same connection."""
    bench = Bench(PUBLIC)
    bench.aare(opening())
    assert bench.is_open()
    bench.sap = MANAGEMENT
    client = bench.client(Context.LOGICAL_NAMES_CIPHERED, Mechanism.HLS_GMAC)
    drive(client.associate(), bench.ask)
    assert drive(client.get(CLOCK), bench.ask).startswith(b"\x09\x0c")


@pytest.mark.parametrize("count", [1, 32, 60])
def test_lists_of_thirty_two_and_more(count: int) -> None:
    bench = Bench(MANAGEMENT)
    client = bench.client(Context.LOGICAL_NAMES_CIPHERED, Mechanism.HLS_GMAC)
    drive(client.associate(), bench.ask)
    assert len(drive(get_many(client, [CLOCK] * count), bench.ask)) == count


def test_a_transfer_begun_anew_starts_at_its_first_block() -> None:
    """Who breaks off a long read and begins it again gets block 1, not the next one."""
    bench = Bench(PUBLIC)
    bench.aare(opening(initiate="01000000065F1F04000010110080"))
    first = bench.ask(LIST)
    assert bench.ask(bytes.fromhex("C002C100000001")) != first
    assert bench.ask(LIST) == first
    assert (first or b"")[:8] == bytes.fromhex("C402C10000000001")


PARAMETERS = [
    pytest.param("", id="none"),
    pytest.param("8180120501800601800704000000010804000000 01", id="lengths of one octet"),
    pytest.param("81801405020080060200800704000000010804000000 01", id="lengths of two octets"),
    pytest.param("818003050180", id="one parameter only"),
    pytest.param("81800C0704000000070804000000 07", id="windows only"),
    pytest.param("818000", id="an empty group"),
]


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_links_are_set_up_with_any_choice_of_parameters(parameters: str) -> None:
    line = HdlcLine()
    snrm = Frame(Address(1, 17, 4), Address(16), control_of(Kind.SNRM), bytes.fromhex(parameters), segmented=False)
    line.server.receive(encode_frame(snrm), line.now)
    reader = FrameReader()
    reader.receive(line.server.to_send(), line.now)
    answer = reader.take()
    assert answer is not None
    assert (answer.kind, answer.destination) == (Kind.UA, Address(16))


def test_another_client_on_the_same_link_sets_it_up_anew() -> None:
    line = HdlcLine()
    reader = FrameReader()
    for sap in (16, 2, 16):
        for kind in (Kind.SNRM, Kind.DISC):
            frame = Frame(Address(1, 17, 4), Address(sap), control_of(kind), b"", segmented=False)
            line.server.receive(encode_frame(frame), line.now)
            reader.receive(line.server.to_send(), line.now)
            answer = reader.take()
            assert answer is not None
            assert (answer.kind, answer.destination.upper) == (Kind.UA, sap)


def test_a_client_that_restarts_its_invoke_ids_is_served() -> None:
    bench = Bench(PUBLIC)
    client = Client(Credentials(), SeededEntropy(1))
    drive(client.associate(), bench.ask)
    for _ in range(40):
        assert drive(client.get(CLOCK), bench.ask)
    assert (bench.ask(GET_CLOCK) or b"")[:3] == bytes.fromhex("C401C1")
