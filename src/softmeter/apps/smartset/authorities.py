"""A laboratory's own authority in a file: `keys certificate authority`, `issue` and `own`; asks no meter.

The file is PEM, as OpenSSL writes and reads it: the private key (PKCS #8) and the certificate.
"""

import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from softmeter.apps.smartset.key_files import Entry, KeyFile, client_entry
from softmeter.apps.smartset.output import print_json
from softmeter.apps.smartset.settings import Settings
from softmeter.errors import ConfigurationError, SecurityError
from softmeter.instant import SECOND, Instant
from softmeter.runtime.entropy import SystemEntropy
from softmeter.runtime.keyfile import SIGNING_CERTIFICATE, SIGNING_KEY, write_secret
from softmeter.security.certificates import Authority, Certificate, StandingAuthority, der_of
from softmeter.security.curves import KeyPair
from softmeter.security.identity import Purpose
from softmeter.security.suites import Suite

_YEAR = 366 * 86_400 * SECOND
_YEARS_BEFORE = 10
"""Since when an authority is valid: simulated meters live in the past, too."""
_SEQUENCE = b"\x30"
"""What DER of a certificate or a request begins with."""
METER_CERTIFICATE = Entry(("meter",), SIGNING_CERTIFICATE)


def make(settings: Settings, path: Path, name: str, years: int) -> None:
    """Write the file of a new authority."""
    if path.exists():
        raise ConfigurationError("there is such a file; give another name", str(path))
    pair, now = KeyPair.draw(Suite.SUITE_1, SystemEntropy()), time.time_ns()
    made = Authority(name, pair, Instant(now - _YEARS_BEFORE * _YEAR), Instant(now + years * _YEAR))
    key = pair.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    certificate = Certificate.read(made.certificate)
    write_secret(path, key + certificate.x509.public_bytes(Encoding.PEM))
    _tell(settings, path, certificate, "; who has this file issues certificates, guard it")


def issue(settings: Settings, request: Path, path: Path, authority: Path, purpose: Purpose) -> None:
    """Write the certificate that a request asks for."""
    try:
        der = _read(authority).answer(_octets(request), purpose)
    except SecurityError as error:
        raise ConfigurationError(str(error), str(request)) from None
    write_der(path, der)
    _tell(settings, path, Certificate.read(der))


def own(settings: Settings, authority: Path) -> None:
    """Give the client of --client a fresh key to sign with, and its certificate, in the key file."""
    file, known = KeyFile.read(settings.keys), _read(authority)
    pair = KeyPair.draw(Suite.SUITE_1, SystemEntropy())
    der = known.issue(settings.title, pair.public, Purpose.SIGNATURE)
    entries = {SIGNING_KEY: bytes(pair), SIGNING_CERTIFICATE: der}
    file.rewrite({client_entry(settings.client, name): octets.hex() for name, octets in entries.items()})
    _tell(settings, file.path, Certificate.read(der))


def write_der(path: Path, der: bytes) -> None:
    """Write a certificate or a request, in place of another one and of nothing else.

    Raises:
        ConfigurationError: it cannot be written, or something else is there: keys, or an authority.
    """
    if path.exists() and not _octets(path).startswith(_SEQUENCE):
        raise ConfigurationError("there is such a file with other content; give another name", str(path))
    write_secret(path, der, replace=True)


def certificate_in(path: Path) -> Certificate:
    """The certificate in a file, DER or PEM.

    Raises:
        ConfigurationError: there is none.
    """
    try:
        return Certificate.read(der_of(_octets(path)))
    except SecurityError as error:
        raise ConfigurationError(f"holds no certificate that can be used ({error})", str(path)) from None


def _read(path: Path) -> Authority:
    octets = _octets(path)
    try:
        key = load_pem_private_key(octets, None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise SecurityError("its key is on no curve")  # noqa: TRY301 - one place tells
        # Numbers of certificates are not kept anywhere: chance makes them unique.
        number = int.from_bytes(SystemEntropy().octets(8), "big")
        return StandingAuthority(der_of(octets), KeyPair(key), number)
    except (ValueError, TypeError, SecurityError) as error:
        message = f"is no authority ({error}); smartset keys certificate authority FILE makes one"
        raise ConfigurationError(message, str(path)) from None


def _octets(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"cannot be read ({error.strerror})", str(path)) from None


def _tell(settings: Settings, path: Path, certificate: Certificate, more: str = "") -> None:
    if settings.json:
        print_json({"file": str(path), "subject": certificate.name, "purpose": certificate.purpose.name.lower()})
    else:
        print(f"{path}: certificate of {certificate.name}{more}")
