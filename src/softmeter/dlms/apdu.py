"""The octets of xDLMS APDUs: which tag announces which message, plain and ciphered (IEC 62056-53)."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from softmeter.dlms.access_messages import AccessRequest, AccessResponse
from softmeter.dlms.messages import (
    ActionRequestBlock,
    ActionRequestFirstBlock,
    ActionRequestNext,
    ActionRequestNormal,
    ActionRequestWithList,
    ActionRequestWithListFirstBlock,
    ActionResponseBlock,
    ActionResponseNext,
    ActionResponseNormal,
    ActionResponseWithList,
    ConfirmedServiceError,
    DataNotification,
    ExceptionResponse,
    GeneralBlock,
    GeneralDedicated,
    GeneralGlobal,
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseBlock,
    GetResponseNormal,
    GetResponseWithList,
    InitiateRequest,
    InitiateResponse,
    SetRequestFirstBlock,
    SetRequestNextBlock,
    SetRequestNormal,
    SetRequestWithList,
    SetRequestWithListFirstBlock,
    SetResponseBlock,
    SetResponseLastBlock,
    SetResponseLastBlockWithList,
    SetResponseNormal,
    SetResponseWithList,
)
from softmeter.dlms.unsolicited import DataNotificationConfirm, EventNotification
from softmeter.errors import DecodeError, LocalProtocolError
from softmeter.wire.types import Codec, Cursor, encode_length, struct


class Ciphered(NamedTuple):
    """An APDU protected under a tag of its own service: security header, content, tag."""

    tag: int
    content: bytes


class UnknownServiceError(DecodeError):
    """The first octets name no APDU of these tables."""


FORMS: dict[type[Any], bytes] = {
    InitiateRequest: b"\x01",
    InitiateResponse: b"\x08",
    ConfirmedServiceError: b"\x0e",
    DataNotification: b"\x0f",
    DataNotificationConfirm: b"\x10",
    EventNotification: b"\xc2",
    ExceptionResponse: b"\xd8",
    AccessRequest: b"\xd9",
    AccessResponse: b"\xda",
    GeneralGlobal: b"\xdb",
    GeneralDedicated: b"\xdc",
    GeneralBlock: b"\xe0",
    GetRequestNormal: b"\xc0\x01",
    GetRequestNext: b"\xc0\x02",
    GetRequestWithList: b"\xc0\x03",
    SetRequestNormal: b"\xc1\x01",
    SetRequestFirstBlock: b"\xc1\x02",
    SetRequestNextBlock: b"\xc1\x03",
    SetRequestWithList: b"\xc1\x04",
    SetRequestWithListFirstBlock: b"\xc1\x05",
    ActionRequestNormal: b"\xc3\x01",
    ActionRequestNext: b"\xc3\x02",
    ActionRequestWithList: b"\xc3\x03",
    ActionRequestFirstBlock: b"\xc3\x04",
    ActionRequestWithListFirstBlock: b"\xc3\x05",
    ActionRequestBlock: b"\xc3\x06",
    GetResponseNormal: b"\xc4\x01",
    GetResponseBlock: b"\xc4\x02",
    GetResponseWithList: b"\xc4\x03",
    SetResponseNormal: b"\xc5\x01",
    SetResponseBlock: b"\xc5\x02",
    SetResponseLastBlock: b"\xc5\x03",
    SetResponseLastBlockWithList: b"\xc5\x04",
    SetResponseWithList: b"\xc5\x05",
    ActionResponseNormal: b"\xc7\x01",
    ActionResponseBlock: b"\xc7\x02",
    ActionResponseWithList: b"\xc7\x03",
    ActionResponseNext: b"\xc7\x04",
}
"""Each plain APDU and the octets that announce it."""

# The tag of a service's own ciphered form is higher by a fixed number.
_INITIATE = (0x01, 0x08, 0x0E)
_SERVICES = (0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0xC5, 0xC7)
GLOBAL = {**{tag: tag + 0x20 for tag in _INITIATE}, **{tag: tag + 0x08 for tag in _SERVICES}}
"""Plain tag to the tag of its form ciphered with the global key."""
DEDICATED = {**{tag: tag + 0x40 for tag in _INITIATE}, **{tag: tag + 0x10 for tag in _SERVICES}}
"""Plain tag to the tag of its form ciphered with the dedicated key."""
PLAIN = {ciphered: plain for plain, ciphered in (*GLOBAL.items(), *DEDICATED.items())}
"""Ciphered tag back to the plain one."""

_PREFIXED = {cls: (prefix, struct(cls)) for cls, prefix in FORMS.items()}


def _readers(size: int, classes: Iterable[type[Any]]) -> dict[bytes, Codec[Any]]:
    return {FORMS[cls]: struct(cls) for cls in classes if len(FORMS[cls]) == size}


_BY_TAG, _BY_FORM = _readers(1, FORMS), _readers(2, FORMS)
_CHOOSING = {form[:1] for form in _BY_FORM}


def encode_apdu(apdu: Any) -> bytes:
    """The octets of an instance of one of `FORMS`, or of `Ciphered`.

    Raises:
        LocalProtocolError: it is none, or a field does not fit its type.
    """
    if isinstance(apdu, Ciphered):
        return bytes((apdu.tag,)) + encode_length(len(apdu.content)) + apdu.content
    found = _PREFIXED.get(type(apdu))
    if found is None:
        raise LocalProtocolError(f"{type(apdu).__name__} is no APDU")
    prefix, codec = found
    return prefix + codec.encode_bare(apdu)


def decode_apdu(octets: bytes) -> Any:
    """The APDU that fills `octets`.

    Raises:
        UnknownServiceError: the first octets name none of `FORMS` and no ciphered form.
        DecodeError: what follows is damaged.
    """
    codec = _BY_FORM.get(octets[:2])
    cursor = Cursor(octets, 2)
    if codec is None:
        codec = _BY_TAG.get(octets[:1])
        cursor.at = 1
    if codec is None:
        if octets and octets[0] in PLAIN:
            return _ciphered(cursor)
        if octets[:1] in _CHOOSING:
            raise DecodeError(f"no form of the service has number {octets[1:2].hex()}", 1)
        raise UnknownServiceError(f"no APDU starts with {octets[:1].hex().upper() or 'nothing'}")
    apdu = codec.read_bare(cursor)
    cursor.finish()
    return apdu


def _ciphered(cursor: Cursor) -> Ciphered:
    content = cursor.take(cursor.length())
    cursor.finish()
    return Ciphered(cursor.octets[0], content)
