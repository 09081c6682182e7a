"""Readers of the serial links and of captures, as targets."""

from collections.abc import Iterator
from random import Random

from fuzzing import grammar
from fuzzing.checking import same
from fuzzing.seeds import kept, telegrams, vectors
from fuzzing.target import FaultError, Target
from softmeter.apps.decode.capture import decoded_capture
from softmeter.apps.decode.exchange import Exchange
from softmeter.apps.decode.keyring import Keyring
from softmeter.apps.decode.reading import understood
from softmeter.apps.decode.stream import decoded
from softmeter.apps.decode.tree import Node, lines, plain
from softmeter.errors import DecodeError, RemoteProtocolError
from softmeter.instant import LinkTime
from softmeter.wire import pcapng
from softmeter.wire.hdlc import Address, Frame, FrameReader, decode_frame, encode_frame
from softmeter.wire.hdlc_parameters import LARGEST, agreed, decode_parameters, encode_parameters
from softmeter.wire.mode_e import decode_identification, decode_readout, decode_request, decode_selection
from softmeter.wire.mode_e_link import ModeEClient
from softmeter.wire.packets import End, Segment, segment_of, tcp_packet, udp_packet
from softmeter.wire.units import Cutter
from softmeter.wire.wrapper import Datagram, encode_datagram

NOW = LinkTime(100.0)
_LONGEST = 4000
"""Octets in a unit."""
_KEYRING = Keyring()
_KEYRING.add("fuzz", bytes(range(16)), bytes(range(0xD0, 0xE0)))
_ENDS = End("127.0.0.1", 4059), End("127.0.0.2", 50_000)
_REQUESTS = grammar.Requests((bytes.fromhex("00080000010000ff02"),), (bytes.fromhex("000f0000280000ff01"),))
_TALK = (b"/?!\r\n", b"/KWQ5\\2fuzz\r\n", b"\x06252\r\n", b"\x06050\r\n", b"\x020.0.0(1)\r\n!\r\n\x03\x1a")


def targets() -> Iterator[Target]:
    """All of them."""
    frames = vectors("hdlc.")
    remote, decode = (RemoteProtocolError,), (DecodeError,)
    any_units = (*frames, *vectors("wrapper", "mbus", "xdlms", "acse"), *telegrams(), *_TALK)
    yield Target("hdlc", _hdlc, decode, (*frames, *kept("hdlc")), stream_of_frames, tokens=(b"\x7e", b"\x7e\xa0"))
    yield Target("hdlc-parameters", _parameters, decode, (*_parameter_fields(), *kept("hdlc-parameters")))
    yield Target("mode-e", _mode_e, decode, (*_TALK, *kept("mode-e")), tokens=(b"\r\n", b"/", b"\x06", b"\x03", b"("))
    yield Target("mode-e-client", _mode_e_client, remote, (*_TALK, *kept("mode-e-client")), tokens=(b"\r\n", b"/"))
    yield Target("units", _units, (), (*any_units, *kept("units")), _unit, tokens=(b"\x7e", b"\x68", b"\x00\x01"))
    yield Target("decode", _decode, (), (*any_units, *kept("decode")), _unit, tokens=(b"\x7e", b"\x68", b"!"))
    yield Target("capture", _capture, (), kept("capture"), _captured)


def _hdlc(octets: bytes) -> None:
    """The same frames whole and in pieces; what is a frame by itself is written and read again as the same."""
    seen = []
    for step in (len(octets) + 1, 5):
        reader, found = FrameReader(), []
        for at in range(0, len(octets), step):
            reader.receive(octets[at : at + step], NOW)
            while (frame := reader.take()) is not None:
                found.append(frame)
        seen.append(found)
    same(seen[0], seen[1], "a stream in pieces")
    for frame in seen[0]:
        same(frame, decode_frame(encode_frame(frame)), "a frame")
    decode_frame(octets)


def _parameters(octets: bytes) -> None:
    parameters = decode_parameters(octets)
    if parameters.usable:
        used = agreed(LARGEST, parameters)
        same(used, decode_parameters(encode_parameters(used)), "parameters")


def _parameter_fields() -> Iterator[bytes]:
    yield bytes.fromhex("81801405020200060202000704000000010804000000" + "01")
    yield bytes.fromhex("81800c0501800601800701010801" + "01")


def _mode_e(octets: bytes) -> None:
    """Each message by its first octet."""
    readers = {b"/": (decode_request, decode_identification), b"\x06": (decode_selection,), b"\x02": (decode_readout,)}
    for read in readers.get(octets[:1], (decode_readout,)):
        try:
            read(octets)
        except DecodeError:
            continue


def _mode_e_client(octets: bytes) -> None:
    client = ModeEClient()
    client.connect(NOW)
    client.to_send()
    for at in range(0, len(octets), 7):
        client.receive(octets[at : at + 7], NOW)
        client.to_send()


def _units(octets: bytes) -> None:
    """Nothing is lost, whole or in pieces."""
    for step in (len(octets) + 1, 3):
        cutter, found = Cutter(), b""
        for at in range(0, len(octets), step):
            found += b"".join(cutter.receive(octets[at : at + step]))
        same(octets, found + cutter.rest(), "a stream cut into units")


def _decode(octets: bytes) -> None:
    for node in decoded(understood(octets), Exchange(_KEYRING)):
        _show(node)


def _capture(octets: bytes) -> None:
    for node in decoded_capture(octets, _KEYRING):
        _show(node)
    try:
        for packet in pcapng.packets(octets):
            segment_of(packet.link_type, packet.octets)
    except DecodeError:
        return


def _show(node: Node) -> None:
    plain(node)
    for line in lines(node):
        if not line.isprintable():
            raise FaultError("answer", f"a line steers the terminal: {line!r:.100}")


# -- grammars


def stream_of_frames(random: Random) -> bytes:
    """Frames one behind the other, with right checksums."""
    return b"".join(frame(random) for _ in range(random.choice((1, 1, 2, 4))))


def frame(random: Random, information: bytes | None = None) -> bytes:
    """A frame between any addresses."""
    inner = grammar.octets(random, 60) if information is None else information
    if random.random() < 0.1:
        inner = b"\x7e" * random.choice((1, 3, 100))
    octets = random.choice((1, 2, 4))
    server = Address(random.choice((1, 0x7F, 0)), 0 if octets == 1 else random.choice((17, 16, 0x7F)), octets)
    control = random.choice((0x93, 0x53, 0x10, 0x32, 0x13, 0x73, 0x1F, 0x97, 0x11, 0x15, random.getrandbits(8)))
    return encode_frame(Frame(server, Address(random.choice((16, 1, 2))), control, inner, random.random() < 0.2))


def _unit(random: Random) -> bytes:
    """A unit of any link, with something of ours in it."""
    apdu = random.choice((_REQUESTS, grammar.aarq, grammar.initiate, grammar.data))(random)[:_LONGEST]
    kind = random.randrange(5)
    if kind == 0:
        return frame(random, random.choice((b"\xe6\xe6\x00", b"\xe6\xe7\x00", b"")) + apdu[:2000])
    if kind == 1:
        return encode_datagram(Datagram(16, 1, apdu))
    if kind == 2:
        return b"/KWQ5\\fuzz\r\n\r\n" + b"".join(_line(random) for _ in range(random.randrange(6))) + b"!0000\r\n"
    if kind == 3:
        body = random.randbytes(3) + apdu[:200]
        return b"\x68" + bytes((len(body),)) * 2 + b"\x68" + body + bytes((sum(body) & 0xFF, 0x16))
    return apdu


def _line(random: Random) -> bytes:
    code = f"{random.randrange(9)}-{random.randrange(260)}:{random.randrange(260)}.8.0"
    return b"%b(%b)\r\n" % (code.encode(), grammar.octets(random, 12))


def _captured(random: Random) -> bytes:
    """A capture with packets of one flow."""
    parts = [pcapng.section("fuzz"), pcapng.interface(random.choice((101, 101, 101, 1, 113, 147)), "eth", "")]
    sequence = 1
    for number in range(random.choice((1, 2, 5))):
        source, destination = _ENDS if random.random() < 0.5 else _ENDS[::-1]
        data = _unit(random)[:1400]
        segment = Segment(random.choice((6, 6, 17)), source, destination, data, sequence)
        sequence += len(data)
        octets = tcp_packet(segment, 1) if segment.protocol == 6 else udp_packet(segment)
        parts.append(pcapng.packet(0, number * 1000, octets, pcapng.Direction.IN))
    return b"".join(parts)
