"""Object identification codes A-B:C.D.E.F (IEC 62056-61)."""

import re
from typing import NamedTuple

from softmeter.errors import ConfigurationError

_WRITTEN = re.compile(r"(\d{1,3})-(\d{1,3}):(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:[.*](\d{1,3}))?", re.ASCII)
_DOTTED = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})", re.ASCII)


class Obis(NamedTuple):
    """A logical name: six numbers 0..255."""

    a: int
    b: int
    c: int
    d: int
    e: int
    f: int = 255

    @classmethod
    def parse(cls, text: str) -> "Obis":
        """Read `1-0:1.8.0`, `1-0:1.8.0.255` or `1.0.1.8.0.255`.

        Raises:
            ConfigurationError: the text has another form, or a number over 255.
        """
        match = _WRITTEN.fullmatch(text.strip()) or _DOTTED.fullmatch(text.strip())
        numbers = [int(group) for group in match.groups() if group is not None] if match else [256]
        if max(numbers) > 255:
            raise ConfigurationError(f"{text!r} is no OBIS code; write it like 1-0:1.8.0")
        return cls(*numbers)

    @classmethod
    def of(cls, octets: bytes) -> "Obis":
        """The code in six octets."""
        return cls(*octets)

    @property
    def octets(self) -> bytes:
        """The six octets that travel on the wire."""
        return bytes(self)

    def __str__(self) -> str:
        return f"{self.a}-{self.b}:{self.c}.{self.d}.{self.e}.{self.f}"

    @property
    def short(self) -> str:
        """The code without a value group F of 255, as people write it."""
        return str(self) if self.f != 255 else f"{self.a}-{self.b}:{self.c}.{self.d}.{self.e}"
