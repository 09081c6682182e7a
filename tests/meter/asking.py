"""Asking a whole meter as a client does, and cutting its power: for tests of what clients set."""

from pathlib import Path

from meter.making import Made
from softmeter.errors import AccessError
from softmeter.instant import Instant
from softmeter.meter.policies import Audience
from softmeter.obis import Obis
from softmeter.runtime.store import Store


def key(class_id: int, obis: str, number: int) -> bytes:
    """An attribute or method, as it stands on the wire."""
    return class_id.to_bytes(2, "big") + Obis.parse(obis).octets + bytes((number,))


def get(made: Made, class_id: int, obis: str, number: int, audience: Audience = Audience.MANAGEMENT) -> bytes:
    """The encoded value of an attribute."""
    octets: bytes = made.meter.view(audience).readers[key(class_id, obis, number)](made.meter)
    return octets


def put(made: Made, class_id: int, obis: str, number: int, octets: bytes) -> int:
    """Set an attribute, and return the result: 0 is success."""
    try:
        made.meter.view(Audience.MANAGEMENT).writers[key(class_id, obis, number)](made.meter, octets)
    except AccessError as error:
        return error.result
    return 0


def call(made: Made, class_id: int, obis: str, number: int, octets: bytes = b"\x0f\x00") -> int:
    """Invoke a method, and return the result: 0 is success."""
    try:
        made.meter.view(Audience.MANAGEMENT).invokers[key(class_id, obis, number)](made.meter, octets)
    except AccessError as error:
        return error.result
    return 0


def cut(made: Made, directory: Path, until: Instant) -> Made:
    """The meter after a power cut until an instant: made anew, with what was stored."""
    store = Store.open(directory)
    store.commit("meter", made.actor.changes(), 0)
    saved = store.load("meter")
    store.close()
    assert saved is not None
    again = Made(source=made.source, start=made.start, config=made.config)
    again.actor.restore(saved.values, saved.rings)
    assert not again.actor.changes()
    again.meter.device.resume(until)
    return again
