"""Clients of a meter in this process, behind the WAN port's own peer: an answer comes when the barrier lets it."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from crashing.ledger import Ledger, Told
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import Conversation
from softmeter.dlms.credentials import Credentials, Family
from softmeter.dlms.messages import AttributeReference, MethodReference
from softmeter.dlms.server import Server
from softmeter.entropy import SeededEntropy
from softmeter.instant import LinkTime
from softmeter.meter.clients import PUBLIC, SERVER_SAP
from softmeter.meter.meter import Meter
from softmeter.obis import Obis
from softmeter.runtime.wan_peer import Peer
from softmeter.runtime.wan_port import WanPort
from softmeter.security.suites import Key
from softmeter.wire.wrapper import Datagram, Reassembly, encode_datagram

T = TypeVar("T")

DEVICE = AttributeReference(1, Obis.parse("0-0:96.1.2"), 2)
CLOCK = AttributeReference(8, Obis.parse("0-0:1.0.0"), 2)
TOTAL = AttributeReference(3, Obis.parse("1-0:1.8.0"), 2)
LOAD = AttributeReference(7, Obis.parse("1-0:99.1.0"), 2)
CAPTURE = MethodReference(7, Obis.parse("1-0:99.1.0"), 2)
DEVICE_KEY = bytes.fromhex("0001 0000600102FF 02")
_TITLES = {1: b"CRASH001", 2: b"CRASH002", 6: b"CRASH006"}
_CIPHERED_ANSWERS = frozenset(range(0xC8, 0xD0))


class Line(asyncio.Transport):
    """The meter's end of a connection; what it sends is taken with `arrived`."""

    def __init__(self) -> None:
        super().__init__()
        self._stream = Reassembly()
        self._news = asyncio.Event()
        self.closed = False

    def write(self, data: Any) -> None:
        self._stream.receive(bytes(data))
        self._news.set()

    def close(self) -> None:
        self.closed = True
        self._news.set()

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    async def arrived(self) -> bytes | None:
        """The next APDU; None when the meter has closed."""
        while (datagram := self._stream.take()) is None:
            if self.closed:
                return None
            self._news.clear()
            await self._news.wait()
        return datagram.apdu


class Caller:
    """One client's connection, and what it is told."""

    def __init__(self, meter: Meter, port: WanPort, sap: int, ledger: Ledger, now: Callable[[], float]) -> None:
        self._key = b"" if sap == PUBLIC else meter.keys(sap).unicast_encryption
        self.client = self._made(meter, sap)
        self._sap = sap
        self._meter = meter
        self._restarts = meter.device.behaviours.firmware.restarts
        self._ledger = ledger
        self._line = Line()
        self._peer = Peer(port, lambda _: Server(meter, LinkTime(now())))
        self._peer.connection_made(self._line)

    async def run(self, conversation: Conversation[T]) -> T:
        """Talk to the end."""
        try:
            request = next(conversation)
            while True:
                request = conversation.send(await self._ask(request))
        except StopIteration as stop:
            value: T = stop.value
            return value

    async def set(self, reference: AttributeReference, key: bytes, value: bytes) -> None:
        """Set an attribute, and hold the meter to it."""
        self._ledger.asked.append((key, value))
        await self.run(self.client.set(reference, value))
        self._ledger.tell(Told(stored=(key, value)))

    async def read_total(self) -> None:
        value = await self.run(self.client.get(TOTAL))
        self._ledger.tell(Told(energy=int.from_bytes(value[1:], "big")))

    def forge(self) -> None:
        """Have a password that is not the meter's, in place of keys."""
        self.client = Client(Credentials(Mechanism.LLS, password=Key(b"guessed")), SeededEntropy(0))

    def hang_up(self) -> None:
        self._line.close()
        self._peer.connection_lost(None)

    async def _ask(self, apdu: bytes) -> bytes:
        if (
            self._meter.device.behaviours.firmware.restarts != self._restarts
        ):  # with another image, which closes every port for a moment
            self.hang_up()
            raise ConnectionResetError("the meter has restarted")
        counter = self.client.next_counter - 1
        self._peer.data_received(encode_datagram(Datagram(self._sap, SERVER_SAP, apdu)))
        answer = await self._line.arrived()
        if answer is None:
            raise ConnectionError("the meter has closed")
        if answer[0] in _CIPHERED_ANSWERS:
            at = 2 if answer[1] < 0x80 else 2 + (answer[1] & 0x7F)  # after the length
            own = int.from_bytes(answer[at + 1 : at + 5], "big")
            self._ledger.tell(Told((self._sap, own), (self._sap, _TITLES[self._sap], counter), self._key))
        return answer

    def _made(self, meter: Meter, sap: int) -> Client:
        entropy = SeededEntropy(sap)
        if sap == PUBLIC:
            return Client(Credentials(), entropy)
        secrets, title = meter.keys(sap), _TITLES[sap]
        credentials = Credentials(
            Mechanism.HLS_GMAC,
            family=Family.SERVICE,
            system_title=title,
            encryption_key=Key(secrets.unicast_encryption),
            authentication_key=Key(secrets.authentication),
            suite=meter.suite,
        )
        return Client(credentials, entropy, counter=meter.counters.last_accepted(sap, title) + 1)
