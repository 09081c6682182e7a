"""The form of a firmware image: header, encrypted payload, signature (manual 10).

A header of 96 octets, the payload in AES-128-CTR, and an ECDSA signature on P-256 over both. The signature is checked
first, then the payload is opened, then its digest is checked. Described in docs/firmware.md.
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import CTR

from softmeter.errors import DecodeError, MeterError, SecurityError
from softmeter.security.curves import KeyPair, PublicKey
from softmeter.security.suites import Key, Suite
from softmeter.wire.types import EnumOf, fixed, of, struct, structure, u8, u32

MAGIC = b"KWQ1"
FORM = 1
HEADER_OCTETS, SIGNATURE_OCTETS = 96, 64
ENCRYPTED = 1
"""The one flag there is; a payload in the clear is no image for the field."""

_VERSION = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){1,3}")
_HARDWARE = re.compile(r"[A-Z0-9?+-]{1,16}")
_TEXT_OCTETS = 16


class Kind(IntEnum):
    """Which part of the meter an image is for."""

    LEGAL = 1
    APPLICATION = 2
    COMMUNICATION = 3

    @property
    def letter(self) -> str:
        """How the identifier of such an image begins."""
        return "LAM"[self - 1]


class ImageError(MeterError):
    """An image is not acceptable; `field` says what of it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.reason = message


@structure
class Header:
    """The first 96 octets."""

    magic: bytes = of(fixed(4))
    form: int = of(u8)
    header_octets: int = of(u8)
    kind: Kind = of(EnumOf(Kind))
    flags: int = of(u8)
    payload_octets: int = of(u32)
    version_text: bytes = of(fixed(_TEXT_OCTETS))
    hardware_text: bytes = of(fixed(_TEXT_OCTETS))
    counter_block: bytes = of(fixed(16))
    digest: bytes = of(fixed(32))
    security_counter: int = of(u32)

    @property
    def version(self) -> str:
        return self.version_text.rstrip(b"\0").decode("ascii")

    @property
    def hardware(self) -> str:
        """The type of the meters it is for; `?` stands for any character."""
        return self.hardware_text.rstrip(b"\0").decode("ascii")

    @property
    def identifier(self) -> str:
        """The image_identifier that a head-end announces."""
        return f"{self.kind.letter}{self.version}"

    def fits(self, hardware: str) -> bool:
        """Whether it is for meters of a type."""
        pattern = self.hardware
        return len(pattern) == len(hardware) and all(
            wanted in {"?", found} for wanted, found in zip(pattern, hardware, strict=True)
        )


HEADER = struct(Header)


@dataclass(frozen=True, slots=True)
class Image:
    """An image that was opened: its header, the payload in the clear, and the signature."""

    header: Header
    payload: bytes
    signature: bytes


def build(
    kind: Kind, version: str, hardware: str, security_counter: int, payload: bytes, image_key: Key, counter_block: bytes
) -> bytes:
    """An image without its signature; `counter_block` (16 octets) must never be used twice with one `image_key`.

    Raises:
        ImageError: a field does not have its form.
    """
    header = Header(
        MAGIC,
        FORM,
        HEADER_OCTETS,
        kind,
        ENCRYPTED,
        len(payload),
        version.encode().ljust(_TEXT_OCTETS, b"\0"),
        hardware.encode().ljust(_TEXT_OCTETS, b"\0"),
        counter_block,
        sha256(payload).digest(),
        security_counter,
    )
    _check(header)
    return HEADER.encode_bare(header) + _crypt(image_key, counter_block, payload)


def sign(unsigned: bytes, pair: KeyPair) -> bytes:
    """An image with its signature.

    Raises:
        ImageError: it is no image, or has a signature already.
    """
    if len(unsigned) != HEADER_OCTETS + header_of(unsigned).payload_octets:
        raise ImageError("size", "this is no image without a signature")
    return unsigned + pair.sign(unsigned)


def header_of(octets: bytes) -> Header:
    """The header of an image, signed or not.

    Raises:
        ImageError: it is none.
    """
    if not octets.startswith(MAGIC):
        raise ImageError("magic", f"it begins with {octets[: len(MAGIC)]!r}, not with {MAGIC!r}")
    try:
        header = HEADER.decode_bare(octets[:HEADER_OCTETS])
    except DecodeError as error:
        raise ImageError("header", str(error)) from error
    _check(header)
    return header


def opened(octets: bytes, public_key: PublicKey, image_key: Key) -> Image:
    """A signed image, verified and opened.

    Raises:
        ImageError: anything about it is not as it must be.
    """
    header = header_of(octets)
    end = HEADER_OCTETS + header.payload_octets
    if len(octets) != end + SIGNATURE_OCTETS:
        raise ImageError("size", f"{len(octets)} octets, but the header says {end + SIGNATURE_OCTETS}")
    signature = octets[end:]
    try:
        public_key.verify(octets[:end], signature)
    except SecurityError as error:
        raise ImageError("signature", "does not verify") from error
    payload = _crypt(image_key, header.counter_block, octets[HEADER_OCTETS:end])
    if sha256(payload).digest() != header.digest:
        raise ImageError("digest", "the payload is another one, or encrypted with another key")
    return Image(header, payload, signature)


def public_key_of(octets: bytes) -> PublicKey:
    """The public key of whoever signs images, given as x and y.

    Raises:
        ImageError: there is none, or it is no point of the curve.
    """
    try:
        return PublicKey.of(Suite.SUITE_1, octets)
    except SecurityError as error:
        raise ImageError("public key", str(error)) from error


def _check(header: Header) -> None:
    for field, found, wanted in (
        ("magic", header.magic, MAGIC),
        ("form", header.form, FORM),
        ("header length", header.header_octets, HEADER_OCTETS),
        ("flags", header.flags, ENCRYPTED),
    ):
        if found != wanted:
            raise ImageError(field, f"is {found!r}, not {wanted!r}")
    check_version(_shown(header.version_text))
    check_hardware(_shown(header.hardware_text))


def check_version(version: str) -> None:
    """Refuse what is no version of a part; raises ImageError."""
    if not _VERSION.fullmatch(version):
        raise ImageError("version", f"{version!r} is not two to four numbers with points, like 1.05.02")


def check_hardware(hardware: str) -> None:
    """Refuse what names no types of meters; raises ImageError."""
    if not _HARDWARE.fullmatch(hardware):
        wanted = "up to 16 of A-Z, 0-9, ?, + and -, like IQ0102065BNEM??"
        raise ImageError("hardware", f"{hardware!r} is not {wanted}")


def _shown(octets: bytes) -> str:
    return octets.rstrip(b"\0").decode("ascii", "backslashreplace")


def _crypt(key: Key, counter_block: bytes, octets: bytes) -> bytes:
    """Counter mode: to and fro are the same."""
    if len(key) != Suite.SUITE_0.key_octets:
        raise ImageError("image key", "is no key of AES-128")
    stream = Cipher(AES128(key), CTR(counter_block)).encryptor()
    return stream.update(octets) + stream.finalize()
