"""How many profile rows gurux-dlms encodes and decodes per second of processor time; prints one JSON object.

Run by the interpreter of the environment `gurux`. Encoding is what its server does for a buffer, decoding what its
client does with one: octets to typed rows.
"""

# ruff: noqa: ANN201  (the library has no types)

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from pathlib import Path
from statistics import median

from gurux_dlms import GXByteBuffer, GXDLMSClient, GXDLMSSettings, ValueEventArgs
from gurux_dlms.enums import InterfaceType
from gurux_dlms.internal._GXCommon import _GXCommon
from gurux_dlms.internal._GXDataInfo import _GXDataInfo
from gurux_server import objects


def main():
    profile, target = objects()[4], objects()[4]
    settings, client = GXDLMSSettings(True, None), GXDLMSClient(True, 16, 1, interfaceType=InterfaceType.WRAPPER)
    rows, encoding, decoding = len(profile.buffer), [], []
    with Path(os.devnull).open("w", encoding="ascii") as nothing, contextlib.redirect_stdout(nothing):
        for _ in range(int(sys.argv[1])):
            settings.index = 0
            start = time.process_time()
            octets = profile.getData(settings, ValueEventArgs(settings, profile, 2, 0, None), profile.buffer, None)
            encoding.append(rows / (time.process_time() - start))
            target.buffer = []
            start = time.process_time()
            client.updateValue(target, 2, _GXCommon.getData(settings, GXByteBuffer(octets), _GXDataInfo()))
            decoding.append(rows / (time.process_time() - start))
    print(json.dumps({"encoded": median(encoding), "decoded": median(decoding), "rows": len(target.buffer)}))


if __name__ == "__main__":
    main()
