"""Opens an association with gurux-dlms under one kind of protection, reads, and prints one JSON object.

Run by the interpreter of the environment `gurux`, as a process of its own. Called with the address and a JSON object:
mechanism, suite, security, counter, keys, whether in the general form, and, where they are needed, password, dedicated
key, private and public key.
"""

# ruff: noqa: ANN001, ANN201  (the library has no types)

from __future__ import annotations

import contextlib
import json
import socket
import sys

from gurux_client import Reader, plain
from gurux_dlms.asn import GXPkcs10
from gurux_dlms.ecdsa.GXPrivateKey import GXPrivateKey
from gurux_dlms.ecdsa.GXPublicKey import GXPublicKey
from gurux_dlms.enums import Authentication, Conformance, DataType, InterfaceType, ObjectType, Security
from gurux_dlms.GXWriteItem import GXWriteItem
from gurux_dlms.objects import GXDLMSData, GXDLMSObject
from gurux_dlms.objects.enums import SecuritySuite
from gurux_dlms.secure import GXDLMSSecureClient


class Protected(Reader):
    """One connection with every setting by hand."""

    def __init__(self, address, settings) -> None:
        mechanism = Authentication(settings["mechanism"])
        password = bytes.fromhex(settings.get("password", "")) or None
        self.client = GXDLMSSecureClient(True, 1, 1, mechanism, password, InterfaceType.WRAPPER)
        ciphering = self.client.ciphering
        ciphering.systemTitle = bytearray.fromhex(settings["title"])
        ciphering.blockCipherKey = bytearray.fromhex(settings["encryption_key"])
        ciphering.authenticationKey = bytearray.fromhex(settings["authentication_key"])
        ciphering.security = Security(settings["security"])
        ciphering.securitySuite = SecuritySuite(settings["suite"])
        ciphering.invocationCounter = settings["counter"]
        if "dedicated_key" in settings:
            ciphering.dedicatedKey = bytearray.fromhex(settings["dedicated_key"])
        if "private_key" in settings:
            private = GXPrivateKey.fromRawBytes(bytearray.fromhex(settings["private_key"]))
            public = GXPublicKey.fromRawBytes(bytearray.fromhex(settings["public_key"]))
            ciphering.signingKeyPair = (public, private)
        if not settings["general"]:
            self.client.settings.proposedConformance &= ~Conformance.GENERAL_PROTECTION
        self.client.useProtectedRelease = settings["security"] != 0
        self.socket = socket.create_connection(address, timeout=30)
        self.line = None
        self.sent = []
        self.blocks = 0

    def exchange(self, frame, reply) -> None:
        self.sent.append(bytes(frame)[8])
        super().exchange(frame, reply)


def read(address, settings):
    reader = Protected(address, settings)
    reader.open()
    value = plain(reader.read(3, "1.0.1.8.0.255", 2)[1])
    first = reader.sent[-1]
    name = plain(reader.read(1, "0.0.42.0.0.255", 2)[1])
    reader.close()
    return {"value": value, "name": name, "first": first}


def in_blocks(address, settings):
    """A long value and a long parameter in requests of `room` octets, and a list of values."""
    reader = Protected(address, settings)
    reader.open()
    reader.client.settings.maxPduSize = settings["room"]
    text = bytearray.fromhex(settings["text"])
    alias = GXDLMSData("0.0.96.1.1.255")
    alias.setDataType(2, DataType.OCTET_STRING)
    alias.value = text
    told = {}
    for name, frames in (
        ("set", reader.client.write(alias, 2)),
        ("action", reader.client.method(Teller(), 1, text * 4, DataType.OCTET_STRING)),
    ):
        reader.sent.clear()
        for frame in frames:  # each with a reply of its own: what a reply holds of the last frame stays in it
            reply = reader.ask(frame)
        told[name] = [len(reader.sent), plain(reply.value)]
    alias.value = text[:4]
    reader.ask(reader.client.writeList([Written(alias), Written(alias)]))  # the library knows no blocks of lists
    told["alias"] = plain(reader.read(1, "0.0.96.1.1.255", 2)[1])
    reader.close()
    return told


class Teller(GXDLMSObject):
    """The object that returns what it is told."""

    def __init__(self) -> None:
        super().__init__(ObjectType.DATA, "0.0.128.0.0.255")
        self.objectType = 9000


class Written(GXWriteItem):
    """An attribute in a list; the library asks it for the type it was given, by another name than it has."""

    def __init__(self, target) -> None:
        super().__init__()
        self.target, self.index, self.selector, self.parameters = target, 2, 0, None
        self.getDataType = lambda: DataType.OCTET_STRING


def without_meter(settings):
    """What the library makes of key wrap and certificate requests."""
    wrapped = GXDLMSSecureClient.encrypt(bytes.fromhex(settings["master"]), bytes.fromhex(settings["key"]))
    request = GXPkcs10(bytearray.fromhex(settings["request"]))
    return {
        "wrapped": bytes(wrapped).hex(),
        "request": [request.subject, bytes(request.publicKey.rawValue).hex()],
    }


def main() -> None:
    where, text = sys.argv[1:]
    settings = json.loads(text)
    with contextlib.redirect_stdout(sys.stderr):  # gurux-dlms prints lines of its own
        if where == "-":
            answer = without_meter(settings)
        else:
            host, port = where.rsplit(":", 1)
            answer = (in_blocks if "room" in settings else read)((host, int(port)), settings)
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
