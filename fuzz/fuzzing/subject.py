"""The meter that live associations are tried on: whole, two months old, its time standing still."""

import hashlib

from fuzzing.target import FaultError
from meter.making import KEYS, Made
from softmeter.cosem.dictionary import View
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import drive
from softmeter.dlms.credentials import Credentials, Family
from softmeter.dlms.messages import AttributeReference
from softmeter.dlms.server import Server
from softmeter.entropy import SeededEntropy
from softmeter.errors import AccessError, MeterError
from softmeter.instant import Instant, LinkTime, parse_instant
from softmeter.meter.actor import Actor
from softmeter.meter.clients import MANAGEMENT, PUBLIC
from softmeter.meter.policies import Audience
from softmeter.obis import Obis
from softmeter.security.suites import Key
from softmeter.wire.types import anything, date_time, octets
from softmeter.wire.wrapper import Datagram, Reassembly, encode_datagram

NOW = LinkTime(100.0)
_UNTIL = parse_instant("2026-03-01T12:00:00Z")
_LATER = Instant(26 * 3600 * 1_000_000_000)
_NAME = AttributeReference(1, Obis.parse("0-0:42.0.0"), 2)
_CLOCK = AttributeReference(8, Obis.parse("0-0:1.0.0"), 2)
_ENERGY = AttributeReference(3, Obis.parse("1-0:1.8.0"), 2)


class Connection:
    """A connection of an honest client, served in this process."""

    def __init__(self, made: Made, sap: int) -> None:
        self._made = made
        self._sap = sap
        self._server = Server(made.meter, NOW)
        self._arrived = Reassembly()

    def ask(self, apdu: bytes) -> bytes | None:
        """Send an APDU, get the answer to it."""
        self._server.receive(encode_datagram(Datagram(self._sap, 1, apdu)), NOW)
        self._made.meter.unchanged()
        if data := self._server.to_send():
            self._arrived.receive(data)
        datagram = self._arrived.take()
        return None if datagram is None else datagram.apdu

    def close(self) -> None:
        self._server.receive(b"", NOW)


class Subject:
    """One meter, what it must be after each batch, and an honest client's view of it."""

    def __init__(self) -> None:
        self.made = Made()
        self.meter = self.made.meter
        self.made.actor.jump(_UNTIL)
        self.counter = 0
        """The last invocation counter a hostile client has used."""
        self._honest = 0
        self._device = self.meter.device.fork()
        self._attributes = dict(self.meter.attributes.saved())
        view = self.meter.view(Audience.MANAGEMENT)
        self.attribute_keys = tuple(sorted(view.readers))
        self.method_keys = tuple(sorted(view.invokers))
        self._serve_honestly()
        self._before = self._memory()

    def settle(self, *, changed: bool) -> None:
        """Look at the meter after a batch; `changed`: the server has reported that clients changed something.

        Raises:
            FaultError: it is not what it must be.
        """
        meter = self.meter
        for sap in (0, 1, 2, 6, 16):
            if meter.sessions.of(sap) is not None:
                raise FaultError("state", f"a session of client {sap} outlives its connection")
        self._serve_honestly()
        if changed:
            self._live_on()
            self._walk(meter.view(Audience.MANAGEMENT))
            meter.device = self._device.fork()
            meter.attributes.restore(self._attributes)
        after = self._memory()
        if after != self._before:
            parts = sorted(
                part for part in after.keys() | self._before.keys() if after.get(part) != self._before.get(part)
            )
            raise FaultError("state", f"memory has changed in {', '.join(parts)}")

    def _memory(self) -> dict[str, str]:
        """All that survives a power cut, counters apart, as digests."""
        changes = Actor(self.meter).changes()
        memory = {f"{part}.{name}": repr(value) for (part, name), value in changes.values.items() if part != "counters"}
        for ring, (first, rows) in changes.appended.items():
            memory[ring] = f"{first} {hashlib.sha256(rows.tobytes()).hexdigest()}"
        return memory

    def _live_on(self) -> None:
        """What clients have set must not upset the device later."""
        successor = self.made.actor.advanced(Instant(self.meter.device.now + _LATER))
        if successor.now <= self.meter.device.now:
            raise FaultError("state", "the device does not live on")

    def _walk(self, view: View) -> None:
        for key, read in view.readers.items():
            try:
                anything.decode(read(self.meter))
            except AccessError:
                continue
            except Exception as error:
                raise FaultError("state", f"{key.hex()} cannot be read: {type(error).__name__}: {error}") from error

    def _serve_honestly(self) -> None:
        try:
            self._public()
            self._management()
        except MeterError as error:
            raise FaultError("service", f"the honest client is not served: {error}") from error

    def _public(self) -> None:
        connection = Connection(self.made, PUBLIC)
        client = Client(Credentials(), SeededEntropy(1))
        drive(client.associate(), connection.ask)
        name = drive(client.read(_NAME, octets), connection.ask)
        drive(client.read(_CLOCK, date_time), connection.ask)
        if name != self.meter.identity.logical_device_name.encode():
            raise FaultError("service", f"the meter calls itself {name!r}")
        drive(client.release(), connection.ask)
        connection.close()

    def _management(self) -> None:
        connection = Connection(self.made, MANAGEMENT)
        secrets = KEYS[MANAGEMENT]
        credentials = Credentials(
            Mechanism.HLS_GMAC,
            family=Family.SERVICE,
            system_title=b"HONEST01",
            encryption_key=Key(secrets.unicast_encryption),
            authentication_key=Key(secrets.authentication),
        )
        client = Client(credentials, SeededEntropy(2), counter=self._honest + 1)
        drive(client.associate(), connection.ask)
        value = drive(client.read(_ENERGY, anything), connection.ask)
        drive(client.release(), connection.ask)
        self._honest = client.next_counter
        connection.close()
        if not value.value:
            raise FaultError("service", "the energy is gone")
