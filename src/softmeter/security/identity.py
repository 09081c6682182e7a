"""Who somebody is by his keys on a curve: own pairs, and what is known of others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

from softmeter.security.curves import KeyPair, PublicKey


class Purpose(IntEnum):
    """What a key pair and its certificate are for (certificate_type of class 64)."""

    SIGNATURE = 0
    AGREEMENT = 1
    TLS = 2
    OTHER = 3


class Identity(Protocol):
    """One side's key pairs and the public keys of others."""

    def pair(self, purpose: Purpose) -> KeyPair | None:
        """The own pair in use for a purpose."""
        ...

    def certificate(self, purpose: Purpose) -> bytes:
        """The own certificate for a purpose, DER; empty where there is none to show."""
        ...

    def public(self, title: bytes, purpose: Purpose) -> PublicKey | None:
        """The key of the owner of a system title."""
        ...

    def vouched(self, certificate: bytes, title: bytes) -> PublicKey | None:
        """The key for signatures in a certificate (DER) that the owner of `title` shows.

        None unless it is his, valid now, and leads to an authority that is trusted.
        """
        ...


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """An identity whose keys were exchanged by hand, without certificates."""

    pairs: Mapping[Purpose, KeyPair] = field(default_factory=dict, repr=False)
    others: Mapping[tuple[bytes, Purpose], PublicKey] = field(default_factory=dict)

    def pair(self, purpose: Purpose) -> KeyPair | None:
        return self.pairs.get(purpose)

    def certificate(self, _purpose: Purpose) -> bytes:
        return b""

    def public(self, title: bytes, purpose: Purpose) -> PublicKey | None:
        return self.others.get((title, purpose))

    def vouched(self, _certificate: bytes, _title: bytes) -> PublicKey | None:
        return None


@dataclass(frozen=True, slots=True)
class Introduced:
    """An identity to which the owner of `title` has shown his key for signatures; it counts above what was known."""

    known: Identity
    title: bytes
    key: PublicKey

    def pair(self, purpose: Purpose) -> KeyPair | None:
        return self.known.pair(purpose)

    def certificate(self, purpose: Purpose) -> bytes:
        return self.known.certificate(purpose)

    def public(self, title: bytes, purpose: Purpose) -> PublicKey | None:
        is_shown = title == self.title and purpose is Purpose.SIGNATURE
        return self.key if is_shown else self.known.public(title, purpose)

    def vouched(self, certificate: bytes, title: bytes) -> PublicKey | None:
        return self.known.vouched(certificate, title)
