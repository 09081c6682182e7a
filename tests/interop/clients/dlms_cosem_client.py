"""Reads a meter with dlms-cosem (HLS5, general-glo-ciphering) and prints one JSON object.

Run by the interpreter of the environment `dlms-cosem`, as a process of its own, with the tasks of
`tests/interop/foreign.py`. dlms-cosem verifies every tag. As published it knows range selection but not entry
selection, so that task is refused here.
"""

# ruff: noqa: ANN001, ANN201  (the library has no types)

from __future__ import annotations

import argparse
import datetime as dt
import json
import logging
import sys
import time
import tomllib
from pathlib import Path

import structlog
from dlms_cosem import cosem, dlms_data, enumerations, utils
from dlms_cosem.client import DlmsClient
from dlms_cosem.cosem.capture_object import CaptureObject
from dlms_cosem.cosem.selective_access import RangeDescriptor
from dlms_cosem.io import BlockingTcpIO, TcpTransport
from dlms_cosem.security import (
    HighLevelSecurityGmacAuthentication,
    LowLevelSecurityAuthentication,
    NoSecurityAuthentication,
)
from dlms_cosem.time import datetime_from_bytes

COUNTERS = {"management": "0.0.43.1.0.255", "readout": "0.0.43.1.2.255", "maintenance": "0.0.43.1.6.255"}


class TcpIO(BlockingTcpIO):
    """The published one waits for ever, without pause, on a connection that the meter has closed."""

    def recv(self, amount=1):
        data = b""
        while len(data) < amount:
            chunk = self.tcp_socket.recv(amount - len(data))
            if not chunk:
                raise ConnectionError("the meter closed the connection")
            data += chunk
        return data


def plain(value):
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def moment(octets):
    instant = datetime_from_bytes(bytes(octets))[0]
    return instant.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def obis(name):
    return cosem.Obis(*(int(part) for part in name.split(".")))


def attribute(class_id, name, number):
    return cosem.CosemAttribute(enumerations.CosemInterface(class_id), obis(name), number)


def client_of(address, name, keys, counter):
    entry = keys["clients"][name]
    io = TcpIO(host=address[0], port=address[1], timeout=30)
    transport = TcpTransport(client_logical_address=entry["sap"], server_logical_address=1, io=io)
    if name in ("management", "maintenance"):
        return DlmsClient(
            transport=transport,
            authentication=HighLevelSecurityGmacAuthentication(challenge_length=32),
            encryption_key=bytes.fromhex(entry["unicast_encryption_key"]),
            authentication_key=bytes.fromhex(entry["authentication_key"]),
            client_system_title=b"UTI\x00\x00\x00\x00\x03",
            client_initial_invocation_counter=counter,
        )
    if "lls_password" in entry:
        return DlmsClient(
            transport=transport, authentication=LowLevelSecurityAuthentication(entry["lls_password"].encode())
        )
    return DlmsClient(transport=transport, authentication=NoSecurityAuthentication())


def profile(client, name, selection=None):
    rows = utils.parse_as_dlms_data(client.get(attribute(7, name, 2), selection))
    return [[moment(row[0]), *(plain(item) for item in row[1:])] for row in rows]


def perform(client, task):
    match task:
        case ["objects"]:
            found = utils.parse_as_dlms_data(client.get(attribute(15, "0.0.40.0.0.255", 2)))
            return [[item[0], ".".join(str(octet) for octet in item[2]), item[1]] for item in found]
        case ["get", class_id, name, number]:
            value = utils.parse_as_dlms_data(client.get(attribute(class_id, name, number)))
            return moment(value) if class_id == 8 and number == 2 else plain(value)
        case ["profile", name]:
            return profile(client, name)
        case ["range", name, start, end]:
            ends = [dt.datetime.fromisoformat(text) for text in (start, end)]
            return profile(client, name, RangeDescriptor(CaptureObject(attribute(8, "0.0.1.0.0.255", 2)), *ends))
        case ["set", class_id, name, number, octets]:
            data = dlms_data.OctetStringData(bytes.fromhex(octets)).to_bytes()
            answer = client.set(attribute(class_id, name, number), data)
            return answer.result.name == "SUCCESS"
        case ["repeat", seconds, class_id, name, number]:
            return repeat(client, seconds, class_id, name, number)
        case ["time", count, *inner]:
            return timed(client, count, inner)
    raise SystemExit(f"unknown task {task}")


def repeat(client, seconds, class_id, name, number):
    """Reads again and again; how often, and the first and last value."""
    end, values, count = time.monotonic() + seconds, [], 0
    while time.monotonic() < end:
        values = [*values[:1], perform(client, ["get", class_id, name, number])]
        count += 1
    return [count, *values]


def timed(client, count, task) -> str:
    taken = []
    for _ in range(count):
        start = time.perf_counter()
        perform(client, task)
        taken.append(time.perf_counter() - start)
    return f"{sorted(taken)[len(taken) // 2]:.9f}"


def next_counter(address, name, keys):
    if name not in ("management", "maintenance"):
        return 0
    public = client_of(address, "public", keys, 0)
    with public.session():
        return utils.parse_as_dlms_data(public.get(attribute(1, COUNTERS[name], 2))) + 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--meter", required=True)
    parser.add_argument("--keys", type=Path, required=True)
    parser.add_argument("--client", required=True)
    parser.add_argument("tasks", type=json.loads)
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    host, port = arguments.meter.rsplit(":", 1)
    address = (host, int(port))
    keys = tomllib.loads(arguments.keys.read_text(encoding="utf-8"))
    client = client_of(address, arguments.client, keys, next_counter(address, arguments.client, keys))
    with client.session():
        answers = [{"value": perform(client, task)} for task in arguments.tasks]
    sys.stdout.write(json.dumps({"answers": answers}) + "\n")


if __name__ == "__main__":
    main()
