"""A line with several clients, waiting for the store, silence, and hostile bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlms.device import MANAGEMENT_SAP, PUBLIC_SAP, READOUT_SAP, SmallMeter
from dlms.hdlc_line import HdlcLine
from dlms.link import Link, plain_aarq
from softmeter.dlms.associations import MOST_ASSOCIATIONS
from softmeter.dlms.client import Client
from softmeter.dlms.credentials import Credentials
from softmeter.dlms.hdlc_server import HdlcServer, LinkEnded, LinkSetUp, Station
from softmeter.dlms.host import AssociationOpened, AssociationReleased, TimedOut
from softmeter.dlms.messages import AttributeReference
from softmeter.entropy import SeededEntropy
from softmeter.errors import LocalProtocolError
from softmeter.instant import LinkTime
from softmeter.obis import Obis
from softmeter.wire.hdlc import LLC_COMMAND, Address, Frame, FrameReader, Kind, control_of, encode_frame
from vectors.table import cuts, names, vector

NOW = LinkTime(100.0)
SERVER = Address(1)
SNRM, DISC, I_0 = control_of(Kind.SNRM), control_of(Kind.DISC), control_of(Kind.I)
AARQ = LLC_COMMAND + plain_aarq()
SET_LIMIT = LLC_COMMAND + bytes.fromhex("C101C1000301001F0400FF0200120007")


def frame(sap: int, control: int, information: bytes = b"", server: Address = SERVER) -> bytes:
    return encode_frame(Frame(server, Address(sap), control, information))


def heard(server: HdlcServer) -> list[Frame]:
    reader, frames = FrameReader(), []
    reader.receive(server.to_send(), NOW)
    while (one := reader.take()) is not None:
        frames.append(one)
    return frames


def answer(server: HdlcServer, octets: bytes, now: LinkTime = NOW) -> list[Kind | None]:
    server.receive(octets, now)
    return [one.kind for one in heard(server)]


def test_events_of_a_session() -> None:
    server = HdlcServer(SmallMeter())
    events = server.receive(frame(16, SNRM), NOW)
    events += server.receive(frame(16, I_0, AARQ), NOW)
    events += server.receive(frame(16, SNRM), NOW)
    events += server.receive(frame(16, DISC), NOW)
    kinds = [LinkSetUp, AssociationOpened, LinkSetUp, AssociationReleased, LinkEnded]
    assert [type(event) for event in events] == kinds


def test_the_published_frames_open_an_association() -> None:
    server = HdlcServer(SmallMeter())
    assert answer(server, vector("hdlc.snrm.client16.server1(1-byte)")) == [Kind.UA]
    server.receive(vector("hdlc.i.aarq.public (ns0,nr0,P)"), NOW)
    (aare,) = heard(server)
    assert (aare.destination, aare.control) == (Address(16), 0x30)
    assert aare.information[:4] == bytes.fromhex("E6E70061")


@pytest.mark.parametrize("size", [1, 2, 5, 9, 64])
def test_how_the_stream_is_cut_does_not_matter(size: int) -> None:
    stream = frame(16, SNRM) + frame(16, I_0, AARQ)[1:] + b"noise" + frame(16, DISC)
    whole, server = HdlcServer(SmallMeter()), HdlcServer(SmallMeter())
    whole.receive(stream, NOW)
    for at in range(0, len(stream), size):
        server.receive(stream[at : at + size], NOW)
    assert heard(server) == heard(whole) != []


def test_several_clients_have_links_and_associations_of_their_own() -> None:
    server = HdlcServer(SmallMeter())
    for sap in (PUBLIC_SAP, READOUT_SAP, 1):
        assert answer(server, frame(sap, SNRM)) == [Kind.UA]
        assert answer(server, frame(sap, I_0, AARQ)) == [Kind.I]
    assert answer(server, frame(READOUT_SAP, DISC)) == [Kind.UA]
    assert answer(server, frame(READOUT_SAP, control_of(Kind.RR))) == [Kind.DM]
    assert answer(server, frame(PUBLIC_SAP, control_of(Kind.RR, received=1))) == [Kind.RR]
    assert server.associated
    assert answer(server, frame(PUBLIC_SAP, DISC)) == [Kind.UA]
    assert not server.associated


def test_the_number_of_links_is_bounded() -> None:
    server = HdlcServer(SmallMeter())
    for sap in range(1, 1 + MOST_ASSOCIATIONS):
        assert answer(server, frame(sap, SNRM)) == [Kind.UA]
    assert answer(server, frame(100, SNRM)) == [Kind.DM]
    assert answer(server, frame(1, DISC)) == [Kind.UA]
    assert answer(server, frame(100, SNRM)) == [Kind.UA]


def test_a_request_that_would_change_the_meter_waits_for_the_store() -> None:
    meter = SmallMeter()
    server = HdlcServer(meter)
    answer(server, frame(16, SNRM) + frame(1, SNRM))
    meter.locked = True
    assert answer(server, frame(16, I_0, AARQ)) == []
    assert server.waiting
    assert answer(server, frame(16, control_of(Kind.RR))) == [Kind.RNR]
    assert answer(server, frame(1, control_of(Kind.RR))) == [Kind.RR]  # which is somebody else's
    meter.locked = False
    assert [type(event) for event in server.resume(NOW)] == [AssociationOpened]
    assert heard(server) == []  # it was told to ask again
    assert answer(server, frame(16, control_of(Kind.RR))) == [Kind.I]
    assert not server.waiting


def test_who_does_not_ask_meanwhile_is_answered_at_once() -> None:
    meter = SmallMeter()
    server = HdlcServer(meter)
    answer(server, frame(16, SNRM))
    meter.locked = True
    assert answer(server, frame(16, I_0, AARQ)) == []
    server.resume(NOW)
    assert server.waiting
    meter.locked = False
    server.resume(NOW)
    assert [one.kind for one in heard(server)] == [Kind.I]


def test_a_request_that_waits_is_forgotten_with_its_link() -> None:
    meter = SmallMeter()
    server = HdlcServer(meter)
    answer(server, frame(16, SNRM))
    meter.locked = True
    answer(server, frame(16, I_0, AARQ))
    assert answer(server, frame(16, DISC)) == [Kind.UA]
    assert not server.waiting
    meter.locked = False
    assert server.resume(NOW) == []
    assert not server.associated


def test_a_connectionless_request_is_not_answered() -> None:
    meter = SmallMeter()
    server = HdlcServer(meter)
    assert answer(server, frame(16, 0x13, AARQ)) == []
    assert not server.associated
    answer(server, frame(16, SNRM))
    for address in (SERVER, Address(0x7F), Address(0x3FFF, 0x3FFF, 4), Address(1, 0x7F, 2)):
        assert answer(server, frame(16, 0x13, AARQ, address)) == []
        assert server.associated
        answer(server, frame(16, SNRM))


def test_frames_for_all_stations_do_nothing_but_carry() -> None:
    server = HdlcServer(SmallMeter())
    for control in (SNRM, DISC, I_0, control_of(Kind.RR)):
        assert answer(server, frame(16, control, b"", Address(0x7F))) == []
    assert not server.has_link


def test_a_client_whose_new_association_cannot_be_answered_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    meter = SmallMeter()
    server, client = HdlcServer(meter), Link(meter, MANAGEMENT_SAP)
    answer(server, frame(MANAGEMENT_SAP, SNRM))
    server.receive(frame(MANAGEMENT_SAP, I_0, LLC_COMMAND + client.hls_aarq()), NOW)
    challenge = heard(server)[0].information.partition(bytes.fromhex("AA128010"))[2][:16]
    proof = LLC_COMMAND + client.glo(client.pass3(challenge))
    answer(server, frame(MANAGEMENT_SAP, control_of(Kind.I, sent=1, received=1), proof))
    assert server.associated

    def used_up(_: int) -> int:
        raise LocalProtocolError("used up")

    monkeypatch.setattr(meter.counters, "next_own", used_up)
    answer(server, frame(MANAGEMENT_SAP, control_of(Kind.I, sent=2, received=2), LLC_COMMAND + client.hls_aarq()))
    assert server.standing == 0
    assert not server.associated


def test_what_has_no_llc_header_is_acknowledged_and_dropped() -> None:
    server = HdlcServer(SmallMeter())
    answer(server, frame(16, SNRM))
    assert answer(server, frame(16, I_0, plain_aarq())) == [Kind.RR]
    assert answer(server, frame(16, control_of(Kind.I, sent=1), b"\xe6\xe7\x00" + plain_aarq())) == [Kind.RR]
    assert not server.associated


def test_silence_ends_each_link_alone() -> None:
    server = HdlcServer(SmallMeter(), Station(inactivity_s=60))
    assert server.deadline is None
    answer(server, frame(16, SNRM) + frame(16, I_0, AARQ))
    answer(server, frame(2, SNRM), LinkTime(NOW + 30))
    assert server.deadline == NOW + 60
    assert server.expire(LinkTime(NOW + 59)) == []
    events = server.expire(LinkTime(NOW + 60))
    assert {type(event) for event in events} == {TimedOut, AssociationReleased}
    assert server.deadline == NOW + 90
    assert server.to_send() == b""


def test_a_line_without_time_out() -> None:
    server = HdlcServer(SmallMeter(), Station(inactivity_s=0))
    answer(server, frame(16, SNRM))
    assert server.deadline is None
    assert server.expire(LinkTime(NOW + 1e6)) == []
    assert server.has_link


def test_the_end_of_the_stream_releases_what_is_open() -> None:
    server = HdlcServer(SmallMeter())
    answer(server, frame(16, SNRM) + frame(16, I_0, AARQ))
    assert server.associated
    assert [type(event) for event in server.receive(b"", NOW)] == [AssociationReleased]
    assert server.closed
    assert not server.associated
    assert server.deadline is None


def test_one_client_after_the_other_over_one_line() -> None:
    line = HdlcLine()
    for sap in (16, 16, 16):
        client = Client(Credentials(), SeededEntropy(1))
        line.run(client.associate(), sap)
        name = line.run(client.get(AttributeReference(1, Obis.parse("0-0:42.0.0"), 2)), sap)
        assert name[2:] == b"KWQ1010400000001"
    line.finish()
    assert [type(event) for event in line.events].count(LinkSetUp) == 1
    assert not line.server.has_link


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in names("hdlc.") if "crc" not in name])
def test_vectors_cut_everywhere_do_no_harm(name: str) -> None:
    for cut in cuts(vector(name)):
        server = HdlcServer(SmallMeter(), Station(inter_octet_s=0.025))
        server.receive(cut, NOW)
        assert server.to_send() == b""
        assert answer(server, frame(16, SNRM), LinkTime(NOW + 1)) == [Kind.UA]


OCTETS = st.one_of(
    st.binary(max_size=60),
    st.builds(
        frame,
        st.sampled_from([16, 1, 2, 0x7F, 0]),
        st.integers(0, 255),
        st.binary(max_size=60).map(lambda apdu: LLC_COMMAND + apdu) | st.just(AARQ) | st.just(SET_LIMIT),
        st.sampled_from([SERVER, Address(1, 17, 2), Address(1, 17, 4), Address(0x7F), Address(2)]),
    ),
)


@pytest.mark.slow
@given(st.lists(OCTETS | st.sampled_from([frame(16, SNRM), frame(16, I_0, AARQ)]), max_size=20), st.booleans())
def test_any_octets_leave_the_meter_as_it_was_and_an_honest_client_served(parts: list[bytes], locked: bool) -> None:  # noqa: FBT001
    meter = SmallMeter()
    before = meter.state
    server = HdlcServer(meter)
    for part in parts:
        meter.locked = locked
        server.receive(part or b"\x00", NOW)
        server.to_send()
        meter.locked = False
        server.resume(NOW)
    assert meter.state == before
    server.receive(bytes(4200), NOW)
    server.to_send()
    assert answer(server, frame(16, SNRM)) == [Kind.UA]
    assert answer(server, frame(16, I_0, AARQ)) == [Kind.I]
