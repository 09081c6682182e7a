"""How class 64 version 1 names and lists certificates (IEC 62056-62, 4.4.7)."""

from enum import IntEnum

from softmeter.errors import DecodeError
from softmeter.security.certificates import Certificate, Entity
from softmeter.security.identity import Purpose
from softmeter.wire.types import Codec, Cursor, EnumOf, Tag, octets, of, struct, structure


class By(IntEnum):
    """certificate_identification_type."""

    ENTITY = 0
    SERIAL = 1


@structure
class ByEntity:
    """The certificate of somebody for something."""

    entity: Entity = of(EnumOf(Entity))
    purpose: Purpose = of(EnumOf(Purpose))
    title: bytes = of(octets)

    def chooses(self, certificate: Certificate, server: bytes) -> bool:
        same = certificate.entity(server) is self.entity and certificate.purpose is self.purpose
        return same and certificate.title == self.title


@structure
class BySerial:
    """The certificate of a number that an issuer gave."""

    serial: bytes = of(octets)
    issuer: bytes = of(octets)

    def chooses(self, certificate: Certificate, server: bytes) -> bool:  # noqa: ARG002 - both are asked alike
        return (certificate.serial, certificate.issuer) == (self.serial, self.issuer)


Selection = ByEntity | BySerial


@structure
class CertificateInfo:
    """One row of attribute 6; names in DER."""

    entity: Entity = of(EnumOf(Entity))
    purpose: Purpose = of(EnumOf(Purpose))
    serial: bytes = of(octets)
    issuer: bytes = of(octets)
    subject: bytes = of(octets)
    alternative_name: bytes = of(octets)

    @classmethod
    def about(cls, certificate: Certificate, server: bytes) -> "CertificateInfo":
        entity, purpose = certificate.entity(server), certificate.purpose
        return cls(entity, purpose, certificate.serial, certificate.issuer, certificate.subject, b"")


_by = EnumOf(By)
_forms: dict[By, Codec[Selection]] = {By.ENTITY: struct(ByEntity), By.SERIAL: struct(BySerial)}


def _read(cursor: Cursor) -> Selection:
    cursor.expect(Tag.STRUCTURE, "certificate identification")
    if cursor.length() != 2:
        raise DecodeError("a certificate is identified by two fields", cursor.at)
    return _forms[_by.read(cursor)].read(cursor)


def _write(value: Selection) -> bytes:
    by = By.ENTITY if isinstance(value, ByEntity) else By.SERIAL
    return b"\x02\x02" + _by.write(by) + _forms[by].write(value)


selection: Codec[Selection] = Codec("certificate identification", (_read, _write), (_read, _write))
