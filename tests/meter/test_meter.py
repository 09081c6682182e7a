"""One model serves many meters; a successor is seen only when adopted; a restored meter is the same meter."""

import gc
import tracemalloc
from pathlib import Path

import pytest

from meter.making import START, Made, values_of
from softmeter.instant import SECOND, Instant
from softmeter.meter import model
from softmeter.meter.policies import Audience
from softmeter.metrology.energy import Quantity
from softmeter.persistent import Rows
from softmeter.runtime.store import Store

ENERGY = bytes.fromhex("0003 0100010800FF 02")
LOAD = bytes.fromhex("0007 0100630100FF 02")


def read(made: Made, key: bytes) -> bytes:
    octets: bytes = made.meter.view(Audience.MANAGEMENT).readers[key](made.meter)
    return octets


def test_meters_share_the_model_and_nothing_else() -> None:
    one, other = Made(), Made()
    one.actor.jump(Instant(START + 3600 * SECOND))
    assert one.meter.dictionary is other.meter.dictionary is model.dictionary()
    assert read(one, ENERGY) == b"\x06" + (1150).to_bytes(4, "big")
    assert read(other, ENERGY) == b"\x06" + bytes(4)


def test_a_successor_is_invisible_until_adopted() -> None:
    made = Made()
    made.actor.jump(Instant(START + 3600 * SECOND))
    before = read(made, LOAD)
    successor = made.actor.advanced(Instant(START + 7200 * SECOND))
    assert read(made, LOAD) == before
    assert read(made, ENERGY) == b"\x06" + (1150).to_bytes(4, "big")
    made.actor.adopt(successor)
    assert read(made, ENERGY) == b"\x06" + (2300).to_bytes(4, "big")
    assert len(read(made, LOAD)) > len(before)


def test_a_full_profile_of_the_visible_device_is_not_written_over() -> None:
    made = Made()
    made.actor.jump(Instant(START + 5300 * 900 * SECOND))
    before = read(made, LOAD)
    made.actor.advanced(Instant(START + 5310 * 900 * SECOND))
    assert read(made, LOAD) == before


def test_a_restored_meter_is_the_same_meter(tmp_path: Path) -> None:
    made = Made()
    made.actor.jump(Instant(START + 100_000 * SECOND))
    made.meter.attributes[bytes.fromhex("0001 0000600102FF 02")] = b"\x09\x03abc"
    made.meter.name("E0012345678901223")
    made.meter.counters.accept(1, b"ABC\0\0\0\0\1", 9)
    made.meter.counters.settle()
    store = Store.open(tmp_path)
    store.commit("meter", made.actor.changes(), 0)
    saved = store.load("meter")
    store.close()
    assert saved is not None
    again = Made()
    again.actor.restore(saved.values, saved.rings)
    assert not again.actor.changes()
    for key, reader in made.meter.view(Audience.MANAGEMENT).readers.items():
        if key[:8] != bytes.fromhex("000F 0000280000FF") and key[2:8] != bytes.fromhex("0100000901FF"):
            try:
                wanted = reader(made.meter)
            except Exception as error:  # noqa: BLE001 - whatever it is, the other must do the same
                with pytest.raises(type(error)):
                    again.meter.view(Audience.MANAGEMENT).readers[key](again.meter)
                continue
            # Instantaneous values are RAM, gone with the power, and so is what display lists show of them.
            if not (key[:2] == b"\0\3" and key[5] == 7) and key[2:5] != bytes((0, 0, 21)):
                assert read(again, key) == wanted, key.hex()
    assert again.meter.device.registers.mj(Quantity.ACTIVE_IMPORT) == made.meter.device.registers.mj(
        Quantity.ACTIVE_IMPORT
    )
    assert again.meter.keys(1) == made.meter.keys(1)


@pytest.mark.slow
def test_one_more_meter_with_a_full_load_profile_is_small() -> None:
    full = Made()
    full.actor.jump(Instant(START + 5300 * 900 * SECOND))
    changes = full.actor.changes()
    values = values_of(changes)

    class Stored:
        first, _rows = changes.appended["profile.load"]

        def rows(self, _: object) -> Rows:
            return self._rows

    def one_more() -> Made:
        made = Made(source=full.source)
        made.actor.restore(values, {"profile.load": Stored()})
        return made

    kept = [one_more()]
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    kept += [one_more() for _ in range(20)]
    gc.collect()  # else what Python keeps for tuples to come counts too
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(kept[-1].meter.device.profile("load").ring) == 5280
    assert (after - before) / 20 < 90 * 1024
