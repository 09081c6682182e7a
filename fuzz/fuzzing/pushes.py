"""What meters send by themselves, as targets: what `smartset push listen` takes, and ciphered telegrams of P1."""

import json
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from fuzzing import grammar
from fuzzing.seeds import kept, telegrams, vectors
from fuzzing.target import FaultError, Target
from softmeter.apps.decode.exchange import Exchange
from softmeter.apps.decode.keyring import Keyring
from softmeter.apps.decode.stream import decoded
from softmeter.apps.decode.tree import Node, lines, plain
from softmeter.apps.smartset.push_opening import MOST_CLIENTS, MeterKeys, Opening, Push
from softmeter.dlms.apdu import encode_apdu
from softmeter.dlms.dialect import STANDARD
from softmeter.dlms.gbt import unanswered_blocks
from softmeter.dlms.layers import Form, Layer
from softmeter.dlms.messages import DataNotification
from softmeter.dlms.sealing import KeySet, Sealer
from softmeter.entropy import SeededEntropy
from softmeter.errors import MeterError, RemoteProtocolError
from softmeter.security.ciphering import Cipher, Protection
from softmeter.security.suites import Key, Use
from softmeter.wire.telegram import build, enveloped
from softmeter.wire.wrapper import Datagram, Reassembly, encode_datagram

_ENCRYPTION, _AUTHENTICATION = bytes(range(16)), bytes(range(0xD0, 0xE0))
_KEYS = KeySet(unicast=_ENCRYPTION, authentication=_AUTHENTICATION)
_CIPHER = Cipher(Key(_ENCRYPTION), Key(_AUTHENTICATION))
_TITLE = b"KWQ12345"
_KEYRING = Keyring()
_KEYRING.add("fuzz", _ENCRYPTION, _AUTHENTICATION)
_MOST_TITLES = 64


def targets() -> Iterator[Target]:
    """All of them."""
    pushed = (*vectors("xdlms.gbt", "xdlms.data", "sec.general"), *kept("push"))
    seeds = (*(encode_datagram(Datagram(1, 1, one)) for one in pushed if one), *kept("push-listen"))
    yield Target("push-listen", _listen, (), seeds, _pushes, tokens=(b"\x00\x01", b"\xdb\x08", b"\x0f", b"\xe0"))
    written = tuple(_ciphered_telegram(number, one) for number, one in enumerate(telegrams()))
    yield Target("p1-ciphered", _telegrams, (), (*written, *kept("p1-ciphered")), _several, tokens=(b"\xdb\x08", b"!"))


def _listen(octets: bytes) -> None:
    """A connection whole and in pieces; what comes of it can be told and kept."""
    told = [_received(octets, step) for step in (len(octets) + 1, 5)]
    if len(told[0]) != len(told[1]):
        raise FaultError("answer", f"{len(told[0])} pushes whole, {len(told[1])} in pieces")
    for push in told[0]:
        push.as_text()
        json.dumps(push.as_json(), ensure_ascii=False).encode()


def _received(octets: bytes, step: int) -> list[Push]:
    highest: dict[tuple[int, str], int] = {}
    opening = Opening("fuzz", [MeterKeys(_TITLE, {1: _KEYS, 2: _KEYS})], highest, SeededEntropy(1))
    stream, pushes = Reassembly(), []
    try:
        for at in range(0, len(octets), step):
            stream.receive(octets[at : at + step])
            while (datagram := stream.take()) is not None:
                try:
                    push = opening.receive(datagram)
                except MeterError:
                    continue
                if push is not None:
                    pushes.append(push)
    except RemoteProtocolError:
        pass
    if len(opening._receivers) > MOST_CLIENTS or len(highest) > _MOST_TITLES:  # noqa: SLF001 - it must stay small
        raise FaultError("state", f"{len(opening._receivers)} receivers, {len(highest)} titles")  # noqa: SLF001
    return pushes


def _telegrams(octets: bytes) -> None:
    for node in decoded(octets, Exchange(_KEYRING)):
        _show(node)


def _show(node: Node) -> None:
    list(lines(node))
    plain(node)


# -- grammars of their own


def _pushes(random: Random) -> bytes:
    """Notifications to some clients, plain or protected, whole or in general blocks."""
    datagrams = []
    for number in range(random.choice((1, 1, 2, 4))):
        client = random.choice((1, 1, 2, 16, random.getrandbits(16)))
        time = random.choice((b"", bytes.fromhex("07e40119060d091eff800000"), random.randbytes(12)))
        apdu = encode_apdu(DataNotification(0x4000_0000 | number, time, grammar.data(random)[:1000]))
        counter = random.choice((number, random.getrandbits(32)))
        form = random.choice((None, Form.GENERAL, Form.GENERAL, Form.CIPHERING))
        if form is not None:
            titles = random.choice((_TITLE, random.randbytes(8))), b"SMT00001"
            sealer = Sealer(_KEYS, titles, _Drawn(counter).__call__, SeededEntropy(number), STANDARD)
            apdu = sealer.wrap((Layer(form, Use.UNICAST, Protection.FULL),), apdu)
        blocks = unanswered_blocks(apdu, random.choice((40, 100))) if random.random() < 0.3 else [apdu]
        datagrams += [encode_datagram(Datagram(1, client, block)) for block in blocks]
    return b"".join(datagrams)


class _Drawn(NamedTuple):
    """Draws one counter for whatever it is used."""

    counter: int

    def __call__(self, _: Use) -> int:
        return self.counter


def _several(random: Random) -> bytes:
    """Ciphered telegrams, one behind the other, of lines that are and are none."""
    parts = []
    for number in range(random.choice((1, 1, 2, 3))):
        content = random.choice((random.choice(telegrams()), _lines(random), grammar.octets(random, 60)))
        parts.append(_ciphered_telegram(random.choice((number, random.getrandbits(32))), content))
    return b"".join(parts)


def _lines(random: Random) -> bytes:
    values = ("000123.456*kWh", "0)(260101120000W)(1-0:1.6.0)(", "632525252525W", "((", "")
    return build("KWQ5", (f"0-{random.randrange(5)}:98.1.0({random.choice(values)})" for _ in range(4)))


def _ciphered_telegram(counter: int, content: bytes) -> bytes:
    return enveloped(_TITLE, _CIPHER.protect(_TITLE, counter, Protection.FULL, content[:3000]))
