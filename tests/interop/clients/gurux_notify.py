"""Pushes with gurux-dlms: prints a JSON list of the wrapper frames, in hex, of four pushes.

They are a plain, a ciphered, a timeless and a long one.

Run by the interpreter of the environment `gurux`. Called with the sender's title and both keys in hex.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sys

from gurux_dlms import GXByteBuffer, GXDLMSNotify
from gurux_dlms.enums import Conformance, InterfaceType, Security
from gurux_dlms.GXCiphering import GXCiphering

READING = "020209060100010800ff0600012345"
LONG = "020109820bb8" + "2a" * 3000
TIME = dt.datetime(2024, 3, 11, 12, 0, 0, tzinfo=dt.timezone(dt.timedelta(hours=1)))


def main() -> None:
    title, encryption, authentication = (bytearray.fromhex(one) for one in json.loads(sys.argv[1]))
    pushes: list[list[str]] = []
    with contextlib.redirect_stdout(sys.stderr):  # gurux-dlms prints lines of its own
        for body, time, is_ciphered in (
            (READING, TIME, False),
            (READING, TIME, True),
            (READING, None, True),
            (LONG, TIME, True),
        ):
            sender = GXDLMSNotify(True, 1, 1, InterfaceType.WRAPPER)
            sender.maxReceivePDUSize = 500
            sender.conformance |= Conformance.GENERAL_PROTECTION | Conformance.GENERAL_BLOCK_TRANSFER
            if is_ciphered:
                cipher = GXCiphering(title)
                cipher.security = Security.AUTHENTICATION_ENCRYPTION
                cipher.blockCipherKey, cipher.authenticationKey = encryption, authentication
                cipher.invocationCounter = 10 + len(pushes)
                sender.setCipher(cipher)
            frames = sender.generateDataNotificationMessages(time, GXByteBuffer(bytes.fromhex(body)))
            pushes.append([bytes(frame).hex() for frame in frames])
    sys.stdout.write(json.dumps(pushes) + "\n")


if __name__ == "__main__":
    main()
