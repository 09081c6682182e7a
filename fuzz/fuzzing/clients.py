"""Our client ends, against a peer that answers anything, as targets."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from fuzzing import grammar
from fuzzing.links import NOW, stream_of_frames
from fuzzing.seeds import kept, vectors
from fuzzing.target import Target
from softmeter.dlms.access import access, calling, reading, writing
from softmeter.dlms.client import Client
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.conversation import Conversation
from softmeter.dlms.credentials import Credentials
from softmeter.dlms.lists import get_many
from softmeter.dlms.messages import AttributeReference, MethodReference
from softmeter.dlms.notifications import PushReceiver
from softmeter.dlms.opening import Negotiated
from softmeter.dlms.profile import read_profile
from softmeter.entropy import SeededEntropy
from softmeter.errors import MeterError, RemoteProtocolError
from softmeter.obis import Obis
from softmeter.transport.hdlc import HdlcOptions, line_client
from softmeter.wire.ber import encode_element
from softmeter.wire.hdlc import Address, Frame, encode_frame
from softmeter.wire.types import array_of, encode_length, u32

_CLOCK = AttributeReference(8, Obis.parse("0-0:1.0.0"), 2)
_ENERGY = AttributeReference(3, Obis.parse("1-0:1.8.0"), 2)
_RESET = MethodReference(3, Obis.parse("1-0:1.8.0"), 1)
_US, _METER = Address(16), Address(1)
_LOAD = Obis.parse("1-0:99.1.0")
_LONGEST = 0xFFFF
_ANSWERS = 64
"""How many answers a conversation gets at most."""
_ALL = Negotiated(Conformance(0xFFFFFF), 256, b"")
Make = Callable[[Client], Conversation[Any]]
_CONVERSATIONS: tuple[Make, ...] = (
    lambda client: client.associate(),
    lambda client: client.get(_CLOCK),
    lambda client: client.read(_ENERGY, array_of(u32)),
    lambda client: client.set(_ENERGY, b"\x09\x82\x01\x00" + bytes(256)),
    lambda client: client.action(_RESET, b"\x09\x82\x01\x00" + bytes(256)),
    lambda client: get_many(client, (_CLOCK, _ENERGY, _CLOCK)),
    lambda client: read_profile(client, _LOAD),
    lambda client: access(client, (reading(_CLOCK), writing(_ENERGY, b"\x00"), calling(_RESET))),
    lambda client: client.release(),
)


def targets() -> Iterator[Target]:
    """All of them."""
    answers = vectors("acse.aare", "xdlms.get-resp", "xdlms.exc", "xdlms.conf", "xdlms.gbt", "xdlms.access-resp")
    packed = [bytes((number,)) + _packed([one]) for number in range(len(_CONVERSATIONS)) for one in answers]
    yield Target("client", _client, (MeterError,), (*packed, *kept("client")), _answers)
    yield Target("hdlc-client", _hdlc_client, (RemoteProtocolError,), kept("hdlc-client"), _frames)
    pushes = (*vectors("xdlms.gbt"), *kept("push"))
    yield Target("push", _push, (RemoteProtocolError,), tuple(_packed([one]) for one in pushes), _pushes)


def _packed(answers: list[bytes]) -> bytes:
    return b"".join(len(one[:_LONGEST]).to_bytes(2, "big") + one[:_LONGEST] for one in answers)


def _unpacked(octets: bytes) -> Iterator[bytes]:
    at = 0
    for _ in range(_ANSWERS):
        if at + 2 > len(octets):
            return
        stop = at + 2 + int.from_bytes(octets[at : at + 2], "big")
        yield octets[at + 2 : stop]
        at = stop


def _client(octets: bytes) -> None:
    """A conversation, and the answers it gets."""
    client = Client(Credentials(), SeededEntropy(1))
    client.negotiated = _ALL
    conversation = _CONVERSATIONS[octets[0] % len(_CONVERSATIONS) if octets else 0](client)
    try:
        next(conversation)
        for answer in _unpacked(octets[1:]):
            conversation.send(answer)
    except StopIteration:
        pass
    finally:
        conversation.close()


def _hdlc_client(octets: bytes) -> None:
    client = line_client(HdlcOptions(), 1.0, serial=False)
    client.ask(bytes.fromhex("c001c100080000010000ff0200"), 16, NOW)
    client.to_send()
    for at in range(0, len(octets), 200):
        client.receive(octets[at : at + 200], NOW)
        client.to_send()


def _push(octets: bytes) -> None:
    receiver = PushReceiver()
    for apdu in _unpacked(octets):
        receiver.receive(apdu)
        receiver.to_send()


def _answers(random: Random) -> bytes:
    """Answers that mostly fit one of the conversations."""
    number = random.randrange(len(_CONVERSATIONS))
    count = random.choice((1, 1, 2, 4))
    return bytes((number,)) + _packed([_answer(random, block + 1, last=block + 1 == count) for block in range(count)])


def _answer(random: Random, block: int, *, last: bool) -> bytes:
    data = grammar.data(random)
    invoke, end, number = random.choice((b"\xc1", b"\xc1", b"\xc2")), bytes((last,)), block.to_bytes(4, "big")
    raw = grammar.length(random, len(data)) + data
    return random.choice((
        lambda: b"\xc4\x01" + invoke + b"\x00" + data,
        lambda: b"\xc4\x02" + invoke + end + number + b"\x00" + raw,
        lambda: b"\xc4\x03" + invoke + b"\x03" + b"".join(b"\x00" + grammar.data(random) for _ in range(3)),
        lambda: b"\xc5\x01" + invoke + random.choice((b"\x00", b"\x03")),
        lambda: b"\xc5\x02" + invoke + number,
        lambda: b"\xc5\x03" + invoke + b"\x00" + number,
        lambda: b"\xc7\x01" + invoke + b"\x00\x01\x00" + data,
        lambda: b"\xc7\x02" + invoke + end + number + raw,
        lambda: b"\xc7\x04" + invoke + number,
        lambda: b"\xda\xc1\x00\x00\x01\x00\x00\x03" + data * 3 + b"\x03\x01\x00\x02\x00\x03\x00",
        lambda: b"\xe0" + bytes((0x80 * last | 1,)) + block.to_bytes(2, "big") + b"\x00\x01" + raw,
        lambda: b"\xd8\x01" + bytes((random.randrange(8),)),
        lambda: _aare(random),
        lambda: b"\x0f" + random.randbytes(4) + b"\x00" + data,
        lambda: b"\x63\x03\x80\x01\x00",
    ))()  # fmt: skip


def _aare(random: Random) -> bytes:
    """An AARE, mostly a good one."""
    initiate = b"\x08\x00\x06\x5f\x1f\x04\x00" + random.randbytes(3) + b"\x01\x00\x00\x07"
    parts = (
        bytes.fromhex("a109060760857405080101"),
        b"\xa2\x03\x02\x01" + random.choice((b"\x00", b"\x00", b"\x01", b"\x07")),
        b"\xa3\x05\xa1\x03\x02\x01" + random.choice((b"\x00", b"\x0d", b"\x0e", b"\xff")),
        encode_element(0xBE, b"\x04" + encode_length(len(initiate)) + initiate),
    )
    return encode_element(0x61, b"".join(parts))


def _frames(random: Random) -> bytes:
    """A link that is mostly set up, and then anything, mostly to us."""
    opened = encode_frame(Frame(_US, _METER, 0x73, b"", segmented=False)) if random.random() < 0.8 else b""
    information = b"\xe6\xe7\x00" + _answer(random, 1, last=True)[:1000]
    control = random.choice((0x30, 0x30, 0x10, 0x32, 0x31, 0x11, 0x15, 0x1F, 0x97, random.getrandbits(8)))
    answer = encode_frame(Frame(_US, _METER, control, information, segmented=random.random() < 0.2))
    return opened + answer * random.choice((0, 1, 1, 2)) + (stream_of_frames(random) if random.random() < 0.4 else b"")


def _pushes(random: Random) -> bytes:
    """Notifications, whole and in general blocks."""
    requests = []
    for number in range(random.choice((1, 2, 3))):
        body = b"\x0f" + random.choice((b"\x40", b"\x00")) + random.randbytes(3) + b"\x00" + grammar.data(random)
        if random.random() < 0.5:
            control = bytes((random.choice((0x80, 0xC0, 0x41, 0x01)),))
            piece = grammar.length(random, len(body)) + body
            body = b"\xe0" + control + (number + 1).to_bytes(2, "big") + b"\x00\x00" + piece
        requests.append(body)
    return _packed(requests)
