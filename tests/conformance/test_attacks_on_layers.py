"""Attacks on the layers around an APDU: keys that come with it, signatures, nesting: refused, and nothing moves."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance.symsec import GET_CLOCK, UNDECIPHERED, Bench, unmoved
from dlms.device import ENERGY, MANAGEMENT_SAP, TITLE
from dlms.secure_device import SecureMeter, known, pairs
from dlms.secure_link import Line
from softmeter.dlms.credentials import Family, Signing
from softmeter.dlms.general import AgreedKey, GeneralCiphering, GeneralSigning, KeyInfo, MasterKeyId, WrappedKey
from softmeter.dlms.host import DecipherFailed, Replayed
from softmeter.dlms.refusals import RefusalError, WrongKeyError
from softmeter.security.curves import KeyPair
from softmeter.security.suites import Suite, Use
from softmeter.wire.types import struct

FAILED = DecipherFailed(MANAGEMENT_SAP)
VALUE = (3, ENERGY, 2)


def ciphering(change: Callable[[GeneralCiphering], GeneralCiphering]) -> Callable[[bytes], bytes]:
    codec = struct(GeneralCiphering)
    return lambda octets: b"\xdd" + codec.encode_bare(change(codec.decode_bare(octets[1:])))


def signing(change: Callable[[GeneralSigning], GeneralSigning]) -> Callable[[bytes], bytes]:
    codec = struct(GeneralSigning)
    return lambda octets: b"\xdf" + codec.encode_bare(change(codec.decode_bare(octets[1:])))


def described(apdu: Any, **fields: bytes) -> Any:
    return replace(apdu, described=replace(apdu.described, **fields))


def last_changed(octets: bytes) -> bytes:
    return octets[:-1] + bytes((octets[-1] ^ 1,))


def other_point(apdu: GeneralCiphering) -> GeneralCiphering:
    """The attacker's own ephemeral point, under the client's old signature."""
    info = apdu.key_info
    assert isinstance(info, AgreedKey)
    mine = KeyPair.of(Suite.SUITE_1, b"\x07" * 32)
    return replace(apdu, key_info=AgreedKey(info.scheme, bytes(mine.public) + info.ciphered[64:]))


def with_info(info: KeyInfo) -> Callable[[GeneralCiphering], GeneralCiphering]:
    return lambda apdu: replace(apdu, key_info=info)


CIPHERING_ATTACKS: list[tuple[Use, Callable[[GeneralCiphering], GeneralCiphering]]] = [
    *(
        (use, change)
        for use in (Use.UNICAST, Use.WRAPPED, Use.ONE_PASS, Use.STATIC)
        for change in (
            lambda apdu: described(apdu, transaction=b"\x00" * 8),
            lambda apdu: described(apdu, originator=b"SOMEBODY"),
            lambda apdu: described(apdu, recipient=b"SOMEBODY"),
            lambda apdu: described(apdu, date_time=bytes(12)),
            lambda apdu: described(apdu, other=b"x"),
            lambda apdu: replace(apdu, content=last_changed(apdu.content)),
            lambda apdu: replace(apdu, content=b""),
        )
    ),
    (Use.WRAPPED, with_info(WrappedKey(MasterKeyId.MASTER, bytes(24)))),
    (Use.WRAPPED, with_info(WrappedKey(MasterKeyId.MASTER, b""))),
    (Use.ONE_PASS, other_point),
    (Use.ONE_PASS, with_info(AgreedKey(b"\x01", bytes(128)))),
    (Use.ONE_PASS, with_info(AgreedKey(b"\x02", b""))),
    (Use.STATIC, with_info(AgreedKey(b"\x02", bytes(128)))),
    (Use.STATIC, with_info(AgreedKey(b"\x03", b""))),
]


@pytest.mark.parametrize(("use", "change"), CIPHERING_ATTACKS)
def test_a_changed_general_ciphering_is_refused(
    use: Use, change: Callable[[GeneralCiphering], GeneralCiphering]
) -> None:
    line = Line(SecureMeter(Suite.SUITE_1), family=Family.CIPHERING, message_key=use).open()
    refused_on_its_way(line, ciphering(change))


@pytest.mark.parametrize(
    "change",
    [
        lambda apdu: described(apdu, transaction=b"\x00" * 8),
        lambda apdu: described(apdu, originator=b"SOMEBODY"),
        lambda apdu: described(apdu, recipient=b"SOMEBODY"),
        lambda apdu: described(apdu, date_time=bytes(12)),
        lambda apdu: replace(apdu, content=last_changed(apdu.content)),
        lambda apdu: replace(apdu, signature=last_changed(apdu.signature)),
        lambda apdu: replace(apdu, signature=b""),
        lambda apdu: replace(apdu, signature=bytes(64)),
    ],
)
def test_a_changed_signed_request_is_refused(change: Callable[[GeneralSigning], GeneralSigning]) -> None:
    line = Line(SecureMeter(Suite.SUITE_1), family=Family.SERVICE, signing=Signing.AFTER).open()
    refused_on_its_way(line, signing(change))


def refused_on_its_way(line: Line, change: Callable[[bytes], bytes]) -> None:
    """The next request of an open line, changed on its way, is refused, reported, and moves nothing."""
    meter, honest = line.meter, line.serve
    state, counters = meter.state, dict(meter.counters.accepted)
    line.events.clear()
    line.serve = lambda request: honest(change(request))  # type: ignore[method-assign]
    with pytest.raises(WrongKeyError):
        line.get(VALUE)
    assert line.events == [FAILED]
    assert (meter.state, meter.counters.accepted) == (state, counters)
    line.serve = honest  # type: ignore[method-assign]
    assert line.get(VALUE)


@pytest.mark.parametrize("use", [Use.UNICAST, Use.WRAPPED, Use.ONE_PASS, Use.STATIC])
def test_a_replayed_general_ciphering_is_refused(use: Use) -> None:
    line = Line(SecureMeter(Suite.SUITE_1), family=Family.CIPHERING, message_key=use).open()
    line.get(VALUE)
    captured = line.log[-1][0]
    line.get(VALUE)
    line.events.clear()
    answer = line.link.ask(captured)
    assert answer is not None
    assert answer[:3] == bytes.fromhex("D80106")
    assert isinstance(line.events[-1], Replayed)


def test_somebody_elses_signature_is_refused() -> None:
    meter = SecureMeter(Suite.SUITE_1)
    stranger = known(pairs(Suite.SUITE_1, "stranger"), TITLE, pairs(Suite.SUITE_1, "meter"))
    for how in ({"signing": Signing.AFTER}, {"family": Family.CIPHERING, "message_key": Use.ONE_PASS}):
        line = Line(meter, identity=stranger, **how)
        with pytest.raises(RefusalError):
            line.open()
        assert line.events == [FAILED]


def test_layers_without_end_are_refused() -> None:
    bench = Bench(Suite.SUITE_0)
    link = bench.open()
    apdu = bytes.fromhex(GET_CLOCK)
    for _ in range(5):
        apdu = link.general(apdu)
    unmoved(bench, link, apdu, UNDECIPHERED, FAILED)
    twice = link.general(link.general(bytes.fromhex(GET_CLOCK)))
    assert (link.ask(twice) or b"")[:1] == b"\xdb"


def test_one_counter_for_two_layers_is_refused() -> None:
    bench = Bench(Suite.SUITE_0)
    link = bench.open()
    inner = link.general(bytes.fromhex(GET_CLOCK))
    link.counter -= 1
    unmoved(bench, link, link.general(inner), UNDECIPHERED, FAILED)


@pytest.mark.parametrize("tag", [0xC8, 0xD0, 0xDB, 0xDC, 0xDD, 0xDF])
@pytest.mark.parametrize("rest", ["", "00", "84FFFFFFFF", "8100", "FF", "0008" * 20, "00" * 40, "05" + "FF" * 60])
def test_broken_envelopes_are_refused_and_move_nothing(tag: int, rest: str) -> None:
    bench = Bench(Suite.SUITE_1)
    link = bench.open()
    state, counters = bench.meter.state, dict(bench.meter.counters.accepted)
    answer = link.ask(bytes((tag,)) + bytes.fromhex(rest))
    assert answer in {UNDECIPHERED, bytes.fromhex("D80103")}
    assert len(link.events) == 1
    assert (bench.meter.state, bench.meter.counters.accepted) == (state, counters)
