import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softmeter.errors import DecodeError, LocalProtocolError, RemoteProtocolError
from softmeter.wire.wrapper import LONGEST_IN_DATAGRAM, Datagram, Reassembly, decode_datagram, encode_datagram
from vectors.table import vector

PUBLIC = Datagram(16, 1, vector("acse.aarq.public"))


def _drain(arrived: Reassembly) -> list[Datagram]:
    datagrams = []
    while (datagram := arrived.take()) is not None:
        datagrams.append(datagram)
    return datagrams


def test_the_vector_both_ways() -> None:
    octets = vector("wrapper.aarq.public")
    assert encode_datagram(PUBLIC) == octets
    arrived = Reassembly()
    arrived.receive(octets)
    assert (arrived.take(), arrived.has_more) == (PUBLIC, False)
    arrived.receive(octets + octets[:9])
    assert (arrived.take(), arrived.has_more) == (PUBLIC, True)
    assert _drain(arrived) == []
    assert arrived.pending == 9


def test_byte_by_byte_and_the_end() -> None:
    arrived = Reassembly()
    octets = encode_datagram(PUBLIC)
    for at in range(len(octets) - 1):
        arrived.receive(octets[at : at + 1])
        assert arrived.take() is None
    with pytest.raises(RemoteProtocolError, match="the stream ended after"):
        arrived.receive(b"")
    arrived.receive(octets[-1:])
    assert arrived.take() == PUBLIC
    arrived.receive(b"")
    assert arrived.take() is None


@given(st.lists(st.binary(max_size=40), max_size=5), st.lists(st.integers(1, 30), min_size=1, max_size=40))
@settings(max_examples=60)
def test_chunking_does_not_matter(apdus: list[bytes], sizes: list[int]) -> None:
    sent = [Datagram(number, 1, apdu) for number, apdu in enumerate(apdus)]
    stream = b"".join(map(encode_datagram, sent))
    arrived = Reassembly()
    taken, at = [], 0
    for size in [*sizes, len(stream) or 1]:
        if at < len(stream):
            arrived.receive(stream[at : at + size])
            at += size
            taken += _drain(arrived)
    assert taken == sent


def test_a_stream_that_is_lost() -> None:
    arrived = Reassembly(longest=100)
    arrived.receive(encode_datagram(PUBLIC) + b"\x00\x02" + bytes(6))
    assert arrived.take() == PUBLIC
    for _ in range(2):
        with pytest.raises(RemoteProtocolError, match="wrapper version 2"):
            arrived.take()
    arrived = Reassembly(longest=100)
    arrived.receive(bytes.fromhex("0001001000010065"))
    with pytest.raises(RemoteProtocolError, match="a datagram of 101 octets"):
        arrived.take()


def test_what_does_not_fit_a_header() -> None:
    for datagram in (Datagram(1 << 16, 1, b""), Datagram(1, -1, b""), Datagram(1, 1, bytes(1 << 16))):
        with pytest.raises(LocalProtocolError):
            encode_datagram(datagram)


def test_an_empty_apdu_is_a_datagram() -> None:
    arrived = Reassembly()
    arrived.receive(encode_datagram(Datagram(1, 2, b"")))
    assert _drain(arrived) == [Datagram(1, 2, b"")]


@pytest.mark.parametrize("apdu", [b"", b"\xc0\x01", bytes(LONGEST_IN_DATAGRAM)])
def test_a_datagram_is_one_apdu(apdu: bytes) -> None:
    whole = encode_datagram(Datagram(16, 1, apdu))
    assert decode_datagram(whole) == Datagram(16, 1, apdu)
    for octets in (whole + b"\0", whole[:-1], b"\0\2" + whole[2:]):
        with pytest.raises(DecodeError):
            decode_datagram(octets)
