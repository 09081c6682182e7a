"""An image comes in, is judged, and changes the meter: as a whole, and its part alone."""

from dataclasses import replace
from pathlib import Path

import pytest

from firmware.images import PLACE, Loader, Recipe, cut, legal, restarted
from meter.making import START, Made
from softmeter.bench.journal import Quantity
from softmeter.device.events import Event, Log
from softmeter.device.images import RESTART_S
from softmeter.dlms.conformance import Conformance
from softmeter.firmware.payload import ApplicationPayload, Setting, encode
from softmeter.instant import SECOND, Instant, LinkTime
from softmeter.legal import CHECKSUM, IDENTIFICATION
from softmeter.meter.model.shown import screen
from softmeter.meter.policies import Audience
from softmeter.meter.readout import readout
from softmeter.obis import Obis
from softmeter.runtime.store import Store
from softmeter.wire.types import Bits, Data, Tag, decode_data, encode_data

OTHER, TEMPORARY = 250, 2
GOOD = Recipe()
DECLARED = ApplicationPayload(
    {"extra_services": 1},
    (
        Setting(3, Obis.parse("0-0:96.7.20"), 2, encode_data(Data(Tag.LONG_UNSIGNED, 60))),
        Setting(1, Obis.parse("0-0:96.1.2"), 2, encode_data(Data(Tag.OCTET_STRING, b"a note"))),
    ),
    {"automatic": ("3,1-0:1.8.0,2,Import",)},
    {"scroll_s": 9},
)


def codes(made: Made) -> list[int]:
    rows = made.meter.device.events.ring(Log.STANDARD).rows()
    return [int(code) for code in rows["code"]]


def live(made: Made, seconds: int) -> None:
    made.actor.jump(Instant(made.meter.device.now + seconds * SECOND))


def shown(made: Made) -> str:
    """What the display shows at power-on."""
    made.meter.display.power_on(LinkTime(0.0))
    seen = screen(made.meter, LinkTime(4.9))
    return f"{seen.alphanumeric} {seen.numeric}"


def text(made: Made, obis: str) -> bytes:
    key = (1).to_bytes(2, "big") + Obis.parse(obis).octets + b"\x02"
    value = decode_data(made.meter.view(Audience.MANAGEMENT).readers[key](made.meter)).value
    assert isinstance(value, bytes)
    return value


@pytest.mark.manual("10.verified-first")
def test_a_fresh_meter_takes_no_image_and_keeps_nothing_for_it() -> None:
    loader = Loader()
    assert [loader.get(number).value for number in (3, 4, 5, 6, 7)] == [Bits(0, 0), 0, True, 0, ()]
    assert loader.put(0, bytes(1024)) == loader.call(3) == loader.call(4) == OTHER
    assert loader.status == 0
    assert Made().meter.device.behaviours.firmware.saved() == {}


@pytest.mark.parametrize("size", [64, 100, 256, 1024])
@pytest.mark.manual("5.3.firmware", "10.complete-first")
def test_blocks_come_in_any_order_and_more_than_once(size: int) -> None:
    loader = Loader()
    loader.made.meter.device.behaviours.firmware.block_octets = size
    image = GOOD.made()
    blocks = cut(image, size)
    assert loader.initiate(image) == 0
    assert loader.get(3).value == Bits(0, len(blocks))
    for number in (*range(1, len(blocks), 2), 1):
        assert loader.put(number, blocks[number]) == 0
    assert loader.get(4).value == 0
    assert loader.get(3).value == Bits(int("".join("01"[n % 2] for n in range(len(blocks))), 2), len(blocks))
    assert loader.call(3) == OTHER
    assert loader.status == 1
    for number in reversed(range(0, len(blocks), 2)):
        assert loader.put(number, blocks[number]) == 0
    assert loader.get(4).value == len(blocks)
    assert loader.call(3) == 0
    assert loader.status == 3
    assert loader.get(7).value[0].value == (
        Data(Tag.DOUBLE_LONG_UNSIGNED, len(image)),
        Data(Tag.OCTET_STRING, b"A1.05.02"),
        Data(Tag.OCTET_STRING, image[-64:]),
    )
    assert codes(loader.made) == [Event.FIRMWARE_READY.code]


@pytest.mark.manual("10.application", "10.logged")
def test_an_application_image_changes_what_it_declares_and_nothing_of_the_legal_part() -> None:
    loader = Loader()
    made = loader.made
    live(made, 1000)
    energy = made.meter.device.registers.saved()
    assert loader.load(replace(GOOD, payload=encode(DECLARED)).made()) == 0
    assert text(made, "1-1:0.2.0") == b"1.05.00"
    assert Conformance.BLOCK_ACTION not in made.meter.clients[1].conformance
    assert loader.call(4) == 0
    assert loader.status == 5
    assert made.meter.device.registers.saved() == energy
    live(made, RESTART_S)
    assert loader.status == 6
    assert (text(made, "1-1:0.2.0"), text(made, "1-0:0.2.0")) == (b"1.05.02", IDENTIFICATION.encode())
    assert len(text(made, "1-1:0.2.8")) == 64
    assert text(made, "1-0:0.2.8").hex() == CHECKSUM
    assert text(made, "0-0:96.1.2") == b"a note"
    assert made.meter.device.behaviours.power_failures.long_s == 60
    assert made.meter.device.behaviours.display.settings.scroll_s == 9
    assert [item.title for item in made.meter.device.behaviours.display.settings.automatic] == ["Import"]
    assert Conformance.BLOCK_ACTION in made.meter.clients[1].conformance
    assert made.meter.device.behaviours.firmware.restarts == 1
    assert codes(made) == [Event.FIRMWARE_READY.code, Event.FIRMWARE_ACTIVATED.code]
    assert [loader.get(number).value for number in (3, 4, 7)] == [Bits(0, 0), 0, ()]


@pytest.mark.manual("10.both-parts")
def test_a_legal_image_puts_the_legal_part_of_this_program_in_force() -> None:
    loader = Loader()
    made = loader.made
    old = "1.05.00 272A9F81"
    made.meter.factory.identity = replace(made.meter.identity, legal_firmware=old)
    assert shown(made) == "272A9F81 1.05.00"
    assert loader.load(legal().made(), f"L{legal().version}") == 0
    assert loader.call(4) == 0
    live(made, RESTART_S)
    assert text(made, "1-0:0.2.0") == IDENTIFICATION.encode()
    assert text(made, "1-1:0.2.0") == b"1.05.00"
    assert shown(made) == " ".join(reversed(IDENTIFICATION.split()))
    assert f"0.2.0({IDENTIFICATION})" in readout(made.meter)
    assert len(text(made, "1-0:0.2.8")) == 64


def test_while_the_meter_restarts_everything_else_has_to_wait() -> None:
    loader = Loader()
    image = GOOD.made()
    assert loader.load(image) == loader.call(4) == 0
    assert [loader.initiate(image), loader.put(0, image[:1024]), loader.call(3), loader.call(4)] == [TEMPORARY] * 4
    live(loader.made, RESTART_S)
    assert loader.initiate(image) == 0


def test_an_image_that_is_disabled_is_not_taken() -> None:
    loader = Loader()
    loader.view.writers[PLACE + b"\x05"](loader.made.meter, b"\x03\x00")
    assert [loader.initiate(GOOD.made()), loader.put(0, b"x"), loader.call(3), loader.call(4)] == [OTHER] * 4
    assert restarted(loader.made).meter.device.behaviours.firmware.enabled is False


@pytest.mark.manual("10.schedule")
def test_a_schedule_activates_at_its_time() -> None:
    loader = Loader()
    made = loader.made
    assert loader.load(GOOD.made()) == 0
    at = Data(Tag.STRUCTURE, (Data(Tag.OCTET_STRING, bytes((2, 0, 0, 0))), Data(Tag.OCTET_STRING, b"\xff" * 5)))
    schedule = (22).to_bytes(2, "big") + Obis.parse("0-0:15.0.2").octets + b"\x04"
    loader.view.writers[schedule](made.meter, encode_data(Data(Tag.ARRAY, (at,))))
    live(made, 3600 - 1)  # 01:59:59 in winter
    assert loader.status == 3
    live(made, 1)
    assert loader.status == 5
    live(made, RESTART_S)
    assert loader.status == 6
    live(made, 86_400)
    assert codes(made).count(Event.FIRMWARE_ACTIVATED.code) == 1


def test_a_power_cut_before_the_restart_leaves_the_old_firmware_and_keeps_the_image() -> None:
    made = Made()
    loader = Loader(made)
    made.journal.give(Quantity.VOLTAGE_V, 0.0, Instant(START + 11 * SECOND))
    made.journal.give(Quantity.VOLTAGE_V, None, Instant(START + 100 * SECOND))
    live(made, 10)
    assert loader.load(GOOD.made()) == loader.call(4) == 0
    live(made, 200)
    assert loader.status == 3
    assert text(made, "1-1:0.2.0") == b"1.05.00"
    assert loader.call(4) == 0
    live(made, RESTART_S)
    assert text(made, "1-1:0.2.0") == b"1.05.02"


def test_killed_at_any_point_the_meter_goes_on_from_there() -> None:
    loader = Loader()
    image = replace(GOOD, payload=encode(DECLARED, 5000)).made()
    blocks = cut(image, 1024)
    assert loader.initiate(image) == 0
    for number in (0, 3):
        loader.put(number, blocks[number])
    loader = Loader(restarted(loader.made))
    assert loader.get(3).value == Bits(0b100100, len(blocks))
    for number in (1, 2, 4, 5):
        assert loader.put(number, blocks[number]) == 0
    assert loader.call(3) == 0
    loader = Loader(restarted(loader.made))
    assert loader.status == 3
    assert loader.call(4) == 0
    killed = restarted(loader.made)
    killed.meter.device.resume(Instant(killed.meter.device.now + 60 * SECOND))
    loader = Loader(killed)
    assert loader.status == 3
    assert text(loader.made, "1-1:0.2.0") == b"1.05.00"
    assert loader.call(4) == 0
    live(loader.made, RESTART_S)
    after = restarted(loader.made)
    assert text(after, "1-1:0.2.0") == b"1.05.02"
    assert text(after, "0-0:96.1.2") == b"a note"
    assert Loader(after).status == 6
    assert after.meter.device.behaviours.firmware.saved() == loader.made.meter.device.behaviours.firmware.saved()
    assert not after.actor.changes()


def test_all_that_an_image_changes_is_stored_together() -> None:
    loader = Loader()
    made = loader.made
    assert loader.load(replace(GOOD, payload=encode(DECLARED)).made()) == loader.call(4) == 0
    before, plate = made.actor.changes().values, made.meter.factory.identity
    changed = {
        ("firmware", "running.A.version"),
        ("display", "scroll_s"),
        ("display", "automatic"),
        ("power_failures", "long_s"),
        ("attributes", "1,0-0:96.1.2.255,2"),
        ("firmware", "running.A.counter"),
        ("firmware", "capability.extra_services"),
    }
    successor = made.actor.advanced(Instant(made.meter.device.now + RESTART_S * SECOND))
    assert (text(made, "1-1:0.2.0"), made.meter.factory.identity) == (b"1.05.00", plate)  # nobody sees it yet
    after = made.actor.changes(successor).values
    assert changed <= after.keys()
    assert not {place for place in changed if before.get(place) == after[place]}
    assert after["firmware", "phase"] == "activation_successful"
    made.actor.adopt(successor)
    assert text(made, "1-1:0.2.0") == b"1.05.02"


def test_the_store_takes_block_by_block_and_one_transfer_after_another(tmp_path: Path) -> None:
    loader = Loader()
    image = replace(GOOD, payload=encode(DECLARED, 600)).made()
    store = Store.open(tmp_path)

    def stored() -> set[str]:
        changes = loader.made.actor.changes()
        store.commit("meter", changes, 0)
        return {f"{name}:{len(rows)}" for name, (_, rows) in changes.appended.items() if "firmware" in name}

    for size in (1024, 64):
        loader.made.meter.device.behaviours.firmware.block_octets = size
        loader.initiate(image)
        assert stored() == set()
        for number, block in enumerate(cut(image, size)[:-1]):
            loader.put(number, block)
            assert stored() == {"firmware.blocks:1"}
    store.close()
    store = Store.open(tmp_path)
    saved = store.load("meter")
    assert saved is not None
    again = Made()
    again.actor.restore(saved.values, saved.rings)
    loader = Loader(again)
    assert loader.get(4).value == len(cut(image, 64)) - 1
    assert loader.put(len(cut(image, 64)) - 1, cut(image, 64)[-1]) == 0
    assert loader.call(3) == loader.call(4) == 0
    live(again, RESTART_S)
    stored()
    store.close()
    store = Store.open(tmp_path)
    empty = store.load("meter")
    assert empty is not None
    assert len(empty.rings["firmware.blocks"].records) == 0
    last = Made()
    last.actor.restore(empty.values, empty.rings)
    loader = Loader(last)
    assert loader.load(image) == 0
    stored()
    store.close()


def test_a_fork_takes_no_block_of_the_visible_meter() -> None:
    loader = Loader()
    image = replace(GOOD, payload=encode(DECLARED, 5000)).made()
    loader.initiate(image)
    successor = loader.made.meter.device.fork()
    loader.put(0, image[:1024])
    assert (loader.get(4).value, successor.behaviours.firmware.first_missing) == (1, 0)


def test_only_managers_may_and_blocks_do_not_wait_for_the_disk() -> None:
    meter = Made().meter
    for audience in Audience:
        view = meter.view(audience)
        may = audience in {Audience.MANAGEMENT, Audience.MAINTENANCE}
        blocks = may or audience is Audience.BROADCAST
        assert [PLACE + bytes((number,)) in view.invokers for number in (1, 2, 3, 4)] == [may, blocks, may, may]
        assert view.fleeting == ({PLACE + b"\x02"} if blocks else set())
