"""A meter in a network that changes around it, and what its cellular module tells."""

from device.surrounded import Timeline
from meter.asking import get, put
from meter.making import START, Made
from softmeter.device.events import Log
from softmeter.device.surroundings import Surrounded
from softmeter.instant import SECOND, Instant, whole_second
from softmeter.wire.types import Data, Tag, decode_data, encode_data

FIRST = whole_second(START)


HOME, SEARCHING, ROAMING = 1, 2, 5


def around(changes: dict[int, Surrounded]) -> Made:
    made = Made()
    made.meter.device.surroundings = Timeline({FIRST + at: state for at, state in changes.items()})
    return made


def live(made: Made, second: int, step: int = 100_000) -> None:
    end = START + second * SECOND
    while made.meter.device.now < end:
        made.meter.device.advance(Instant(min(end, made.meter.device.now + step * SECOND)))


def value(made: Made, class_id: int, obis: str, attribute: int = 2) -> object:
    return decode_data(get(made, class_id, obis, attribute)).value


def own(made: Made, number: int) -> object:
    return value(made, 1, f"0-1:94.31.{number}")


def codes(made: Made) -> list[int]:
    return [int(code) for code in made.meter.device.events.ring(Log.COMMUNICATION).rows()["code"]]


def octets(text: bytes) -> bytes:
    return encode_data(Data(Tag.OCTET_STRING, text))


def randomised(made: Made, window_s: int, factor: int = 2, retries: int = 3) -> None:
    parts = (
        Data(Tag.DOUBLE_LONG_UNSIGNED, window_s),
        Data(Tag.LONG_UNSIGNED, factor),
        Data(Tag.LONG_UNSIGNED, retries),
    )
    assert put(made, 1, "0-1:94.31.12", 2, encode_data(Data(Tag.STRUCTURE, parts))) == 0
