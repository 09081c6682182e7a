"""A client's end of a connection to a server, written out by hand: what travels is visible in the tests."""

from typing import Any

from dlms.device import KEYS, MANAGEMENT_SAP, PUBLIC_SAP, READOUT_SAP, SmallMeter
from softmeter.dlms.host import Host
from softmeter.dlms.server import Server
from softmeter.instant import LinkTime
from softmeter.security.ciphering import Cipher, Protection
from softmeter.security.suites import Key
from softmeter.wire.types import encode_length
from softmeter.wire.wrapper import Datagram, Reassembly, encode_datagram

CLIENT_TITLE = bytes.fromhex("4D4D4D0000000001")
CTOS = b"K56iVagY"
NOW = LinkTime(100.0)
INITIATE = "01000000065F1F0400{conformance}{pdu}"
ALL_SERVICES = "007E1F"


def initiate(conformance: str = "007E1F", pdu: str = "04B0") -> bytes:
    return bytes.fromhex(f"01000000065F1F0400{conformance}{pdu}")


def aarq(*parts: str) -> bytes:
    body = bytes.fromhex("".join(parts))
    return b"\x60" + encode_length(len(body)) + body


def ber(tag: int, content: bytes) -> str:
    return (bytes((tag,)) + encode_length(len(content)) + content).hex()


def plain_aarq(information: bytes | None = None, *extra: str, context: int = 1) -> bytes:
    information = initiate() if information is None else information
    return aarq(
        f"A109060760857405080{'1'}{context:02X}",
        *extra,
        ber(0xBE, b"\x04" + encode_length(len(information)) + information),
    )


class Link:
    """One connection."""

    def __init__(self, meter: Host | None = None, sap: int = PUBLIC_SAP) -> None:
        self.meter: Any = meter or SmallMeter()
        self.server = Server(self.meter, NOW)
        self.sap = sap
        self.events: list[object] = []
        self.answers = Reassembly()
        self.counter = 0
        self.cipher = Cipher(Key(KEYS.unicast_encryption), Key(KEYS.authentication))

    def send(self, apdu: bytes, now: LinkTime = NOW, *, destination: int = 1) -> None:
        self.events += self.server.receive(encode_datagram(Datagram(self.sap, destination, apdu)), now)

    def answer(self) -> bytes | None:
        data = self.server.to_send()
        if data:
            self.answers.receive(data)
        datagram = self.answers.take()
        if datagram is None:
            return None
        assert datagram.destination == self.sap
        return datagram.apdu

    def ask(self, apdu: bytes | str, now: LinkTime = NOW) -> bytes | None:
        self.send(bytes.fromhex(apdu) if isinstance(apdu, str) else apdu, now)
        return self.answer()

    def get(self, apdu: str) -> str:
        """Ask in hex, protected where the link has a cipher in use."""
        octets = bytes.fromhex(apdu)
        answer = self.ask_ciphered(octets) if self.sap == MANAGEMENT_SAP else self.ask(octets)
        return "" if answer is None else answer.hex().upper()

    # -- ciphered

    def protect(self, plain: bytes, *, counter: int | None = None, protection: Protection = Protection.FULL) -> bytes:
        if counter is None:
            self.counter += 1
            counter = self.counter
        return self.cipher.protect(CLIENT_TITLE, counter, protection, plain)

    def glo(self, plain: bytes, **how: object) -> bytes:
        content = self.protect(plain, **how)  # type: ignore[arg-type]
        tag = plain[0] + (0x20 if plain[0] < 0x10 else 8)
        return bytes((tag,)) + encode_length(len(content)) + content

    def general(self, plain: bytes, title: bytes = CLIENT_TITLE) -> bytes:
        content = self.protect(plain)
        return b"\xdb" + encode_length(len(title)) + title + encode_length(len(content)) + content

    def unprotect(self, apdu: bytes) -> bytes:
        if apdu[:1] == b"\xdb":
            assert apdu[1:10] == b"\x08" + self.meter.system_title
            apdu = apdu[9:]
        length = apdu[1]
        content = apdu[2:] if length < 0x80 else apdu[2 + length - 0x80 :]
        opened = self.cipher.unprotect(self.meter.system_title, content)
        assert opened.protection is Protection.FULL
        return opened.plain

    def ask_ciphered(self, plain: bytes) -> bytes | None:
        answer = self.ask(self.glo(plain))
        if answer is None or answer[:1] == b"\xd8":
            return answer
        return self.unprotect(answer)

    # -- associations

    def hls_aarq(self, information: bytes | None = None, challenge: bytes = CTOS, title: bytes = CLIENT_TITLE) -> bytes:
        protected = self.glo(initiate("601A5D") if information is None else information)
        return plain_aarq(
            protected,
            ber(0xA6, b"\x04" + encode_length(len(title)) + title),
            "8A0207808B0760857405080205",
            ber(0xAC, b"\x80" + encode_length(len(challenge)) + challenge),
            context=3,
        )

    def pass3(self, stoc: bytes) -> bytes:
        self.counter += 1
        answer = self.cipher.sign(CLIENT_TITLE, self.counter, stoc)
        return bytes.fromhex("C301C1000F0000280000FF01010911") + answer

    def open_public(self, information: bytes | None = None) -> bytes | None:
        self.sap = PUBLIC_SAP
        return self.ask(plain_aarq(information))

    def open_readout(self, information: bytes | None = None, password: bytes = b"12345678") -> bytes | None:
        self.sap = READOUT_SAP
        return self.ask(
            plain_aarq(
                information, "8A0207808B0760857405080201", ber(0xAC, b"\x80" + encode_length(len(password)) + password)
            )
        )

    def challenge(self, information: bytes | None = None) -> bytes:
        """Open as management up to the server's challenge."""
        self.sap = MANAGEMENT_SAP
        aare = self.ask(self.hls_aarq(information))
        assert aare is not None
        at = aare.index(bytes.fromhex("AA128010"))
        return aare[at + 4 : at + 20]

    def open_management(self, information: bytes | None = None) -> "Link":
        answer = self.ask_ciphered(self.pass3(self.challenge(information)))
        assert answer is not None
        assert answer.hex().upper().startswith("C701C10001000911")
        return self
