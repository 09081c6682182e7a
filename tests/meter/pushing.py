"""A meter that pushes, and what a head-end sets and reads of it."""

from device.surrounded import Timeline
from meter.asking import put
from meter.making import KEYS, START, Made
from softmeter.clock import DateTime
from softmeter.device.surroundings import Surrounded
from softmeter.dlms.dialect import STANDARD
from softmeter.dlms.messages import DataNotification
from softmeter.dlms.notifications import PushReceiver
from softmeter.dlms.sealing import KeySet, Sealer
from softmeter.entropy import SeededEntropy
from softmeter.instant import SECOND, Instant, whole_second
from softmeter.meter.push import Outgoing, outgoing
from softmeter.obis import Obis
from softmeter.wire.types import Data, Tag, decode_data, encode_data
from softmeter.wire.wrapper import decode_datagram

FIRST = whole_second(START)


PLAIN, CIPHERING = 128, 129


def name(setup: int) -> str:
    return f"0-{setup}:25.9.0"


def destination(place: bytes, *, service: int = 0, form: int = 0) -> bytes:
    parts = (Data(Tag.ENUM, service), Data(Tag.OCTET_STRING, place), Data(Tag.ENUM, form))
    return encode_data(Data(Tag.STRUCTURE, parts))


def listed(*objects: tuple[int, str, int, int]) -> bytes:
    return encode_data(
        Data(
            Tag.ARRAY,
            tuple(
                Data(
                    Tag.STRUCTURE,
                    (
                        Data(Tag.LONG_UNSIGNED, class_id),
                        Data(Tag.OCTET_STRING, Obis.parse(obis).octets),
                        Data(Tag.INTEGER, attribute),
                        Data(Tag.LONG_UNSIGNED, index),
                    ),
                )
                for class_id, obis, attribute, index in objects
            ),
        )
    )


def number(tag: Tag, value: int) -> bytes:
    return encode_data(Data(tag, value))


def pushing(setup: int, *, form: int = 0, service: int = 0, **timeline: dict[int, Surrounded]) -> Made:
    made = Made()
    if timeline:
        made.meter.device.surroundings = Timeline({FIRST + at: state for at, state in timeline["timeline"].items()})
    assert put(made, 40, name(setup), 3, destination(b"127.0.0.1:5000", service=service, form=form)) == 0
    return made


def live(made: Made, second: int) -> None:
    made.meter.device.advance(Instant(START + second * SECOND))


def opened(sent: Outgoing, client: int = 1) -> DataNotification:
    keys = KeySet(unicast=KEYS[client].unicast_encryption, authentication=KEYS[client].authentication)
    sealer = Sealer(keys, (b"", b""), lambda _: 1, SeededEntropy(1), STANDARD)
    receiver = PushReceiver(lambda apdu: sealer.unwrap(apdu).plain)
    for octets in sent.datagrams:
        datagram = decode_datagram(octets)
        assert datagram[:2] == (1, client)
        found = receiver.receive(datagram.apdu)
    assert isinstance(found, DataNotification)
    return found


def values(notification: DataNotification) -> list[Data]:
    return list(decode_data(notification.body).value)


def refused(made: Made) -> None:
    (sent,) = outgoing(made.meter)
    made.meter.device.behaviours.pushes.settle(made.meter.device, sent.number, arrived=False)


def windowed(made: Made, begin: DateTime, end: DateTime) -> None:
    window = Data(Tag.STRUCTURE, (Data(Tag.OCTET_STRING, begin.encode()), Data(Tag.OCTET_STRING, end.encode())))
    assert put(made, 40, name(1), 4, encode_data(Data(Tag.ARRAY, (window,)))) == 0
