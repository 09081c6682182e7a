"""Puts a firmware image into a meter with the image transfer object of gurux-dlms and prints one JSON object.

Run by the interpreter of the environment `gurux`. Called with the meter's address, its key file, and the file and
identifier of an image.
"""

# ruff: noqa: ANN001, ANN201  (the library has no types)

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
import tomllib
from pathlib import Path

from gurux_client import opened, plain
from gurux_dlms.objects import GXDLMSImageTransfer

PATIENCE_S = 30.0
ACTIVATED = 6


def attribute(reader, item, number):
    value = reader.ask(reader.client.read(item, number)).value
    return reader.client.updateValue(item, number, value)


def refused(reader, frames) -> bool:
    try:
        reader.ask(frames)
    except (OSError, ValueError):
        return True
    return False


def transferred(reader, item, image, identifier):
    """The flow of a head-end: the second half of the blocks, then the first, and what is missing then.

    The library seals all blocks at once, with counters that must not fall: each time some of them are left out.
    """
    client, seen = reader.client, {}
    attribute(reader, item, 2)
    reader.ask(item.imageTransferInitiate(client, identifier, len(image)))
    seen["early"] = refused(reader, item.imageVerify(client))
    count = -(-len(image) // item.imageBlockSize)
    for chosen in (slice(count // 2, count - 1), slice(count // 2)):
        for block in item.imageBlockTransfer(client, image, [])[chosen]:
            reader.ask(block)
    seen["first_missing"] = attribute(reader, item, 4)
    seen["held"] = str(attribute(reader, item, 3))
    reader.ask(item.imageBlockTransfer(client, image, [])[-1])
    seen["complete"] = attribute(reader, item, 4)
    seen["blocks"] = count
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--meter", required=True)
    parser.add_argument("--keys", type=Path, required=True)
    parser.add_argument("--image", type=Path, required=True)
    parser.add_argument("--identifier", required=True)
    arguments = parser.parse_args()
    host, port = arguments.meter.rsplit(":", 1)
    keys = tomllib.loads(arguments.keys.read_text(encoding="utf-8"))
    with contextlib.redirect_stdout(sys.stderr):
        reader = opened((host, int(port)), "management", keys, 0xFFFF, None)
        item, client = GXDLMSImageTransfer(), reader.client
        seen = transferred(reader, item, arguments.image.read_bytes(), arguments.identifier)
        seen["refused"] = refused(reader, item.imageVerify(client))
        seen["status"] = int(attribute(reader, item, 6))
        info = attribute(reader, item, 7) or item.imageActivateInfo
        seen["to_activate"] = [[one.size, bytes(one.identification).decode(), one.signature] for one in info]
        if not seen["refused"]:
            reader.ask(item.imageActivate(client))
            seen["status"] = restarted((host, int(port)), keys)
    sys.stdout.write(json.dumps(plain_all(seen)) + "\n")


def restarted(address, keys):
    """The status once the meter lets us in again and is done."""
    until, status = time.monotonic() + PATIENCE_S, 0
    while time.monotonic() < until and status != ACTIVATED:
        time.sleep(0.5)
        with contextlib.suppress(OSError, ValueError):
            reader = opened(address, "management", keys, 0xFFFF, None)
            status = int(attribute(reader, GXDLMSImageTransfer(), 6))
            reader.close()
    return status


def plain_all(seen):
    return {name: plain(value) if not isinstance(value, str) else value for name, value in seen.items()}


if __name__ == "__main__":
    main()
