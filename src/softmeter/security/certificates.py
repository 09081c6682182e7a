"""X.509 certificates of system titles: requests, issue, and what one says (RFC 5280; class 64 version 1).

The subject's common name is the system title as 16 hexadecimal digits; the key usage says what the pair is for.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from softmeter.errors import SecurityError
from softmeter.instant import SECOND, Instant
from softmeter.security.curves import KeyPair, PublicKey, hash_of
from softmeter.security.identity import Purpose
from softmeter.security.suites import TITLE_OCTETS

_UNREADABLE = (
    ValueError,
    TypeError,  # a name in a type of text that it cannot have
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What the reader of certificates raises for octets that are none, or none it knows."""


class Entity(IntEnum):
    """Whose certificate it is (certificate_entity)."""

    SERVER = 0
    CLIENT = 1
    AUTHORITY = 2
    OTHER = 3


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(purpose: Purpose, *, authority: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority and purpose in {Purpose.SIGNATURE, Purpose.TLS},
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=not authority and purpose in {Purpose.AGREEMENT, Purpose.TLS},
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def der_of(octets: bytes) -> bytes:
    """A certificate in DER, from the content of a file: PEM, perhaps beside other things, or DER itself.

    Raises:
        SecurityError: there is none in it.
    """
    if b"-----BEGIN" not in octets:
        return Certificate.read(octets).der
    try:
        return x509.load_pem_x509_certificate(octets).public_bytes(Encoding.DER)
    except _UNREADABLE as error:
        raise SecurityError("no certificate") from error


def certificate_request(pair: KeyPair, title: bytes) -> bytes:
    """A PKCS#10 request in DER for the owner of `title`, signed with the pair it is for."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(_name(title.hex().upper()))
    return builder.sign(pair.private, hash_of(pair.suite), ecdsa_deterministic=True).public_bytes(Encoding.DER)


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate, read. `title` is empty where the subject is no system title."""

    der: bytes
    purpose: Purpose
    is_authority: bool
    title: bytes
    public: PublicKey
    x509: x509.Certificate

    @classmethod
    def read(cls, der: bytes) -> "Certificate":
        """A certificate from its DER form.

        Raises:
            SecurityError: it cannot be read, or its key is on no curve of the suites.
        """
        try:
            read = x509.load_der_x509_certificate(der)
            key, subject, extensions = read.public_key(), read.subject, read.extensions
            _ = read.issuer, read.not_valid_before_utc, read.not_valid_after_utc
        except _UNREADABLE as error:
            raise SecurityError("no certificate") from error
        if read.serial_number <= 0:
            raise SecurityError("a certificate without a number")
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise SecurityError("a certificate of another kind of key")
        return cls(der, _purpose(extensions), _is_authority(extensions), _title(subject), PublicKey(key), read)

    @property
    def serial(self) -> bytes:
        """The serial number as the content of a DER integer."""
        number = self.x509.serial_number
        return number.to_bytes(number.bit_length() // 8 + 1, "big")

    @property
    def name(self) -> str:
        """Whom it is about, for people."""
        return self.x509.subject.rfc4514_string()

    @property
    def issuer(self) -> bytes:
        """The issuer's name in DER."""
        return self.x509.issuer.public_bytes()

    @property
    def subject(self) -> bytes:
        """The subject's name in DER."""
        return self.x509.subject.public_bytes()

    def entity(self, server: bytes) -> Entity:
        """Whose certificate it is in the eyes of the server of that title."""
        if self.is_authority:
            return Entity.AUTHORITY
        if not self.title:
            return Entity.OTHER
        return Entity.SERVER if self.title == server else Entity.CLIENT

    @property
    def is_self_signed(self) -> bool:
        return self.issuer == self.subject

    def is_valid_at(self, now: Instant) -> bool:
        moment = datetime.fromtimestamp(now // SECOND, UTC)
        return self.x509.not_valid_before_utc <= moment <= self.x509.not_valid_after_utc

    def may_stand_at(self, depth: int) -> bool:
        """Whether it may have so many certificates below it: whoever vouches for an authority may set it bounds."""
        try:
            bound = self.x509.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
        except x509.ExtensionNotFound:
            return depth == 0
        return depth == 0 or bound is None or depth - 1 <= bound

    def is_issued_by(self, issuer: "Certificate") -> bool:
        """Whether `issuer` is an authority and signed this certificate."""
        if not issuer.is_authority:
            return False
        try:
            self.x509.verify_directly_issued_by(issuer.x509)
        except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
            return False
        return True


def _purpose(extensions: x509.Extensions) -> Purpose:
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return Purpose.OTHER
    both = usage.digital_signature, usage.key_agreement
    return {(True, False): Purpose.SIGNATURE, (False, True): Purpose.AGREEMENT, (True, True): Purpose.TLS}.get(
        both, Purpose.OTHER
    )


def _is_authority(extensions: x509.Extensions) -> bool:
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        return extensions.get_extension_for_class(x509.BasicConstraints).value.ca and usage.key_cert_sign
    except x509.ExtensionNotFound:
        return False


def _title(subject: x509.Name) -> bytes:
    names = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    text = names[0].value if len(names) == 1 else ""
    if not isinstance(text, str) or len(text) != 2 * TITLE_OCTETS or text != text.upper():
        return b""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _naming(issuer: Certificate) -> x509.AuthorityKeyIdentifier:
    """How certificates name the key of their issuer: as that one's own certificate does."""
    try:
        own = issuer.x509.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public.key)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


class Authority:
    """One that issues certificates: of a laboratory, of tests. A real meter meets it only by its certificates."""

    def __init__(
        self, name: str, pair: KeyPair, begin: Instant, end: Instant, above: "Authority | None" = None
    ) -> None:
        self._name = _name(name)
        self._pair = pair
        self._span = datetime.fromtimestamp(begin // SECOND, UTC), datetime.fromtimestamp(end // SECOND, UTC)
        self._issued = 0
        self._named = x509.AuthorityKeyIdentifier.from_issuer_public_key(pair.public.key)
        signer = above or self
        self.certificate = signer._issue(self._name, pair.public, Purpose.OTHER, authority=self._span)  # noqa: SLF001

    def issue(self, title: bytes, public: PublicKey, purpose: Purpose) -> bytes:
        """A certificate in DER for a key of the owner of `title`."""
        return self._issue(_name(title.hex().upper()), public, purpose)

    def answer(self, request: bytes, purpose: Purpose) -> bytes:
        """The certificate that a PKCS#10 request asks for.

        Raises:
            SecurityError: the request is damaged, or not signed with the key it is for.
        """
        try:
            asked = x509.load_der_x509_csr(request)
            proven, key = asked.is_signature_valid, asked.public_key()
        except (InvalidSignature, *_UNREADABLE) as error:
            raise SecurityError("no certificate request") from error
        if not proven or not isinstance(key, ec.EllipticCurvePublicKey):
            raise SecurityError("no certificate request")
        return self._issue(asked.subject, PublicKey(key), purpose)

    def _issue(
        self,
        subject: x509.Name,
        public: PublicKey,
        purpose: Purpose,
        *,
        authority: tuple[datetime, datetime] | None = None,
    ) -> bytes:
        """A certificate; of an `authority` valid in that span, of others in our own."""
        self._issued += 1
        (begin, end), is_authority = authority or self._span, authority is not None
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public.key)
            .serial_number(self._issued)
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(_usage(purpose, authority=is_authority), critical=True)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(self._named, critical=False)
        )
        if is_authority:
            builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public.key), critical=False)
        signed = builder.sign(self._pair.private, hash_of(self._pair.suite), ecdsa_deterministic=True)
        return signed.public_bytes(Encoding.DER)


class StandingAuthority(Authority):
    """One that was there before; `issued` is a number that none of its certificates has or is above."""

    def __init__(self, certificate: bytes, pair: KeyPair, issued: int) -> None:
        """Raises SecurityError where the certificate is no authority's, or of another key."""
        read = Certificate.read(certificate)
        if not read.is_authority or read.public != pair.public:
            raise SecurityError("the certificate is not that of an authority with this key")
        self.certificate, self._pair, self._issued = certificate, pair, issued
        self._name, self._named = read.x509.subject, _naming(read)
        self._span = read.x509.not_valid_before_utc, read.x509.not_valid_after_utc
