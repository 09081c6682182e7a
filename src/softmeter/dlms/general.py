"""The APDUs that protect any other: general-ciphering with keys of its own, and general-signing (IEC 62056-53)."""

from enum import IntEnum

from softmeter.security.wrapping import KeyId
from softmeter.wire.types import (
    Alternative,
    Codec,
    EnumOf,
    choice,
    octet_string,
    octets,
    of,
    optional,
    struct,
    structure,
)


class AgreementScheme(IntEnum):
    """key-parameters of an agreed key."""

    ONE_PASS = 1
    STATIC = 2


@structure
class IdentifiedKey:
    """A global key both sides have."""

    key_id: KeyId = of(EnumOf(KeyId))


class MasterKeyId(IntEnum):
    """kek-id: there is one."""

    MASTER = 0


@structure
class WrappedKey:
    """A fresh key, wrapped with the master key."""

    master_id: MasterKeyId = of(EnumOf(MasterKeyId))
    wrapped: bytes = of(octet_string(most=72))


@structure
class AgreedKey:
    """What it takes to agree on a key: `scheme` is one octet, `ciphered` empty with static keys."""

    scheme: bytes = of(octet_string(most=1))
    ciphered: bytes = of(octet_string(most=192))


KeyInfo = IdentifiedKey | WrappedKey | AgreedKey

_key_info: Codec[KeyInfo] = choice(
    "key-info",
    Alternative(0, IdentifiedKey, struct(IdentifiedKey)),
    Alternative(1, WrappedKey, struct(WrappedKey)),
    Alternative(2, AgreedKey, struct(AgreedKey)),
)


@structure
class Described:
    """What both APDUs say in clear of sender, receiver and moment; it is authenticated or signed with the rest."""

    transaction: bytes = of(octet_string(most=64))
    originator: bytes = of(octet_string(most=8))
    recipient: bytes = of(octet_string(most=8))
    date_time: bytes = of(octet_string(most=12))
    other: bytes = of(octet_string(most=64))


@structure
class GeneralCiphering:
    """Any APDU protected with a key it names or brings; without `key_info` that is the global unicast key."""

    described: Described = of(struct(Described))
    key_info: KeyInfo | None = of(optional(_key_info))
    content: bytes = of(octets)


@structure
class GeneralSigning:
    """Any APDU with a signature."""

    described: Described = of(struct(Described))
    content: bytes = of(octets)
    signature: bytes = of(octet_string(most=96))
