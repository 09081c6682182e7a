"""A server on gurux-dlms with the floor's objects, to measure beside the meter in the same run.

Run by the interpreter of the environment `gurux`, as a process of its own. The server class of gurux-dlms as published
answers no request; the patches below are the fewest that make it serve, and change no path that a request takes
otherwise. Transport is asyncio, one server object per connection, all with the same objects.
"""

# ruff: noqa: ANN001, ANN002, ANN201, N802, N803, N815  (the library has no types and names of its own)

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
import os
import sys
from pathlib import Path

from gurux_dlms import GXByteBuffer, GXDateTime, GXDLMSServer, GXServerReply, ValueEventArgs
from gurux_dlms._GXAPDU import _GXAPDU
from gurux_dlms.AesGcmParameter import AesGcmParameter
from gurux_dlms.enums import (
    AccessMode,
    Command,
    DataType,
    InterfaceType,
    MethodAccessMode,
    Security,
    SourceDiagnostic,
    Unit,
)
from gurux_dlms.GXCiphering import GXCiphering
from gurux_dlms.GXDLMS import GXDLMS
from gurux_dlms.GXDLMSLongTransaction import GXDLMSLongTransaction
from gurux_dlms.GXDLMSSettings import GXDLMSSettings
from gurux_dlms.GXSecure import GXSecure
from gurux_dlms.objects import (
    GXDLMSAssociationLogicalName,
    GXDLMSCaptureObject,
    GXDLMSClock,
    GXDLMSData,
    GXDLMSProfileGeneric,
    GXDLMSRegister,
)
from key_file import announced

TITLE = b"GRX\x65\x00\x00\x00\x01"
OID = bytes.fromhex("6085740508")


def opened(_cls, settings, data) -> None:
    """A ciphered request opened by gurux's own cipher; the published function passes the keys in the wrong places."""
    data.data.position = data.data.position - 1
    cipher = settings.cipher
    parameter = AesGcmParameter(0, settings.sourceSystemTitle, cipher.blockCipherKey, cipher.authenticationKey)
    plain = GXCiphering.decrypt(settings, parameter, data.data)
    data.data.clear()
    data.data.set(plain)
    data.command = Command(data.data.getUInt8())


def patch() -> None:
    """What the published server calls but does not have."""
    GXServerReply.setReply = lambda self, reply: setattr(self, "reply", reply)
    GXServerReply.getConnectionInfo = lambda self: self.connectionInfo
    GXDLMSServer.notifyRead = lambda _self: None
    GXDLMSServer.notifyConnected = lambda _self, _info: None
    GXDLMSServer.setTransaction = lambda self, value: setattr(self, "transaction", value)
    GXDLMSServer.getTransaction = lambda self: self.transaction
    GXDLMSSettings.gbtWndowSize = 1  # its misspelling of gbtWindowSize
    GXDLMSLongTransaction.setData = lambda self, data: setattr(self, "data", data)
    GXDLMS.handleGloDedRequest = classmethod(opened)
    GXDLMSSettings.setConnected = lambda self, value: setattr(self, "connected", value)
    ValueEventArgs.__iter__ = lambda self: iter((self,))
    GXDLMSAssociationLogicalName.getAssociationStatus = lambda self: self.associationStatus


class Association(GXDLMSAssociationLogicalName):
    """The current association, with the GMAC exchange that the published one cannot parse."""

    def invoke(self, settings, e):
        proof = GXByteBuffer(bytes(e.parameters))
        proof.getUInt8()
        counter = proof.getUInt32()
        cipher = settings.cipher
        expected = GXSecure.secure(settings, cipher, counter, settings.stoCChallenge, settings.sourceSystemTitle)
        if bytes(expected) != bytes(e.parameters):
            raise ValueError("pass 3 is wrong")
        self.associationStatus = 2
        answer = GXSecure.secure(settings, cipher, cipher.invocationCounter, settings.ctoSChallenge, cipher.systemTitle)
        cipher.invocationCounter += 1
        return answer


class Server(GXDLMSServer):
    """Everything readable by everybody."""

    def isTarget(self, _server, client) -> bool:
        ciphered = client in (1, 6)
        self.settings.cipher.security = Security.AUTHENTICATION_ENCRYPTION if ciphered else Security.NONE
        return True

    def handleAarqRequest(self, data, connectionInfo) -> None:
        """As published, but for the AARE of HLS5: there the published one fails at the server's system title."""
        if self.settings.cipher.security == Security.NONE:
            super().handleAarqRequest(data, connectionInfo)
            return
        settings, cipher = self.settings, self.settings.cipher
        _GXAPDU.parsePDU(settings, cipher, data, None)
        settings.setStoCChallenge(GXSecure.generateChallenge())
        own = bytes(settings.stoCChallenge)
        information = bytes(_GXAPDU.getUserInformation(settings, cipher))
        cipher.invocationCounter += 1
        extra = b"\xa4\x0a\x04\x08" + TITLE + b"\x88\x02\x07\x80\x89\x07" + OID + b"\x02\x05"
        extra += b"\xaa" + bytes((len(own) + 2, 0x80, len(own))) + own
        extra += b"\xbe" + bytes((len(information) + 2, 4, len(information))) + information
        content = b"\xa1\x09\x06\x07" + OID + b"\x01\x03\xa2\x03\x02\x01\x00\xa3\x05\xa1\x03\x02\x01\x0e" + extra
        size = bytes((len(content),)) if len(content) < 0x80 else bytes((0x81, len(content)))
        self.replyData.set(b"\x61" + size + content)

    def handleReleaseRequest(self, _data) -> None:
        self.replyData.set(bytes.fromhex("6303800100"))

    def onValidateAuthentication(self, _authentication, _password):
        return SourceDiagnostic.NONE

    def onFindObject(self, _type, _sn, _ln) -> None:
        return None

    def onGetAttributeAccess(self, _arg):
        return AccessMode.READ

    def onGetMethodAccess(self, _arg):
        return MethodAccessMode.ACCESS

    def _nothing(self, *_) -> None:
        pass

    onPreGet = onPostGet = onPreRead = onPostRead = onPreWrite = onPostWrite = _nothing
    onConnected = onInvalidConnection = onDisconnected = onPreAction = onPostAction = _nothing


def objects():
    """The same four columns and 5,280 rows as the floor's."""
    clock, status = GXDLMSClock("0.0.1.0.0.255"), GXDLMSData("0.0.96.10.1.255")
    active, reverse = GXDLMSRegister("1.0.1.8.0.255"), GXDLMSRegister("1.0.2.8.0.255")
    status.value = 0
    status.setDataType(2, DataType.UINT8)
    for register in (active, reverse):
        register.value, register.unit = 123456, Unit.ACTIVE_ENERGY
        register.setDataType(2, DataType.UINT32)
    profile = GXDLMSProfileGeneric("1.0.99.1.0.255")
    profile.captureObjects = [(item, GXDLMSCaptureObject(2, 0)) for item in (clock, status, active, reverse)]
    start = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    for index in range(5280):
        stamp = GXDateTime(start + dt.timedelta(minutes=15 * index))
        profile.buffer.append([stamp, 0, 100_000 + 7 * index, 0])
    profile.profileEntries = profile.entriesInUse = 5280
    counter = GXDLMSData("0.0.43.1.0.255")
    counter.value = 0
    counter.setDataType(2, DataType.UINT32)
    association = Association("0.0.40.0.0.255")
    for item in (clock, active, profile):
        association.objectList.append(item)
    return [clock, status, active, reverse, profile, counter, association]


class Connection(asyncio.Protocol):
    """One connection with a server object of its own; frames are cut here, so that pipelined requests work."""

    def __init__(self, items, keys, counter) -> None:
        self.server = Server(True, InterfaceType.WRAPPER)
        self.server.settings.maxServerPDUSize = 0xFFFF
        cipher = self.server.settings.cipher = GXCiphering(bytearray(TITLE))
        cipher.blockCipherKey, cipher.authenticationKey = bytearray(keys[0]), bytearray(keys[1])
        cipher.invocationCounter = counter
        for item in items:
            self.server.items.append(item)
        self.server.initialize()
        self.buffer = b""

    def connection_made(self, transport) -> None:
        self.transport = transport

    def data_received(self, data) -> None:
        self.buffer += data
        while len(self.buffer) >= 8:
            end = 8 + int.from_bytes(self.buffer[6:8], "big")
            if end > len(self.buffer):
                break
            frame, self.buffer = self.buffer[:end], self.buffer[end:]
            reply = GXServerReply(bytearray(frame))
            self.server.handleRequest(reply)
            if not reply.reply:
                raise ConnectionAbortedError(f"no answer to {frame.hex()}")
            self.transport.write(bytes(reply.reply))


async def serve(state) -> None:
    keys = (os.urandom(16), os.urandom(16))
    items, counters = objects(), iter(range(1, 1 << 32, 1 << 12))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(items, keys, next(counters)), "127.0.0.1", 0)
    print(announced(state, keys, server.sockets[0].getsockname()[1], TITLE, "gurux"), file=sys.__stdout__, flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    patch()
    with (
        Path(os.devnull).open("w", encoding="ascii") as nothing,
        contextlib.redirect_stdout(nothing),
    ):  # it prints per APDU
        asyncio.run(serve(parser.parse_args().state))


if __name__ == "__main__":
    main()
