"""Put a meter together: anew at its first start, from its store at every later one."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from softmeter.apps import configuration
from softmeter.apps.options import RunOptions
from softmeter.bench.journal import Journal
from softmeter.bench.supply import Supply
from softmeter.bench.surroundings import JournalSurroundings
from softmeter.device.device import Device
from softmeter.device.display import Display
from softmeter.device.events import Event
from softmeter.device.images import UNKNOWN, ImageTrust
from softmeter.device.pulses import Outputs
from softmeter.dlms.host import Keys as ClientKeys
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant, LinkTime, iso, whole_second
from softmeter.meter.actor import Actor
from softmeter.meter.factory import Factory
from softmeter.meter.keys import KeyRing
from softmeter.meter.meter import Meter
from softmeter.meter.p1 import CONSUMER, P1Settings
from softmeter.metrology.metering import metered
from softmeter.runtime import image_keys, keyfile
from softmeter.runtime.bench_time import resumed
from softmeter.runtime.entropy import SystemEntropy
from softmeter.runtime.saved import Saved
from softmeter.runtime.store import Store
from softmeter.signal.samples import Source
from softmeter.signal.specification import parse_source, with_path

METER = "meter"
"""The name of the one meter in a state file."""
KEY_FILE = "keys.toml"
SERIALS = 10**8
WIRED = "household:seed=1"
"""The source of a meter to which nobody said one."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Assembled:
    """A meter ready to live on."""

    actor: Actor
    journal: Journal
    ports: configuration.Ports
    p1: P1Settings
    source: str
    key_path: Path


def assemble(options: RunOptions, store: Store, outputs: Outputs, say: Say) -> Assembled:
    """Make or restore the meter of a state directory; `say` takes notices for the person.

    Raises:
        ConfigurationError: an option or file is wrong, or does not fit the meter that is there.
        StorageError: what is stored cannot be used.
    """
    saved = store.load(METER)
    factory = Factory()
    if saved is None:
        _begin(factory, options)
        if options.jump_to is not None and options.jump_to < factory.start:
            message = f"{iso(options.jump_to)} lies before the first power-on at {iso(factory.start)}"
            raise ConfigurationError(message, "--jump-to")
    else:
        factory.restore(saved.values.get("factory", {}))
        if options.start is not None:
            say(f"--start is ignored: the meter in {options.state} was first powered on at {iso(factory.start)}")
        if options.config is not None:
            say("--config: the meter keeps its identity, clock, profiles and display; tariff and ports are taken over")
        if options.source is not None:
            factory.source = options.source
    chosen_p1 = {} if options.p1_variant is None else {"p1": {"variant": options.p1_variant}}
    text = _configuration(options, factory, saved)
    settings = configuration.parse(text, options.config or "configuration", chosen_p1)
    journal = Journal()
    source = _source(factory, say)
    device = Device(settings.device, Supply(source, journal), factory.start, JournalSurroundings(journal))
    display = Display(factory.identity.legal_firmware, LinkTime(time.monotonic()))
    meter = Meter(factory, device, display, KeyRing(), SystemEntropy())
    meter.extra_services = settings.extra_services
    actor = Actor(meter, outputs)
    path = options.state / KEY_FILE
    if saved is None:
        meter.key_ring = _first_keys(meter, options, path, ciphers_p1=settings.p1.variant.encrypted)
        _trust_images(meter, options.state / image_keys.FILE_NAME)
        device.glance()
        store.commit(METER, actor.changes(), time.time_ns())  # the store is the truth: first it, then the file
    else:
        if options.keys is not None:
            say(f"--keys is ignored: the meter in {options.state} has its keys already")
        chosen = factory.configuration, factory.source
        actor.restore(saved.values, saved.rings)
        factory.configuration, factory.source = chosen
        _trust_images(meter, options.state / image_keys.FILE_NAME)
        _resume(device, saved, options, say)
        if settings.p1.variant.encrypted and not meter.key_ring.of(CONSUMER).unicast_encryption:
            is_ours = path.exists() and _fault(path, exported(meter)) is None
            _take_p1_keys(meter, keyfile.generate_p1(meter.entropy))
            store.commit(METER, actor.changes(), time.time_ns())
            if is_ours:
                keyfile.write_keys(path, exported(meter), replace=True)
        if store.accepted:
            say(f"what {options.state} holds was damaged, or older than what was stored last; the meter goes on")
            device.record(Event.NONVOLATILE_MEMORY_ERROR)
    if path.exists():
        _check_key_file(path, exported(meter), say)
    else:
        keyfile.write_keys(path, exported(meter))
    return Assembled(actor, journal, settings.ports, settings.p1, factory.source, path)


def _begin(factory: Factory, options: RunOptions) -> None:
    given = configuration.read(options.config or "factory")
    identity = given.identity
    if options.keys is not None:
        keys = keyfile.read_keys(options.keys)
        identity = replace(identity, serial=keys.logical_device_name[-8:], manufacturer=keys.logical_device_name[:3])
        if (identity.logical_device_name, identity.system_title) != (keys.logical_device_name, keys.system_title):
            message = f"is for {keys.logical_device_name}, which is no name of a {identity.type}"
            raise ConfigurationError(message, str(options.keys))
    elif not given.serial_given:
        drawn = int.from_bytes(SystemEntropy().octets(8), "big") % (SERIALS - 1) + 1
        identity = replace(identity, serial=f"{drawn:08d}")
    factory.identity = identity
    factory.start = options.start if options.start is not None else Instant(time.time_ns() // SECOND * SECOND)
    factory.configuration = configuration.text(options.config or "factory")
    factory.source = options.source or WIRED


def _configuration(options: RunOptions, factory: Factory, saved: Saved | None) -> str:
    """The configuration of this start: the one given, else the one the meter was made with."""
    if saved is not None and options.config is not None:
        factory.configuration = configuration.text(options.config)
    return factory.configuration


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


def _first_keys(meter: Meter, options: RunOptions, path: Path, *, ciphers_p1: bool) -> KeyRing:
    """The keys that were given, or fresh ones; never those of a lost meter, whose counters are unknown."""
    if options.keys is not None:
        keys = keyfile.read_keys(options.keys)
    else:
        identity = meter.identity
        keys = keyfile.generate(meter.entropy, identity.system_title, identity.logical_device_name)
    if ciphers_p1 and keys.p1 is None:
        keys = replace(keys, p1=keyfile.generate_p1(meter.entropy))
    for name, client in keys.clients.items():
        if client.sap != keyfile.SAPS[name]:
            message = f"clients.{name}.sap is {client.sap}; this meter knows that client at {keyfile.SAPS[name]}"
            raise ConfigurationError(message, str(options.keys))
    if path.exists() and keyfile.read_keys(path) != keys:
        message = "belongs to a meter whose state is gone; move it away, or choose another state directory"
        raise ConfigurationError(message, str(path))
    return KeyRing(
        keys.master_key,
        {
            client.sap: ClientKeys(client.unicast_encryption_key, client.authentication_key, client.lls_password)
            for client in keys.clients.values()
        },
    )


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
    clients = {}
    for sap, client in meter.clients.items():
        keys = meter.keys(sap)
        clients[client.name] = keyfile.ClientKeys(sap, keys.unicast_encryption, keys.authentication, keys.password)
    identity = meter.identity
    return keyfile.Keys(identity.system_title, identity.logical_device_name, meter.key_ring.master, clients)


def _resume(device: Device, saved: Saved, options: RunOptions, say: Say) -> None:
    stored = device.now
    now = resumed(stored, saved.real, time.time_ns(), options.rate, options.off_for_ns)
    was_valid = not device.clock.invalid
    device.resume(now)
    seconds = (now - stored) / SECOND
    say(f"power was off for {seconds:.1f} s, from {iso(stored)} to {iso(now)}")
    if was_valid and device.clock.invalid:
        say("the clock outlived its reserve and is not valid; set it with: smartset … clock sync")
