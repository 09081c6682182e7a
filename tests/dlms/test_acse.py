import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softmeter.dlms.acse import (
    AUTHENTICATION,
    FOREIGN,
    Aare,
    Aarq,
    Acse,
    Context,
    Diagnostic,
    Mechanism,
    ReleaseReason,
    Result,
    Rlre,
    Rlrq,
    decode_acse,
    encode_accepting,
    encode_acse,
    encode_released,
)
from softmeter.errors import DecodeError, LocalProtocolError
from vectors.table import harmless, names, refuses_damage, vector

CLIENT, SERVER = bytes.fromhex("4D4D4D0000000001"), bytes.fromhex("4D4D4D0000BC614E")
INITIATE = bytes.fromhex("01000000065F1F0400007E1F04B0")

ROWS: list[tuple[str, Acse]] = [
    ("acse.aarq.public", Aarq(context=Context.LOGICAL_NAMES, user_information=INITIATE)),
    (
        "acse.aare.public",
        Aare(
            context=Context.LOGICAL_NAMES,
            result=Result.ACCEPTED,
            diagnostic=Diagnostic.NULL,
            user_information=bytes.fromhex("0800065F1F040000501F01F40007"),
        ),
    ),
    (
        "acse.aarq.lls '12345678'",
        Aarq(
            context=Context.LOGICAL_NAMES,
            requirements=AUTHENTICATION,
            mechanism=Mechanism.LLS,
            authentication=b"12345678",
            user_information=INITIATE,
        ),
    ),
    (
        "acse.aarq.hls5 suite0",
        Aarq(
            context=Context.LOGICAL_NAMES_CIPHERED,
            calling_title=CLIENT,
            requirements=AUTHENTICATION,
            mechanism=Mechanism.HLS_GMAC,
            authentication=b"K56iVagY",
            user_information=bytes.fromhex("211F30000000019945AB0E570975CCDF3187859C10A26BE8A676B8144BF42539FF"),
        ),
    ),
    (
        "acse.aare.hls5 suite0",
        Aare(
            context=Context.LOGICAL_NAMES_CIPHERED,
            result=Result.ACCEPTED,
            diagnostic=Diagnostic.AUTHENTICATION_REQUIRED,
            responding_title=SERVER,
            requirements=AUTHENTICATION,
            mechanism=Mechanism.HLS_GMAC,
            authentication=b"P6wRJ21F",
            user_information=bytes.fromhex("281F3001234567891214A0845E4737727A3F65BC19F592FB378E15E75D6FB25F78"),
        ),
    ),
    (
        "acse.aare.rejected authentication-failure(13)",
        Aare(
            context=Context.LOGICAL_NAMES,
            result=Result.REJECTED_PERMANENT,
            diagnostic=Diagnostic.AUTHENTICATION_FAILURE,
        ),
    ),
    ("acse.rlrq.normal", Rlrq(reason=ReleaseReason.NORMAL)),
    ("acse.rlre.normal", Rlre(reason=ReleaseReason.NORMAL)),
]


@pytest.mark.parametrize(("name", "value"), ROWS)
def test_messages_both_ways(name: str, value: Acse) -> None:
    assert encode_acse(value) == vector(name)
    assert decode_acse(vector(name)) == value


@pytest.mark.parametrize("name", [name for name in names("acse.a", "acse.r") if "initiate" not in name])
def test_every_stored_message_round_trips_and_refuses_damage(name: str) -> None:
    assert encode_acse(decode_acse(vector(name))) == vector(name)
    refuses_damage(decode_acse, vector(name))


def test_the_provider_has_diagnostics_of_its_own() -> None:
    value = Aare(context=1, result=Result.REJECTED_PERMANENT, diagnostic=Diagnostic.PROVIDER_NO_COMMON_VERSION)
    octets = encode_acse(value)
    assert bytes.fromhex("A305A203020102") in octets
    assert decode_acse(octets) == value


def test_a_release_without_a_reason() -> None:
    assert decode_acse(bytes.fromhex("6200")) == Rlrq()
    assert encode_acse(Rlrq(user_information=b"x")).hex() == "6205be03040178"


def test_a_name_of_others_is_foreign() -> None:
    octets = vector("acse.aarq.public").replace(bytes.fromhex("60857405080101"), bytes.fromhex("60857405090101"))
    decoded = decode_acse(octets)
    assert isinstance(decoded, Aarq)
    assert decoded.context == FOREIGN


@pytest.mark.parametrize(
    "octets",
    [
        "",
        "64",
        "6000",  # no context
        "6109A109060760857405080101A203020103A305A103020100",  # length
        "6117A109060760857405080101A203020103A305A103020100",  # result 3
        "6117A109060760857405080101A203020101A305A103020163",  # diagnostic 99
        "6117A109060760857405080101A203020101A305A303020101",  # neither user nor provider
        "6203800105",
    ],
)
def test_damaged_messages(octets: str) -> None:
    with pytest.raises(DecodeError):
        decode_acse(bytes.fromhex(octets))


def test_a_value_that_does_not_fit() -> None:
    with pytest.raises(LocalProtocolError):
        encode_acse(Aarq(context=1, mechanism=999))


def test_passwords_do_not_show() -> None:
    assert "12345678" not in repr(decode_acse(vector("acse.aarq.lls '12345678'")))


@given(st.binary(max_size=50), st.sampled_from([0x60, 0x61, 0x62, 0x63]))
@settings(max_examples=60)
def test_any_octets_are_harmless(octets: bytes, tag: int) -> None:
    harmless(decode_acse, octets)
    harmless(decode_acse, bytes((tag, len(octets))) + octets)


@pytest.mark.parametrize(("mechanism", "challenge"), [(None, None), (Mechanism.HLS_GMAC, b"K56iVagY")])
@pytest.mark.parametrize("title", [None, SERVER])
def test_an_acceptance_is_the_declared_message(
    title: bytes | None, mechanism: int | None, challenge: bytes | None
) -> None:
    assert encode_accepting(3, title, mechanism, challenge, INITIATE) == encode_acse(
        Aare(
            context=3,
            result=Result.ACCEPTED,
            diagnostic=Diagnostic.NULL if mechanism is None else Diagnostic.AUTHENTICATION_REQUIRED,
            responding_title=title,
            requirements=None if mechanism is None else AUTHENTICATION,
            mechanism=mechanism,
            authentication=challenge,
            user_information=INITIATE,
        )
    )


@pytest.mark.parametrize("information", [None, INITIATE])
def test_a_release_is_confirmed_by_the_declared_message(information: bytes | None) -> None:
    declared = Rlre(reason=ReleaseReason.NORMAL, user_information=information)
    assert encode_released(information) == encode_acse(declared)
