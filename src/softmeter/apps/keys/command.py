"""What `softmeter keys` does: key files looked at by people who need not see what is in them."""

import stat
from pathlib import Path

from softmeter.apps.smartset.key_files import P1
from softmeter.apps.smartset.output import print_json, print_table
from softmeter.errors import ConfigurationError
from softmeter.runtime.keyfile import BROADCAST_KEY, HLS_SECRET, SIGNING_KEY, Keys, key_text, read_keys

_CLIENT = ("unicast_encryption_key", "authentication_key", BROADCAST_KEY, "lls_password", HLS_SECRET, SIGNING_KEY)
_P1 = ("encryption_key", "authentication_key")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def list_keys(path: Path, *, json: bool) -> None:
    """Print whose secrets a file holds, how long they are, and who may read it."""
    keys = read_keys(path)
    private = not path.stat().st_mode & _OTHERS
    held = _held(keys)
    if json:
        print_json(
            {
                "file": str(path),
                "system_title": keys.system_title.hex(),
                "logical_device_name": keys.logical_device_name,
                "private": private,
                "secrets": [{"of": of, "name": name, "octets": size} for of, name, size in held],
            }
        )
        return
    print(f"meter {keys.logical_device_name}, system title {keys.system_title.hex()}")
    print_table(("of", "secret", "octets"), [(of, name, str(size)) for of, name, size in held], right=(2,))
    if not private:
        print(f"others may read it: chmod 600 {path}")


def show_keys(path: Path, *, secrets: bool) -> None:
    """Print a file with its secrets.

    Raises:
        ConfigurationError: nobody said that they may be seen.
    """
    keys = read_keys(path)
    if not secrets:
        raise ConfigurationError(
            "its secrets are printed with --secrets only; what it holds: softmeter keys list", str(path)
        )
    print(key_text(keys), end="")


def _held(keys: Keys) -> list[tuple[str, str, int]]:
    """Whose, which, and how many octets; what is not there is left out."""
    found = [("meter", "master_key", len(keys.master_key))]
    for client, one in keys.clients.items():
        found += [(client, name, len(getattr(one, name))) for name in _CLIENT if getattr(one, name)]
    if keys.p1 is not None:
        found += [(P1, name, len(getattr(keys.p1, name))) for name in _P1]
    return found
