"""Decodes notifications with gurux-dlms and prints a JSON list: the command of each, its time and its value.

Run by the interpreter of the environment `gurux`. Called with the frames in hex, each in a wrapper of its own, and, for
ciphered ones, the sender's title and both keys.
"""

from __future__ import annotations

import contextlib
import json
import sys

from gurux_client import plain
from gurux_dlms import GXByteBuffer, GXReplyData
from gurux_dlms.enums import Authentication, InterfaceType
from gurux_dlms.secure import GXDLMSSecureClient


def main() -> None:
    frames, *secrets = json.loads(sys.argv[1])
    client = GXDLMSSecureClient(True, 2, 1, Authentication.NONE, None, InterfaceType.WRAPPER)
    if secrets:
        title, encryption, authentication = (bytearray.fromhex(one) for one in secrets)
        client.settings.sourceSystemTitle = title
        client.ciphering.blockCipherKey = encryption
        client.ciphering.authenticationKey = authentication
    found = []
    with contextlib.redirect_stdout(sys.stderr):  # gurux-dlms prints lines of its own
        for frame in frames:
            reply, notify = GXReplyData(), GXReplyData()
            client.getData(GXByteBuffer(bytes.fromhex(frame)), reply, notify)
            one = notify if notify.command else reply
            found.append([int(one.command), plain(one.time), plain(one.value), bytes(one.data.array()).hex()])
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
