"""The commands of `keys certificate` that ask a meter: its key pairs, its requests, the certificates it keeps.

A command that succeeded shows that the meter is of suite 1, and by which certificate it signs: the key file remembers.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from softmeter.apps.smartset.authorities import METER_CERTIFICATE, certificate_in, write_der
from softmeter.apps.smartset.connection import opened
from softmeter.apps.smartset.credentials import group_e, login
from softmeter.apps.smartset.failures import ExplainedError
from softmeter.apps.smartset.key_files import Entry, KeyFile, client_entry
from softmeter.apps.smartset.meter import Meter
from softmeter.apps.smartset.names import SECURITY_SETUP
from softmeter.apps.smartset.output import print_json
from softmeter.apps.smartset.settings import Settings
from softmeter.apps.smartset.values import harmless
from softmeter.cosem.classes.certificate_selection import BySerial, CertificateInfo, selection
from softmeter.errors import ConfigurationError, DecodeError, SecurityError
from softmeter.obis import Obis
from softmeter.runtime.keyfile import SECURITY_SUITE, SIGNING_CERTIFICATE
from softmeter.security.certificates import Certificate
from softmeter.security.identity import Purpose
from softmeter.wire.types import Data, Tag, array_of, decode_data, encode_data, struct

_CERTIFICATES = 6
_GENERATE, _REQUEST, _IMPORT, _EXPORT, _REMOVE = range(4, 9)
_SUITE = Entry(("meter",), SECURITY_SUITE)
_infos = array_of(struct(CertificateInfo))


class _Setup(NamedTuple):
    """The security setup of the client that comes in."""

    meter: Meter
    place: Obis

    def call(self, method: int, parameter: Data) -> bytes:
        returned = self.meter.call(SECURITY_SETUP, self.place, method, parameter)
        return returned.value if returned is not None and isinstance(returned.value, bytes) else b""

    def certificates(self) -> list[CertificateInfo]:
        return listed(self.meter, self.place)


def listed(meter: Meter, setup: Obis) -> list[CertificateInfo]:
    """What the meter keeps, as its security setup tells it.

    Raises:
        ExplainedError: it does not tell it, or that cannot be read.
    """
    data = meter.get(SECURITY_SETUP, setup, _CERTIFICATES)
    try:
        return list(_infos.decode(encode_data(data)))
    except DecodeError as error:
        raise ExplainedError(f"the list of certificates cannot be read: {error}") from error


def draw_pair(settings: Settings, purpose: Purpose) -> None:
    """Have the meter make a key pair; it is in use once its certificate is imported."""
    with opened(settings) as meter:
        _setup(settings, meter).call(_GENERATE, _enum(purpose))
    remember(settings)
    _say(settings, f"the meter has a new key pair for {_word(purpose)}; its certificate puts it in use")


def request(settings: Settings, path: Path, purpose: Purpose) -> None:
    """Write the meter's certificate request."""
    with opened(settings) as meter:
        der = _setup(settings, meter).call(_REQUEST, _enum(purpose))
    write_der(path, der)
    _say(settings, f"{path}: certificate request of the meter for {_word(purpose)}, {len(der)} octets")


def take(settings: Settings, path: Path | None) -> None:
    """Give the meter the certificate of a file, or that of this client."""
    certificate = certificate_in(path) if path else _own(settings)
    with opened(settings) as meter:
        _setup(settings, meter).call(_IMPORT, Data(Tag.OCTET_STRING, certificate.der))
        title = meter.terms.system_title
    remember(settings, _meters(certificate, title))
    _say(settings, f"the meter has the certificate of {certificate.name} for {_word(certificate.purpose)}")


def show(settings: Settings) -> None:
    """List the certificates that the meter keeps, numbered for `export` and `remove`."""
    with opened(settings) as meter:
        infos = _setup(settings, meter).certificates()
    rows = [
        {
            "number": number,
            "entity": info.entity.name.lower(),
            "purpose": _word(info.purpose),
            "serial": info.serial.hex(),
            "subject": _name(info.subject),
            "issuer": _name(info.issuer),
        }
        for number, info in enumerate(infos, 1)
    ]
    if settings.json:
        print_json(rows)
        return
    for row in rows:
        print("{number:>3}  {entity:<10}{purpose:<11}{subject}, {serial} by {issuer}".format(**row))
    if not rows:
        print("no certificates")


def export(settings: Settings, number: int, path: Path) -> None:
    """Write a certificate of the list, in DER."""
    with opened(settings) as meter:
        setup = _setup(settings, meter)
        der = setup.call(_EXPORT, _chosen(setup, number))
        title = meter.terms.system_title
    try:
        certificate = Certificate.read(der)
    except SecurityError as error:
        raise ExplainedError(f"what the meter exports cannot be read: {error}") from error
    write_der(path, der)
    remember(settings, _meters(certificate, title))
    _say(settings, f"{path}: certificate of {certificate.name} for {_word(certificate.purpose)}")


def remove(settings: Settings, number: int) -> None:
    """Have the meter forget a certificate of the list."""
    with opened(settings) as meter:
        setup = _setup(settings, meter)
        setup.call(_REMOVE, _chosen(setup, number))
    _say(settings, f"certificate {number} is removed")


def _own(settings: Settings) -> Certificate:
    file = KeyFile.read(settings.keys)
    try:
        return Certificate.read(file.key(client_entry(settings.client, SIGNING_CERTIFICATE)))
    except SecurityError as error:
        raise ConfigurationError(f"signing_certificate of {settings.client}: {error}", str(file.path)) from None


def _setup(settings: Settings, meter: Meter) -> _Setup:
    return _Setup(meter, Obis(0, 0, 43, 0, group_e(login(settings).sap)))


def _chosen(setup: _Setup, number: int) -> Data:
    infos = setup.certificates()
    if not 0 < number <= len(infos):
        raise ConfigurationError(f"there are {len(infos)} certificates; keys certificate list shows them", str(number))
    info = infos[number - 1]
    return decode_data(selection.encode(BySerial(info.serial, info.issuer)))


def _meters(certificate: Certificate, title: bytes) -> dict[Entry, str]:
    """What the key file should say if this is the certificate by which the meter signs."""
    is_its = (certificate.title, certificate.purpose) == (title, Purpose.SIGNATURE)
    return {METER_CERTIFICATE: certificate.der.hex()} if is_its else {}


def remember(settings: Settings, entries: Mapping[Entry, str] = MappingProxyType({})) -> None:
    """Have the key file say of which suite the meter turned out to be, and `entries`."""
    suite = login(settings).credentials.suite
    file = KeyFile.read(settings.keys)
    file.rewrite({**({_SUITE: str(suite.value)} if suite else {}), **entries})


def _enum(purpose: Purpose) -> Data:
    return Data(Tag.ENUM, purpose.value)


def _word(purpose: Purpose) -> str:
    return purpose.name.lower()


def _name(der: bytes) -> str:
    """A name in DER as people read it: the texts in it."""
    found, at = list[str](), 0
    while at + 2 <= len(der):
        tag, length = der[at], der[at + 1]
        if tag in {0x0C, 0x13, 0x16} and at + 2 + length <= len(der):
            found.append(harmless(der[at + 2 : at + 2 + length].decode("utf-8", "replace")))
            at += length
        elif tag not in {0x30, 0x31}:
            at += length
        at += 2
    return " ".join(found) or der.hex()


def _say(settings: Settings, text: str) -> None:
    print_json({"done": text}) if settings.json else print(text)
