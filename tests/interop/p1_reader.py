"""A reader of P1 telegrams of our own that shares no code with softmeter."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator


def crc16_arc(octets: bytes) -> int:
    """CRC-16/ARC: polynomial 8005 reflected, start 0."""
    crc = 0
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = (crc >> 1) ^ (0xA001 if crc & 1 else 0)
    return crc


@dataclass(frozen=True)
class Telegram:
    """The lines of one telegram, by OBIS code."""

    lines: dict[str, str]

    @classmethod
    def parsed(cls, octets: bytes) -> Telegram:
        """Of the octets from `/` to the end of the CRC.

        Raises:
            ValueError: the CRC is wrong.
        """
        body, _, crc = octets.rpartition(b"!")
        if int(crc, 16) != crc16_arc(body + b"!"):
            raise ValueError(f"wrong CRC {crc!r}")
        lines = [line.partition("(") for line in body.decode("ascii").split("\r\n") if "(" in line]
        return cls({code: rest.removesuffix(")") for code, _, rest in lines})

    def energy_wh(self, code: str) -> int:
        return int(Decimal(self.lines[code].removesuffix("*kWh")) * 1000)


class P1Reader:
    """Telegrams as they come, until the port closes."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._socket = socket.create_connection(address, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def __iter__(self) -> Iterator[Telegram]:
        buffer = b""
        while chunk := self._socket.recv(65_536):
            buffer += chunk
            while (end := buffer.find(b"\r\n", buffer.find(b"!") + 1) if b"!" in buffer else -1) >= 0:
                yield Telegram.parsed(buffer[buffer.index(b"/") : end])
                buffer = buffer[end + 2 :]
