"""Keys wrapped in keys (AES key wrap, RFC 3394)."""

from enum import IntEnum

from cryptography.hazmat.primitives import keywrap

from softmeter.errors import SecurityError
from softmeter.security.suites import Key, Suite


class KeyId(IntEnum):
    """key_id of class 64: which key is replaced."""

    UNICAST_ENCRYPTION = 0
    BROADCAST_ENCRYPTION = 1
    AUTHENTICATION = 2
    MASTER = 3


def wrap_key(master: Key, key: bytes) -> bytes:
    """`key` wrapped with `master`: eight octets longer."""
    return keywrap.aes_key_wrap(master, key)


def unwrap_key(master: Key, wrapped: bytes, suite: Suite) -> Key:
    """The key in `wrapped`.

    Raises:
        SecurityError: it was wrapped with another master key, was changed, or is of another suite.
    """
    if len(master) != suite.key_octets or len(wrapped) != suite.key_octets + 8:
        raise SecurityError("no wrapped key of the suite")
    try:
        return Key(keywrap.aes_key_unwrap(master, wrapped))
    except keywrap.InvalidUnwrap as error:
        raise SecurityError("the wrapped key does not verify") from error
