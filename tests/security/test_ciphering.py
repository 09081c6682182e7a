import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softmeter.errors import LocalProtocolError, SecurityError
from softmeter.security.ciphering import (
    LAST_COUNTER,
    Cipher,
    CounterError,
    Opened,
    Protection,
    ReceiveCounter,
    SendCounter,
)
from softmeter.security.suites import Key, Suite
from vectors.table import cuts, vector

KEY = Key(bytes(range(16)))
AUTHENTICATION_KEY = Key(bytes(range(0xD0, 0xE0)))
TITLE = bytes.fromhex("4D4D4D0000BC614E")
COUNTER = 0x01234567
APDU = bytes.fromhex("C0010000080000010000FF0200")
CIPHER = Cipher(KEY, AUTHENTICATION_KEY)

ROWS = [
    (Protection.AUTHENTICATED, "sec.glo-get.auth_only"),
    (Protection.ENCRYPTED, "sec.glo-get.enc_only"),
    (Protection.FULL, "sec.glo-get.auth_enc"),
]


@pytest.mark.parametrize(("protection", "name"), ROWS)
@pytest.mark.manual("12.2.aes-gcm")
def test_published_vectors_both_ways(protection: Protection, name: str) -> None:
    protected = vector(name)[2:]
    assert CIPHER.protect(TITLE, COUNTER, protection, APDU) == protected
    assert CIPHER.unprotect(TITLE, protected) == Opened(APDU, protection, COUNTER)


@pytest.mark.parametrize(("protection", "name"), ROWS[::2])
def test_any_changed_bit_is_noticed(protection: Protection, name: str) -> None:
    del protection
    protected = vector(name)[2:]
    for bit in range(len(protected) * 8):
        damaged = bytearray(protected)
        damaged[bit // 8] ^= 1 << bit % 8
        if damaged[0] == Protection.ENCRYPTED.value:
            continue  # announces that there is no tag: for the caller's policy to refuse
        with pytest.raises(SecurityError):
            CIPHER.unprotect(TITLE, bytes(damaged))
    for cut in cuts(protected):
        with pytest.raises(SecurityError):
            CIPHER.unprotect(TITLE, cut)


@pytest.mark.parametrize("control", [0x00, 0x31, 0x70, 0xB0, 0x33])
def test_headers_of_other_keys_are_refused(control: int) -> None:
    protected = bytes((control,)) + CIPHER.protect(TITLE, 1, Protection.FULL, APDU)[1:]
    with pytest.raises(SecurityError):
        CIPHER.unprotect(TITLE, protected)


def test_another_title_or_key_does_not_verify() -> None:
    protected = CIPHER.protect(TITLE, 1, Protection.FULL, APDU)
    for title in (bytes(8), b"", TITLE[:-1]):
        with pytest.raises(SecurityError):
            CIPHER.unprotect(title, protected)
    for other in (Cipher(AUTHENTICATION_KEY, AUTHENTICATION_KEY), Cipher(KEY, KEY)):
        with pytest.raises(SecurityError):
            other.unprotect(TITLE, protected)


def test_broadcast_is_another_pair_of_keys() -> None:
    broadcast = Cipher(KEY, AUTHENTICATION_KEY, broadcast=True)
    protected = broadcast.protect(TITLE, 1, Protection.FULL, APDU)
    assert protected[0] == 0x70
    assert broadcast.unprotect(TITLE, protected).plain == APDU
    with pytest.raises(SecurityError):
        CIPHER.unprotect(TITLE, protected)


def test_suite_2_has_longer_keys() -> None:
    cipher = Cipher(Key(bytes(32)), Key(bytes(32)), Suite.SUITE_2)
    protected = cipher.protect(TITLE, 1, Protection.FULL, APDU)
    assert protected[0] == 0x32
    assert cipher.unprotect(TITLE, protected).plain == APDU
    with pytest.raises(LocalProtocolError):
        Cipher(KEY, AUTHENTICATION_KEY, Suite.SUITE_2)


def test_nothing_is_not_a_protection() -> None:
    with pytest.raises(LocalProtocolError):
        CIPHER.protect(TITLE, 1, Protection.NONE, APDU)


@given(st.binary(max_size=400), st.integers(0, LAST_COUNTER), st.sampled_from([row[0] for row in ROWS]))
@settings(max_examples=40)
def test_whatever_is_protected_opens_again(plain: bytes, counter: int, protection: Protection) -> None:
    assert CIPHER.unprotect(TITLE, CIPHER.protect(TITLE, counter, protection, plain)) == Opened(
        plain, protection, counter
    )


@given(st.binary(max_size=60))
@settings(max_examples=60)
def test_any_octets_are_refused(octets: bytes) -> None:
    if octets[:1] != b"\x20":
        with pytest.raises(SecurityError):
            CIPHER.unprotect(TITLE, octets)


def test_a_counter_is_accepted_once_and_only_upwards() -> None:
    counter = ReceiveCounter()
    for number in (0, 1, 5, LAST_COUNTER):
        counter.accept(number)
        for old in (number, number - 1, 0):
            with pytest.raises(CounterError) as refused:
                counter.accept(old)
            assert refused.value.last == number
            assert counter.last == number


def test_a_send_counter_ends_instead_of_repeating() -> None:
    counter = SendCounter(LAST_COUNTER - 1)
    assert [counter.draw(), counter.draw()] == [LAST_COUNTER - 1, LAST_COUNTER]
    for _ in range(2):
        with pytest.raises(LocalProtocolError, match="used up"):
            counter.draw()
