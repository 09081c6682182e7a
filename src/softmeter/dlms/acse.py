"""The messages that open and close associations (ACSE: IEC 62056-53 clause 9, ITU-T X.227)."""

from enum import IntEnum
from functools import lru_cache
from typing import Final

from softmeter.errors import DecodeError
from softmeter.wire.ber import (
    Form,
    bit_string,
    decode_message,
    element,
    encode_content,
    encode_element,
    encode_message,
    explicit,
    integer,
    message,
    recurring,
)
from softmeter.wire.ber import octet_string as plain
from softmeter.wire.types import Bits

AARQ, AARE, RLRQ, RLRE = 0x60, 0x61, 0x62, 0x63
"""The first octets of the four messages."""

_CHALLENGE, _INFORMATION = 0xAA, 0xBE
_TEXT, _OCTETS = 0x80, 0x04
"""What stands inside them."""
AUTHENTICATION = Bits(1, 1)
"""ACSE requirements: the functional unit authentication."""

FOREIGN: Final = 255
"""Stands for a name that is not registered under 2.16.756.5.8."""


class Context(IntEnum):
    """Application contexts, 2.16.756.5.8.1.n."""

    LOGICAL_NAMES = 1
    SHORT_NAMES = 2
    LOGICAL_NAMES_CIPHERED = 3
    SHORT_NAMES_CIPHERED = 4


class Mechanism(IntEnum):
    """Authentication mechanisms, 2.16.756.5.8.2.n."""

    LOWEST = 0
    LLS = 1
    HLS = 2
    HLS_MD5 = 3
    HLS_SHA1 = 4
    HLS_GMAC = 5
    HLS_SHA256 = 6
    HLS_ECDSA = 7


class Result(IntEnum):
    """Whether an association was opened."""

    ACCEPTED = 0
    REJECTED_PERMANENT = 1
    REJECTED_TRANSIENT = 2


class Diagnostic(IntEnum):
    """Why, as the service user says it; as the provider says it the numbers are 256 higher."""

    NULL = 0
    NO_REASON = 1
    CONTEXT_NOT_SUPPORTED = 2
    CALLING_TITLE_NOT_RECOGNIZED = 3
    CALLING_INVOCATION_ID_NOT_RECOGNIZED = 4
    CALLING_QUALIFIER_NOT_RECOGNIZED = 5
    CALLING_QUALIFIER_INVOCATION_ID_NOT_RECOGNIZED = 6
    CALLED_TITLE_NOT_RECOGNIZED = 7
    CALLED_INVOCATION_ID_NOT_RECOGNIZED = 8
    CALLED_QUALIFIER_NOT_RECOGNIZED = 9
    CALLED_QUALIFIER_INVOCATION_ID_NOT_RECOGNIZED = 10
    MECHANISM_NOT_RECOGNISED = 11
    MECHANISM_REQUIRED = 12
    AUTHENTICATION_FAILURE = 13
    AUTHENTICATION_REQUIRED = 14
    PROVIDER_NULL = 256
    PROVIDER_NO_REASON = 257
    PROVIDER_NO_COMMON_VERSION = 258


class ReleaseReason(IntEnum):
    """Why an association is released, and whether the peer agrees."""

    NORMAL = 0
    URGENT_OR_NOT_FINISHED = 1
    USER_DEFINED = 30


def _registered(arc: int) -> Form[int]:
    """The last number of a name under 2.16.756.5.8.`arc`, or `FOREIGN`."""
    prefix = bytes.fromhex("6085740508") + bytes((arc,))

    def read(content: bytes, _: int) -> int:
        return content[6] if len(content) == 7 and content.startswith(prefix) else FOREIGN

    return Form(read, lambda number: prefix + bytes((number,)))


def _one_of(enum: type[Result | ReleaseReason]) -> Form[int]:
    members = {int(member): member for member in enum}

    def read(content: bytes, at: int) -> int:
        number = integer.read(content, at)
        if number not in members:
            raise DecodeError(f"{number} is no {enum.__name__}", at)
        return members[number]

    return Form(read, integer.write)


_DIAGNOSTICS = {int(member): member for member in Diagnostic}
_SOURCES = {tag: explicit(tag, explicit(0x02, integer)) for tag in (0xA1, 0xA2)}  # the service user, the provider


def _read_diagnostic(content: bytes, at: int) -> Diagnostic:
    source = content[0] if content else 0
    if source not in _SOURCES:
        raise DecodeError("a diagnostic is the service user's or the provider's", at)
    number = _SOURCES[source].read(content, at)
    known = _DIAGNOSTICS.get(number + (256 if source == 0xA2 else 0))
    if known is None:
        raise DecodeError(f"{number} is no diagnostic", at)
    return known


def _write_diagnostic(value: Diagnostic) -> bytes:
    source, number = (0xA2, value - 256) if value >= 256 else (0xA1, int(value))
    return _SOURCES[source].write(number)


_octets = explicit(_OCTETS, plain)
_number = explicit(0x02, integer)
_title = recurring(_octets)
_context = recurring(explicit(0x06, _registered(1)))
_mechanism = recurring(_registered(2))
_requirements = recurring(bit_string)
_value = explicit(_TEXT, plain)
_reason = recurring(_one_of(ReleaseReason))


@message(AARQ)
class Aarq:
    """A client's wish to open an association; `context` and `mechanism` may be `FOREIGN`."""

    protocol_version: Bits | None = element(0x80, bit_string, default=None)
    context: int = element(0xA1, _context)
    called_title: bytes | None = element(0xA2, _octets, default=None)
    called_qualifier: bytes | None = element(0xA3, _octets, default=None)
    called_invocation_id: int | None = element(0xA4, _number, default=None)
    called_qualifier_invocation_id: int | None = element(0xA5, _number, default=None)
    calling_title: bytes | None = element(0xA6, _title, default=None)
    calling_qualifier: bytes | None = element(0xA7, _octets, default=None)
    calling_invocation_id: int | None = element(0xA8, _number, default=None)
    user_id: int | None = element(0xA9, _number, default=None)
    requirements: Bits | None = element(0x8A, _requirements, default=None)
    mechanism: int | None = element(0x8B, _mechanism, default=None)
    authentication: bytes | None = element(0xAC, _value, default=None, hidden=True)
    user_information: bytes | None = element(_INFORMATION, _octets, default=None, hidden=True)


@message(AARE)
class Aare:
    """The server's answer."""

    protocol_version: Bits | None = element(0x80, bit_string, default=None)
    context: int = element(0xA1, _context)
    result: int = element(0xA2, explicit(0x02, _one_of(Result)))
    diagnostic: Diagnostic = element(0xA3, Form(_read_diagnostic, _write_diagnostic))
    responding_title: bytes | None = element(0xA4, _title, default=None)
    responding_qualifier: bytes | None = element(0xA5, _octets, default=None)
    responding_invocation_id: int | None = element(0xA6, _number, default=None)
    responding_qualifier_invocation_id: int | None = element(0xA7, _number, default=None)
    requirements: Bits | None = element(0x88, _requirements, default=None)
    mechanism: int | None = element(0x89, _mechanism, default=None)
    authentication: bytes | None = element(_CHALLENGE, _value, default=None, hidden=True)
    user_information: bytes | None = element(_INFORMATION, _octets, default=None)


@message(RLRQ)
class Rlrq:
    """A wish to release; with user-information where the association is ciphered."""

    reason: int | None = element(0x80, _reason, default=None)
    user_information: bytes | None = element(0xBE, _octets, default=None)


@message(RLRE)
class Rlre:
    """The release, confirmed."""

    reason: int | None = element(0x80, _reason, default=None)
    user_information: bytes | None = element(0xBE, _octets, default=None)


Acse = Aarq | Aare | Rlrq | Rlre
_MESSAGES: dict[int, type[Aarq] | type[Aare] | type[Rlrq] | type[Rlre]] = {
    AARQ: Aarq,
    AARE: Aare,
    RLRQ: Rlrq,
    RLRE: Rlre,
}


def encode_acse(value: Acse) -> bytes:
    """The octets of one of the four messages."""
    return encode_message(value)


def encode_accepting(
    context: int,
    title: bytes | None,
    mechanism: int | None,
    challenge: bytes | None,
    information: bytes,
    certificate: bytes | None = None,
) -> bytes:
    """The octets of an AARE that accepts; with a mechanism the client is to answer the challenge by it."""
    content = _accepting(context, title, mechanism, certificate)
    if challenge is not None:
        content += encode_element(_CHALLENGE, encode_element(_TEXT, challenge))
    return encode_element(AARE, content + encode_element(_INFORMATION, encode_element(_OCTETS, information)))


@lru_cache(maxsize=64)
def _accepting(context: int, title: bytes | None, mechanism: int | None, certificate: bytes | None) -> bytes:
    """The elements before those that are new each time: what a client is told whenever it comes."""
    return encode_content(
        Aare(
            context=context,
            result=Result.ACCEPTED,
            diagnostic=Diagnostic.NULL if mechanism is None else Diagnostic.AUTHENTICATION_REQUIRED,
            responding_title=title,
            responding_qualifier=certificate,
            requirements=None if mechanism is None else AUTHENTICATION,
            mechanism=mechanism,
        )
    )


def encode_released(information: bytes | None) -> bytes:
    """The octets of an RLRE to a normal release."""
    content = _RELEASED
    if information is not None:
        content += encode_element(_INFORMATION, encode_element(_OCTETS, information))
    return encode_element(RLRE, content)


_RELEASED = encode_content(Rlre(reason=ReleaseReason.NORMAL))


def decode_acse(octets: bytes) -> Acse:
    """The message that fills `octets`.

    Raises:
        DecodeError: it is none of the four, or damaged.
    """
    cls = _MESSAGES.get(octets[0]) if octets else None
    if cls is None:
        raise DecodeError("no ACSE message")
    return decode_message(cls, octets)
