"""What every command of smartset is told: which meter, as which client, with which keys."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from softmeter.errors import ConfigurationError

METER, OPTICAL = "127.0.0.1:4059", "127.0.0.1:4062"
"""Where the meter of this machine listens unless told otherwise: its DLMS port, its optical port."""
TITLE = b"SMT\x00\x00\x00\x00\x01"
"""The client system title of smartset itself."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The options before the command. `sap` and `mechanism` None: as the client's name and keys say."""

    meter: str = METER
    client: str = "public"
    keys: Path | None = None
    json: bool = False
    timeout_s: float = 10.0
    sap: int | None = None
    server_sap: int = 1
    general: bool = False
    mechanism: str | None = None
    title: bytes = TITLE
    trace: Path | None = None
    keylog: Path | None = None
    serial: str | None = None
    hdlc: bool = False
    mode_e: bool = False
    udp: bool = False
    suite: int | None = None
    """The security suite; None: as the key file says."""
    sign: bool = False
    """Sign every request."""
    show: bool = False
    """Print what passes, decoded, on standard error."""
    traced: set[Path] = field(default_factory=set, compare=False)
    """Files of `trace` and `keylog` that the command has begun: its later connections go on there."""
    warned: set[Path] = field(default_factory=set, compare=False)
    """Key files with which something is wrong that the person has been told."""


def parse_title(text: str) -> bytes:
    """Read the 16 hexadecimal digits of a system title.

    Raises:
        ConfigurationError: it has another form.
    """
    if not re.fullmatch("[0-9A-Fa-f]{16}", text):
        raise ConfigurationError(f"{text!r} are not the 16 hexadecimal digits of a system title", "--title")
    return bytes.fromhex(text)
