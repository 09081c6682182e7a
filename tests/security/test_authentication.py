import pytest

from softmeter.entropy import SeededEntropy
from softmeter.errors import SecurityError
from softmeter.security.authentication import (
    check_challenge,
    check_titles,
    draw_challenge,
    password_matches,
    verify_gmac,
)
from softmeter.security.ciphering import Cipher
from softmeter.security.suites import Key
from vectors.table import cuts, vector

CIPHER = Cipher(Key(bytes(range(16))), Key(bytes(range(0xD0, 0xE0))))
CLIENT, SERVER = bytes.fromhex("4D4D4D0000000001"), bytes.fromhex("4D4D4D0000BC614E")

ROWS = [
    (CLIENT, 1, b"P6wRJ21F", "10000000011A52FE7DD3E72748973C1E28"),
    (SERVER, 0x01234567, b"K56iVagY", "1001234567FE1466AFB3DBCD4F9389E2B7"),
]


@pytest.mark.parametrize(("title", "counter", "challenge", "answer"), ROWS)
@pytest.mark.manual("12.2.hls-5")
def test_published_answers_both_ways(title: bytes, counter: int, challenge: bytes, answer: str) -> None:
    octets = bytes.fromhex(answer)
    assert CIPHER.sign(title, counter, challenge) == octets
    assert verify_gmac(CIPHER, title, challenge, octets) == counter
    for damaged in (*cuts(octets), octets + b"\x00", octets[:-1] + b"\x00", b"\x30" + octets[1:], b"\x11" + octets[1:]):
        with pytest.raises(SecurityError):
            verify_gmac(CIPHER, title, challenge, damaged)
    with pytest.raises(SecurityError):
        verify_gmac(CIPHER, title, challenge[::-1], octets)
    with pytest.raises(SecurityError):
        verify_gmac(CIPHER, bytes(8), challenge, octets)


def test_the_rows_are_those_of_the_stored_vectors() -> None:
    assert vector("hls5.pass3.param (octet-string body)").hex().upper() == ROWS[0][3]
    assert vector("hls5.f(CtoS).gmac").hex().upper() == ROWS[1][3][10:]


def test_passwords() -> None:
    assert password_matches(b"12345678", b"12345678")
    for given in (b"", b"1234567", b"123456789", b"12345679"):
        assert not password_matches(b"12345678", given)
    assert not password_matches(b"", b"")


def test_challenges_have_a_length_and_are_not_reflected() -> None:
    for size in (8, 16, 64):
        check_challenge(bytes(size), b"\x01" * size)
    for size in (0, 7, 65):
        with pytest.raises(SecurityError):
            check_challenge(bytes(size))
    with pytest.raises(SecurityError):
        check_challenge(b"12345678", b"12345678")


def test_titles_are_there_and_differ() -> None:
    assert check_titles(CLIENT, SERVER) == SERVER
    for title in (None, b"", SERVER[:-1], SERVER + b"\x00", CLIENT):
        with pytest.raises(SecurityError):
            check_titles(CLIENT, title)


def test_a_challenge_is_drawn_anew_where_it_would_repeat() -> None:
    first = draw_challenge(SeededEntropy(1), 8)
    assert len(first) == 8
    second = draw_challenge(SeededEntropy(1), 8, different_from=(first,))
    assert second != first
