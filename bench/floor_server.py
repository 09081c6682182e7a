"""The floor: what bare asyncio with real ciphers costs when there is no object model behind it.

Wrapper, associations (lowest, low level, HLS5-GMAC in the ciphered context), GET of a fixed set of prepared answers,
plain and glo-ciphered, and GET in blocks of a prepared profile of 5,280 rows. The benchmark measures the meter against
it in the same run. It trusts its clients in much that a meter must check, so it must never serve as one.
"""

from __future__ import annotations

import argparse
import asyncio
import hmac
import os
import struct
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from key_file import announced

TITLE = b"FLR\x65\x00\x00\x00\x01"
OID = bytes.fromhex("6085740508")
READ_BY_PUBLIC = {"management": 0, "readout": 2, "maintenance": 6}
INITIATE = b"\x08\x00\x06\x5f\x1f\x04\x00" + bytes.fromhex("601A5D") + b"\xff\xff\x00\x07"


def attribute(class_id: int, name: str, number: int) -> bytes:
    return class_id.to_bytes(2, "big") + bytes(int(part) for part in name.split(".")) + bytes((number,))


def sized(count: int) -> bytes:
    if count < 0x80:
        return bytes((count,))
    return b"\x81" + bytes((count,)) if count < 0x100 else b"\x82" + count.to_bytes(2, "big")


def profile_rows(count: int = 5280) -> bytes:
    """Clock, status and two registers per row, as the meter's load profile 1."""
    rows = []
    for index in range(count):
        minute, day = 15 * index % 1440, 1 + index // 96
        month, day = 1 + (day - 1) // 28, 1 + (day - 1) % 28
        stamp = struct.pack(">H7BhB", 2024, month, day, 255, minute // 60, minute % 60, 0, 0, -60, 0)
        rows.append(
            b"\x02\x04\x09\x0c" + stamp + b"\x11\x00\x06" + struct.pack(">I", 100_000 + 7 * index) + b"\x06\0\0\0\0"
        )
    return b"\x01\x82" + count.to_bytes(2, "big") + b"".join(rows)


def object_list() -> bytes:
    """Four objects with their rights: enough for a foreign client to find its way."""
    entries = []
    for class_id, name, attributes in ((8, "0.0.1.0.0.255", 9), (3, "1.0.1.8.0.255", 3), (7, "1.0.99.1.0.255", 8),
                                       (15, "0.0.40.0.0.255", 9)):  # fmt: skip
        rights = b"".join(b"\x02\x03\x0f" + bytes((number,)) + b"\x16\x01\x00" for number in range(1, attributes + 1))
        octets = bytes(int(part) for part in name.split("."))
        entries.append(
            b"\x02\x04\x12" + class_id.to_bytes(2, "big") + b"\x11\x01\x09\x06" + octets
            + b"\x02\x02\x01" + bytes((attributes,)) + rights + b"\x01\x00"
        )  # fmt: skip
    return b"\x01" + bytes((len(entries),)) + b"".join(entries)


def answers() -> dict[bytes, bytes]:
    columns = ((8, "0.0.1.0.0.255"), (1, "0.0.96.10.1.255"), (3, "1.0.1.8.0.255"), (3, "1.0.2.8.0.255"))
    captured = b"".join(
        b"\x02\x04\x12" + class_id.to_bytes(2, "big") + b"\x09\x06" + bytes(int(part) for part in name.split("."))
        + b"\x0f\x02\x12\x00\x00"
        for class_id, name in columns
    )  # fmt: skip
    return {
        attribute(3, "1.0.1.8.0.255", 2): b"\x06\x00\x01\xe2\x40",
        attribute(3, "1.0.1.8.0.255", 3): b"\x02\x02\x0f\x00\x16\x1e",
        attribute(8, "0.0.1.0.0.255", 2): b"\x09\x0c" + struct.pack(">H7BhB", 2024, 1, 1, 1, 10, 0, 0, 0, -60, 0),
        attribute(7, "1.0.99.1.0.255", 2): profile_rows(),
        attribute(7, "1.0.99.1.0.255", 3): b"\x01\x04" + captured,
        attribute(15, "0.0.40.0.0.255", 2): object_list(),
    }


class Association(asyncio.Protocol):
    """One connection with one association."""

    def __init__(self, answers: dict[bytes, bytes], keys: tuple[bytes, bytes], counters: dict[str, int]) -> None:
        self._answers, self._keys, self._counters = answers, keys, counters
        self._buffer = b""
        self._block: tuple[bytes, int] = (b"", 0)
        self._cipher: AESGCM | None = None
        self._size = 0xFFFF

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        offset, replies = 0, []
        while len(buffer) - offset >= 8:
            end = offset + 8 + int.from_bytes(buffer[offset + 6 : offset + 8], "big")
            if end > len(buffer):
                break
            answer = self.answered(buffer[offset + 8 : end])
            ports = buffer[offset + 4 : offset + 6] + buffer[offset + 2 : offset + 4]
            replies.append(b"\x00\x01" + ports + len(answer).to_bytes(2, "big") + answer)
            offset = end
        self._buffer = buffer[offset:]
        if replies:
            self._transport.write(replies[0] if len(replies) == 1 else b"".join(replies))

    def answered(self, apdu: bytes) -> bytes:
        match apdu[0]:
            case 0xC0:
                return self.got(apdu)
            case 0xC8 | 0xCB:
                return self.unwrapped(apdu)
            case 0xDB:
                return self.unwrapped(apdu[9:])
            case 0x60:
                return self.associated(apdu)
            case 0x62:
                return self.released(apdu)
            case _:
                return bytes.fromhex("D80202")

    def got(self, apdu: bytes) -> bytes:
        if apdu[1] == 1:
            data = self._answers.get(apdu[3:12])
            if data is None:
                if apdu[3:7] == b"\x00\x01\x00\x00" and apdu[7] == 43:
                    return b"\xc4\x01" + apdu[2:3] + b"\x00\x06" + self._counters["received"].to_bytes(4, "big")
                return b"\xc4\x01" + apdu[2:3] + b"\x01\x04"
            if len(data) + 64 < self._size:
                return b"\xc4\x01" + apdu[2:3] + b"\x00" + data
            self._block = (data, 0)
        data, number = self._block
        room = self._size - 64
        part = data[number * room : (number + 1) * room]
        last = (number + 1) * room >= len(data)
        self._block = (data, number + 1)
        head = b"\xc4\x02" + apdu[2:3] + bytes((last,)) + (number + 1).to_bytes(4, "big")
        return head + b"\x00" + sized(len(part)) + part

    def unwrapped(self, apdu: bytes) -> bytes:
        """Opens a ciphered APDU, answers it and protects the answer in the family of the request."""
        start = 2 if apdu[1] < 0x80 else 2 + (apdu[1] & 0x7F)
        plain = self.opened(apdu[start:])
        answer = self.proved(plain) if plain[0] == 0xC3 else self.got(plain)
        body = self.sealed(answer)
        if apdu[0] == 0xC8:
            return b"\xcc" + sized(len(body)) + body
        if apdu[0] == 0xCB:
            return b"\xcf" + sized(len(body)) + body
        return b"\xdb\x08" + TITLE + sized(len(body)) + body

    def opened(self, sealed: bytes) -> bytes:
        nonce, body = self._peer + sealed[1:5], sealed[5:-12]
        plain = self._cipher.encrypt(nonce, body, None)[:-16]
        tag = self._cipher.encrypt(nonce, plain, sealed[:1] + self._keys[1])[-16:-4]
        counter = int.from_bytes(sealed[1:5], "big")
        if not hmac.compare_digest(tag, sealed[-12:]) or counter <= self._counters["received"]:
            raise ConnectionAbortedError("wrong tag or counter")
        self._counters["received"] = counter
        return plain

    def sealed(self, plain: bytes) -> bytes:
        self._counters["sent"] += 1
        header = b"\x30" + self._counters["sent"].to_bytes(4, "big")
        return header + self._cipher.encrypt(TITLE + header[1:], plain, b"\x30" + self._keys[1])[:-4]

    def associated(self, apdu: bytes) -> bytes:
        found, offset = {}, 2 if apdu[1] < 0x80 else 3
        while offset < len(apdu):
            end = offset + 2 + apdu[offset + 1]
            found[apdu[offset]] = apdu[offset + 2 : end]
            offset = end
        context, information = found[0xA1], found[0xBE][2:]
        ciphered = context[-1] == 3
        if ciphered:
            self._cipher = AESGCM(self._keys[0])
            self._peer, self._challenge = found[0xA6][2:], found[0xAC][2:]
            start = 11 if information[0] == 0xDB else 1
            information = self.opened(information[start + (0 if information[0] == 0xDB else 1) :])
        self._size = int.from_bytes(information[-2:], "big") or 0xFFFF
        if not ciphered:
            return self.accepted(context, b"\xa3\x05\xa1\x03\x02\x01\x00", INITIATE)
        self._own = os.urandom(16)
        body = self.sealed(INITIATE)
        extra = (
            b"\xa3\x05\xa1\x03\x02\x01\x0e\xa4\x0a\x04\x08" + TITLE + b"\x88\x02\x07\x80\x89\x07" + OID + b"\x02\x05"
        )
        extra += b"\xaa\x12\x80\x10" + self._own
        return self.accepted(context, extra, b"\x28" + sized(len(body)) + body)

    def accepted(self, context: bytes, extra: bytes, information: bytes) -> bytes:
        content = b"\xa1\x09" + context + b"\xa2\x03\x02\x01\x00" + extra
        content += b"\xbe" + bytes((len(information) + 2,)) + b"\x04" + bytes((len(information),)) + information
        return b"\x61" + sized(len(content)) + content

    def released(self, apdu: bytes) -> bytes:
        """A release, with proof where it came with one."""
        if len(apdu) == 5:
            return b"\x63\x03\x80\x01\x00"
        self.opened(apdu[11:])
        body = self.sealed(INITIATE)
        information = b"\x28" + sized(len(body)) + body
        content = b"\x80\x01\x00\xbe" + bytes((len(information) + 2, 4, len(information))) + information
        return b"\x63" + sized(len(content)) + content

    def proved(self, action: bytes) -> bytes:
        """Pass 3 checked and pass 4 given."""
        proof = action[-17:]
        signed = self._cipher.encrypt(self._peer + proof[1:5], b"", proof[:1] + self._keys[1] + self._own)[:12]
        if not hmac.compare_digest(signed, proof[5:]):
            return b"\xc7\x01" + action[2:3] + b"\xfa\x00"
        self._counters["sent"] += 1
        header = b"\x10" + self._counters["sent"].to_bytes(4, "big")
        own = self._cipher.encrypt(TITLE + header[1:], b"", b"\x10" + self._keys[1] + self._challenge)[:12]
        return b"\xc7\x01" + action[2:3] + b"\x00\x01\x00\x09\x11" + header + own


async def serve(state: Path) -> None:
    keys = (os.urandom(16), os.urandom(16))
    prepared, counters = answers(), {"sent": 0, "received": 0}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Association(prepared, keys, counters), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(announced(state, keys, port, TITLE, "floor"), flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    arguments = parser.parse_args()
    try:
        from uvloop import run
    except ImportError:
        run = asyncio.run
    run(serve(arguments.state))


if __name__ == "__main__":
    main()
