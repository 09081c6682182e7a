"""Reads telegrams of a P1 port with dsmr-parser, which checks each CRC, and prints one JSON object.

Run by the interpreter of the environment `dsmr-parser`, as a process of its own.
"""

# ruff: noqa: ANN001, ANN201  (the library has no types)

from __future__ import annotations

import argparse
import datetime as dt
import json
import socket
import sys
from decimal import Decimal

from dsmr_parser import telegram_specifications
from dsmr_parser.clients.telegram_buffer import TelegramBuffer
from dsmr_parser.objects import CosemObject
from dsmr_parser.parsers import TelegramParser


def plain(value):
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, Decimal):
        return str(value)
    return value


def values(telegram):
    """The lines of a telegram with one value, by their names in dsmr-parser: value and unit."""
    return {name: [plain(item.value), item.unit] for name, item in telegram if isinstance(item, CosemObject)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--p1", required=True)
    parser.add_argument("--telegrams", type=int, default=1)
    arguments = parser.parse_args()
    host, port = arguments.p1.rsplit(":", 1)
    buffer, reader, found, raw = TelegramBuffer(), TelegramParser(telegram_specifications.V5), [], []
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        while len(found) < arguments.telegrams:
            chunk = connection.recv(4096)
            if not chunk:
                raise SystemExit("the P1 port closed")
            buffer.append(chunk.decode("ascii"))
            for text in buffer.get_all():
                found.append(values(reader.parse(text)))
                raw.append(text)
    told = {"telegrams": found[: arguments.telegrams], "raw": raw[: arguments.telegrams]}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
