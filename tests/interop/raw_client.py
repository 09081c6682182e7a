"""A DLMS client of our own that shares no code with softmeter: sockets, `cryptography` and nothing else.

It opens the associations of the meter's clients over the TCP wrapper, reads, writes, and keeps every invocation
counter the server was seen to use. It is also the load generator of the benchmark, and it can send what an honest
client never would: repeated counters, wrong tags, broken APDUs.
"""

from __future__ import annotations

import hmac
import os
import socket
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from interop.raw_data import encoded_length, length, logical_name, octet_string, parsed

if TYPE_CHECKING:
    from pathlib import Path

INITIATE: Final = bytes.fromhex("01000000065F1F0400007E1FFFFF")
"""Initiate request: version 6, usual services, PDUs of up to 65,535 octets; the last two octets are that size."""
RELEASE: Final = bytes.fromhex("6203800100")
REPLY_TO_HLS: Final = bytes.fromhex("C301C1000F0000280000FF0101")
"""ACTION request of method 1 of the current association, up to its parameter."""
TITLE: Final = b"RAW\x00\x00\x00\x00\x01"
GLO_GET, GLO_SET, GLO_ACTION = 0xC8, 0xC9, 0xCB
COUNTER_OBJECTS: Final = {"management": "0-0:43.1.0", "readout": "0-0:43.1.2", "maintenance": "0-0:43.1.6"}
_OID: Final = bytes.fromhex("6085740508")


class RawError(Exception):
    """The server did not do what an honest client may expect."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What one client of a meter needs, from the key file."""

    sap: int
    encryption_key: bytes = field(default=b"", repr=False)
    authentication_key: bytes = field(default=b"", repr=False)
    password: bytes = field(default=b"", repr=False)


def credentials(path: Path, client: str) -> Credentials:
    entry = tomllib.loads(path.read_text(encoding="utf-8"))["clients"][client]
    return Credentials(
        sap=entry["sap"],
        encryption_key=bytes.fromhex(entry.get("unicast_encryption_key", "")),
        authentication_key=bytes.fromhex(entry.get("authentication_key", "")),
        password=entry.get("lls_password", "").encode(),
    )


class Protection:
    """AES-GCM of suite 0 with one unicast key: both directions, all counters seen."""

    def __init__(self, credentials: Credentials, title: bytes) -> None:
        self._cipher = AESGCM(credentials.encryption_key)
        self._key = credentials.authentication_key
        self.title = title
        self.server_title = b""
        self.counter = 0
        self.seen: list[int] = []

    def seal(self, plain: bytes, control: int = 0x30) -> bytes:
        """Security header, cipher text and tag, under the next counter."""
        header = bytes((control,)) + self.counter.to_bytes(4, "big")
        nonce = self.title + header[1:]
        self.counter += 1
        if control == 0x10:
            tag = self._cipher.encrypt(nonce, b"", header[:1] + self._key + plain)[:12]
            return header + plain + tag
        return header + self._cipher.encrypt(nonce, plain, header[:1] + self._key)[:-4]

    def open(self, sealed: bytes) -> bytes:
        """The plain text of an authenticated and encrypted APDU of the server."""
        nonce = self.server_title + sealed[1:5]
        body, tag, aad = sealed[5:-12], sealed[-12:], sealed[:1] + self._key
        plain = self._cipher.encrypt(nonce, body, None)[:-16]
        if not hmac.compare_digest(self._cipher.encrypt(nonce, plain, aad)[-16:-4], tag):
            raise RawError("the server's tag is wrong")
        self.seen.append(int.from_bytes(sealed[1:5], "big"))
        return plain

    def signed(self, challenge: bytes, header: bytes, title: bytes) -> bytes:
        """GMAC over a challenge: security control, counter and tag."""
        return header + self._cipher.encrypt(title + header[1:5], b"", header[:1] + self._key + challenge)[:12]


def fields(apdu: bytes) -> dict[int, bytes]:
    """The BER fields of an AARE or RLRE by tag."""
    found: dict[int, bytes] = {}
    _, offset = length(apdu, 1)
    while offset < len(apdu):
        size, start = length(apdu, offset + 1)
        found[apdu[offset]] = apdu[start : start + size]
        offset = start + size
    return found


def tagged(tag: int, content: bytes) -> bytes:
    return bytes((tag,)) + encoded_length(len(content)) + content


def aarq(context: int, information: bytes, *, title: bytes = b"", mechanism: int = 0, secret: bytes = b"") -> bytes:
    content = tagged(0xA1, tagged(6, _OID + bytes((1, context))))
    if title:
        content += tagged(0xA6, tagged(4, title))
    if mechanism:
        content += b"\x8a\x02\x07\x80" + tagged(0x8B, _OID + bytes((2, mechanism))) + tagged(0xAC, tagged(0x80, secret))
    return tagged(0x60, content + tagged(0xBE, tagged(4, information)))


def accepted(answer: bytes) -> dict[int, bytes]:
    """The fields of an AARE that accepts the association."""
    if not answer.startswith(b"\x61"):
        raise RawError(f"no AARE but {answer.hex() or 'a closed connection'}")
    found = fields(answer)
    if found[0xA2] != b"\x02\x01\x00":
        raise RawError(f"association refused: {found[0xA3].hex()}")
    return found


class RawClient:
    """One connection to a meter, one association at a time; waits long, for a busy machine answers late."""

    def __init__(self, address: tuple[str, int], credentials: Credentials, timeout: float = 60.0) -> None:
        self.credentials = credentials
        self.socket = socket.socket()
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(address)  # looks up no names, unlike `create_connection`: the load generator counts it
        except OSError:
            self.socket.close()
            raise
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.protection: Protection | None = None
        self._buffer = b""
        self._challenge = b""
        self._initiate = INITIATE

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def framed(self, apdu: bytes) -> bytes:
        """The APDU behind a wrapper header, from this client to logical device 1."""
        return b"\x00\x01" + self.credentials.sap.to_bytes(2, "big") + b"\x00\x01" + len(apdu).to_bytes(2, "big") + apdu

    def receive(self) -> bytes:
        """The next APDU; empty when the server has closed."""
        while len(self._buffer) < 8 or len(self._buffer) < 8 + int.from_bytes(self._buffer[6:8], "big"):
            chunk = self.socket.recv(1 << 18)
            if not chunk:
                return b""
            self._buffer += chunk
        end = 8 + int.from_bytes(self._buffer[6:8], "big")
        apdu, self._buffer = self._buffer[8:end], self._buffer[end:]
        return apdu

    def exchange(self, apdu: bytes) -> bytes:
        self.socket.sendall(self.framed(apdu))
        return self.receive()

    def open_plain(self, initiate: bytes = INITIATE) -> None:
        """Lowest or low level security, as the credentials have a password or not."""
        self.protection = None
        mechanism = 1 if self.credentials.password else 0
        accepted(self.exchange(aarq(1, initiate, mechanism=mechanism, secret=self.credentials.password)))

    def open_hls5(self, counter: int, title: bytes = TITLE, initiate: bytes = INITIATE) -> None:
        """High level security 5 in the ciphered context, from the first unused counter on."""
        self.verify(self.exchange(self.proof(self.exchange(self.hello(counter, title, initiate)))))

    def hello(self, counter: int, title: bytes = TITLE, initiate: bytes = INITIATE) -> bytes:
        """Pass 1 of HLS5: the AARQ with our challenge."""
        protection = self.protection = Protection(self.credentials, title)
        protection.counter = counter
        self._challenge, self._initiate = os.urandom(16), initiate
        information = tagged(0x21, protection.seal(initiate))
        return aarq(3, information, title=title, mechanism=5, secret=self._challenge)

    def proof(self, answer: bytes) -> bytes:
        """Pass 3 of HLS5: our answer to the challenge of pass 2."""
        protection = self._protected()
        found = accepted(answer)
        protection.server_title = found[0xA4][2:]
        protection.open(found[0xBE][2 + 2 :])
        header = b"\x10" + protection.counter.to_bytes(4, "big")
        protection.counter += 1
        proof = octet_string(protection.signed(found[0xAA][2:], header, protection.title))
        return tagged(GLO_ACTION, protection.seal(REPLY_TO_HLS + proof))

    def verify(self, answer: bytes) -> None:
        """The server's answer to our challenge, pass 4."""
        protection, plain = self._protected(), self.opened(answer)
        if plain[3:6] != b"\x00\x01\x00":
            raise RawError(f"pass 3 refused: {plain.hex() or 'closed'}")
        returned = parsed(plain[6:])
        own = protection.signed(self._challenge, returned[:5], protection.server_title)
        if not hmac.compare_digest(own, returned):
            raise RawError("the server's proof is wrong")
        protection.seen.append(int.from_bytes(returned[1:5], "big"))

    def _protected(self) -> Protection:
        if self.protection is None:
            raise RawError("no HLS5 association was begun")
        return self.protection

    def service(self, tag: int, plain: bytes) -> bytes:
        """One confirmed service, protected when the association is."""
        if self.protection is None:
            return self.exchange(plain)
        return self.opened(self.exchange(tagged(tag, self.protection.seal(plain))))

    def opened(self, answer: bytes) -> bytes:
        if self.protection is None or not answer or answer[0] == 0xD8:
            return answer
        _, start = length(answer, 1)
        return self.protection.open(answer[start:])

    def get(self, class_id: int, name: str, attribute: int = 2, selection: bytes = b"") -> Any:
        """An attribute's value, by blocks where the server sends blocks."""
        return parsed(self.get_data(class_id, name, attribute, selection))

    def get_data(self, class_id: int, name: str, attribute: int = 2, selection: bytes = b"") -> bytes:
        answer = self.service(GLO_GET, get_request(class_id, name, attribute, selection))
        if answer[:2] == b"\xc4\x01" and answer[3] == 0:
            return answer[4:]
        data = []
        while answer[:2] == b"\xc4\x02" and answer[8] == 0:
            last, block = answer[3], answer[4:8]
            data.append(answer[length(answer, 9)[1] :])
            if last:
                return b"".join(data)
            answer = self.service(GLO_GET, b"\xc0\x02\xc1" + block)
        raise RawError(f"{name} attribute {attribute}: {answer.hex() or 'closed'}")

    def set(self, class_id: int, name: str, attribute: int, data: bytes) -> int:
        """Writes an attribute; the data access result."""
        head = b"\xc1\x01\xc1" + class_id.to_bytes(2, "big") + logical_name(name) + bytes((attribute, 0))
        return self.service(GLO_SET, head + data)[3]

    def release(self) -> None:
        """Ends the association; a ciphered one by a protected request, so that nobody else can."""
        if self.protection is None:
            request = RELEASE
        else:
            information = tagged(0x21, self.protection.seal(self._initiate))
            request = tagged(0x62, RELEASE[2:] + tagged(0xBE, tagged(4, information)))
        answer = self.exchange(request)
        if not answer.startswith(b"\x63"):
            raise RawError(f"no RLRE but {answer.hex() or 'a closed connection'}")
        information = fields(answer).get(0xBE, b"")
        if self.protection is not None and information:
            self.protection.open(information[4:])


def get_request(class_id: int, name: str, attribute: int = 2, selection: bytes = b"") -> bytes:
    selected = b"\x01" + selection if selection else b"\x00"
    return b"\xc0\x01\xc1" + class_id.to_bytes(2, "big") + logical_name(name) + bytes((attribute,)) + selected


def next_counter(address: tuple[str, int], client: str) -> int:
    """The first counter the meter will accept of a client, asked of the meter as the public client."""
    with RawClient(address, Credentials(sap=16)) as public:
        public.open_plain()
        counter = int(public.get(1, COUNTER_OBJECTS[client]))
        public.release()
    return counter + 1


def opened(address: tuple[str, int], keys: Path, client: str) -> RawClient:
    """A client with its association open."""
    raw = RawClient(address, credentials(keys, client))
    try:
        if client in ("management", "maintenance"):
            raw.open_hls5(next_counter(address, client))
        else:
            raw.open_plain()
    except BaseException:
        raw.socket.close()
        raise
    return raw
