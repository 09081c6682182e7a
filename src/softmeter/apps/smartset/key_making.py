"""The commands `keys generate` and `keys wrap`: what is done with keys where no meter is asked."""

from dataclasses import replace
from pathlib import Path

from softmeter.apps.smartset.key_changes import KEYS, entry_of, transferred
from softmeter.apps.smartset.key_files import KeyFile
from softmeter.apps.smartset.output import print_json
from softmeter.apps.smartset.settings import Settings
from softmeter.errors import ConfigurationError
from softmeter.meter.identity import Identity
from softmeter.runtime.entropy import SystemEntropy
from softmeter.runtime.keyfile import generate as fresh_keys
from softmeter.runtime.keyfile import key_text, read_keys, write_keys
from softmeter.wire.types import encode_data


def generate(settings: Settings, path: Path, serial: str, *, show: bool) -> None:
    """Write a key file with fresh secrets, for the meter of --keys or of a serial number."""
    if path.exists():
        raise ConfigurationError("there is such a file; give another name", str(path))
    if serial:
        identity = replace(Identity(), serial=serial)
        title, name = identity.system_title, identity.logical_device_name
    elif settings.keys:
        of = read_keys(settings.keys)
        title, name = of.system_title, of.logical_device_name
    else:
        raise ConfigurationError("for which meter? add --serial-number N, or its key file as --keys before the command")
    keys = fresh_keys(SystemEntropy(), title, name)
    write_keys(path, keys)
    if settings.json:
        print_json({"file": str(path), "system_title": title.hex(), "logical_device_name": name})
    else:
        print(f"{path}: fresh keys for meter {name}, readable by you only")
    if show:
        print(key_text(keys), end="")


def wrap(settings: Settings, source: Path, kinds: list[str]) -> None:
    """Print keys of a file as they travel: wrapped in the master key of --keys."""
    file, new = KeyFile.read(settings.keys), KeyFile.read(source)
    chosen = kinds or ["encryption", "authentication"]
    keys = {KEYS[kind]: new.key(entry_of(kind, settings.client)) for kind in chosen}
    parameter = transferred(file, keys)
    wrapped = {kind: one.value[1].value.hex() for kind, one in zip(chosen, parameter.value, strict=True)}
    encoded = encode_data(parameter).hex()
    if settings.json:
        print_json({"client": settings.client, "wrapped": wrapped, "parameter": encoded})
        return
    for kind, octets in wrapped.items():
        print(f"{kind:<16}{octets}")
    print(f"{'parameter':<16}{encoded}")
