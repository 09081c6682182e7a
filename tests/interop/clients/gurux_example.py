"""Gurux' own example client (package gurux-dlms-agent, with its reader as published) reads a meter as it does.

Run by the interpreter of the environment `gurux-example`, in a directory for its log, with an interface, an address and
the key file. It asks for the counter as the public client, comes in as management, reads the object list, the units by
one ACCESS request, each attribute and the profiles. Printed is what it reported as failed, and the registers.
"""

# ruff: noqa: ANN001, ANN201  (the library has no types)

from __future__ import annotations

import contextlib
import io
import json
import sys
import tomllib
from pathlib import Path

from gurux_common.enums import TraceLevel
from gurux_dlms.enums import Authentication, InterfaceType, ObjectType, Security
from gurux_dlms.secure import GXDLMSSecureClient
from gurux_dlms_agent.GXDLMSReader import GXDLMSReader
from gurux_net import GXNet
from gurux_net.enums import NetworkType

COUNTER = "0.0.43.1.0.255"


def client_of(interface, entry):
    client = GXDLMSSecureClient(
        True, entry["sap"], 1, Authentication.HIGH_GMAC, None, getattr(InterfaceType, interface)
    )
    ciphering = client.ciphering
    ciphering.security = Security.AUTHENTICATION_ENCRYPTION
    ciphering.systemTitle = bytearray(b"GRX\x00\x00\x00\x00\x09")
    ciphering.blockCipherKey = bytearray.fromhex(entry["unicast_encryption_key"])
    ciphering.authenticationKey = bytearray.fromhex(entry["authentication_key"])
    return client


def main() -> None:
    interface, address, keys = sys.argv[1:]
    host, port = address.rsplit(":", 1)
    entry = tomllib.loads(Path(keys).read_text(encoding="utf-8"))["clients"]["management"]
    client = client_of(interface, entry)
    media = GXNet(NetworkType.TCP, host, int(port))
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        reader = GXDLMSReader(client, media, TraceLevel.INFO, COUNTER)
        media.open()
        reader.readAll(None)
        reader.close()
    about, failed = "", []
    for line in said.getvalue().splitlines():
        if line.startswith("-------- Reading"):
            about = line.split()[3]
        elif line.startswith(("Error!", "Err!", "Failed")):
            failed.append([about, line])
    registers = client.objects.getObjects([ObjectType.REGISTER])
    read = {one.logicalName: [float(one.value), one.scaler, int(one.unit)] for one in registers}
    sys.stdout.write(json.dumps({"objects": len(client.objects), "failed": failed, "registers": read}))


if __name__ == "__main__":
    main()
