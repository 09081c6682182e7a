"""`softmeter keys wrap-mbus`: a new key for an M-Bus sub-meter, wrapped under that of its factory (DSMR P2)."""

import time
import tomllib
from pathlib import Path

from softmeter.apps.keys.forms import Form
from softmeter.apps.used_counters import UsedCounters
from softmeter.errors import ConfigurationError
from softmeter.security.mbus import KEY_OCTETS, wrap_dsmr4, wrap_smr5
from softmeter.wire.mbus import ADDRESS_OCTETS

COUNTERS = UsedCounters(
    ".counters",
    b"a factory key",
    "the counters of the factory key are used up; in this form no key can travel under it any more",
    "is damaged; move it away, and give a --counter above that of every key that was wrapped before",
)
_DEFAULT, _USER = "default_key", "user_key"
_YEAR_2000 = 946_684_800
_IDENTIFICATION = 4


def wrap_mbus(address: str, file: Path, form: Form, counter: int | None) -> None:
    """Print the key of a file as method transfer_key of an M-Bus client takes it, under a counter of its own.

    Raises:
        ConfigurationError: the address or the file is none, or the counter may have been used.
    """
    default, user = _keys(file)
    if form is Form.DSMR4:
        print(wrap_dsmr4(default, user).hex().upper())
        return
    octets = _address(address)
    wanted = int(time.time()) - _YEAR_2000 if counter is None else counter
    free = COUNTERS.reserve(file, default, wanted - 1, 1)
    if counter not in {None, free}:
        message = f"{counter} is not above those used under this factory key; give --counter above {free}, or none"
        raise ConfigurationError(message, "--counter")
    print(wrap_smr5(default, user, octets, free).hex().upper())


def _address(text: str) -> bytes:
    """A secondary address as people write it: the number with its highest digits first."""
    try:
        octets = bytes.fromhex(text)
    except ValueError:
        octets = b""
    if len(octets) != ADDRESS_OCTETS:
        message = f"{text!r} is no secondary address; it has 16 digits, like 70577503E91E0103"
        raise ConfigurationError(message, "wrap-mbus")
    return octets[:_IDENTIFICATION][::-1] + octets[_IDENTIFICATION:]


def _keys(file: Path) -> tuple[bytes, bytes]:
    """The key of the factory and the new one."""
    try:
        told = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"cannot be read ({error.strerror}); is it the right path?", str(file)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"is no TOML: {error}", str(file)) from None
    return _key(told, _DEFAULT, file), _key(told, _USER, file)


def _key(told: dict[str, object], name: str, file: Path) -> bytes:
    text = told.get(name)
    try:
        key = bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        key = b""
    if len(key) != KEY_OCTETS:
        raise ConfigurationError(f'{name} must be 32 hexadecimal digits, like {name} = "00112233…"', str(file))
    return key
