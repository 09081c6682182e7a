"""The readers of octets that travel, as targets."""

from collections.abc import Iterator
from random import Random
from typing import Any

from fuzzing import grammar
from fuzzing.checking import same
from fuzzing.seeds import kept, telegrams, vectors
from fuzzing.target import FaultError, Target
from softmeter.clock import DateTime
from softmeter.cosem.capture import CaptureObject
from softmeter.cosem.classes.register import ScalerUnit
from softmeter.cosem.selection import EntryDescriptor, RangeDescriptor
from softmeter.dlms.acse import decode_acse, encode_acse
from softmeter.dlms.apdu import decode_apdu, encode_apdu
from softmeter.dlms.buffers import decode_rows
from softmeter.dlms.messages import ActionOutcome, InitiateRequest
from softmeter.dlms.messages import Target as Asked
from softmeter.entropy import SeededEntropy
from softmeter.errors import DecodeError, RemoteProtocolError, SecurityError
from softmeter.instant import parse_instant
from softmeter.obis import Obis
from softmeter.security.certificates import Authority, Certificate, certificate_request
from softmeter.security.ciphering import Cipher, Protection
from softmeter.security.curves import KeyPair
from softmeter.security.identity import Purpose
from softmeter.security.suites import Key, Suite
from softmeter.security.trust import TrustStore
from softmeter.security.wrapping import unwrap_key, wrap_key
from softmeter.wire import telegram
from softmeter.wire.crc import arc
from softmeter.wire.types import Codec, array_of, date_time, decode_data, encode_data, struct, utf8
from softmeter.wire.wrapper import HEADER_OCTETS, Datagram, Reassembly, encode_datagram

_START_SECOND = 1_767_225_600
_CODECS: tuple[Codec[Any], ...] = (
    struct(ScalerUnit),
    struct(RangeDescriptor),
    struct(EntryDescriptor),
    array_of(struct(CaptureObject)),
    date_time,
    utf8,
)
_BARE: tuple[Codec[Any], ...] = (struct(InitiateRequest), struct(Asked), struct(ActionOutcome))
_CIPHER = Cipher(Key(bytes(range(16))), Key(bytes(range(0xD0, 0xE0))))
_TITLE = b"FUZZFUZZ"
_MOMENT = parse_instant("2026-06-01T00:00:00Z")
_AUTHORITY = Authority(
    "Root", KeyPair.draw(Suite.SUITE_1, SeededEntropy(1)), parse_instant("2020-01-01"), parse_instant("2040-01-01")
)


def targets() -> Iterator[Target]:
    """All of them."""
    yield from _wire_targets()
    yield from _apdu_targets()


def _wire_targets() -> Iterator[Target]:
    remote = (RemoteProtocolError,)
    decode = (DecodeError,)
    values = vectors("xdlms.compact", "image.initiate", "image.block0") + kept("data")
    yield Target("data", _data, decode, values, grammar.data)
    yield Target("codecs", _codecs, decode, kept("codecs"), _typed)
    yield Target("bare", _bare, decode, vectors("acse.initiate") + kept("bare"), grammar.initiate)
    yield Target("rows", _rows, decode, kept("rows"), _buffer)
    yield Target("date-time", _date_time, decode, (bytes.fromhex("07e40119060d091eff800000"), *kept("date-time")))
    yield Target("wrapper", _wrapper, remote, vectors("wrapper") + kept("wrapper"), _datagrams)
    yield Target("p1", _p1, remote, telegrams() + kept("p1"), _telegram, tokens=(b"\r\n", b"(", b")", b"!", b"/"))


def _apdu_targets() -> Iterator[Target]:
    requests = grammar.Requests((bytes.fromhex("00080000010000ff02"),), (bytes.fromhex("000f0000280000ff01"),))
    plain = vectors("xdlms.", "hls5.pass", "sec.glo", "sec.general", "image.init", "acse.init") + kept("apdu")
    acse = vectors("acse.aar", "acse.rl") + kept("acse")
    yield Target("apdu", _apdu, (DecodeError,), plain, requests)
    yield Target("acse", _acse, (DecodeError,), acse, grammar.aarq)
    pair = KeyPair.draw(Suite.SUITE_1, SeededEntropy(2))
    certificates = (
        _AUTHORITY.certificate,
        _AUTHORITY.issue(_TITLE, pair.public, Purpose.SIGNATURE),
        certificate_request(pair, _TITLE),
    )
    security = (SecurityError,)
    yield Target("certificate", _certificate, security, (*certificates, *kept("certificate")))
    wrapped = wrap_key(Key(bytes(range(16))), bytes(16))
    yield Target("wrapped-key", _wrapped, security, (wrapped, *kept("wrapped-key")))
    yield Target("cipher", _cipher, (SecurityError,), vectors("sec.glo") + kept("cipher"), _ciphered)


def _data(octets: bytes) -> None:
    value = decode_data(octets)
    same(value, decode_data(encode_data(value)), "a value")


def _codecs(octets: bytes) -> None:
    codec = _CODECS[octets[0] % len(_CODECS)] if octets else _CODECS[0]
    value = codec.decode(octets[1:])
    same(value, codec.decode(codec.encode(value)), codec.name)


def _bare(octets: bytes) -> None:
    codec = _BARE[octets[0] % len(_BARE)] if octets else _BARE[0]
    value = codec.decode_bare(octets[1:])
    same(value, codec.decode_bare(codec.encode_bare(value)), codec.name)


def _rows(octets: bytes) -> None:
    columns = decode_rows(octets)
    if len({len(column.values) for column in columns}) > 1:
        raise FaultError("answer", "columns of different lengths")


def _date_time(octets: bytes) -> None:
    moment = DateTime.decode(octets)
    moment.iso()
    same(moment, DateTime.decode(moment.encode()), "a date-time")


def _wrapper(octets: bytes) -> None:
    """Whole, and in pieces: the same datagrams."""
    seen = []
    for step in (len(octets) + 1, 3):
        stream = Reassembly()
        found = []
        try:
            for at in range(0, len(octets), step):
                stream.receive(octets[at : at + step])
                while (datagram := stream.take()) is not None:
                    found.append(datagram)
        except RemoteProtocolError:
            found.append(Datagram(-1, -1, b""))
        seen.append(found)
    same(seen[0], seen[1], "a stream in pieces")


def _p1(octets: bytes) -> None:
    body, mark, _ = octets.rpartition(b"!")
    try:
        telegram.parse(octets)
    except RemoteProtocolError:
        # Once more with the right checksum, so that what lies behind it is reached.
        telegram.parse(body + mark + b"%04X\r\n" % arc(body + mark))


def _apdu(octets: bytes) -> None:
    apdu = decode_apdu(octets)
    repr(apdu)
    same(apdu, decode_apdu(encode_apdu(apdu)), type(apdu).__name__)


def _acse(octets: bytes) -> None:
    message = decode_acse(octets)
    repr(message)
    same(message, decode_acse(encode_acse(message)), type(message).__name__)


def _cipher(octets: bytes) -> None:
    opened = _CIPHER.unprotect(_TITLE, octets)
    again = _CIPHER.protect(_TITLE, opened.counter, opened.protection, opened.plain)
    same(octets, again, "a protected APDU")


def _certificate(octets: bytes) -> None:
    """The certificate itself, and as one that a device is to take."""
    certificate = Certificate.read(octets)
    repr(certificate)
    if not certificate.serial:
        raise FaultError("answer", "a certificate without a number")
    store = TrustStore(_TITLE, Suite.SUITE_1, [_AUTHORITY.certificate])
    store.take(octets, _MOMENT)


def _wrapped(octets: bytes) -> None:
    unwrap_key(Key(bytes(range(16))), octets, Suite.SUITE_0)


# -- grammars of their own


def _typed(random: Random) -> bytes:
    """A value that one of the codecs takes, or nearly."""
    number = random.randrange(len(_CODECS))
    captured = CaptureObject(8, Obis(0, 0, 1, 0, 0), 2, 0)
    encoded = (
        b"\x02\x02\x0f" + random.randbytes(1) + b"\x16" + random.choice((b"\x1e", b"\xff", random.randbytes(1))),
        b"\x02\x04" + struct(CaptureObject).encode(captured) + grammar.data(random) * 2 + b"\x01\x00",
        b"\x02\x04\x06" + random.randbytes(4) + b"\x06" + random.randbytes(4) + b"\x12\x00\x01\x12\x00\x00",
        b"\x01\x02" + struct(CaptureObject).encode(captured) * 2,
        random.choice((b"\x09\x0c", b"\x19")) + random.randbytes(12),
        b"\x0c" + grammar.length(random, 6) + "Zähl↑".encode(),
    )[number]
    return bytes((number,)) + encoded


def _buffer(random: Random) -> bytes:
    """An array of rows, mostly of one form."""
    row = b"\x02\x03\x09\x0c" + random.randbytes(12) + b"\x06" + random.randbytes(4) + grammar.data(random)
    count = random.choice((0, 1, 2, 20))
    rows = row * count if random.random() < 0.8 else row * count + grammar.data(random)
    return b"\x01" + grammar.length(random, count) + rows


def _datagrams(random: Random) -> bytes:
    """Datagrams one behind the other."""
    parts = []
    for _ in range(random.randrange(4)):
        octets = encode_datagram(Datagram(random.getrandbits(8), 1, grammar.octets(random, 40)))
        if random.random() < 0.2:
            at = random.randrange(HEADER_OCTETS)
            octets = octets[:at] + random.randbytes(1) + octets[at + 1 :]
        parts.append(octets)
    return b"".join(parts)


def _telegram(random: Random) -> bytes:
    """A telegram with the right checksum."""
    lines = []
    for _ in range(random.randrange(12)):
        code = ":".join(
            (f"{random.randrange(300)}-{random.randrange(3)}", f"{random.randrange(99)}.{random.randrange(9)}.0")
        )
        value = random.choice(
            ("000123.456*kWh", "0002", "", "260101120000W", "1)(2", "((", grammar.octets(random).hex())
        )
        lines.append(f"{code}({value})")
    body = "\r\n".join(("/KWQ5\\fuzz\r\n", *lines, "!")).encode("latin-1")
    return b"%b%04X\r\n" % (body, arc(body))


def _ciphered(random: Random) -> bytes:
    """Protected in every way, perhaps damaged afterwards by the mutator."""
    content = grammar.octets(random)
    control = random.choice((0x10, 0x20, 0x30, 0x30, 0x00, 0x31, 0x32, 0x70, 0xB0))
    counter = random.getrandbits(32)
    if control not in {0x10, 0x20, 0x30}:
        return bytes((control,)) + counter.to_bytes(4, "big") + content
    return _CIPHER.protect(_TITLE, counter, Protection(control), content)
