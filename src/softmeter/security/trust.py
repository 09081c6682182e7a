"""A device's key pairs and certificates: drawn, requested, imported, exported, removed (class 64 version 1).

What is imported must lead to an authority the maker put in. A new pair is in use once its certificate is there.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from softmeter.entropy import Entropy
from softmeter.errors import SecurityError, StorageError
from softmeter.instant import Instant
from softmeter.persistent import Scalar
from softmeter.security.certificates import Certificate, certificate_request
from softmeter.security.curves import KeyPair, PublicKey
from softmeter.security.identity import Purpose
from softmeter.security.suites import Suite

MOST_CERTIFICATES = 64
_LONGEST_CHAIN = 4
_OWN = {Purpose.SIGNATURE, Purpose.AGREEMENT, Purpose.TLS}


@dataclass(frozen=True, slots=True)
class Trusting:
    """A trust store as the identity of a device; `now` tells the time at which certificates must be valid."""

    store: "TrustStore"
    now: Callable[[], Instant]

    def pair(self, purpose: Purpose) -> KeyPair | None:
        return self.store.pair(purpose)

    def certificate(self, purpose: Purpose) -> bytes:
        own = self.store.certificate(purpose)
        return b"" if own is None else own.der

    def public(self, title: bytes, purpose: Purpose) -> PublicKey | None:
        return self.store.public(title, purpose)

    def vouched(self, certificate: bytes, title: bytes) -> PublicKey | None:
        return self.store.vouched(certificate, title, self.now())


Authorities = Callable[[], tuple[bytes, ...]]
"""Tells the certificates (DER) of those who are trusted now."""


def _nobody() -> tuple[bytes, ...]:
    return ()


class TrustStore:
    """The pairs and certificates of the device `title`.

    It trusts the authorities that `follow` names, and where it names none those of `anchors`. Neither is saved here:
    whoever decides about them keeps them.
    """

    __slots__ = (
        "_anchors",
        "_certificates",
        "_follow",
        "_followed",
        "_pairs",
        "_pending",
        "_read",
        "_suite",
        "_title",
        "_written",
    )

    def __init__(
        self, title: bytes, suite: Suite, anchors: Iterable[bytes] = (), follow: Authorities = _nobody
    ) -> None:
        self._title = title
        self._suite = suite
        self._anchors = tuple(Certificate.read(der) for der in anchors)
        self._follow = follow
        self._followed: tuple[bytes, ...] = ()
        """Whom `follow` named last, and their certificates as they were read."""
        self._read: tuple[Certificate, ...] = ()
        self._certificates: list[Certificate] = []
        self._pairs: dict[Purpose, KeyPair] = {}
        self._pending: dict[Purpose, KeyPair] = {}
        self._written: Mapping[str, Scalar] | None = None
        """What `saved` gave last, while it holds."""

    def pair(self, purpose: Purpose) -> KeyPair | None:
        """The pair in use: that of the certificate."""
        return self._pairs.get(purpose)

    def public(self, title: bytes, purpose: Purpose) -> PublicKey | None:
        """The key that the certificate of `title` vouches for."""
        found = self._of(title, purpose)
        return None if found is None else found.public

    def certificate(self, purpose: Purpose) -> Certificate | None:
        """The device's own one."""
        return self._of(self._title, purpose)

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """Those that can be exported: trusted authorities first."""
        return (*self._trusted(), *self._certificates)

    def draw_pair(self, purpose: Purpose, entropy: Entropy) -> None:
        """Make a new pair, to be used once its certificate is imported.

        Raises:
            SecurityError: there are no pairs for such a purpose.
        """
        if purpose not in _OWN:
            raise SecurityError("no key pairs for this purpose")
        self._pending[purpose] = KeyPair.draw(self._suite, entropy)
        self._written = None

    def request(self, purpose: Purpose) -> bytes:
        """The certificate request of the newest pair, PKCS#10 in DER.

        Raises:
            SecurityError: there is no pair.
        """
        pair = self._pending.get(purpose) or self._pairs.get(purpose)
        if pair is None:
            raise SecurityError("no key pair for this purpose")
        return certificate_request(pair, self._title)

    def take(self, der: bytes, now: Instant) -> Certificate:
        """Import a certificate.

        Raises:
            SecurityError: it is not vouched for, not valid, is for nobody, or not for the newest own pair.
        """
        certificate = Certificate.read(der)
        self._check_chain(certificate, now)
        if not certificate.is_authority:
            self._check_subject(certificate)
        kept = [one for one in self._certificates if not _replaces(certificate, one)]
        if len(kept) >= MOST_CERTIFICATES:
            raise SecurityError(f"more than {MOST_CERTIFICATES} certificates")
        self._certificates = [*kept, certificate]
        self._written = None
        purpose = certificate.purpose
        if certificate.title == self._title and not certificate.is_authority and purpose in self._pending:
            self._pairs[purpose] = self._pending.pop(purpose)
        return certificate

    def vouched(self, der: bytes, title: bytes, now: Instant) -> PublicKey | None:
        """The key for signatures in a certificate that its owner shows and nobody keeps; None if it proves nothing."""
        try:
            certificate = Certificate.read(der)
            self._check_chain(certificate, now)
        except SecurityError:
            return None
        is_his = (certificate.title, certificate.purpose) == (title, Purpose.SIGNATURE) and not certificate.is_authority
        return certificate.public if is_his and certificate.public.suite is self._suite else None

    def remove(self, chosen: Callable[[Certificate], bool]) -> bool:
        """Remove imported certificates; False if none was chosen. Own pairs go with theirs."""
        gone = [one for one in self._certificates if chosen(one)]
        self._certificates = [one for one in self._certificates if one not in gone]
        self._written = None
        for one in gone:
            if one.title == self._title and not one.is_authority:
                self._pairs.pop(one.purpose, None)
        return bool(gone)

    def saved(self) -> Mapping[str, Scalar]:
        if self._written is None:
            self._written = self._values()
        return self._written

    def _values(self) -> Mapping[str, Scalar]:
        values: dict[str, Scalar] = {f"pair.{purpose}": bytes(pair) for purpose, pair in self._pairs.items()}
        values.update((f"pending.{purpose}", bytes(pair)) for purpose, pair in self._pending.items())
        values.update((f"certificate.{number:02}", one.der) for number, one in enumerate(self._certificates))
        return values

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        """Take back what `saved` gave; anchors that an older version saved are those it starts with.

        Raises:
            StorageError: something of it, or of whom it trusts, is no certificate or key.
        """
        kept: dict[str, dict[int, bytes]] = {kind: {} for kind in ("anchor", "certificate", "pair", "pending")}
        for name, value in sorted(saved.items()):
            kind, _, number = name.partition(".")
            if isinstance(value, bytes) and kind in kept:
                kept[kind][int(number)] = value
        try:
            if kept["anchor"]:
                self._anchors = tuple(Certificate.read(der) for der in kept["anchor"].values())
            self._certificates = [Certificate.read(der) for der in kept["certificate"].values()]
            self._pairs, self._pending = (
                {Purpose(number): KeyPair.of(self._suite, octets) for number, octets in kept[kind].items()}
                for kind in ("pair", "pending")
            )
            self._trusted()  # what cannot be read is found at once
        except SecurityError as error:
            raise StorageError(f"a stored key or certificate cannot be used: {error}") from error
        self._written = None

    def _trusted(self) -> tuple[Certificate, ...]:
        followed = self._follow()
        if followed != self._followed:
            self._followed, self._read = followed, tuple(Certificate.read(der) for der in followed)
        return self._read if followed else self._anchors

    def _of(self, title: bytes, purpose: Purpose) -> Certificate | None:
        found = [one for one in self._certificates if (one.title, one.purpose) == (title, purpose)]
        return next((one for one in reversed(found) if not one.is_authority), None)

    def _check_chain(self, certificate: Certificate, now: Instant) -> None:
        """Follow all ways up at once: an authority may have several certificates, as when it was renewed."""
        authorities = [known for known in self.certificates if known.is_authority]
        anchors = {anchor.der for anchor in self._trusted()}
        level = [certificate]
        for depth in range(_LONGEST_CHAIN):
            level = [one for one in level if one.is_valid_at(now) and one.may_stand_at(depth)]
            if any(one.der in anchors for one in level):
                return
            issued = [one for one in level if not one.is_self_signed]
            level = [known for known in authorities if any(one.is_issued_by(known) for one in issued)]
        raise SecurityError("no authority this device trusts vouches for the certificate now")

    def _check_subject(self, certificate: Certificate) -> None:
        if not certificate.title or certificate.purpose not in _OWN or certificate.public.suite is not self._suite:
            raise SecurityError("a certificate for no system title, purpose or curve of this device")
        if certificate.title == self._title:
            purpose = certificate.purpose
            pair = self._pending.get(purpose) or self._pairs.get(purpose)
            if pair is None or pair.public != certificate.public:
                raise SecurityError("the certificate is of another key than the device's")


def _replaces(new: Certificate, old: Certificate) -> bool:
    if new.is_authority or old.is_authority:
        return new.der == old.der
    return (new.title, new.purpose) == (old.title, old.purpose)
