"""Reads a meter with gurux-dlms and prints one JSON object.

Run by the interpreter of the environment `gurux`, as a process of its own. Called with the meter's address, its key
file, the name of a client and a JSON list of tasks, as `tests/interop/foreign.py` writes them.
"""

# ruff: noqa: ANN001, ANN201  (the library has no types)

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import socket
import sys
import time
import tomllib
from pathlib import Path

from gurux_dlms import GXByteBuffer, GXDateTime, GXReplyData
from gurux_dlms.enums import Authentication, DataType, InterfaceType, ObjectType, Security
from gurux_dlms.secure import GXDLMSSecureClient

COUNTERS = {"management": "0.0.43.1.0.255", "readout": "0.0.43.1.2.255", "maintenance": "0.0.43.1.6.255"}


def plain(value):
    """A value as JSON can hold it: octets in hex, instants in UTC."""
    if isinstance(value, GXDateTime):
        return value.value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    return int(value) if isinstance(value, int) else str(value)


class Line:
    """How to speak HDLC: the server's address, what to propose, whether to open with mode E; None for the wrapper."""

    def __init__(self, server=1, octets=0, information=128, window=1, *, mode_e=False) -> None:
        self.server, self.octets, self.mode_e = server, octets, mode_e
        self.information, self.window = information, window

    def prepare(self, client) -> None:
        client.interfaceType = InterfaceType.HDLC
        client.serverAddress = self.server
        client.serverAddressSize = self.octets
        settings = client.hdlcSettings
        settings.maxInfoTX = settings.maxInfoRX = self.information
        settings.windowSizeTX = settings.windowSizeRX = self.window


class Reader:
    """One connection of a gurux client."""

    def __init__(self, address, client, keys, counter, pdu_size, line=None) -> None:
        entry = keys["clients"][client]
        mechanism = Authentication.NONE
        if client in ("management", "maintenance"):
            mechanism = Authentication.HIGH_GMAC
        elif "lls_password" in entry:
            mechanism = Authentication.LOW
        self.client = GXDLMSSecureClient(
            True, entry["sap"], 1, mechanism, entry.get("lls_password"), InterfaceType.WRAPPER
        )
        self.line = line
        if line is not None:
            line.prepare(self.client)
        self.client.maxReceivePDUSize = pdu_size
        self.client.useProtectedRelease = mechanism == Authentication.HIGH_GMAC
        if mechanism == Authentication.HIGH_GMAC:
            ciphering = self.client.ciphering
            ciphering.systemTitle = bytearray(b"GRX\x00\x00\x00\x00\x02")
            ciphering.blockCipherKey = bytearray.fromhex(entry["unicast_encryption_key"])
            ciphering.authenticationKey = bytearray.fromhex(entry["authentication_key"])
            ciphering.security = Security.AUTHENTICATION_ENCRYPTION
            ciphering.invocationCounter = counter
        self.socket = socket.create_connection(address, timeout=30)
        self.blocks = 0

    def ask(self, frames):
        """One request in one or more frames, with all its blocks."""
        reply = GXReplyData()
        for frame in frames if isinstance(frames, list) else [frames]:
            self.one(frame, reply)
        return reply

    def one(self, frame, reply) -> None:
        self.exchange(frame, reply)
        while reply.isMoreData():
            self.blocks += 1
            self.exchange(self.client.receiverReady(reply), reply)
        if reply.error:
            raise ValueError(f"the meter answered error {reply.error}")

    def exchange(self, frame, reply) -> None:
        self.socket.sendall(bytes(frame))
        buffer = GXByteBuffer()
        while True:
            chunk = self.socket.recv(65536)
            if not chunk:
                raise ConnectionError("the meter closed the connection")
            buffer.set(chunk)
            if self.client.getData(buffer, reply):
                return

    def text(self, characters, end) -> bytes:
        """What the meter says to characters, up to an end."""
        self.socket.sendall(characters)
        heard = b""
        while not heard.endswith(end):
            heard += self.socket.recv(1)
        return heard

    def set_up(self) -> None:
        """Set up the HDLC link, after mode E where that is wanted."""
        if self.line.mode_e:
            self.identification = self.text(b"/?!\r\n", b"\r\n").decode("ascii").strip()
            selection = b"\x062" + self.identification[4].encode() + b"2\r\n"
            if self.text(selection, b"\r\n") != selection:
                raise ConnectionError("the meter did not confirm")
        reply = self.ask(self.client.snrmRequest())
        self.client.parseUAResponse(reply.data)

    def open(self) -> None:
        if self.line is not None:
            self.set_up()
        self.client.parseAareResponse(self.ask(self.client.aarqRequest()).data)
        if self.client.isAuthenticationRequired:
            reply = self.ask(self.client.getApplicationAssociationRequest())
            self.client.parseApplicationAssociationResponse(reply.data)

    def close(self) -> None:
        self.ask(self.client.releaseRequest())
        if self.line is not None:
            self.ask(self.client.disconnectRequest(True))
        self.socket.close()

    def read(self, class_id, name, attribute):
        item = self.client.createObject(ObjectType(class_id))
        item.logicalName = name
        reply = self.ask(self.client.read(item, attribute))
        return item, reply.value

    def objects(self):
        reply = self.ask(self.client.getObjectsRequest())
        found = self.client.parseObjects(reply.data, False)
        return [[int(item.objectType), item.logicalName, item.version] for item in found]

    def profile(self, name, rows=None):
        """The rows of a profile as gurux understands them, all or those that `rows` asks for."""
        item, value = self.read(7, name, 3)
        self.client.updateValue(item, 3, value)
        request = rows(item) if rows else self.client.read(item, 2)
        self.blocks = 0
        self.client.updateValue(item, 2, self.ask(request).value)
        return item.buffer

    def answer(self, task):
        """What comes of a task, or of one that the meter must refuse."""
        if task[0] != "denied":
            return self.perform(task)
        try:
            self.perform(task[1:])
        except ValueError as error:
            return str(error)
        return "done"

    def perform(self, task):
        match task:
            case ["objects"]:
                return self.objects()
            case ["get", class_id, name, attribute]:
                item, value = self.read(class_id, name, attribute)
                if class_id == 8 and attribute == 2:
                    return self.client.updateValue(item, attribute, value)
                return value
            case ["profile", name]:
                return self.profile(name)
            case ["range", name, start, end]:
                ends = [dt.datetime.fromisoformat(text) for text in (start, end)]
                return self.profile(name, lambda item: self.client.readRowsByRange(item, *ends))
            case ["entry", name, first, count]:
                return self.profile(name, lambda item: self.client.readRowsByEntry(item, first, count))
            case ["set", class_id, name, attribute, octets]:
                item = self.client.createObject(ObjectType(class_id))
                item.logicalName = name
                item.setDataType(attribute, DataType.OCTET_STRING)
                item.value = bytearray.fromhex(octets)
                self.ask(self.client.write(item, attribute))
                return True
            case ["action", class_id, name, method, number]:
                item = self.client.createObject(ObjectType(class_id))
                item.logicalName = name
                self.ask(self.client.method(item, method, number, DataType.INT8))
                return True
            case ["repeat", seconds, class_id, name, attribute]:
                return self.repeat(seconds, class_id, name, attribute)
            case ["time", count, *inner]:
                return self.time(count, inner)
        raise SystemExit(f"unknown task {task}")

    def repeat(self, seconds, class_id, name, attribute):
        """Reads again and again; how often, and the first and last value."""
        end, values, count = time.monotonic() + seconds, [], 0
        while time.monotonic() < end:
            values = [*values[:1], self.read(class_id, name, attribute)[1]]
            count += 1
        return [count, *values]

    def time(self, count, task) -> str:
        """Performs a task several times; the median of its seconds."""
        taken = []
        for _ in range(count):
            start = time.perf_counter()
            self.perform(task)
            taken.append(time.perf_counter() - start)
        return f"{sorted(taken)[len(taken) // 2]:.9f}"


def opened(address, client, keys, pdu_size, line):
    counter = 0
    if client in ("management", "maintenance"):
        public = Reader(address, "public", keys, 0, 0xFFFF, line)
        public.open()
        counter = public.read(1, COUNTERS[client], 2)[1] + 1
        public.close()
    reader = Reader(address, client, keys, counter, pdu_size, line)
    reader.open()
    return reader


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--meter", required=True)
    parser.add_argument("--keys", type=Path, required=True)
    parser.add_argument("--client", required=True)
    parser.add_argument("--pdu-size", type=int, default=0xFFFF)
    parser.add_argument("--line", type=json.loads, help="HDLC: the arguments of Line")
    parser.add_argument("tasks", type=json.loads)
    arguments = parser.parse_args()
    host, port = arguments.meter.rsplit(":", 1)
    keys = tomllib.loads(arguments.keys.read_text(encoding="utf-8"))
    answers = []
    with contextlib.redirect_stdout(sys.stderr):  # gurux-dlms prints lines of its own
        line = None if arguments.line is None else Line(**arguments.line)
        reader = opened((host, int(port)), arguments.client, keys, arguments.pdu_size, line)
        for task in arguments.tasks:
            answer = plain(reader.answer(task))
            answers.append({"value": answer, "blocks": reader.blocks})
        reader.close()
    sys.stdout.write(json.dumps({"answers": answers}) + "\n")


if __name__ == "__main__":
    main()
