"""`firmware-keys.toml`: the keys of whoever makes images, and of the meters that take them.

With the signing key it is a maker's; without, it is all that a meter needs.
"""

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from softmeter.entropy import Entropy
from softmeter.errors import ConfigurationError, SecurityError
from softmeter.firmware.image import ImageError, public_key_of
from softmeter.runtime.keyfile import KEY_SIZE, write_secret
from softmeter.security.curves import KeyPair, PublicKey
from softmeter.security.suites import Key, Suite

FILE_NAME = "firmware-keys.toml"
_TABLE = "firmware"
_COORDINATE = Suite.SUITE_1.coordinate_octets
_SIZES = {"signing_key": _COORDINATE, "public_key": 2 * _COORDINATE, "image_key": KEY_SIZE}


class ImageKeys(NamedTuple):
    """The pair that signs (None for who only verifies), its public key, and the key of payloads."""

    pair: KeyPair | None
    public: PublicKey
    image_key: Key


def generate(entropy: Entropy) -> ImageKeys:
    """Fresh keys."""
    pair = KeyPair.draw(Suite.SUITE_1, entropy)
    return ImageKeys(pair, pair.public, Key(entropy.octets(KEY_SIZE)))


def read(path: Path) -> ImageKeys:
    """Read a file of keys.

    Raises:
        ConfigurationError: it cannot be read, or an entry is missing, unknown or wrong; names file and entry.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        message = f"cannot be read ({error.strerror}); softmeter firmware keys FILE makes one"
        raise ConfigurationError(message, str(path)) from None
    except UnicodeDecodeError:
        raise ConfigurationError("is no text in UTF-8", str(path)) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"is no TOML: {error}", str(path)) from None
    except RecursionError:
        raise ConfigurationError("is no key file: nested far too deep", str(path)) from None
    table = document.get(_TABLE)
    if document.keys() != {_TABLE} or not isinstance(table, dict) or not table.keys() <= _SIZES.keys():
        raise ConfigurationError(f"must have one table [{_TABLE}] with {', '.join(_SIZES)}", str(path))
    octets = {name: _octets(table, name, path) for name in _SIZES if name != "signing_key" or name in table}
    try:
        public = public_key_of(octets["public_key"])
        pair = KeyPair.of(Suite.SUITE_1, octets["signing_key"]) if "signing_key" in octets else None
    except (ImageError, SecurityError) as error:
        raise ConfigurationError(str(error), str(path)) from None
    if pair is not None and pair.public != public:
        raise ConfigurationError("public_key is not that of signing_key", str(path))
    return ImageKeys(pair, public, Key(octets["image_key"]))


def write(path: Path, keys: ImageKeys) -> None:
    """Write a file of keys, readable by its owner only.

    Raises:
        ConfigurationError: it cannot be written, or there is such a file already.
    """
    lines = [f"[{_TABLE}]"]
    if keys.pair is not None:
        lines.append(f'signing_key = "{bytes(keys.pair).hex()}"')
    lines += [f'public_key = "{bytes(keys.public).hex()}"', f'image_key = "{bytes(keys.image_key).hex()}"']
    write_secret(path, ("\n".join(lines) + "\n").encode())


def _octets(table: dict[str, Any], name: str, path: Path) -> bytes:
    size, value = _SIZES[name], table.get(name)
    try:
        octets = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        octets = b""
    if len(octets) != size:  # never say what stands there
        raise ConfigurationError(f"must be {2 * size} hexadecimal digits", f"{path}: {_TABLE}.{name}")
    return octets
