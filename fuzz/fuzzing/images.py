"""Firmware images as targets: their form, and what their payloads declare."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from fuzzing import grammar
from fuzzing.checking import same
from fuzzing.seeds import kept, vectors
from fuzzing.target import FaultError, Target
from softmeter.entropy import SeededEntropy
from softmeter.errors import MeterError
from softmeter.firmware import payload
from softmeter.firmware.image import HEADER_OCTETS, SIGNATURE_OCTETS, ImageError, Kind, build, header_of, opened, sign
from softmeter.obis import Obis
from softmeter.security.curves import KeyPair
from softmeter.security.suites import Key, Suite

_PAIR = KeyPair.draw(Suite.SUITE_1, SeededEntropy(7))
_KEY = Key(bytes(range(16)))
_APPLICATION = payload.ApplicationPayload(
    {"extra_services": 1},
    (payload.Setting(1, Obis.parse("0-0:96.13.0"), 2, b"\x09\x00"),),
    {"automatic": ("3,1-0:1.8.0,2,total",)},
    {"scroll_s": 5},
)
_LEGAL = payload.LegalPayload("ab" * 32)


def targets() -> Iterator[Target]:
    """All of them."""
    wrong = (ImageError,)
    declared = tuple(payload.encode(one) for one in (_APPLICATION, _LEGAL))
    images = tuple(_built(kind, one) for kind in Kind for one in declared)
    stored = vectors("image.")
    yield Target("image", _image, wrong, (*images, *stored, *kept("image")), _drawn, tokens=(b"KWQ1", b"1.2", b"?"))
    words = tuple(f'"{word}":'.encode() for word in ("authorities", "capabilities", "display", "settings", "checksum"))
    deep = (b"[" * 5000, b'{"a":' * 3000)
    seeds = (*declared, *deep, *kept("image-payload"))
    yield Target("image-payload", _payload, wrong, seeds, _declared, tokens=(*words, b"[", b"]", b"null", b"1e400"))


def _image(octets: bytes) -> None:
    """As it is, and signed anew, so that what lies behind the signature is reached."""
    header = header_of(octets)
    repr(header)
    header.fits("IQ0102065BNEM01-0")
    same(header.identifier[1:], header.version, "a version")
    try:
        found = opened(octets, _PAIR.public, _KEY)
    except ImageError:
        unsigned = octets[: HEADER_OCTETS + header.payload_octets]
        found = opened(sign(unsigned, _PAIR), _PAIR.public, _KEY)
    if len(found.signature) != SIGNATURE_OCTETS:
        raise FaultError("answer", f"a signature of {len(found.signature)} octets")
    _payload(found.payload)


def _payload(octets: bytes) -> None:
    """What can be read can be written and read again as the same."""
    try:
        legal = payload.decode_legal(octets)
    except ImageError:
        declared = payload.decode_application(octets)
        same(declared, payload.decode_application(payload.encode(declared)), "a payload")
    else:
        same(legal, payload.decode_legal(payload.encode(legal)), "a payload")


def _built(kind: Kind, declared: bytes) -> bytes:
    return sign(build(kind, "1.2.3", "IQ01020??BNEM0?", 7, declared, _KEY, bytes(16)), _PAIR)


def _drawn(random: Random) -> bytes:
    try:
        return _built(random.choice(tuple(Kind)), _declared(random))
    except MeterError:
        return b""


def _declared(random: Random) -> bytes:
    """An object with entries that there are, mostly of the right form."""
    odd: Any = random.choice((None, -1, 1e300, True, "x", [], {}, [[]], "é" * 40))
    setting = [random.randrange(70), "1-0:1.8.0", random.randrange(12), grammar.data(random).hex()]
    entries = {
        "capabilities": {random.choice(("extra_services", "security_suite", "wings")): random.randrange(3)},
        "settings": [setting if random.random() < 0.8 else odd for _ in range(random.randrange(4))],
        "display": {random.choice(("automatic", "manual")): ["3,1-0:1.8.0,2,total", "8,0-0:1.0.0,2,clock"]},
        "authorities": [grammar.octets(random, 40).hex()],
        "checksum": random.choice(("ab" * 32, "AB" * 32, odd)),
    }
    names = random.sample(sorted(entries), random.randrange(4))
    document = {name: entries[name] if random.random() < 0.8 else odd for name in names}
    return json.dumps(document).encode()
