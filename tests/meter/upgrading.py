"""Whole meters after the upgrade to suite 1, and a client that does over DLMS what a head-end would."""

from dataclasses import replace
from typing import Any

from conformance.appl import MANAGEMENT
from dlms.link import CLIENT_TITLE
from dlms.secure_device import authority
from firmware.images import Loader, Recipe
from meter.making import KEYS, Made
from softmeter.cosem.classes.certificate_selection import ByEntity, Selection, selection
from softmeter.device.images import RESTART_S
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import drive
from softmeter.dlms.credentials import Credentials, Family
from softmeter.dlms.messages import AttributeReference, MethodReference
from softmeter.dlms.server import Server
from softmeter.entropy import SeededEntropy
from softmeter.errors import AccessError
from softmeter.firmware.payload import SECURITY_SUITE, ApplicationPayload, encode
from softmeter.instant import SECOND, Instant, LinkTime
from softmeter.obis import Obis
from softmeter.security.certificates import Certificate, Entity
from softmeter.security.curves import KeyPair
from softmeter.security.identity import KnownKeys, Purpose
from softmeter.security.suites import Key, Suite
from softmeter.wire.types import octets
from softmeter.wire.wrapper import Datagram, Reassembly, encode_datagram

ROOT = authority()
PAIR = KeyPair.of(Suite.SUITE_1, bytes(range(3, 35)))
"""What the management client signs with."""
SETUP = "0-0:43.0.0"
ACTIVATE, TRANSFER, AGREE, GENERATE, REQUEST, IMPORT, EXPORT, REMOVE = range(1, 9)
NOW = LinkTime(100.0)
UPGRADE = Recipe(payload=encode(ApplicationPayload({SECURITY_SUITE: 1}, authorities=(ROOT.certificate,)), 1000))


def upgraded(made: Made | None = None) -> Made:
    """A meter that took the image and restarted with it."""
    loader = Loader(made)
    assert loader.load(UPGRADE.made()) == loader.call(4) == 0
    live(loader.made, RESTART_S)
    return loader.made


def live(made: Made, seconds: int) -> None:
    made.actor.jump(Instant(made.meter.device.now + seconds * SECOND))


class Manager:
    """A management client of suite 1 on a connection of its own; `server_key` is what he verifies the meter by."""

    def __init__(self, made: Made, counter: int = 1, **how: Any) -> None:
        self.made = made
        keys = KEYS[MANAGEMENT]
        certificate = made.meter.trust.public(made.meter.system_title, Purpose.SIGNATURE)
        others = {} if certificate is None else {(made.meter.system_title, Purpose.SIGNATURE): certificate}
        whole = Credentials(
            Mechanism.HLS_GMAC,
            Key(),
            Family.SERVICE,
            system_title=CLIENT_TITLE,
            encryption_key=Key(keys.unicast_encryption),
            authentication_key=Key(keys.authentication),
            suite=Suite.SUITE_1,
            identity=KnownKeys({Purpose.SIGNATURE: PAIR}, others),
            server_title=made.meter.system_title,
        )
        self.client = Client(replace(whole, **how), SeededEntropy(counter), counter=counter)
        self.events: list[object] = []
        self._server = Server(made.meter, NOW)
        self._answers = Reassembly()

    def enter(self) -> "Manager":
        drive(self.client.associate(), self.ask)
        return self

    def ask(self, apdu: bytes) -> bytes:
        """The answer to an APDU, as it is."""
        self.events += self._server.receive(encode_datagram(Datagram(MANAGEMENT, 1, apdu)), NOW)
        sent = self._server.to_send()
        if sent:
            self._answers.receive(sent)
        datagram = self._answers.take()
        return b"" if datagram is None else datagram.apdu

    def get(self, class_id: int, obis: str, attribute: int) -> bytes:
        return drive(self.client.get(AttributeReference(class_id, Obis.parse(obis), attribute)), self.ask)

    def call(self, class_id: int, obis: str, method: int, parameter: bytes) -> bytes:
        returned = drive(self.client.action(MethodReference(class_id, Obis.parse(obis), method), parameter), self.ask)
        return returned or b""

    def setup(self, method: int, parameter: bytes) -> bytes:
        """A method of the own security setup."""
        return self.call(64, SETUP, method, parameter)

    def result(self, method: int, parameter: bytes) -> int:
        """How such a method ended."""
        try:
            self.setup(method, parameter)
        except AccessError as error:
            return error.result
        return 0

    def provision(self, purpose: Purpose = Purpose.SIGNATURE) -> "Manager":
        """Have the meter make a pair, and give it certificates for that and for ours."""
        self.setup(GENERATE, enum(purpose))
        request = octets.decode(self.setup(REQUEST, enum(purpose)))
        self.setup(IMPORT, octets.encode(ROOT.answer(request, purpose)))
        self.setup(IMPORT, octets.encode(ROOT.issue(CLIENT_TITLE, PAIR.public, Purpose.SIGNATURE)))
        return self

    def exported(self, purpose: Purpose = Purpose.SIGNATURE) -> Certificate:
        """The meter's own certificate."""
        chosen = chosen_by(Entity.SERVER, purpose, self.made.meter.system_title)
        return Certificate.read(octets.decode(self.setup(EXPORT, chosen)))


def enum(value: int) -> bytes:
    return bytes((0x16, value))


def chosen_by(entity: Entity, purpose: Purpose, title: bytes) -> bytes:
    by: Selection = ByEntity(entity, purpose, title)
    return selection.encode(by)
