"""This library's client on one connection to the device whose keys can change."""

from dataclasses import replace
from typing import Any

from dlms.device import MANAGEMENT_SAP, TITLE
from dlms.link import Link
from dlms.secure_device import CLIENT_TITLE, SECRET, SecureMeter
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import Conversation, drive
from softmeter.dlms.credentials import Credentials, Family
from softmeter.entropy import SeededEntropy
from softmeter.obis import Obis
from softmeter.security.suites import Key

Short = tuple[int, str, int]


def credentials(meter: SecureMeter, **how: Any) -> Credentials:
    """What the device expects, changed by `how`."""
    keys = meter.store.keys
    whole = Credentials(
        Mechanism.HLS_GMAC,
        Key(SECRET),
        Family.SERVICE,
        system_title=CLIENT_TITLE,
        encryption_key=Key(keys.unicast_encryption),
        authentication_key=Key(keys.authentication),
        suite=keys.suite,
        dedicated_key=Key(bytes(range(0x20, 0x20 + keys.suite.key_octets))),
        master_key=Key(keys.master),
        identity=meter.client_identity,
        server_title=TITLE,
    )
    return replace(whole, **how)


class Line:
    """A connection with a client on it; remembers the octets of every request and answer."""

    def __init__(self, meter: SecureMeter, counter: int = 1, **how: Any) -> None:
        self.meter = meter
        self.link = Link(meter, MANAGEMENT_SAP)
        self.client = Client(credentials(meter, **how), SeededEntropy(5), counter=counter)
        self.log: list[tuple[bytes, bytes | None]] = []

    @property
    def events(self) -> list[object]:
        return self.link.events

    def serve(self, request: bytes) -> bytes | None:
        answer = self.link.ask(request)
        self.log.append((request, answer))
        return answer

    def drive(self, conversation: Conversation[Any]) -> Any:
        return drive(conversation, self.serve)

    def open(self) -> "Line":
        self.drive(self.client.associate())
        return self

    def get(self, reference: Short) -> bytes:
        value: bytes = self.drive(self.client.get(attribute(reference)))
        return value

    def act(self, reference: Short, parameter: bytes | None) -> bytes | None:
        value: bytes | None = self.drive(self.client.action(called(reference), parameter))
        return value


def attribute(reference: Short) -> Any:
    from softmeter.dlms.messages import AttributeReference

    class_id, name, number = reference
    return AttributeReference(class_id, Obis.parse(name), number)


def called(reference: Short) -> Any:
    from softmeter.dlms.messages import MethodReference

    class_id, name, number = reference
    return MethodReference(class_id, Obis.parse(name), number)
