"""`softmeter decode`: print what octets say."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from softmeter.apps.decode.capture import decoded_capture
from softmeter.apps.decode.exchange import Exchange
from softmeter.apps.decode.keyring import Keyring, octets, read_keyring
from softmeter.apps.decode.reading import read_input
from softmeter.apps.decode.stream import decoded
from softmeter.apps.decode.tree import lines, plain
from softmeter.errors import ConfigurationError
from softmeter.wire.pcapng import is_capture

BROKEN = 1


@dataclass(frozen=True, slots=True)
class DecodeOptions:
    """What a person asks of `decode`; keys and titles as hexadecimal text."""

    what: str
    keys: Sequence[Path] = ()
    key: Sequence[str] = ()
    auth_key: Sequence[str] = ()
    title: str = ""
    secrets: bool = False
    json: bool = False


def keyring(options: DecodeOptions) -> Keyring:
    """The keys that were given.

    Raises:
        ConfigurationError: one is wrong.
    """
    ring = Keyring()
    for path in options.keys:  # the keys before a change and those after it, or those of several meters
        ring.take(read_keyring(path), path.name if len(options.keys) > 1 else "")
    _take_given(ring, options.key, options.auth_key)
    if options.title:
        title = octets(options.title, "--title")
        if len(title) != 8:
            raise ConfigurationError(f"a system title has 8 octets, not {len(title)}", "--title")
        ring.titles.insert(0, title)
    return ring


def _take_given(ring: Keyring, keys: Sequence[str], auth_keys: Sequence[str]) -> None:
    """Take up keys from the command line: each with its authentication key, or all with the only one."""
    if auth_keys and not keys:
        raise ConfigurationError("needs --key beside it", "--auth-key")
    if len(auth_keys) not in {0, 1, len(keys)}:
        raise ConfigurationError(
            f"{len(auth_keys)} beside {len(keys)} --key: give one for all, or one for each", "--auth-key"
        )
    for number, key in enumerate(keys):
        beside = auth_keys[number if len(auth_keys) > 1 else 0] if auth_keys else ""
        name = f"--key {number + 1}" if len(keys) > 1 else "--key"
        ring.add(name, octets(key, "--key"), octets(beside, "--auth-key"))


def decode(options: DecodeOptions) -> int:
    """Print the trees; the status is 1 where anything is wrong in the octets.

    Raises:
        ConfigurationError: an option or the input cannot be used.
    """
    ring = keyring(options)
    data = read_input(options.what)
    if not data:
        raise ConfigurationError("there are no octets to decode")
    if is_capture(data):
        nodes = decoded_capture(data, ring, secrets=options.secrets)
    else:
        nodes = decoded(data, Exchange(ring, secrets=options.secrets))
    status, number = 0, 0
    for node in nodes:
        if node.faulty:
            status = BROKEN
        if options.json:
            print(",\n" if number else "[", json.dumps(plain(node), ensure_ascii=False), sep="", end="")
        else:
            print("\n".join(lines(node)))
        number += 1
    if options.json:
        print("]" if number else "[]")
    return status
