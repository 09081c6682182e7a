"""A hostile client at its end of a connection: it opens honestly, and then sends anything."""

from dataclasses import dataclass

from fuzzing.target import FaultError, spent_s
from meter.making import KEYS
from softmeter.cosem.sessions import AssociationStatus
from softmeter.dlms.acse import AARQ, Mechanism, decode_acse
from softmeter.dlms.apdu import DEDICATED, GLOBAL, decode_apdu
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import drive
from softmeter.dlms.credentials import Credentials, Family
from softmeter.dlms.host import AttributeSet, Event, MethodInvoked
from softmeter.dlms.server import Server
from softmeter.entropy import SeededEntropy
from softmeter.errors import MeterError
from softmeter.instant import LinkTime
from softmeter.meter.meter import Meter
from softmeter.security.ciphering import Cipher, Protection
from softmeter.security.suites import Key
from softmeter.wire.ber import encode_element
from softmeter.wire.types import encode_length
from softmeter.wire.wrapper import Datagram, Reassembly, encode_datagram

NOW = LinkTime(100.0)
TITLE = b"FUZZFUZZ"
_GET_CLOCK = bytes.fromhex("c001c100080000010000ff0200")
_ACSE = (0x61, 0x63)


@dataclass(frozen=True, slots=True)
class Way:
    """How a client comes in: address and secrets, and how far it goes before it turns hostile."""

    name: str
    sap: int
    mechanism: Mechanism = Mechanism.LOWEST
    family: Family = Family.PLAIN
    associates: bool = True
    proves: bool = True
    may_change: bool = False

    @property
    def credentials(self) -> Credentials:
        if self.sap not in KEYS:
            return Credentials()
        secrets = KEYS[self.sap]
        return Credentials(
            self.mechanism,
            password=Key(secrets.password) if self.mechanism is Mechanism.LLS else Key(),
            family=self.family,
            system_title=TITLE,
            encryption_key=Key(secrets.unicast_encryption),
            authentication_key=Key(secrets.authentication),
        )


_GLO, _GENERAL = Family.SERVICE, Family.GENERAL
WAYS = (
    Way("none", 1, Mechanism.HLS_GMAC, _GLO, associates=False),
    Way("public", 16),
    Way("readout", 2, Mechanism.LLS),
    Way("readout-ciphered", 2, Mechanism.LLS, _GLO),
    Way("management-glo", 1, Mechanism.HLS_GMAC, _GLO, may_change=True),
    Way("management-general", 1, Mechanism.HLS_GMAC, _GENERAL, may_change=True),
    Way("maintenance", 6, Mechanism.HLS_GMAC, _GLO, may_change=True),
    Way("limited", 1, Mechanism.LLS, _GLO),
    Way("pending", 1, Mechanism.HLS_GMAC, _GLO, proves=False),
)


class Peer:
    """One connection to the meter; `counter` is the last invocation counter used with the client's key."""

    def __init__(self, meter: Meter, way: Way, counter: int) -> None:
        self._server = Server(meter, NOW)
        self._meter = meter
        self._way = way
        self._arrived = Reassembly()
        self._events: list[Event] = []
        self._pairs: set[tuple[int, int]] = set()
        self._last = b""
        self._stale = False
        self.counter = counter
        self.spent_s = 0.0
        """How long the server has taken for the last octets."""
        secrets = KEYS.get(way.sap)
        self._cipher = None if secrets is None else Cipher(Key(secrets.unicast_encryption), Key(secrets.authentication))
        if way.associates:
            self._open()

    @property
    def usable(self) -> bool:
        """Whether the connection is still what the way says."""
        session = self._meter.sessions.of(self._way.sap)
        status = AssociationStatus.NON_ASSOCIATED if session is None else session.status
        wanted = AssociationStatus(self._way.associates + (self._way.associates and self._way.proves))
        return not self._stale and not self._server.closed and status is wanted

    def close(self) -> None:
        """End the stream."""
        self._server.receive(b"", NOW)

    # -- what it sends

    def stream(self, octets: bytes) -> None:
        """Octets as they are; from here on the stream may be out of step."""
        self._receive(octets or b"\x00")
        self._stale = True

    def send(self, apdu: bytes, addresses: bytes = b"") -> None:
        """An APDU in a wrapper of its own, perhaps between other addresses (four octets)."""
        source, destination = self._way.sap, 1
        if len(addresses) == 4:
            source, destination = (int.from_bytes(addresses[at : at + 2], "big") for at in (0, 2))
        self._pairs.add((destination, source))
        self._receive(encode_datagram(Datagram(source, destination, apdu[:0xFFFF])))

    def locked(self, apdu: bytes) -> None:
        """An APDU that comes while the meter is being stored."""
        self._meter.locked = True
        self.send(apdu)
        self._meter.locked = False
        self._events += self._server.resume(NOW)

    def sealed(self, plain: bytes, *, control: int = 0x30, dedicated: bool = False) -> bytes:
        """`plain` under the client's key, perhaps with another control octet or another tag."""
        if self._cipher is None:
            return plain
        self.counter += 1
        protection = Protection(control & 0x30) or Protection.FULL
        content = self._cipher.protect(TITLE, self.counter, protection, plain)
        content = bytes((control,)) + content[1:]
        tags = DEDICATED if dedicated else GLOBAL
        own = tags.get(plain[0]) if plain else None
        general = own is None or self._way.family is Family.GENERAL
        head = (b"\xdc\x08" if dedicated else b"\xdb\x08") + TITLE if general else bytes((own or 0,))
        self._last = head + encode_length(len(content)) + content
        return self._last

    def again(self) -> bytes:
        """What was sealed last."""
        return self._last

    def damaged(self, octets: bytes) -> bytes:
        """A genuine request, damaged at places that the octets name."""
        apdu = bytearray(self.sealed(_GET_CLOCK))
        for at, value in zip(octets[::2], octets[1::2], strict=False):
            apdu[at % len(apdu)] ^= value
        return bytes(apdu)

    def opening(self, octets: bytes) -> bytes:
        """An AARQ with a sealed InitiateRequest; other octets as they are."""
        if octets[:1] != b"\x01" or self._cipher is None:
            return octets
        parts = (
            bytes.fromhex("a109060760857405080103"),
            encode_element(0xA6, encode_element(0x04, TITLE)),
            bytes.fromhex("8a0207808b0760857405080205ac0a80084b35366956616759"),
            encode_element(0xBE, encode_element(0x04, self.sealed(octets))),
        )
        return encode_element(AARQ, b"".join(parts))

    # -- what comes back

    def take(self) -> int:
        """Check the answers; returns how many changes the server has reported.

        Raises:
            FaultError: an answer is damaged, or goes to somebody who did not ask.
        """
        data = self._server.to_send()
        try:
            if data:
                self._arrived.receive(data)
            while (datagram := self._arrived.take()) is not None:
                if not self._stale and (datagram.source, datagram.destination) not in self._pairs:
                    raise FaultError("answer", f"from {datagram.source} to {datagram.destination}")
                self._check(datagram.apdu)
        except MeterError as error:
            raise FaultError("answer", f"{error}: {data[:60].hex()}") from error
        if self._arrived.pending:
            raise FaultError("answer", f"{self._arrived.pending} octets of a datagram")
        changes = sum(isinstance(event, AttributeSet | MethodInvoked) for event in self._events)
        self._events.clear()
        return changes

    def _check(self, apdu: bytes) -> None:
        if apdu[:1] and apdu[0] in _ACSE:
            decode_acse(apdu)
        else:
            decode_apdu(apdu)

    def _receive(self, octets: bytes) -> None:
        began = spent_s()
        self._events += self._server.receive(octets, NOW)
        self.spent_s = spent_s() - began

    def _open(self) -> None:
        client = Client(self._way.credentials, SeededEntropy(self.counter), counter=self.counter + 1)
        conversation = client.associate()
        if self._way.proves:
            drive(conversation, self._ask)
        else:
            conversation.send(self._ask(next(conversation)) or b"")
            conversation.close()
        self.counter = client.next_counter
        self._events.clear()

    def _ask(self, apdu: bytes) -> bytes | None:
        self.send(apdu)
        self._arrived.receive(self._server.to_send() or b"\x00")
        datagram = self._arrived.take()
        return None if datagram is None else datagram.apdu
