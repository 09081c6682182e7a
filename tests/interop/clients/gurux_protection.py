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
from gurux_dlms.enums import Authentication, Conformance, InterfaceType, Security
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
            answer = read((host, int(port)), settings)
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
