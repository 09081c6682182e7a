"""Put a meter together: anew at its first start, from its store at every later one."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from softmeter.apps import configuration, mbus_setup, p1_setup
from softmeter.apps.options import RunOptions
from softmeter.apps.ports import Ports
from softmeter.apps.reconfiguring import reconfigured
from softmeter.bench.journal import Journal
from softmeter.bench.links import Links
from softmeter.bench.supply import Supply
from softmeter.bench.surroundings import JournalSurroundings
from softmeter.device.alarms import ERROR_BITS
from softmeter.device.device import Device
from softmeter.device.display import Display
from softmeter.device.events import Event
from softmeter.device.images import UNKNOWN, ImageTrust
from softmeter.device.pulses import Outputs
from softmeter.errors import ConfigurationError, StorageError
from softmeter.instant import SECOND, Instant, LinkTime, iso, whole_second
from softmeter.meter.actor import Actor
from softmeter.meter.factory import Factory
from softmeter.meter.keys import KeyRing
from softmeter.meter.meter import Meter
from softmeter.meter.p1 import P1Settings
from softmeter.metrology.metering import metered
from softmeter.runtime import image_keys, keyfile
from softmeter.runtime.bench_time import resumed
from softmeter.runtime.entropy import SystemEntropy
from softmeter.runtime.optical_port import Place
from softmeter.runtime.program_memory import is_program_intact
from softmeter.runtime.saved import Saved
from softmeter.runtime.store import Store
from softmeter.security.identity import Purpose
from softmeter.signal.samples import Source
from softmeter.signal.specification import parse_source, with_path

METER = "meter"
"""The name of the one meter in a state file."""
KEY_FILE = "keys.toml"
SERIALS = 10**8
FACTORY = "factory"
"""The configuration of a meter to which nobody said one."""
WIRED = "household:seed=1"
"""The source of a meter to which nobody said one."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Assembled:
    """A meter ready to live on."""

    actor: Actor
    journal: Journal
    links: Links
    ports: Ports
    configured_in: str
    """The file that its settings come from, for what is said of them."""
    p1: P1Settings
    mbus: mbus_setup.MBusTable
    source: str
    key_path: Path
    at_place: Place | None = None
    """Where the module takes AT commands."""


def assemble(
    options: RunOptions,
    store: Store,
    outputs: Outputs,
    say: Say,
    is_intact: Callable[[], bool] = is_program_intact,
) -> Assembled:
    """Make or restore the meter of a state directory; `say` takes notices for the person.

    Raises:
        ConfigurationError: an option or file is wrong, or does not fit the meter that is there.
        StorageError: what is stored cannot be used.
    """
    saved = store.load(METER)
    factory = _factory(options, saved, say)
    if saved is not None and options.config is not None:
        factory.configuration = reconfigured(factory.configuration, options.config, saved, say)
    configured_in = options.config or (FACTORY if saved is None else f"configuration of {options.state}")
    settings = configuration.parse(factory.configuration, configured_in, asked(options))
    journal = Journal()
    source = _source(factory, say)
    broken = 0 if is_intact() else 1 << ERROR_BITS[Event.PROGRAM_MEMORY_ERROR]
    surroundings = JournalSurroundings(journal, broken)
    device = Device(settings.device, Supply(source, journal), factory.start, surroundings)
    display = Display(LinkTime(time.monotonic()))
    meter = Meter(factory, device, display, KeyRing(), SystemEntropy())
    meter.extra_services = settings.extra_services
    actor = Actor(meter, outputs)
    path = options.state / KEY_FILE
    if saved is None:
        _take_first_keys(meter, settings.p1, options, path)
        device.glance()
        _store_first(actor, store, options.state / image_keys.FILE_NAME)  # the store is the truth, then the key file
    else:
        _go_on(actor, saved, store, options, say)
        _add_p1_keys(meter, settings.p1, path, lambda: store.commit(METER, actor.changes(), time.time_ns()))
    if broken:
        say("the legally relevant part of the program differs from its record: program memory error")
        device.feel()
        device.behaviours.diagnosis.look(device)
    if path.exists():
        _check_key_file(path, exported(meter), say)
    else:
        _write_key_file(path, exported(meter), None if saved is None else say)
    links = Links(journal, meter.system_title, limited=settings.modem.link_limits)
    p1, mbus, at = settings.p1, settings.mbus, settings.modem.at_place
    return Assembled(actor, journal, links, settings.ports, configured_in, p1, mbus, factory.source, path, at)


def asked(options: RunOptions) -> dict[str, Any]:
    """What options of this start say instead of the configuration.

    Raises:
        ConfigurationError: one of them has no such form.
    """
    return {**p1_setup.asked(options), **mbus_setup.asked(options)}


def _store_first(actor: Actor, store: Store, path: Path) -> None:
    """Store a new meter; where that fails, keys of images that were made for it alone go too."""
    was_there = path.exists()
    _trust_images(actor.meter, path)
    try:
        store.commit(METER, actor.changes(), time.time_ns())
    except StorageError:
        if not was_there:
            path.unlink()
        raise


def _given_keys(options: RunOptions) -> keyfile.Keys | None:
    """The keys that a new meter gets, where somebody has said which."""
    if options.keys is not None:
        return keyfile.read_keys(options.keys)
    return options.known_keys


def _factory(options: RunOptions, saved: Saved | None, say: Say) -> Factory:
    """What the meter is, as it is made now or was made once."""
    factory = Factory()
    if saved is None:
        _begin(factory, options)
        if options.jump_to is not None and options.jump_to < factory.start:
            message = f"{iso(options.jump_to)} lies before the first power-on at {iso(factory.start)}"
            raise ConfigurationError(message, "--jump-to")
        return factory
    factory.restore(saved.values.get("factory", {}))
    if options.start is not None:
        say(f"--start is ignored: the meter in {options.state} was first powered on at {iso(factory.start)}")
    if options.source is not None:
        factory.source = options.source
    return factory


def _go_on(actor: Actor, saved: Saved, store: Store, options: RunOptions, say: Say) -> None:
    """Let a meter be what its store holds, after a power cut."""
    meter = actor.meter
    if options.keys is not None:
        say(f"--keys is ignored: the meter in {options.state} has its keys already")
    chosen = meter.factory.configuration, meter.factory.source
    actor.restore(saved.values, saved.rings)
    meter.factory.configuration, meter.factory.source = chosen
    _trust_images(meter, options.state / image_keys.FILE_NAME)
    _resume(meter.device, saved, options, say)
    if store.accepted:
        say(f"what {options.state} holds was damaged, or older than what was stored last; the meter goes on")
        meter.device.record(Event.NONVOLATILE_MEMORY_ERROR)


def _begin(factory: Factory, options: RunOptions) -> None:
    given = configuration.read(options.config or FACTORY)
    identity = given.identity
    if (keys := _given_keys(options)) is not None:
        identity = replace(identity, serial=keys.logical_device_name[-8:], manufacturer=keys.logical_device_name[:3])
        if (identity.logical_device_name, identity.system_title) != (keys.logical_device_name, keys.system_title):
            message = f"is for {keys.logical_device_name}, which is no name of a {identity.type}"
            raise ConfigurationError(message, str(options.keys))
    elif not given.serial_given:
        drawn = int.from_bytes(SystemEntropy().octets(8), "big") % (SERIALS - 1) + 1
        identity = replace(identity, serial=f"{drawn:08d}")
    factory.identity = identity
    factory.start = options.start if options.start is not None else Instant(time.time_ns() // SECOND * SECOND)
    factory.configuration = configuration.text(options.config or FACTORY)
    factory.source = options.source or WIRED


def _source(factory: Factory, say: Say) -> Source:
    factory.source = with_path(factory.source, lambda path: str(Path(path).resolve()))
    try:
        given = parse_source(factory.source, start_second=whole_second(factory.start), open_file=_open)
    except ConfigurationError as error:
        raise ConfigurationError(str(error), "--source") from None
    for finding in given.findings:
        say(f"source: {finding}")
    return metered(given)


def _open(path: str) -> BinaryIO:
    return Path(path).open("rb")


def _take_first_keys(meter: Meter, p1: P1Settings, options: RunOptions, path: Path) -> None:
    """Give a new meter keys from a file, or fresh ones; never those of a lost meter, whose counters are unknown."""
    keys = _given_keys(options)
    if keys is None:
        identity = meter.identity
        keys = keyfile.generate(meter.entropy, identity.system_title, identity.logical_device_name)
    for name, client in keys.clients.items():
        if client.sap != keyfile.SAPS[name]:
            message = f"clients.{name}.sap is {client.sap}; this meter knows that client at {keyfile.SAPS[name]}"
            raise ConfigurationError(message, str(options.keys))
    if path.exists() and replace(keyfile.read_keys(path), p1=keys.p1) != keys:
        message = "belongs to a meter whose state is gone; move it away, or choose another state directory"
        raise ConfigurationError(message, str(path))
    meter.key_ring = KeyRing(
        keys.master_key,
        {client.sap: client.held for client in keys.clients.values()},
    )
    p1_setup.take_keys(meter, p1, keys.p1)


def _add_p1_keys(meter: Meter, p1: P1Settings, path: Path, keep: Callable[[], None]) -> None:
    """Give a meter that lacks them keys for ciphered telegrams; as always, first the store, then the file."""
    is_ours = path.exists() and _fault(path, exported(meter)) is None
    if p1_setup.take_keys(meter, p1):
        keep()
        if is_ours:
            keyfile.write_keys(path, exported(meter), replace=True)


def _trust_images(meter: Meter, path: Path) -> None:
    """Have a meter that trusts no maker of images yet trust the one whose keys lie beside it, or a fresh one.

    Here the file comes first: what signs is in the file alone.
    """
    images = meter.device.behaviours.firmware
    if images.trust != UNKNOWN:
        return
    if not path.exists():
        image_keys.write(path, image_keys.generate(meter.entropy))
    keys = image_keys.read(path)
    images.trust = ImageTrust(bytes(keys.public), bytes(keys.image_key))


def _write_key_file(path: Path, keys: keyfile.Keys, say: Say | None) -> None:
    """Write a key file; where a meter goes on (`say`), what is wrong is only told: clients set secrets as they like."""
    try:
        keyfile.write_keys(path, keys)
    except ConfigurationError as error:
        if say is None:
            raise
        say(f"{error}; the meter goes on without its key file")


def _check_key_file(path: Path, keys: keyfile.Keys, say: Say) -> None:
    """The store is the truth: tell whoever may use a key file that is damaged, or older than the keys."""
    if (fault := _fault(path, keys)) is not None:
        say(f"{fault}; move it away, and the next start writes it anew")


def _fault(path: Path, keys: keyfile.Keys) -> str | None:
    """Why a key file is not one of these keys."""
    try:
        return None if keyfile.read_keys(path) == keys else f"{path}: does not hold the keys of this meter"
    except ConfigurationError as error:
        return str(error)


def exported(meter: Meter) -> keyfile.Keys:
    """The keys of a meter as a key file holds them."""
    clients = {name: keyfile.ClientKeys.holding(sap, meter.keys(sap)) for name, sap in keyfile.SAPS.items()}
    identity = meter.identity
    master, p1 = meter.key_ring.master, p1_setup.held_keys(meter)
    own = meter.trust.certificate(Purpose.SIGNATURE)
    der = b"" if own is None else own.der
    return keyfile.Keys(identity.system_title, identity.logical_device_name, master, clients, p1, int(meter.suite), der)


def _resume(device: Device, saved: Saved, options: RunOptions, say: Say) -> None:
    stored = device.now
    now = resumed(stored, saved.real, time.time_ns(), options.rate, options.off_for_ns)
    was_valid = not device.clock.invalid
    device.resume(now)
    seconds = (now - stored) / SECOND
    say(f"power was off for {seconds:.1f} s, from {iso(stored)} to {iso(now)}")
    if was_valid and device.clock.invalid:
        say("the clock outlived its reserve and is not valid; set it with: smartset … clock sync")
