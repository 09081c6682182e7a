"""Keys of M-Bus sub-meters: what encrypts their records, and how a key travels to them (EN 13757-3, 7; OMS; DSMR P2).

Mode 5 is AES in CBC with an initial value of the header. Mode 7 is the same with a fresh key of each message. A new key
travels under the key of the factory: DSMR 4 by AES in CBC, SMR 5 by AES in GCM.
"""

import hmac
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.cmac import CMAC

from softmeter.errors import SecurityError

BLOCK = KEY_OCTETS = 16
MODE_5, MODE_7 = 5, 7
_ENCRYPTION, _AUTHENTICATION = 0x00, 0x01
_PAD = b"\x07" * 7
_MARK = b"\x2f\x2f"
_SMR5_DEVICE = b"\x50\x03"
_COUNTER_OCTETS, _TAG_OCTETS = 4, 8
_USER_KEY = 0


def mode_of(configuration: int) -> int:
    """The mode of encryption a configuration field names; 0 for none."""
    return configuration >> 8 & 0x1F


def encrypted_octets(configuration: int) -> int:
    """How many octets are encrypted by a configuration field of mode 5 or 7."""
    return (configuration >> 4 & 0x0F) * BLOCK


def mode_5_configuration(length: int) -> int:
    """The configuration field of `length` octets encrypted in mode 5."""
    return MODE_5 << 8 | length // BLOCK << 4


def initial_value(address: bytes, access: int) -> bytes:
    """That of mode 5: manufacturer, identification, version, type, and the access number eight times."""
    return address[4:6] + address[:4] + address[6:8] + bytes((access,)) * 8


def encrypt_mode_5(key: bytes, address: bytes, access: int, plain: bytes) -> bytes:
    """Records, padded to blocks, as they travel."""
    return _encrypt(key, initial_value(address, access), plain)


def decrypt_mode_5(key: bytes, address: bytes, access: int, content: bytes) -> bytes:
    """The records of encrypted content.

    Raises:
        SecurityError: it was not made with this key.
    """
    return _checked(_decrypt(key, initial_value(address, access), content))


class MessageKeys(NamedTuple):
    """The keys of one message in mode 7."""

    encryption: bytes
    authentication: bytes

    def __repr__(self) -> str:
        return "MessageKeys(…)"


def message_keys(key: bytes, counter: bytes, identification: bytes) -> MessageKeys:
    """The keys of a message that a sub-meter sends; counter and identification as they are received."""
    encryption, authentication = (
        _cmac(key, bytes((purpose,)) + counter + identification + _PAD) for purpose in (_ENCRYPTION, _AUTHENTICATION)
    )
    return MessageKeys(encryption, authentication)


def authenticate(keys: MessageKeys, octets: bytes, size: int) -> bytes:
    """The code of `size` octets over a message in mode 7."""
    return _cmac(keys.authentication, octets)[:size]


def decrypt_mode_7(keys: MessageKeys, content: bytes) -> bytes:
    """The records of content encrypted in mode 7; SecurityError as in mode 5."""
    return _checked(_decrypt(keys.encryption, bytes(BLOCK), content))


def crypt_extended_link(key: bytes, address: bytes, control: int, session: bytes, content: bytes) -> bytes:
    """What an extended link layer encrypts, or that of what it encrypted: AES in counter mode (EN 13757-4, 13.2.12).

    `address` is that of the link, `session` its session number as it is sent.
    """
    if len(key) != KEY_OCTETS:
        raise SecurityError("an extended link layer takes a key of 16 octets")
    initial = address[4:6] + address[:4] + address[6:8] + bytes((control,)) + session + bytes(3)
    encryptor = Cipher(algorithms.AES(key), modes.CTR(initial)).encryptor()
    return encryptor.update(content) + encryptor.finalize()


def wrap_dsmr4(default_key: bytes, user_key: bytes) -> bytes:
    """A new key on its way as DSMR 4 has it."""
    return _encrypt(default_key, bytes(BLOCK), user_key)


def wrap_smr5(default_key: bytes, user_key: bytes, address: bytes, counter: int) -> bytes:
    """A new key on its way as SMR 5 has it; `counter` is above that of any key before."""
    stated = counter.to_bytes(_COUNTER_OCTETS, "big")
    plain = bytes((_USER_KEY, KEY_OCTETS)) + user_key
    sealed = AESGCM(default_key).encrypt(_smr5_nonce(address, stated), plain, None)
    return stated + sealed[: len(plain) + _TAG_OCTETS]


def unwrap(default_key: bytes, wrapped: bytes, address: bytes) -> bytes:
    """The new key out of either form.

    Raises:
        SecurityError: it is of neither form, or not for this sub-meter.
    """
    if len(wrapped) == KEY_OCTETS:
        return _decrypt(default_key, bytes(BLOCK), wrapped)
    stated, sealed, tag = wrapped[:_COUNTER_OCTETS], wrapped[_COUNTER_OCTETS:-_TAG_OCTETS], wrapped[-_TAG_OCTETS:]
    if len(sealed) != 2 + KEY_OCTETS:
        raise SecurityError(f"{len(wrapped)} octets are no M-Bus key under way")
    nonce, cipher = _smr5_nonce(address, stated), AESGCM(default_key)
    plain = cipher.encrypt(nonce, sealed, None)[: len(sealed)]
    if not hmac.compare_digest(cipher.encrypt(nonce, plain, None)[len(sealed) :][:_TAG_OCTETS], tag):
        raise SecurityError("an M-Bus key under way was not made for this sub-meter")
    if plain[:2] != bytes((_USER_KEY, KEY_OCTETS)):
        raise SecurityError("an M-Bus key under way is none for its records")
    return plain[2:]


def key_counter(wrapped: bytes) -> int | None:
    """The counter of a key under way as SMR 5 has it; None for one as DSMR 4 has it, which has none."""
    return None if len(wrapped) == KEY_OCTETS else int.from_bytes(wrapped[:_COUNTER_OCTETS], "big")


def _smr5_nonce(address: bytes, counter: bytes) -> bytes:
    return address[:6] + _SMR5_DEVICE + counter


def _checked(plain: bytes) -> bytes:
    if plain[:2] != _MARK:
        raise SecurityError("M-Bus records of another key")
    return plain


def _cmac(key: bytes, octets: bytes) -> bytes:
    code = CMAC(algorithms.AES(key))
    code.update(octets)
    return code.finalize()


def _encrypt(key: bytes, initial: bytes, plain: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.CBC(initial)).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def _decrypt(key: bytes, initial: bytes, content: bytes) -> bytes:
    if len(key) != KEY_OCTETS or len(content) % BLOCK:
        raise SecurityError("M-Bus records are encrypted in whole blocks, with a key of 16 octets")
    if len(initial) != BLOCK:
        raise SecurityError("records encrypted in mode 5 need the whole address of the sub-meter")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(initial)).decryptor()
    return decryptor.update(content) + decryptor.finalize()
