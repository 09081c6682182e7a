"""From what a person writes to a typed value: like the value the meter gives now, or of a named type; never a guess."""

import json
import math
import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from softmeter.apps.smartset.values import meaning, scaled, type_name
from softmeter.clock import DateTime, days_from_civil, weekday
from softmeter.errors import ConfigurationError, DecodeError, LocalProtocolError
from softmeter.obis import Obis
from softmeter.wire.types import NULL, Bits, Data, Tag, decode_data, encode_data

NOW = "now"
"""In place of a time: this computer's."""
ALSO = f"{NOW}, or "
ENCODED = "a-xdr"
"""The type by which a value is given as it travels: tag and content in hex."""

TYPES = {type_name(tag): tag for tag in Tag if tag not in {Tag.COMPACT_ARRAY, Tag.DONT_CARE}}
"""The types a value may be given as, by the standard's words."""
_SHOWN = 40
_FLAGS = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}
_MOST_DIGITS = 40
"""More than any whole number on the way has."""
_FLOATS = frozenset({Tag.FLOAT32, Tag.FLOAT64})
_PREFIXED = re.compile(r"(?P<kind>0x|text:|time:|obis:)(?P<rest>.*)", re.DOTALL)
_KINDS = {str: "text:", DateTime: "time:", Obis: "obis:", bytes: "0x"}
_OCTETS_HINT = "write 0x… for octets, text:… for text, time:… for a date-time, obis:… for a logical name"


def value_of(text: str, like: Data | None, type_word: str = "", scaler: int = 0) -> Data:
    """The value that `text` means: of type `type_word`, else of the type of `like`, the value the meter has now.

    Raises:
        ConfigurationError: it does not fit the type, or more than one value could be meant.
    """
    if type_word == ENCODED:
        return _encoded(text)
    if type_word:
        tag = TYPES.get(type_word)
        if tag is None:
            raise ConfigurationError(f"{type_word!r} is no type; known are {', '.join([*TYPES, ENCODED])}", "--type")
        if tag in {Tag.ARRAY, Tag.STRUCTURE}:
            raise ConfigurationError(f"elements of an {type_word} have types too; use --type {ENCODED}", "--type")
        like = Data(tag, like.value if like is not None and like.type == tag else None)
    elif like is None or like.type in {Tag.NULL, Tag.COMPACT_ARRAY}:
        given = "nothing it lets you read" if like is None else type_name(like.type)
        raise ConfigurationError(f"the meter holds {given} here, so the type of {text!r} is not known; add --type")
    value = _like(text, like, scaler)
    try:
        encode_data(value)
    except LocalProtocolError:
        raise _unfitting(text, like.type) from None
    return value


def date_time_of(text: str, also: str = "") -> DateTime:
    """Read ISO 8601; without an offset it is the meter's local time. `also` is what else could be written.

    Raises:
        ConfigurationError: it is no date and time.
    """
    try:
        return _date_time(datetime.fromisoformat(text.strip()))
    except (ValueError, DecodeError):
        message = (
            f"{text!r} is no date and time; write {also}2026-01-31T12:00:00+01:00, or local time without an offset"
        )
        raise ConfigurationError(message) from None


def _date_time(moment: datetime) -> DateTime:
    """A moment as meters write it; DecodeError where they cannot."""
    day = weekday(days_from_civil(moment.year, moment.month, moment.day))
    shown = DateTime(moment.year, moment.month, moment.day, day, moment.hour, moment.minute, moment.second)
    offset = moment.utcoffset()
    octets = bytearray(shown.encode())
    octets[8] = moment.microsecond // 10_000
    if offset is not None:
        octets[9:11] = int(-offset.total_seconds() // 60).to_bytes(2, "big", signed=True)
    return DateTime.decode(bytes(octets))


def _encoded(text: str) -> Data:
    try:
        return decode_data(bytes.fromhex(text.removeprefix("0x")))
    except (ValueError, DecodeError) as error:
        raise ConfigurationError(f"{text!r} is no encoded value: {error}", f"--type {ENCODED}") from None


def _like(text: str, like: Data, scaler: int) -> Data:
    match like.type:
        case Tag.NULL:
            return NULL
        case Tag.ARRAY | Tag.STRUCTURE:
            return _elements(_parsed(text), like)
        case Tag.BOOLEAN:
            if text.lower() not in _FLAGS:
                raise ConfigurationError(f"{text!r} is neither true nor false")
            return Data(Tag.BOOLEAN, _FLAGS[text.lower()])
        case Tag.BIT_STRING:
            if not re.fullmatch("[01]+", text):
                raise ConfigurationError(f"{text!r} is no bit-string; write it like 0110")
            return Data(Tag.BIT_STRING, Bits(int(text, 2), len(text)))
        case Tag.VISIBLE_STRING | Tag.UTF8_STRING:
            return Data(like.type, text)
        case Tag.OCTET_STRING:
            return Data(Tag.OCTET_STRING, _octets(text, like.value))
        case Tag.DATE_TIME:
            return Data(Tag.DATE_TIME, date_time_of(text, ALSO).encode())
        case Tag.DATE | Tag.TIME:
            return Data(like.type, _octets(text, b"\x00"))
        case _:
            return Data(like.type, _number(text, like.type, scaler))


def _number(text: str, tag: Tag, scaler: int) -> int | float:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ConfigurationError(f"{text!r} is no number, and the meter wants {type_name(tag)}") from None
    if tag in _FLOATS:
        nearest = float(number) if not number.is_snan() else math.nan
        if math.isinf(nearest) and number.is_finite():
            raise _unfitting(text, tag)
        return nearest
    steps = _steps(number, scaler)
    if steps is None:
        raise ConfigurationError(f"{text!r} is no multiple of {scaled(1, scaler):f}, the step of this value")
    if abs(steps) >= 10**_MOST_DIGITS:
        raise _unfitting(text, tag)
    return steps


def _steps(number: Decimal, scaler: int) -> int | None:
    """How many times ten to the power of `scaler` a number is, exactly; None where it is no multiple of that."""
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        return None
    significant = "".join(map(str, digits)).rstrip("0")
    if not significant:
        return 0
    exponent += len(digits) - len(significant) - scaler
    if exponent < 0:
        return None
    value = int(significant + "0" * exponent) if len(significant) + exponent <= _MOST_DIGITS else 10**_MOST_DIGITS
    return -value if sign else value


def _unfitting(text: str, tag: Tag) -> ConfigurationError:
    return ConfigurationError(f"{text!r} does not fit the type {type_name(tag)}")


def _octets(text: str, current: bytes | None) -> bytes:
    marked = _PREFIXED.fullmatch(text)
    if marked:
        kind, content = marked["kind"], marked["rest"]
    elif current:
        kind, content = _KINDS[type(meaning(current))], text
    else:
        raise ConfigurationError(f"{text!r} may mean text or octets; {_OCTETS_HINT}")
    match kind:
        case "text:":
            try:
                return content.encode()
            except UnicodeEncodeError:
                raise ConfigurationError(f"{content!r} is no text in UTF-8; write 0x… for its octets") from None
        case "time:":
            return date_time_of(content, ALSO).encode()
        case "obis:":
            return Obis.parse(content).octets
        case _:
            try:
                return bytes.fromhex(content)
            except ValueError:
                raise ConfigurationError(f"{content!r} is no hex; {_OCTETS_HINT}") from None


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_float=str)
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"{text!r} is no JSON list: {error.msg} at character {error.pos}") from None
    except (ValueError, RecursionError):
        raise ConfigurationError(f"{text[:_SHOWN]!r}… is no JSON list that a meter could take") from None


def _elements(given: Any, like: Data) -> Data:
    if like.type not in {Tag.ARRAY, Tag.STRUCTURE}:
        return _like(given if isinstance(given, str) else json.dumps(given), like, 0)
    if not isinstance(given, list):
        raise ConfigurationError(f"{given!r} is no list, and the meter has a {type_name(like.type)} here")
    patterns = like.value
    if like.type == Tag.ARRAY:
        if given and not patterns:
            raise ConfigurationError(
                f"the meter's array is empty, so its element type is not known; use --type {ENCODED}"
            )
        patterns = patterns[:1] * len(given)
    if len(given) != len(patterns):
        raise ConfigurationError(f"{len(given)} elements given, the meter's structure has {len(patterns)}")
    return Data(like.type, tuple(_elements(one, pattern) for one, pattern in zip(given, patterns, strict=True)))
