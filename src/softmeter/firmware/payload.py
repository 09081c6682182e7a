"""What an image declares, in its payload: one JSON object in UTF-8, and blanks up to any length.

A legal image names the legally relevant part that it puts in force. An application image says what changes with it.
Described in docs/firmware.md.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from softmeter.errors import ConfigurationError
from softmeter.firmware.image import ImageError
from softmeter.obis import Obis

SECURITY_SUITE = "security_suite"
CAPABILITIES = {"extra_services": 1, SECURITY_SUITE: 1}
"""What an application may be able to do, and the highest number that says so; 0 is not at all."""
TIMES = ("scroll_s", "return_s", "energy_decimals")
LISTS = ("automatic", "manual")
MOST_SETTINGS = 256
MOST_AUTHORITIES = 4

_CHECKSUM = re.compile("[0-9a-f]{64}")


class Setting(NamedTuple):
    """A value that the image sets: an attribute of an object, and the encoded value."""

    class_id: int
    obis: Obis
    attribute: int
    value: bytes


@dataclass(frozen=True, slots=True)
class LegalPayload:
    """A legally relevant part: the SHA-256 over its files."""

    checksum: str


@dataclass(frozen=True, slots=True)
class ApplicationPayload:
    """What changes: capabilities that are not named are taken away; settings and display stay where none are given.

    `lists`: the lines of a display list, `class,OBIS,attribute,title`, by the list's name; `times`: numbers by name.
    `authorities`: certificates (DER) of those whose certificates the meter takes, in place of the ones before.
    """

    capabilities: Mapping[str, int] = field(default_factory=dict)
    settings: tuple[Setting, ...] = ()
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    times: Mapping[str, int] = field(default_factory=dict)
    authorities: tuple[bytes, ...] = ()


def encode(payload: LegalPayload | ApplicationPayload, octets: int = 0) -> bytes:
    """The payload of an image, filled up with blanks to at least `octets`."""
    text = json.dumps(_document(payload), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode().ljust(octets)


def decode_legal(payload: bytes) -> LegalPayload:
    """What a legal image declares.

    Raises:
        ImageError: it declares nothing, or something else as well.
    """
    document = _entries(_read(payload), ("checksum",))
    checksum = document.get("checksum")
    if not isinstance(checksum, str) or not _CHECKSUM.fullmatch(checksum):
        raise ImageError("payload", f"{checksum!r} is no checksum of a legally relevant part")
    return LegalPayload(checksum)


def decode_application(payload: bytes) -> ApplicationPayload:
    """What an application image declares.

    Raises:
        ImageError: something is unknown or has another form.
    """
    document = _entries(_read(payload), ("authorities", "capabilities", "display", "settings"))
    settings = document.get("settings", [])
    if not isinstance(settings, list) or len(settings) > MOST_SETTINGS:
        raise ImageError("settings", f"are no list of up to {MOST_SETTINGS}")
    display = _entries(document.get("display", {}), (*LISTS, *TIMES))
    return ApplicationPayload(
        _numbers(document.get("capabilities", {}), CAPABILITIES),
        tuple(_setting(one) for one in settings),
        {name: _lines(name, display[name]) for name in LISTS if name in display},
        _numbers({name: display[name] for name in TIMES if name in display}, dict.fromkeys(TIMES, 300)),
        _authorities(document.get("authorities", [])),
    )


def _document(payload: LegalPayload | ApplicationPayload) -> dict[str, Any]:
    if isinstance(payload, LegalPayload):
        return {"checksum": payload.checksum}
    authorities = {"authorities": [one.hex() for one in payload.authorities]} if payload.authorities else {}
    return {
        **authorities,
        "capabilities": dict(payload.capabilities),
        "display": {**payload.times, **{name: list(lines) for name, lines in payload.lists.items()}},
        "settings": [[one.class_id, one.obis.short, one.attribute, one.value.hex()] for one in payload.settings],
    }


def _read(payload: bytes) -> object:
    try:
        return json.loads(payload.decode())
    except (ValueError, RecursionError) as error:  # neither text nor JSON, or nested far too deep
        raise ImageError("payload", f"cannot be read ({error})") from error


def _entries(document: object, names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(document, dict) or not document.keys() <= set(names):
        raise ImageError("payload", f"must be an object with no other entries than {', '.join(names)}")
    return document


def _numbers(document: object, most: Mapping[str, int]) -> dict[str, int]:
    numbers = _entries(document, tuple(most))
    for name, number in numbers.items():
        if type(number) is not int or not 0 <= number <= most[name]:
            raise ImageError(name, f"{number!r} is no number from 0 to {most[name]}")
    return numbers


def _setting(written: object) -> Setting:
    match written:
        case [int(class_id), str(obis), int(attribute), str(value)] if 0 < class_id < 1 << 16 and 1 < attribute < 128:
            try:
                return Setting(class_id, Obis.parse(obis), attribute, bytes.fromhex(value))
            except (ConfigurationError, ValueError) as error:
                raise ImageError("settings", str(error)) from error
        case _:
            raise ImageError("settings", f"{written!r:.80} is not [class, OBIS, attribute, value in hex]")


def _authorities(written: object) -> tuple[bytes, ...]:
    if not isinstance(written, list) or len(written) > MOST_AUTHORITIES:
        raise ImageError("authorities", f"are no list of up to {MOST_AUTHORITIES}")
    try:
        return tuple(bytes.fromhex(one) for one in written)
    except (TypeError, ValueError) as error:
        raise ImageError("authorities", f"are not certificates in hex ({error})") from error


def _lines(name: str, lines: object) -> tuple[str, ...]:
    if not isinstance(lines, list) or not all(isinstance(line, str) and "\n" not in line for line in lines):
        raise ImageError(name, "is no list of lines")
    return tuple(lines)
