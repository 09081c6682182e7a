"""APPL, opening: associations, under its public test-case names (ATS_AL), on a whole meter."""

import pytest

from conformance.appl import GET_CLOCK, GET_OBJECTS, MANAGEMENT, PUBLIC, READOUT, REFUSED, Bench, granted, told
from dlms.link import ber, initiate, plain_aarq
from softmeter.dlms.acse import Context, Diagnostic, Mechanism, Result
from softmeter.dlms.association import MAX_PDU
from softmeter.dlms.conversation import drive
from softmeter.dlms.messages import AttributeReference
from softmeter.dlms.refusals import RefusalError
from softmeter.meter.clients import CLIENTS
from softmeter.obis import Obis

CLOCK = AttributeReference(8, Obis(0, 0, 1, 0, 0), 2)
PASSWORD = b"password-2"
SET_NAME = bytes.fromhex("C101C100010000600102FF020009024142")
ACTION_CLOCK = bytes.fromhex("C301C100080000010000FF03010F00")


def low_level(password: bytes, *, mechanism: str = "8B0760857405080201", requirements: str = "8A020780") -> bytes:
    value = ber(0xAC, b"\x80" + bytes((len(password),)) + password)
    return plain_aarq(None, requirements, mechanism, value)


@pytest.mark.conformance("APPL_IDLE_N1")
def test_idle_n1() -> None:
    """IDLE_N1.

    Purpose: Without an association no service is given.

    Stimulus: On a new connection send GET, SET and ACTION, as each client and as an unknown one.

    Verdict: Each is answered D8 01 01; nothing changes, and an association can be opened afterwards.
    """
    for sap in (*(client.sap for client in CLIENTS.values() if client.ways), 99):
        bench = Bench(sap)
        for request in (GET_CLOCK, SET_NAME, ACTION_CLOCK, GET_OBJECTS):
            assert bench.ask(request) == REFUSED
    bench = Bench()
    bench.ask(GET_CLOCK)
    assert bench.aare(plain_aarq()).result == Result.ACCEPTED


@pytest.mark.conformance("APPL_OPEN_1")
def test_open_1() -> None:
    """OPEN_1.

    Purpose: An association opens with the parameters of the AARQ, and says what it offers.

    Stimulus: AARQ of the public client with all services proposed and a PDU size of 1,200.

    Verdict: AARE accepted, context LN, diagnostic null; DLMS version 6, the services of the manual that were
    proposed, the meter's PDU size, VAA name 7. A service is then given.
    """
    bench = Bench()
    answer = bench.aare(plain_aarq(initiate("FFFFFF")))
    assert (answer.result, answer.diagnostic, answer.context) == (Result.ACCEPTED, Diagnostic.NULL, 1)
    offered = granted(answer)
    assert (offered.version, offered.max_pdu_size, offered.vaa_name) == (6, MAX_PDU, 7)
    assert offered.conformance == CLIENTS[PUBLIC].conformance
    assert offered.conformance.octets.hex() == "201051"
    assert bench.is_open()


@pytest.mark.conformance("APPL_OPEN_2")
def test_open_2() -> None:
    """OPEN_2.

    Purpose: A client user's identification does not keep an association from being opened.

    Stimulus: AARQ with calling-AE-invocation-identifier (the client user) 1 and 255.

    Verdict: Accepted, and a service is given.
    """
    for user in (1, 127):
        bench = Bench()
        answer = bench.aare(plain_aarq(None, ber(0xA9, bytes((2, 1, user)))))
        assert answer.result == Result.ACCEPTED
        assert bench.is_open()


@pytest.mark.conformance("APPL_OPEN_3")
def test_open_3() -> None:
    """OPEN_3.

    Purpose: With HLS the association is open only after passes three and four.

    Stimulus: Open as management with GMAC: once to the end; once with a GET in place of pass three; once with a
    wrong answer to the challenge.

    Verdict: The first opens, the meter's own proof verifies; the GET before pass three is refused; after the wrong
    answer nothing is given.
    """
    way = Context.LOGICAL_NAMES_CIPHERED, Mechanism.HLS_GMAC
    bench = Bench(MANAGEMENT)
    client = bench.client(*way)
    drive(client.associate(), bench.ask)
    assert drive(client.get(CLOCK), bench.ask).startswith(b"\x09\x0c")
    for spoil in (2, 20):
        bench = Bench(MANAGEMENT)
        client, sent = bench.client(*way), 0

        def spoiled(apdu: bytes, bench: Bench = bench, spoil: int = spoil) -> bytes | None:
            nonlocal sent
            sent += 1
            return bench.ask(apdu if sent != 2 else apdu[:-spoil] + bytes(spoil))

        with pytest.raises(RefusalError):
            drive(client.associate(), spoiled)
        with pytest.raises(RefusalError):
            drive(client.get(CLOCK), bench.ask)
    bench = Bench(MANAGEMENT)
    client = bench.client(*way)
    opening = client.associate()
    aare = bench.ask(next(opening))
    assert aare is not None
    assert aare[:1] == b"\x61"
    assert (bench.ask(GET_CLOCK) or b"")[:1] == b"\xd8"
    opening.close()


@pytest.mark.conformance("APPL_OPEN_4")
def test_open_4() -> None:
    """OPEN_4.

    Purpose: The ACSE protocol version is checked.

    Stimulus: AARQ with version 1 (as the default says), and with others only.

    Verdict: Version 1 is accepted; without it the AARE rejects with the provider's "no common ACSE version".
    """
    for version, accepted in (("80020780", True), ("80020640", False), ("80020500", False)):
        body = bytes.fromhex(version) + plain_aarq()[2:]
        answer = Bench().aare(b"\x60" + bytes((len(body),)) + body)
        assert (answer.result == Result.ACCEPTED) is accepted
        assert accepted or answer.diagnostic is Diagnostic.PROVIDER_NO_COMMON_VERSION


@pytest.mark.conformance("APPL_OPEN_5")
def test_open_5() -> None:
    """OPEN_5.

    Purpose: Only the application contexts of the client are taken.

    Stimulus: AARQ of the public client with the contexts SN (2), LN ciphered (3), SN ciphered (4), one unknown (9),
    and a name of another country.

    Verdict: Rejected with "application-context-name-not-supported"; then LN (1) is accepted on the same connection.
    """
    bench = Bench()
    for context in (2, 3, 4, 9):
        answer = bench.aare(plain_aarq(context=context))
        assert (answer.result, answer.diagnostic) == (Result.REJECTED_PERMANENT, Diagnostic.CONTEXT_NOT_SUPPORTED)
        assert not bench.is_open()
    foreign = plain_aarq().replace(bytes.fromhex("60857405080101"), bytes.fromhex("60857406080101"))
    assert bench.aare(foreign).diagnostic is Diagnostic.CONTEXT_NOT_SUPPORTED
    assert bench.aare(plain_aarq()).result == Result.ACCEPTED


@pytest.mark.conformance("APPL_OPEN_6")
def test_open_6() -> None:
    """OPEN_6.

    Purpose: Optional titles, qualifiers and invocation identifiers do not matter where the context needs none.

    Stimulus: AARQ with each of A2 to A9 (called and calling title, qualifier, invocation ids), one at a time and all.

    Verdict: Every one is accepted.
    """
    names = ["A2", "A3", "A6", "A7"]
    numbers = ["A4", "A5", "A8", "A9"]
    elements = {tag: ber(int(tag, 16), b"\x04\x08METER001") for tag in names}
    elements |= {tag: ber(int(tag, 16), b"\x02\x01\x05") for tag in numbers}
    for chosen in ([tag] for tag in elements):
        answer = Bench().aare(plain_aarq(None, *(elements[tag] for tag in chosen)))
        assert answer.result == Result.ACCEPTED, chosen
    assert Bench().aare(plain_aarq(None, *(elements[tag] for tag in sorted(elements)))).result == Result.ACCEPTED


@pytest.mark.conformance("APPL_OPEN_7")
def test_open_7() -> None:
    """OPEN_7.

    Purpose: The authentication functional unit is checked.

    Stimulus: AARQ of the readout client with its password; with another; without a mechanism; with a mechanism that
    is not his; with an empty password.

    Verdict: The first is accepted; the others are rejected, each with its diagnostic, and open nothing.
    """
    assert Bench(READOUT).aare(low_level(PASSWORD)).result == Result.ACCEPTED
    high = "8B0760857405080205"
    for aarq, diagnostic in (
        (low_level(b"password-3"), Diagnostic.AUTHENTICATION_FAILURE),
        (low_level(b""), Diagnostic.AUTHENTICATION_FAILURE),
        (plain_aarq(), Diagnostic.MECHANISM_REQUIRED),
        (low_level(PASSWORD, mechanism=high), Diagnostic.MECHANISM_NOT_RECOGNISED),
        (low_level(PASSWORD, mechanism=high[:-2] + "09"), Diagnostic.MECHANISM_NOT_RECOGNISED),
    ):
        bench = Bench(READOUT)
        answer = bench.aare(aarq)
        assert (answer.result, answer.diagnostic) == (Result.REJECTED_PERMANENT, diagnostic)
        assert not bench.is_open()


@pytest.mark.conformance("APPL_OPEN_9")
def test_open_9() -> None:
    """OPEN_9.

    Purpose: A dedicated key has no place in a context without ciphering.

    Stimulus: AARQ of the public client, in clear, whose InitiateRequest brings a dedicated key.

    Verdict: Rejected with the initiate error "other"; a following AARQ without a key is accepted.
    """
    bench = Bench()
    key = bytes.fromhex("0110" + "00112233445566778899AABBCCDDEEFF")
    answer = bench.aare(plain_aarq(initiate()[:1] + key + initiate()[2:]))
    assert answer.result == Result.REJECTED_PERMANENT
    assert (told(answer).service, told(answer).kind) == (1, 6)
    assert not bench.is_open()
    assert bench.aare(plain_aarq()).result == Result.ACCEPTED


@pytest.mark.conformance("APPL_OPEN_11")
def test_open_11() -> None:
    """OPEN_11.

    Purpose: A proposed quality of service does not keep an association from being opened.

    Stimulus: InitiateRequest with proposed-quality-of-service 0, 1 and -1.

    Verdict: Accepted; the answer names none.
    """
    for quality in ("00", "01", "FF"):
        information = bytes.fromhex(f"010000 01{quality} 06 5F1F0400FFFFFF 04B0")
        answer = Bench().aare(plain_aarq(information))
        assert answer.result == Result.ACCEPTED
        assert granted(answer).quality_of_service is None


@pytest.mark.conformance("APPL_OPEN_12")
def test_open_12() -> None:
    """OPEN_12.

    Purpose: The DLMS version is checked.

    Stimulus: InitiateRequest with versions 0, 5, 6 and 7.

    Verdict: Below 6 rejected with the initiate error "dlms-version-too-low"; from 6 on accepted with version 6.
    """
    for version in (0, 5, 6, 7):
        answer = Bench().aare(plain_aarq(bytes.fromhex(f"01000000{version:02X}5F1F0400FFFFFF04B0")))
        if version < 6:
            assert answer.result == Result.REJECTED_PERMANENT
            assert told(answer).error == 1
        else:
            assert granted(answer).version == 6


@pytest.mark.conformance("APPL_OPEN_13")
def test_open_13() -> None:
    """OPEN_13.

    Purpose: Services are negotiated: what both sides have.

    Stimulus: InitiateRequest with every single bit of the conformance block, with none, and with the SN services only.

    Verdict: Where GET, SET or ACTION is left, accepted with just the bits that were proposed and are the client's;
    otherwise rejected with the initiate error "incompatible-conformance".
    """
    own = CLIENTS[PUBLIC].conformance.value
    for proposed in (*(1 << bit for bit in range(24)), 0, 0x1C0320, 0xFFFFFF, 0x000011):
        answer = Bench().aare(plain_aarq(initiate(f"{proposed:06X}")))
        if proposed & own & 0x000019:
            assert granted(answer).conformance.value == proposed & own
        else:
            assert answer.result == Result.REJECTED_PERMANENT
            assert told(answer).error == 2


@pytest.mark.conformance("APPL_OPEN_14")
def test_open_14() -> None:
    """OPEN_14.

    Purpose: The client's PDU size is checked, and kept to.

    Stimulus: InitiateRequest with client-max-receive-pdu-size 1, 11, 12, 64, 65,535 and 0 (no limit); then a long GET.

    Verdict: Below 12 rejected with the initiate error "pdu-size-too-short"; else accepted, and no answer is longer.
    """
    for size in (1, 11, 12, 64, 0xFFFF, 0):
        bench = Bench()
        answer = bench.aare(plain_aarq(initiate("001011", f"{size:04X}")))
        if 0 < size < 12:
            assert answer.result == Result.REJECTED_PERMANENT
            assert told(answer).error == 3
            continue
        assert answer.result == Result.ACCEPTED
        found = bench.ask(GET_OBJECTS) or b""
        assert found[:2] == (b"\xc4\x01" if size in {0, 0xFFFF} else b"\xc4\x02")
        assert not size or len(found) <= max(size, 13)
