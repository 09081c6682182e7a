"""A reader over a simulated line: how long it takes, and what becomes of what is lost."""

import pytest

from dlms.device import CLOCK, KEYS, READOUT_SAP, SmallMeter
from softmeter.bench.link import PERFECT, Line, Quality
from softmeter.bench.reader import SimulatedStream
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.client import Client
from softmeter.dlms.credentials import Credentials
from softmeter.dlms.hdlc_server import HdlcServer, Station
from softmeter.dlms.messages import AttributeReference
from softmeter.dlms.server import Server
from softmeter.entropy import SeededEntropy
from softmeter.instant import LinkTime
from softmeter.obis import Obis
from softmeter.security.suites import Key
from softmeter.transport.errors import TransportError
from softmeter.transport.hdlc import HdlcOptions, line_client
from softmeter.transport.link import Carrier, OpenLink
from softmeter.transport.serial import INTER_OCTET_S
from softmeter.transport.wrapper_client import WrapperClient

TIME = AttributeReference(8, Obis.parse(CLOCK), 2)
BEGUN = LinkTime(500.0)


def read(stream: SimulatedStream, carrier: Carrier) -> bytes:
    """The time of the meter, with an association around it."""
    client = Client(Credentials(Mechanism.LLS, Key(KEYS.password)), SeededEntropy(1))
    with OpenLink(stream, carrier, client_sap=READOUT_SAP, timeout_s=10.0, now=stream.now) as link:
        link.run(client.associate())
        value = link.run(client.get(TIME))
        link.run(client.release())
    return value


def by_hdlc(quality: Quality, seed: bytes = b"seed") -> tuple[bytes, SimulatedStream]:
    line = Line("optical", seed, bits_per_octet=10)
    line.up.quality = line.down.quality = quality
    stream = SimulatedStream(HdlcServer(SmallMeter(), Station(inter_octet_s=INTER_OCTET_S)), line, BEGUN)
    options = HdlcOptions(client_sap=READOUT_SAP, baud=9600)
    return read(stream, line_client(options, 10.0, serial=True)), stream


def by_wrapper(quality: Quality) -> tuple[bytes, SimulatedStream]:
    line = Line("wan", b"seed")
    line.up.quality = line.down.quality = quality
    stream = SimulatedStream(Server(SmallMeter(), BEGUN), line, BEGUN)
    return read(stream, WrapperClient(1, 10.0)), stream


def test_it_takes_as_long_as_the_bits_that_pass_one_way_at_a_time() -> None:
    value, stream = by_hdlc(Quality(bits_per_s=9600))
    assert value == by_hdlc(PERFECT)[0]
    assert stream.now() - BEGUN == pytest.approx(sum(stream.carried) * 10 / 9600)


def test_each_question_waits_for_the_latency_both_ways() -> None:
    value, stream = by_wrapper(Quality(latency_s=0.3))
    assert value == by_wrapper(PERFECT)[0]
    assert stream.now() - BEGUN == pytest.approx(3 * 0.6)


def test_hdlc_makes_good_what_is_lost_and_damaged_the_same_way_each_time() -> None:
    bad = Quality(bits_per_s=9600, drop=0.02, damage=0.02)
    clean_s = by_hdlc(Quality(bits_per_s=9600))[1].now() - BEGUN
    took_s = []
    for seed in (b"1", b"2", b"3", b"4"):
        value, stream = by_hdlc(bad, seed)
        assert value == by_hdlc(PERFECT)[0]
        assert by_hdlc(bad, seed)[1].now() == stream.now()
        took_s.append(stream.now() - BEGUN)
    assert max(took_s) > clean_s + 1
    assert min(took_s) >= clean_s


def test_what_is_lost_below_the_wrapper_is_not_answered() -> None:
    with pytest.raises(TransportError, match="no answer"):
        by_wrapper(Quality(drop=0.999))
