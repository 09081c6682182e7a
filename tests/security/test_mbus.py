"""Keys of M-Bus: published values of modes 5 and 7, and both ways of handing over a key."""

import json

import pytest

from softmeter.errors import SecurityError
from softmeter.security.mbus import (
    decrypt_mode_5,
    decrypt_mode_7,
    encrypt_mode_5,
    encrypted_octets,
    initial_value,
    message_keys,
    mode_5_configuration,
    mode_of,
    unwrap,
    wrap_dsmr4,
    wrap_smr5,
)
from softmeter.wire.mbus_writing import padded
from vectors.table import HERE

VECTORS = json.loads((HERE / "vectors.json").read_text("utf-8"))
KEY = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C")
DEFAULT = bytes.fromhex("0102030405060708090A0B0C0D0E0F11")
USER = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
ADDRESS = bytes.fromhex("78563412E91E0103")


def vector(name: str) -> bytes:
    return bytes.fromhex(VECTORS[name]["hex"])


def test_mode_5() -> None:
    assert initial_value(ADDRESS, 0x2A) == vector("mbus.mode5.iv")
    plain = decrypt_mode_5(KEY, ADDRESS, 0x2A, vector("mbus.mode5.ciphertext"))
    assert plain[:2] == b"\x2f\x2f"
    assert encrypt_mode_5(KEY, ADDRESS, 0x2A, plain) == vector("mbus.mode5.ciphertext")
    assert len(padded(bytes(13))) == 16
    configuration = mode_5_configuration(16)
    assert configuration.to_bytes(2, "little") == b"\x10\x05"
    assert (mode_of(configuration), encrypted_octets(configuration)) == (5, 16)
    with pytest.raises(SecurityError):
        decrypt_mode_5(USER, ADDRESS, 0x2A, vector("mbus.mode5.ciphertext"))
    with pytest.raises(SecurityError):
        decrypt_mode_5(KEY, ADDRESS, 0x2A, bytes(15))


def test_mode_5_is_not_opened_without_the_address_of_who_sealed_it() -> None:
    with pytest.raises(SecurityError, match="whole address"):
        decrypt_mode_5(KEY, b"", 0x2A, vector("mbus.mode5.ciphertext"))


def test_mode_7() -> None:
    keys = message_keys(KEY, bytes.fromhex("0A000000"), ADDRESS[:4])
    assert keys.encryption == vector("mbus.mode7.kdf Kenc")
    assert keys.authentication == vector("mbus.mode7.kdf Kmac")
    assert "CADD" not in repr(keys).upper()
    with pytest.raises(SecurityError):
        decrypt_mode_7(keys, bytes(16))


def test_a_key_under_way_as_dsmr_4_has_it() -> None:
    default = bytes.fromhex("0102030405060708090A0B0C0D0E0F11")
    assert wrap_dsmr4(default, USER) == vector("mbus.transfer_key DSMR4")
    assert unwrap(default, vector("mbus.transfer_key DSMR4"), ADDRESS) == USER


def test_a_key_under_way_as_smr_5_has_it() -> None:
    wrapped = vector("mbus.transfer_key SMR5")
    user = unwrap(DEFAULT, wrapped, ADDRESS)
    assert wrap_smr5(DEFAULT, user, ADDRESS, int.from_bytes(wrapped[:4], "big")) == wrapped
    damaged = bytearray(wrapped)
    damaged[-1] ^= 1
    for octets, address in ((bytes(damaged), ADDRESS), (wrapped, bytes(8)), (wrapped[:-1], ADDRESS)):
        with pytest.raises(SecurityError):
            unwrap(DEFAULT, octets, address)
