"""A meter is made once and found again; nothing about it changes by starting it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from softmeter.apps.assembly import METER, Assembled, assemble, exported
from softmeter.apps.options import RunOptions
from softmeter.apps.panel.pulse_watch import PulseWatch
from softmeter.device.events import Log
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant, parse_instant
from softmeter.meter.p1 import P1Settings, Variant
from softmeter.metrology.energy import Quantity
from softmeter.runtime import keyfile
from softmeter.runtime.store import Store

START = parse_instant("2026-01-01T00:00:00Z")
SUPPLY = "constant:u=230,i=5"
Start = Callable[..., Assembled]


@contextmanager
def started(state: Path, **given: object) -> Iterator[tuple[Assembled, list[str]]]:
    """A meter as a start of the process finds it, and what it says to the person."""
    options = RunOptions(**{"state": state, "rate": 0.0, **given})  # type: ignore[arg-type]
    said: list[str] = []
    store = Store.open(state)
    try:
        made = assemble(options, store, PulseWatch(), said.append)
        yield made, said
        store.commit(METER, made.actor.changes(), time.time_ns())
    finally:
        store.close()


def test_a_first_start_writes_the_keys_for_their_owner_only(tmp_path: Path) -> None:
    with started(tmp_path, source=SUPPLY, start=START) as (made, _):
        keys = keyfile.read_keys(made.key_path)
        assert made.key_path.stat().st_mode & 0o777 == 0o600
        assert keys.logical_device_name == made.actor.meter.identity.logical_device_name
        assert keys.clients["management"].unicast_encryption_key == made.actor.meter.keys(1).unicast_encryption
        assert (
            len({keys.clients[name].unicast_encryption_key for name in ("management", "readout", "maintenance")}) == 3
        )


def test_two_meters_have_different_names_and_keys(tmp_path: Path) -> None:
    with started(tmp_path / "a", source=SUPPLY) as (one, _), started(tmp_path / "b", source=SUPPLY) as (other, _):
        assert one.actor.meter.identity.serial != other.actor.meter.identity.serial
        assert one.actor.meter.keys(1) != other.actor.meter.keys(1)


def test_a_later_start_finds_the_same_meter_after_a_power_cut(tmp_path: Path) -> None:
    with started(tmp_path, source=SUPPLY, start=START) as (made, _):
        made.actor.jump(Instant(START + 3600 * SECOND))
        first = made.actor.meter
    with started(tmp_path, off_for_ns=90 * SECOND) as (again, said):
        meter = again.actor.meter
        assert meter.identity == first.identity
        assert exported(meter) == exported(first)
        assert meter.device.now == START + 3690 * SECOND
        assert meter.device.registers.wh(Quantity.ACTIVE_IMPORT) == 1150
        assert any("power was off for 90.0 s" in line for line in said)
        again.actor.jump(Instant(START + 7290 * SECOND))
        assert meter.device.registers.wh(Quantity.ACTIVE_IMPORT) == 2300


def test_start_and_keys_are_ignored_with_a_notice_once_there_is_a_meter(tmp_path: Path) -> None:
    with started(tmp_path, source=SUPPLY, start=START) as (made, _):
        path = made.key_path
    with started(tmp_path, start=START, keys=path, off_for_ns=0) as (_, said):
        assert any(line.startswith("--start is ignored") for line in said)
        assert any(line.startswith("--keys is ignored") for line in said)


def test_a_lost_key_file_is_exported_again(tmp_path: Path) -> None:
    with started(tmp_path, source=SUPPLY) as (made, _):
        before = made.key_path.read_text()
        made.key_path.unlink()
    with started(tmp_path) as (again, _):
        assert again.key_path.read_text() == before


def test_keys_of_a_lost_meter_are_not_taken_over(tmp_path: Path) -> None:
    with started(tmp_path, source=SUPPLY) as (made, _):
        path = made.key_path
    for file in tmp_path.iterdir():
        if file != path:
            file.unlink()
    before = path.read_text()
    with pytest.raises(ConfigurationError, match="state is gone"), started(tmp_path, source=SUPPLY):
        pass
    assert path.read_text() == before


def test_keys_for_other_addresses_are_refused(tmp_path: Path) -> None:
    with started(tmp_path / "a", source=SUPPLY) as (made, _):
        other = tmp_path / "other.toml"
        other.write_text(made.key_path.read_text().replace("sap = 1\n", "sap = 5\n"))
    with pytest.raises(ConfigurationError, match=r"clients\.management\.sap is 5"), started(tmp_path / "b", keys=other):
        pass


def test_a_commented_key_file_is_the_same_key_file(tmp_path: Path) -> None:
    with started(tmp_path / "a", source=SUPPLY) as (made, _):
        text = "# mine\n" + made.key_path.read_text()
    (tmp_path / "b").mkdir()
    path = tmp_path / "b" / "keys.toml"
    path.write_text(text)
    with started(tmp_path / "b", source=SUPPLY, keys=path) as (other, _):
        assert other.actor.meter.keys(1) == made.actor.meter.keys(1)


def test_another_configuration_on_a_later_start_says_what_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[profiles.load]\nperiod_s = 600\n[p1]\nvariant = "be"\n[ports]\nwan = "127.0.0.1:5059"\n')
    with started(tmp_path, source=SUPPLY):
        pass
    for _ in range(2):
        with started(tmp_path, config=str(path), off_for_ns=0) as (again, said):
            assert (again.p1.variant, again.ports.wan) == (Variant.BE, "127.0.0.1:5059")
            assert again.actor.meter.device.profile("load").settings.period_s == 900
            assert any("profiles.load.period_s is ignored, the meter keeps" in line for line in said)
    assert not any("from now on" in line for line in said)
    with started(tmp_path, off_for_ns=0) as (again, said):
        assert again.ports.wan == "127.0.0.1:5059"
        assert not any("--config" in line for line in said)


def test_the_tariff_of_another_configuration_holds_unless_a_client_has_set_one(tmp_path: Path) -> None:
    with started(tmp_path, source=SUPPLY) as (made, _):
        assert made.actor.meter.device.tariff.table.highest_rate == 4
    with started(tmp_path, config="nl", off_for_ns=0) as (again, said):
        tariff = again.actor.meter.device.tariff
        assert tariff.table.highest_rate == 2
        assert "--config nl: from now on the meter has its tariff" in said
        tariff.table = replace(tariff.table, name=b"MINE")
    with started(tmp_path, config="be", off_for_ns=0) as (again, said):
        assert again.actor.meter.device.tariff.table.name == b"MINE"
        assert any("tariff is ignored, a client has set something else" in line for line in said)


def test_given_keys_name_the_meter(tmp_path: Path) -> None:
    with started(tmp_path / "a", source=SUPPLY) as (made, _):
        path = made.key_path
        name = made.actor.meter.identity.logical_device_name
    with started(tmp_path / "b", source=SUPPLY, keys=path) as (other, _):
        assert other.actor.meter.identity.logical_device_name == name


def test_the_source_is_kept_and_can_be_changed(tmp_path: Path) -> None:
    recording = tmp_path / "day.csv"
    recording.write_text("time,active_power_w\n0,100\n3600,200\n")
    with started(tmp_path / "s", source=str(recording), start=START) as (made, said):
        assert made.source == str(recording)
        assert any("voltage_v" in line for line in said)
    with started(tmp_path / "s", off_for_ns=0) as (again, _):
        assert again.source == str(recording)
    with started(tmp_path / "s", source="household:seed=3", off_for_ns=0) as (changed, _):
        assert changed.source == "household:seed=3"


@pytest.mark.parametrize(
    "source", ["nonsense", "constant:x=1", "constant:u=abc", "no/such/file.csv", "household:seed=x"]
)
def test_a_source_that_cannot_be_read_is_named(tmp_path: Path, source: str) -> None:
    with pytest.raises(ConfigurationError) as refused, started(tmp_path, source=source):
        pass
    assert str(refused.value).startswith("--source: ")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "keys.toml").exists()


def test_a_clock_that_outlived_its_reserve_is_said_to_be_invalid(tmp_path: Path) -> None:
    with started(tmp_path, source=SUPPLY, start=START):
        pass
    with started(tmp_path, off_for_ns=6 * 86_400 * SECOND) as (made, said):
        assert made.actor.meter.device.clock.invalid
        assert any("clock sync" in line for line in said)


def test_a_program_that_is_not_what_was_tested_is_a_program_memory_error(tmp_path: Path) -> None:
    said: list[str] = []
    store = Store.open(tmp_path)
    try:
        made = assemble(RunOptions(tmp_path, source=SUPPLY), store, PulseWatch(), said.append, lambda: False)
    finally:
        store.close()
    device = made.actor.meter.device
    assert device.events.ring(Log.STANDARD).rows()["code"].tolist() == [12]
    assert device.behaviours.alarms.critical
    assert sum("program memory error" in line for line in said) == 1


def test_a_meter_gets_keys_for_telegrams_when_it_first_ciphers_them(tmp_path: Path) -> None:
    with started(tmp_path) as (found, said):
        assert exported(found.actor.meter).p1 is None
        assert found.p1 == P1Settings(Variant.NL)
    before = keyfile.read_keys(tmp_path / "keys.toml")
    with started(tmp_path, p1_variant="lu") as (found, said):
        assert found.p1 == P1Settings(Variant.LU)
        given = exported(found.actor.meter)
        assert given.p1 is not None
        assert not [line for line in said if "keys" in line]
    assert keyfile.read_keys(tmp_path / "keys.toml") == given == replace(before, p1=given.p1)
    with started(tmp_path, p1_variant="nl-encrypted") as (found, _):
        assert exported(found.actor.meter) == given
    with started(tmp_path) as (found, _):
        assert found.p1 == P1Settings(Variant.NL)


def test_keys_for_telegrams_can_be_given(tmp_path: Path) -> None:
    with started(tmp_path / "one", p1_variant="lu") as (found, _):
        given = exported(found.actor.meter)
    with started(tmp_path / "two", p1_variant="lu", keys=tmp_path / "one" / "keys.toml") as (found, _):
        assert exported(found.actor.meter) == given


def test_a_variant_that_is_not_known_is_named(tmp_path: Path) -> None:
    known = r"--p1-variant: .*'fr'.* nl, be, lu, nl-encrypted"
    with pytest.raises(ConfigurationError, match=known), started(tmp_path, p1_variant="fr"):
        pass
