"""The transfer of an image, state by state: what its attributes show, what can follow, and who comes between."""

from dataclasses import replace

import pytest

from firmware.images import Loader, cut, restarted
from meter.making import Made
from meter.test_firmware import GOOD, OTHER, TEMPORARY, codes, live
from softmeter.device.events import Event
from softmeter.device.images import RESTART_S
from softmeter.firmware.payload import ApplicationPayload, encode
from softmeter.instant import SECOND, Instant
from softmeter.meter.policies import Audience
from softmeter.obis import Obis
from softmeter.wire.types import Bits, Data, Tag, encode_data


def scheduled_restart(made: Made, second: int) -> None:
    """Have the schedule activate an image so many seconds from now, and let the bench be past that already."""
    at = made.meter.device.clock.stamp(made.meter.device.now)
    local = (at.second - made.meter.device.clock.zone.segment(at.second).shift + second) % 86_400
    octets = bytes((local // 3600, local // 60 % 60, local % 60, 0))
    time = Data(Tag.STRUCTURE, (Data(Tag.OCTET_STRING, octets), Data(Tag.OCTET_STRING, b"\xff" * 5)))
    schedule = (22).to_bytes(2, "big") + Obis.parse("0-0:15.0.2").octets + b"\x04"
    view = made.meter.view(Audience.MANAGEMENT)
    view.writers[schedule](made.meter, encode_data(Data(Tag.ARRAY, (time,))))
    present = Instant(made.meter.device.now + second * SECOND)
    made.meter.present = lambda: present


@pytest.mark.parametrize("order", ["initiate", "verify", "activate"])
def test_an_order_after_the_schedule_finds_the_meter_restarting(order: str) -> None:
    loader = Loader()
    image = GOOD.made()
    assert loader.load(image) == 0
    scheduled_restart(loader.made, 5)
    orders = {"initiate": lambda: loader.initiate(image), "verify": lambda: loader.call(3)}
    assert orders.get(order, lambda: loader.call(4))() == TEMPORARY
    assert loader.status == 5
    live(loader.made, 10)
    assert (loader.status, codes(loader.made)) == (6, [Event.FIRMWARE_READY.code, Event.FIRMWARE_ACTIVATED.code])


def test_a_refused_image_is_stored_before_its_answer_leaves() -> None:
    loader = Loader()
    image = GOOD.made()
    loader.initiate(image)
    loader.made.meter.unchanged()
    assert loader.call(3) == OTHER  # blocks are missing: nothing has changed
    assert not loader.made.meter.must_store
    assert loader.load(image[:-1] + b"\0") == OTHER
    assert loader.status == 4
    assert loader.made.meter.must_store


IMAGE_IN_THREE = replace(GOOD, payload=encode(ApplicationPayload(), 2048 + 10 - 96 - 64)).made()
"""The last of its blocks has ten octets."""
INFO = (
    Data(Tag.DOUBLE_LONG_UNSIGNED, len(IMAGE_IN_THREE)),
    Data(Tag.OCTET_STRING, b"A1.05.02"),
    Data(Tag.OCTET_STRING, IMAGE_IN_THREE[-64:]),
)


def come_to(status: int) -> Loader:
    """A client of a meter whose transfer has come so far: in state 1 the first and the last block are there."""
    loader = Loader()
    blocks = cut(IMAGE_IN_THREE, 1024)
    wrong = [*blocks[:2], bytes(10)]
    if status:
        assert loader.initiate(IMAGE_IN_THREE) == 0
        for number in (0, 2) if status == 1 else (2, 1, 0, 1):
            assert loader.put(number, (wrong if status == 4 else blocks)[number]) == 0
    if status > 1:
        assert loader.call(3) == (OTHER if status == 4 else 0)
    if status > 4:
        assert loader.call(4) == 0
    if status == 7:  # what it declares cannot be any more
        images = loader.made.meter.device.behaviours.firmware
        assert images.verified is not None
        images.verified = images.verified._replace(declared=b'{"settings": 1}')
    if status > 5:
        live(loader.made, RESTART_S)
    return loader


@pytest.mark.parametrize(
    ("status", "blocks", "first_missing", "info"),
    [
        (0, "", 0, ()),
        (1, "101", 1, ()),
        (3, "111", 3, INFO),
        (4, "111", 3, ()),
        (5, "111", 3, INFO),
        (6, "", 0, ()),
        (7, "", 0, ()),
    ],
)
def test_each_state_shows_what_the_standard_says_survives_and_can_begin_anew(
    status: int, blocks: str, first_missing: int, info: tuple[Data, ...]
) -> None:
    loader = come_to(status)
    expected = (1024, Bits(int(blocks or "0", 2), len(blocks)), first_missing, True, status)
    for one in (loader, Loader(restarted(loader.made))):
        assert tuple(one.get(number).value for number in (2, 3, 4, 5, 6)) == expected
        assert [element.value for element in one.get(7).value] == ([info] if info else [])
        if status != 5:
            assert one.put(2, bytes(11)) == OTHER
            assert one.put(3, bytes(1024)) == OTHER
            assert one.put(2, bytes(10)) == (0 if status == 1 else OTHER)
            assert one.call(4) == (0 if status == 3 else OTHER)
    begun = come_to(status)
    assert begun.initiate(IMAGE_IN_THREE, size=1025) == (TEMPORARY if status == 5 else 0)
    if status != 5:
        assert [begun.get(number).value for number in (3, 4, 6, 7)] == [Bits(0, 2), 0, 1, ()]
        live(begun.made, 60)
        assert begun.status == 1


def test_two_clients_have_one_memory_between_them() -> None:
    one = Loader()
    other = Loader(one.made)
    other.view = one.made.meter.view(Audience.MAINTENANCE)
    assert one.initiate(IMAGE_IN_THREE) == one.put(0, IMAGE_IN_THREE[:1024]) == 0
    assert (other.get(3).value, other.put(1, IMAGE_IN_THREE[1024:2048])) == (Bits(0b100, 3), 0)
    small = replace(GOOD, payload=encode(ApplicationPayload(), 1100)).made()
    assert other.initiate(small) == 0  # what the first had sent is forgotten
    assert (one.get(3).value, one.put(2, IMAGE_IN_THREE[2048:])) == (Bits(0, 2), OTHER)
    for number, block in enumerate(cut(small, 1024)):
        assert other.put(number, block) == 0
    assert one.call(3) == other.call(4) == 0
    live(one.made, RESTART_S)
    assert one.status == other.status == 6
