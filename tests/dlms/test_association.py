"""Opening, proving and releasing: what each AARQ is answered, and what that does to the meter."""

import pytest

from dlms.device import KEYS, MANAGEMENT_SAP, PUBLIC_SAP, READOUT_SAP, SmallMeter
from dlms.link import CLIENT_TITLE, CTOS, Link, ber, initiate, plain_aarq
from softmeter.dlms.acse import Aare, Diagnostic, Mechanism, Result, Rlre, decode_acse
from softmeter.dlms.association_states import TRANSITIONS, State, Step
from softmeter.dlms.host import (
    AssociationOpened,
    AssociationReleased,
    Client,
    LoginFailed,
)
from softmeter.errors import LocalProtocolError
from softmeter.security.ciphering import Cipher, Protection
from softmeter.security.suites import Key
from softmeter.wire.types import encode_length
from vectors.table import cuts, vector

LLS = "8A0207808B0760857405080201"
PASSWORD = ber(0xAC, b"\x80\x0812345678")
TITLE = ber(0xA6, b"\x04\x08" + CLIENT_TITLE)
GET_CLOCK = bytes.fromhex("C001C100080000010000FF0200")
NOT_POSSIBLE, UNDECIPHERED = bytes.fromhex("D80101"), bytes.fromhex("D80105")


def aare(octets: bytes | None) -> Aare:
    assert octets is not None
    message = decode_acse(octets)
    assert isinstance(message, Aare)
    return message


# -- accepted


def test_the_public_client_gets_the_services_he_may_use() -> None:
    link = Link()
    expected = vector("acse.aare.public").replace(bytes.fromhex("00501F01F4"), bytes.fromhex("0010110800"))
    assert link.ask(vector("acse.aarq.public")) == expected
    assert link.events == [AssociationOpened(PUBLIC_SAP, Mechanism.LOWEST)]


def test_the_published_password_opens_readout() -> None:
    link = Link(sap=READOUT_SAP)
    answer = aare(link.ask(vector("acse.aarq.lls '12345678'")))
    assert (answer.result, answer.diagnostic) == (Result.ACCEPTED, Diagnostic.NULL)
    assert link.events == [AssociationOpened(READOUT_SAP, Mechanism.LLS)]


def test_the_published_ciphered_aarq_brings_a_dedicated_key() -> None:
    meter = SmallMeter()
    meter.system_title = CLIENT_TITLE
    link = Link(meter, READOUT_SAP)
    answer = aare(link.ask(vector("acse.aarq.ciphered+LLS")))
    assert (answer.result, answer.diagnostic) == (Result.ACCEPTED, Diagnostic.NULL)
    dedicated = Cipher(Key(bytes.fromhex("00112233445566778899AABBCCDDEEFF")), Key(KEYS.authentication))
    content = dedicated.protect(bytes.fromhex("4D4D4D0000BC614E"), 0, Protection.FULL, GET_CLOCK)
    reply = link.ask(b"\xd0" + encode_length(len(content)) + content)
    assert reply is not None
    assert reply[:1] == b"\xd4"
    opened = dedicated.unprotect(CLIENT_TITLE, reply[2:])
    assert (opened.plain[:4].hex().upper(), opened.counter) == ("C401C100", 1)


def test_the_published_hls_aarq_is_challenged() -> None:
    link = Link(sap=MANAGEMENT_SAP)
    answer = aare(link.ask(vector("acse.aarq.hls5 suite0")))
    assert (answer.result, answer.diagnostic) == (Result.ACCEPTED, Diagnostic.AUTHENTICATION_REQUIRED)
    assert (answer.mechanism, answer.responding_title) == (5, link.meter.system_title)
    assert answer.authentication is not None
    assert len(answer.authentication) == 16
    assert answer.user_information is not None
    assert link.unprotect(answer.user_information).hex().upper() == "0800065F1F0400601A5D08000007"
    assert link.events == []
    assert link.meter.counters.accepted == {(MANAGEMENT_SAP, CLIENT_TITLE): 1}


def test_an_association_by_hls_is_open_after_the_fourth_pass() -> None:
    link = Link()
    stoc = link.challenge()
    answer = link.ask_ciphered(link.pass3(stoc))
    assert answer is not None
    assert answer[:8] == bytes.fromhex("C701C10001000911")
    proof = answer[8:]
    own_title = link.meter.system_title
    assert proof == link.cipher.sign(own_title, int.from_bytes(proof[1:5], "big"), CTOS)
    assert link.events == [AssociationOpened(MANAGEMENT_SAP, Mechanism.HLS_GMAC)]
    assert link.get(GET_CLOCK.hex()).startswith("C401C100090C")


def test_the_published_proof_is_the_one_we_give() -> None:
    cipher = Cipher(Key(KEYS.unicast_encryption), Key(KEYS.authentication))
    expected = vector("hls5.pass4.action-response")[8:]
    assert cipher.sign(bytes.fromhex("4D4D4D0000BC614E"), 0x01234567, CTOS) == expected
    stoc = b"P6wRJ21F"
    assert cipher.sign(CLIENT_TITLE, 1, stoc) == vector("hls5.pass3.param (octet-string body)")


def test_one_counter_for_the_proof_and_its_apdu_is_accepted() -> None:
    link = Link()
    plain = link.pass3(link.challenge())
    answer = link.ask(link.glo(plain, counter=link.counter))
    assert answer is not None
    assert link.unprotect(answer).startswith(bytes.fromhex("C701C10001"))


def test_a_proof_with_a_higher_counter_than_its_apdu_moves_the_counter_there() -> None:
    link = Link()
    stoc = link.challenge()
    proof = link.cipher.sign(CLIENT_TITLE, 50, stoc)
    answer = link.ask_ciphered(bytes.fromhex("C301C1000F0000280000FF01010911") + proof)
    assert answer is not None
    assert answer.startswith(bytes.fromhex("C701C10001"))
    assert link.meter.counters.accepted == {(MANAGEMENT_SAP, CLIENT_TITLE): 50}


def test_a_ciphered_association_by_password_sees_what_the_public_sees() -> None:
    link = Link(sap=MANAGEMENT_SAP)
    aarq = plain_aarq(link.glo(initiate()), TITLE, LLS, PASSWORD, context=3)
    answer = aare(link.ask(aarq))
    assert (answer.result, answer.responding_title) == (Result.ACCEPTED, link.meter.system_title)
    assert link.get(GET_CLOCK.hex()).startswith("C401C100090C")
    assert link.get("C001C100030100010800FF0200") == "C401C10104"


def test_answers_are_of_the_family_of_the_request() -> None:
    link = Link(sap=MANAGEMENT_SAP)
    title = ber(0xA6, b"\x04\x08" + CLIENT_TITLE)
    mechanism = "8A0207808B0760857405080205"
    aarq = plain_aarq(link.general(initiate()), title, mechanism, ber(0xAC, b"\x80\x08" + CTOS), context=3)
    answer = aare(link.ask(aarq))
    assert answer.user_information is not None
    assert answer.user_information[:1] == b"\xdb"
    assert answer.authentication is not None
    reply = link.ask(link.general(link.pass3(answer.authentication)))
    assert reply is not None
    assert link.unprotect(reply).startswith(bytes.fromhex("C701C10001"))
    reply = link.ask(link.general(GET_CLOCK, title=b""))
    assert reply is not None
    assert reply[:1] == b"\xdb"
    glo = link.ask(link.glo(GET_CLOCK))
    assert glo is not None
    assert glo[:1] == b"\xcc"


# -- while the challenge is open


@pytest.mark.parametrize(
    "request_",
    [GET_CLOCK, bytes.fromhex("C301C10008 0000010000FF 01 010F00"), bytes.fromhex("C301C1000F0000280000FF0200")],
)
def test_only_the_answer_to_the_challenge_is_served_while_it_is_open(request_: bytes) -> None:
    link = Link()
    stoc = link.challenge()
    before = link.meter.state
    assert link.ask(link.glo(request_)) == NOT_POSSIBLE
    assert link.meter.state == before
    answer = link.ask_ciphered(link.pass3(stoc))
    assert answer is not None
    assert answer.startswith(bytes.fromhex("C701C10001"))


@pytest.mark.parametrize("damage", ["proof", "challenge", "type", "absent", "truncated", "old counter"])
def test_a_wrong_answer_ends_the_association(damage: str) -> None:
    link = Link()
    stoc = link.challenge()
    plain = link.pass3(stoc)
    match damage:
        case "proof":
            plain = plain[:-1] + bytes((plain[-1] ^ 1,))
        case "challenge":
            plain = link.pass3(CTOS)
        case "type":
            plain = plain.replace(b"\x09\x11", b"\x0a\x11")
        case "absent":
            plain = plain[:12] + b"\x00"
        case "truncated":
            plain = plain[:-5]
        case _:
            proof = link.cipher.sign(CLIENT_TITLE, 1, stoc)
            plain = plain[:-17] + proof
    assert link.ask_ciphered(plain) == bytes.fromhex("C701C1FA00")
    assert link.events == [LoginFailed(MANAGEMENT_SAP, Mechanism.HLS_GMAC)]
    assert link.ask(link.glo(link.pass3(stoc))) == NOT_POSSIBLE


def test_a_challenge_is_answered_once() -> None:
    link = Link()
    stoc = link.challenge()
    link.ask_ciphered(link.pass3(stoc))
    assert link.ask_ciphered(link.pass3(stoc)) == bytes.fromhex("C701C1FA00")
    assert len(link.events) == 1


def test_challenges_differ() -> None:
    meter = SmallMeter()
    seen = set()
    counter = 0
    for _ in range(5):
        link = Link(meter)
        link.counter = counter
        seen.add(link.challenge())
        counter = link.counter
    assert len(seen) == 5


# -- release


def test_a_release_is_confirmed_and_harmless_without_an_association() -> None:
    link = Link()
    assert link.ask(vector("acse.rlrq.normal")) == vector("acse.rlre.normal")
    link.open_public()
    assert link.ask(vector("acse.rlrq.normal")) == vector("acse.rlre.normal")
    assert link.events[-1] == AssociationReleased(PUBLIC_SAP, "released by the client")
    assert link.ask(GET_CLOCK) == NOT_POSSIBLE
    assert link.ask("6200") == vector("acse.rlre.normal")


def test_a_plain_release_with_user_information_is_answered_with_it() -> None:
    link = Link()
    link.open_public()
    body = bytes.fromhex("800100") + bytes.fromhex(ber(0xBE, b"\x04\x0e" + initiate()))
    answer = link.ask(b"\x62" + encode_length(len(body)) + body)
    assert answer is not None
    message = decode_acse(answer)
    assert isinstance(message, Rlre)
    assert message.user_information == bytes.fromhex("0800065F1F040000101108000007")


def test_a_ciphered_association_is_released_by_a_protected_request() -> None:
    link = Link().open_management()
    information = link.glo(initiate())
    body = bytes.fromhex("800100" + ber(0xBE, b"\x04" + encode_length(len(information)) + information))
    answer = link.ask(b"\x62" + encode_length(len(body)) + body)
    assert answer is not None
    message = decode_acse(answer)
    assert isinstance(message, Rlre)
    assert message.user_information is not None
    assert link.unprotect(message.user_information).startswith(b"\x08")
    assert link.ask(link.glo(GET_CLOCK)) == NOT_POSSIBLE


def test_a_damaged_release_releases_nothing() -> None:
    link = Link()
    link.open_public()
    assert link.ask("6203800105") == bytes.fromhex("D80103")
    assert link.ask("6205800100") == bytes.fromhex("D80103")
    assert link.get(GET_CLOCK.hex()).startswith("C401")


def test_a_second_aarq_takes_the_place_of_the_first_association() -> None:
    link = Link()
    link.open_public()
    link.events.clear()
    link.open_public(initiate(conformance="000011"))
    assert link.events == [
        AssociationReleased(PUBLIC_SAP, "a new AARQ came"),
        AssociationOpened(PUBLIC_SAP, Mechanism.LOWEST),
    ]
    assert link.get("C002C100000001") == "D80102"


def test_an_aarq_that_is_damaged_is_rejected() -> None:
    link = Link()
    for cut in cuts(plain_aarq()):
        if cut:
            answer = aare(link.ask(cut))
            assert answer.result == Result.REJECTED_PERMANENT


# -- the table of states


def test_every_step_from_every_state_is_in_the_table_or_a_mistake() -> None:
    assert set(TRANSITIONS.values()) == set(State)
    link = Link()
    link.open_public()
    (association,) = link.server._associations._by_pair.values()
    assert association._agreed is not None
    for step in Step:
        if (association.state, step) not in TRANSITIONS:
            with pytest.raises(LocalProtocolError):
                association._move(association._agreed, step)
    assert association.state is State.ASSOCIATED


def test_gmac_without_a_ciphered_context_is_no_way_in() -> None:
    client = Link().meter.clients[PUBLIC_SAP]
    ((way, audience),) = client.ways.items()
    with pytest.raises(LocalProtocolError):
        Client(9, "odd", {(way[0], Mechanism.HLS_GMAC): audience}, client.conformance)


def test_secrets_do_not_show_themselves() -> None:
    assert "12345678" not in repr(KEYS)
    assert KEYS.unicast_encryption.hex() not in repr(KEYS)
