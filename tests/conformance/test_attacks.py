"""What attackers try on a server and on a client: refused, reported, and nothing moves."""

from dataclasses import replace
from typing import Any

import pytest

from conformance.symsec import (
    ACTIVATE,
    GET_CLOCK,
    OTHER_REASON,
    SET_ALIAS,
    UNDECIPHERED,
    Bench,
    release,
    unmoved,
)
from dlms.device import ENERGY, MANAGEMENT_SAP, READOUT_SAP, TITLE, SmallMeter
from dlms.link import CLIENT_TITLE, Link, ber, initiate, plain_aarq
from dlms.secure_device import SecureMeter
from dlms.secure_link import Line
from softmeter.dlms.acse import Aare, Diagnostic, Mechanism, Result, decode_acse, encode_acse
from softmeter.dlms.dialect import CounterProfile
from softmeter.dlms.host import BadRequest, DecipherFailed, LoginFailed, Replayed
from softmeter.dlms.refusals import RefusalError
from softmeter.errors import RemoteProtocolError, SecurityError
from softmeter.security.ciphering import Protection
from softmeter.security.identity import Purpose
from softmeter.security.suites import Key, Suite
from softmeter.wire.types import encode_length

FAILED = DecipherFailed(MANAGEMENT_SAP)
VALUE = (3, ENERGY, 2)


def aare(octets: bytes | None) -> Aare:
    assert octets is not None
    message = decode_acse(octets)
    assert isinstance(message, Aare)
    return message


# -- replay


def test_a_captured_association_cannot_be_played_again() -> None:
    bench = Bench(Suite.SUITE_0)
    line = Line(bench.meter).open()
    line.act((9000, "0-0:128.0.0", 1), b"\x09\x01A")
    line.drive(line.client.release())
    state = bench.meter.state
    for request, _ in line.log:
        link = Link(bench.meter, MANAGEMENT_SAP)
        link.ask(request)
    link = Link(bench.meter, MANAGEMENT_SAP)
    answers = [link.ask(request) for request, _ in line.log]
    assert aare(answers[0]).result == Result.REJECTED_PERMANENT
    assert {answer and answer[0] for answer in answers[1:-1]} == {0xD8}
    assert isinstance(link.events[0], Replayed)
    assert bench.meter.state == state


def test_the_last_request_come_again_is_answered_from_memory_and_not_served_again() -> None:
    bench = Bench(Suite.SUITE_0)
    link = bench.open()
    request = link.glo(bytes.fromhex(SET_ALIAS))
    answer = link.ask(request)
    changes, counter = bench.meter.changes, bench.meter.counters.own
    assert [link.ask(request) for _ in range(3)] == [answer] * 3
    assert (bench.meter.changes, bench.meter.counters.own) == (changes, counter)
    link.get(GET_CLOCK)
    error = bytes.fromhex("D80106") + link.counter.to_bytes(4, "big")
    unmoved(bench, link, request, error, Replayed(MANAGEMENT_SAP, link.counter))


def test_what_has_no_counter_is_served_each_time() -> None:
    """A plain request where the policy demands nothing: that two are alike says nothing."""
    bench = Bench(Suite.SUITE_0, 0)
    link = bench.open()
    first = link.ask("C001C100030100010800FF0200")
    bench.meter.energy_wh += 1
    assert link.ask("C001C100030100010800FF0200") != first


def test_the_last_request_on_another_connection_is_a_replay() -> None:
    bench = Bench(Suite.SUITE_0)
    link = bench.open()
    request = link.glo(bytes.fromhex(SET_ALIAS))
    link.ask(request)
    other = bench.connect(link.counter).open_management()
    error = bytes.fromhex("D80106") + other.counter.to_bytes(4, "big")
    unmoved(bench, other, request, error, Replayed(MANAGEMENT_SAP, other.counter))


def test_opening_and_release_come_again_are_answered_from_memory_too() -> None:
    bench = Bench(Suite.SUITE_0)
    link = bench.link
    link.sap = MANAGEMENT_SAP
    opening = link.hls_aarq()
    answer = link.ask(opening)
    assert link.ask(opening) == answer
    challenge = aare(answer).authentication
    assert challenge is not None
    link.ask_ciphered(link.pass3(challenge))
    ending = release(link.glo(initiate()))
    answer = link.ask(ending)
    assert link.ask(ending) == answer
    assert answer is not None
    assert answer[:1] == b"\x63"


def test_a_lowered_counter_is_refused_and_reported() -> None:
    bench = Bench(Suite.SUITE_0)
    link = bench.open()
    link.ask(link.glo(bytes.fromhex(GET_CLOCK), counter=1000))
    error = bytes.fromhex("D8010600") + (1000).to_bytes(3, "big")
    lowered = link.glo(bytes.fromhex(SET_ALIAS), counter=999)
    unmoved(bench, link, lowered, error, Replayed(MANAGEMENT_SAP, 1000))


def test_a_wrong_tag_with_a_high_counter_does_not_move_the_counter() -> None:
    bench = Bench(Suite.SUITE_0)
    link = bench.open()
    forged = link.glo(bytes.fromhex(GET_CLOCK), counter=0xFFFFFFF0)[:-1] + b"\x00"
    unmoved(bench, link, forged, UNDECIPHERED, FAILED)
    assert link.get(GET_CLOCK).startswith("C401")


def test_no_counter_is_used_twice_under_a_key_that_is_being_replaced() -> None:
    """The answer to a key transfer leaves under the old key, after the counters of the new one started afresh."""
    bench = Bench(Suite.SUITE_0)
    link = bench.open()
    seen = set()
    for _ in range(3):
        answer = link.ask(link.glo(bytes.fromhex(GET_CLOCK))) or b""
        seen.add(answer[3:7])
    answer = link.ask(link.glo(bytes.fromhex(bench.transfer((0, bench.fresh_key()))))) or b""
    assert link.unprotect(answer).hex().upper() == "C701C10000"
    assert answer[3:7] > max(seen)


# -- challenges


@pytest.mark.parametrize("challenge", [b"", b"1234567", bytes(65)])
def test_a_challenge_of_a_wrong_length_is_not_answered(challenge: bytes) -> None:
    link = Link(SecureMeter(), MANAGEMENT_SAP)
    answer = aare(link.ask(link.hls_aarq(challenge=challenge)))
    assert (answer.result, answer.diagnostic) == (Result.REJECTED_PERMANENT, Diagnostic.AUTHENTICATION_FAILURE)
    assert link.events == [LoginFailed(MANAGEMENT_SAP, Mechanism.HLS_GMAC)]


def test_a_client_under_the_meters_own_title_is_refused() -> None:
    link = Link(SecureMeter(), MANAGEMENT_SAP)
    answer = aare(link.ask(link.hls_aarq(title=TITLE)))
    assert answer.diagnostic is Diagnostic.CALLING_TITLE_NOT_RECOGNIZED


def test_a_reflected_challenge_gives_the_attacker_nothing() -> None:
    """The meter's challenge, given back to it in a second association, is answered under its own title only."""
    meter = SecureMeter()
    victim = Link(meter)
    challenge = victim.challenge()
    oracle = Link(meter)
    oracle.counter = victim.counter
    oracle.sap = MANAGEMENT_SAP
    answer = aare(oracle.ask(oracle.hls_aarq(challenge=challenge)))
    assert answer.authentication not in {None, challenge}
    proved = oracle.ask_ciphered(oracle.pass3(answer.authentication or b""))
    assert proved is not None
    victim.counter = oracle.counter
    refused = victim.ask_ciphered(bytes.fromhex("C301C1000F0000280000FF01010911") + proved[8:])
    assert refused == bytes.fromhex("C701C1FA00")
    assert isinstance(victim.events[-1], LoginFailed)


def test_a_challenge_dies_with_its_association() -> None:
    meter = SecureMeter()
    link = Link(meter)
    stale = link.challenge()
    link.challenge()
    assert link.ask_ciphered(link.pass3(stale)) == bytes.fromhex("C701C1FA00")
    assert isinstance(link.events[-1], LoginFailed)


def test_a_client_does_not_answer_its_own_challenge() -> None:
    meter = SecureMeter()
    line = Line(meter)
    link = line.link

    def mirror(request: bytes) -> bytes:
        answer = link.ask(request)
        if request[:1] != b"\x60":
            raise AssertionError("the client answers a challenge that is its own")
        ours = decode_acse(request)
        return encode_acse(replace(aare(answer), authentication=getattr(ours, "authentication", None)))

    line.serve = mirror  # type: ignore[method-assign]
    with pytest.raises(SecurityError):
        line.open()


# -- downgrade


def test_a_plain_context_is_no_way_into_a_ciphered_client() -> None:
    link = Link(SmallMeter(), MANAGEMENT_SAP)
    password = ("8A0207808B0760857405080201", ber(0xAC, b"\x80\x0812345678"))
    answer = aare(link.ask(plain_aarq(None, *password)))
    assert answer.diagnostic is Diagnostic.CONTEXT_NOT_SUPPORTED


@pytest.mark.parametrize("mechanism", [2, 3, 4])
def test_weak_mechanisms_are_no_way_in(mechanism: int) -> None:
    link = Link(SecureMeter(), READOUT_SAP)
    name = f"8A0207808B07608574050802{mechanism:02}"
    answer = aare(link.ask(plain_aarq(None, name, ber(0xAC, b"\x80\x0812345678"))))
    assert answer.diagnostic is Diagnostic.MECHANISM_NOT_RECOGNISED


@pytest.mark.parametrize("weaker", [0, 1, 2])
def test_the_policy_cannot_be_weakened(weaker: int) -> None:
    bench = Bench(Suite.SUITE_0)
    link = bench.open()
    state = bench.meter.state
    assert link.get(ACTIVATE + f"{weaker:02X}") == OTHER_REASON
    assert bench.meter.state == state


@pytest.mark.parametrize("control", [0x30, 0x32, 0x33, 0xB1, 0x01])
def test_another_suite_or_compression_in_the_header_is_refused(control: int) -> None:
    bench = Bench(Suite.SUITE_1)
    link = bench.open()
    genuine = bytearray(link.glo(bytes.fromhex(GET_CLOCK)))
    genuine[2] = control
    unmoved(bench, link, bytes(genuine), UNDECIPHERED, FAILED)


# -- keys in the wrong place


def test_the_broadcast_key_does_not_serve_a_conversation() -> None:
    bench = Bench(Suite.SUITE_0)
    link = bench.open()
    cipher = bench.cipher(bench.meter.store.keys.broadcast_encryption, broadcast=True)
    content = cipher.protect(CLIENT_TITLE, 7, Protection.FULL, bytes.fromhex(SET_ALIAS))
    unmoved(bench, link, b"\xc9" + encode_length(len(content)) + content, UNDECIPHERED, FAILED)
    unconfirmed = bytes.fromhex(SET_ALIAS.replace("C101C1", "C10181"))
    content = cipher.protect(CLIENT_TITLE, 8, Protection.FULL, unconfirmed)
    unmoved(bench, link, b"\xc9" + encode_length(len(content)) + content, UNDECIPHERED, FAILED)


def test_another_service_cannot_be_turned_into_a_release() -> None:
    """A request held back on the way is not a proof that its client wants to leave."""
    bench = Bench(Suite.SUITE_0)
    link = bench.open()
    held_back = link.glo(bytes.fromhex(GET_CLOCK))
    state = bench.meter.state
    assert link.ask(release(held_back)) == bytes.fromhex("D80103")
    assert isinstance(link.events[-1], BadRequest)
    assert bench.meter.state == state
    assert link.get(GET_CLOCK).startswith("C401")


# -- passwords


def test_every_wrong_password_is_reported() -> None:
    link = Link(SmallMeter())
    for number in range(20):
        link.open_readout(password=b"%08d" % number)
    assert link.events == [LoginFailed(READOUT_SAP, Mechanism.LLS)] * 20


# -- the lenient profile


def test_a_client_that_restarts_its_counter_needs_the_lenient_profile() -> None:
    for profile in CounterProfile:
        meter = SecureMeter(profile=profile)
        Line(meter).open().get(VALUE)
        again = Line(meter)
        if profile is CounterProfile.STRICT:
            with pytest.raises(RefusalError):
                again.open()
        else:
            again.open()
            assert again.get(VALUE)
            assert meter.counters.accepted == {}


def test_the_lenient_profile_still_refuses_replays_within_and_proofs_of_before() -> None:
    meter = SecureMeter(profile=CounterProfile.PER_ASSOCIATION)
    line = Line(meter).open()
    line.get(VALUE)
    captured = line.log[-1][0]
    line.get(VALUE)
    assert (line.link.ask(captured) or b"")[:3] == bytes.fromhex("D80106")
    thief = Link(meter, MANAGEMENT_SAP)
    assert aare(thief.ask(line.log[0][0])).result == Result.ACCEPTED  # a challenge follows, a fresh one
    assert thief.unprotect(thief.ask(line.log[1][0]) or b"") == bytes.fromhex("C701C1FA00")
    assert isinstance(thief.events[-1], LoginFailed)


def test_the_lenient_profile_is_not_for_passwords() -> None:
    meter = SecureMeter(profile=CounterProfile.PER_ASSOCIATION)
    password: dict[str, Any] = {"mechanism": Mechanism.LLS, "password": Key(b"12345678")}
    Line(meter, **password).open()
    with pytest.raises(RefusalError):
        Line(meter, **password).open()


# -- the client's end


def test_a_client_refuses_old_answers_and_those_of_another_meter() -> None:
    line = Line(SecureMeter()).open()
    line.get(VALUE)
    old = line.log[-1][1]
    honest = line.serve
    line.serve = lambda request: old if request else None  # type: ignore[method-assign]
    with pytest.raises(RemoteProtocolError):
        line.get(VALUE)
    line.serve = honest  # type: ignore[method-assign]
    assert line.get(VALUE)


def test_certificates_and_pairs_stay_apart() -> None:
    meter = SecureMeter(Suite.SUITE_1)
    identity = meter.keys(MANAGEMENT_SAP).identity
    assert identity is not None
    signs, agrees = identity.pair(Purpose.SIGNATURE), identity.pair(Purpose.AGREEMENT)
    assert signs is not None
    assert agrees is not None
    assert bytes(signs) != bytes(agrees)
