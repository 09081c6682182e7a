import pytest

from softmeter.errors import DecodeError, LocalProtocolError
from softmeter.wire.ber import (
    bit_string,
    decode_message,
    element,
    encode_message,
    explicit,
    integer,
    message,
    octet_string,
)
from softmeter.wire.types import Bits
from vectors.table import refuses_damage


@message(0x70)
class Greeting:
    """A message of the test."""

    number: int = element(0x80, integer)
    who: bytes | None = element(0xA1, explicit(0x04, octet_string), default=None)
    flags: Bits | None = element(0x82, bit_string, default=None)
    word: bytes | None = element(0x83, octet_string, default=None, hidden=True)


ROWS = [
    (Greeting(number=5), "7003800105"),
    (Greeting(number=-129), "70048002FF7F"),
    (Greeting(number=128, who=b"ab"), "700A80020080A10404026162"),
    (Greeting(number=0, flags=Bits(1, 1)), "700780010082020780"),
    (Greeting(number=0, flags=Bits(0x101, 9)), "700880010082030780 80"),
    (Greeting(number=0, word=bytes(200)), "7081CE8001008381C8" + "00" * 200),
]


@pytest.mark.parametrize(("value", "octets"), ROWS)
def test_both_ways(value: Greeting, octets: str) -> None:
    raw = bytes.fromhex(octets)
    assert encode_message(value) == raw
    assert decode_message(Greeting, raw) == value
    refuses_damage(lambda damaged: decode_message(Greeting, damaged), raw)


def test_unknown_elements_are_skipped_and_any_order_is_read() -> None:
    octets = bytes.fromhex("700C" + "BD03AABBCC" + "82020780" + "800105")
    assert decode_message(Greeting, octets) == Greeting(number=5, flags=Bits(1, 1))


@pytest.mark.parametrize(
    "octets",
    [
        "7100",
        "7000",  # no number
        "7006800105800106",  # twice
        "70028000",  # no integer
        "700780050000000001",  # too long an integer
        "7008800105A103040261",  # the inner length
        "7007800105A1020500",  # another inner element
        "700A800105A10504016200 00".replace(" ", ""),
        "70068001058201 08".replace(" ", ""),  # eight unused bits
        "7007800105820109",
        "700580010582 00".replace(" ", ""),
        "700680010582 0107".replace(" ", ""),
    ],
)
def test_damaged_messages(octets: str) -> None:
    with pytest.raises(DecodeError):
        decode_message(Greeting, bytes.fromhex(octets))


def test_values_that_do_not_fit() -> None:
    with pytest.raises(LocalProtocolError, match="number of Greeting"):
        encode_message(Greeting(number="x"))  # type: ignore[arg-type]


def test_what_is_hidden_does_not_show() -> None:
    assert "hush" not in repr(Greeting(number=1, word=b"hush"))
