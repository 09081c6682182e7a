"""Reads a P1 port as Home Assistant does, through dsmr-parser's own asyncio readers, and prints one JSON object.

Told are the number of telegrams, how many were not one second after the one before, what the library complained of, and
the last telegram. Run by the interpreter of the environment `dsmr-parser`, as a process of its own.
"""

# ruff: noqa: ANN001, ANN201  (the library has no types)

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import logging
import sys
from decimal import Decimal
from pathlib import Path

from dsmr_parser.clients.protocol import create_dsmr_protocol, create_dsmr_reader, create_tcp_dsmr_reader
from dsmr_parser.objects import CosemObject, MBusObjectPeak, ProfileGenericObject

SECOND = dt.timedelta(seconds=1)


class Complaints(logging.Handler):
    """Keeps what the library warns of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts = []

    def emit(self, record) -> None:
        self.texts.append(record.getMessage())


class Tally:
    """Counts telegrams, and those that did not follow the one before by a second."""

    def __init__(self, wanted) -> None:
        self.wanted = wanted
        self.count = self.gaps = 0
        self.first = self.last = self.telegram = None
        self.done = asyncio.Event()

    def take(self, telegram) -> None:
        if self.done.is_set():
            return
        at = telegram.P1_MESSAGE_TIMESTAMP.value
        self.count += 1
        self.gaps += self.last is not None and at - self.last != SECOND
        self.first, self.last, self.telegram = self.first or at, at, telegram
        if self.count >= self.wanted:
            self.done.set()


def plain(value):
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value) if isinstance(value, Decimal) else value


def fields(item):
    if isinstance(item, ProfileGenericObject):
        return [[plain(entry.datetime), plain(entry.value)] for entry in item.buffer]
    if isinstance(item, MBusObjectPeak):
        return [plain(item.occurred), plain(item.value), item.unit]
    if isinstance(item, list):
        return [fields(each) for each in item]
    if isinstance(item, CosemObject):
        return [plain(item.value), item.unit]
    return [plain(item.datetime), plain(item.value), item.unit]


def sub_meters(telegram):
    """The values of each sub-meter by name, by its channel."""
    devices = getattr(telegram, "MBUS_DEVICES", [])
    return {device.channel_id: {name: fields(value) for name, value in device} for device in devices}


def octets_of(path):
    return Path(path).read_bytes()


async def read(arguments) -> Tally:
    tally = Tally(arguments.telegrams)
    keys = {"encryption_key": arguments.key, "authentication_key": arguments.auth_key}
    if arguments.octets:
        made, _ = create_dsmr_protocol(arguments.version, tally.take, asyncio.get_running_loop(), **keys)
        made().data_received(arguments.octets)
        return tally
    if arguments.p1.startswith("/"):
        reader = create_dsmr_reader(arguments.p1, arguments.version, tally.take, **keys)
    else:
        host, port = arguments.p1.rsplit(":", 1)
        reader = create_tcp_dsmr_reader(host, int(port), arguments.version, tally.take, **keys)
    transport, protocol = await reader
    waiting = [asyncio.ensure_future(tally.done.wait()), asyncio.ensure_future(protocol.wait_closed())]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    transport.close()
    for one in waiting:
        one.cancel()
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--p1", help="HOST:PORT, or the path of a serial line")
    parser.add_argument("--octets", type=octets_of, help="a file with telegrams instead")
    parser.add_argument("--version", default="5")
    parser.add_argument("--telegrams", type=int, default=1)
    parser.add_argument("--key", default="")
    parser.add_argument("--auth-key", default="")
    complaints = Complaints()
    logging.getLogger("dsmr_parser").addHandler(complaints)
    tally = asyncio.run(read(parser.parse_args()))
    told = {
        "telegrams": tally.count,
        "gaps": tally.gaps,
        "first": plain(tally.first),
        "last": plain(tally.last),
        "complaints": complaints.texts[:10],
        "values": {name: fields(item) for name, item in tally.telegram if name != "MBUS_DEVICES"},
        "sub_meters": sub_meters(tally.telegram),
    }
    sys.stdout.write(json.dumps(told, default=str) + "\n")


if __name__ == "__main__":
    main()
