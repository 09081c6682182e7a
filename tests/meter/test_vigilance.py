"""Guessing, forging and repeating: logged by the meter, bounded, and answered by a lock-out of that peer alone."""

import pytest

from conformance.appl import MANAGEMENT, READOUT
from device.surrounded import Timeline
from dlms.link import CLIENT_TITLE, plain_aarq
from meter.making import KEYS, START, Made
from softmeter.cosem.access import DataAccessResult
from softmeter.device.display_control import PROGRAMMING_S
from softmeter.device.events import Log
from softmeter.device.modem import is_reachable
from softmeter.device.modem_parameters import FACTORY_PARAMETERS, Interface
from softmeter.device.surroundings import Surrounded
from softmeter.dlms.acse import Aare, Mechanism, Result, decode_acse
from softmeter.dlms.channel import Credentials, Family
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import Conversation, drive
from softmeter.dlms.host import DecipherFailed
from softmeter.dlms.lockout import ALLOWED_FAILURES, FIRST_DELAY_S
from softmeter.dlms.messages import AttributeReference, MethodReference
from softmeter.dlms.refusals import AssociationRefusedError, WrongKeyError
from softmeter.dlms.server import Server
from softmeter.entropy import SeededEntropy
from softmeter.errors import AccessError
from softmeter.instant import SECOND, Instant, LinkTime, whole_second
from softmeter.meter.clients import BROADCAST
from softmeter.meter.vigilance import Vigilance
from softmeter.obis import Obis
from softmeter.security.suites import Key
from softmeter.wire.wrapper import Datagram, Reassembly, encode_datagram


class Street:
    """A meter, and peers at several addresses that ring at its door."""

    def __init__(self) -> None:
        self.made = Made()
        self.now = 100.0
        self.vigilance = Vigilance(self.made.meter, lambda: self.now)

    def asked(self, peer: str, sap: int, apdu: bytes, server: Server | None = None) -> bytes:
        at = server or self.server(peer)
        at.receive(encode_datagram(Datagram(sap, 1, apdu)), LinkTime(self.now))
        answers = Reassembly()
        answers.receive(at.to_send())
        datagram = answers.take()
        return b"" if datagram is None else datagram.apdu

    def server(self, peer: str) -> Server:
        return Server(self.made.meter, LinkTime(self.now), self.vigilance.over(peer))

    def read_out(self, peer: str, password: bytes) -> None:
        """Open an association as the readout client."""
        client = Client(Credentials(Mechanism.LLS, Key(password)), SeededEntropy(1))
        server = self.server(peer)
        drive(client.associate(), lambda apdu: self.asked(peer, READOUT, apdu, server))

    def manage(self, peer: str, key: bytes, counter: int) -> None:
        """Open an association as the management client."""
        keys = KEYS[MANAGEMENT]
        credentials = Credentials(
            Mechanism.HLS_GMAC,
            family=Family.SERVICE,
            system_title=CLIENT_TITLE,
            encryption_key=Key(key),
            authentication_key=Key(keys.authentication),
        )
        server = self.server(peer)
        client = Client(credentials, SeededEntropy(1), counter=counter)
        drive(client.associate(), lambda apdu: self.asked(peer, MANAGEMENT, apdu, server))

    def fraud(self) -> list[int]:
        """The codes in the fraud log, after the meter has lived on for a second."""
        actor = self.made.actor
        actor.adopt(actor.advanced(Instant(actor.now + SECOND)))
        codes: list[int] = actor.meter.device.events.ring(Log.FRAUD).rows()["code"].tolist()
        return codes

    def guess(self, peer: str, times: int) -> None:
        for number in range(times):
            with pytest.raises(AssociationRefusedError):
                self.read_out(peer, b"guess %d" % number)


@pytest.mark.manual("5.3.login")
def test_guessing_is_logged_once_and_locks_that_peer_out() -> None:
    street = Street()
    street.guess("mallory", ALLOWED_FAILURES - 1)
    assert street.fraud() == []
    street.guess("mallory", 1)
    assert street.fraud() == [46]
    assert street.made.meter.device.behaviours.alarms.words[0].register == 1 << 13
    with pytest.raises(AssociationRefusedError):
        street.read_out("mallory", KEYS[READOUT].password)
    street.read_out("alice", KEYS[READOUT].password)
    street.now += FIRST_DELAY_S
    street.read_out("mallory", KEYS[READOUT].password)


def test_who_is_locked_out_is_told_that_it_passes() -> None:
    street = Street()
    street.guess("mallory", ALLOWED_FAILURES)
    answer = decode_acse(street.asked("mallory", READOUT, plain_aarq()))
    assert isinstance(answer, Aare)
    assert answer.result is Result.REJECTED_TRANSIENT


def test_other_clients_of_the_same_peer_are_served() -> None:
    street = Street()
    street.guess("mallory", ALLOWED_FAILURES)
    street.manage("mallory", KEYS[MANAGEMENT].unicast_encryption, 1)


def test_a_success_forgives_what_was_before() -> None:
    street = Street()
    for _ in range(3):
        street.guess("forgetful", ALLOWED_FAILURES - 1)
        street.read_out("forgetful", KEYS[READOUT].password)
    assert street.fraud() == []


def test_a_wrong_key_is_an_event_and_counts_as_guessing() -> None:
    street = Street()
    for counter in range(ALLOWED_FAILURES):
        with pytest.raises((WrongKeyError, AssociationRefusedError)):
            street.manage("mallory", bytes(16), 100 + counter)
    assert street.fraud() == [49, 46]
    with pytest.raises(AssociationRefusedError):
        street.manage("mallory", KEYS[MANAGEMENT].unicast_encryption, 1)


def test_a_replay_is_an_event() -> None:
    street = Street()
    street.manage("alice", KEYS[MANAGEMENT].unicast_encryption, 50)
    with pytest.raises((WrongKeyError, AssociationRefusedError)):
        street.manage("mallory", KEYS[MANAGEMENT].unicast_encryption, 10)
    assert street.fraud() == [50]


def test_a_storm_of_forgeries_does_not_wash_out_the_log() -> None:
    street = Street()
    for number in range(200):
        with pytest.raises((WrongKeyError, AssociationRefusedError)):
            street.manage(f"bot {number}", bytes(16), 100 + number)
    assert street.fraud() == [49]
    street.now += 61
    with pytest.raises((WrongKeyError, AssociationRefusedError)):
        street.manage("another bot", bytes(16), 1000)
    assert street.fraud() == [49, 49]
    assert street.made.meter.device.now > START


@pytest.mark.manual("11.1.programming")
def test_at_the_optical_port_nothing_is_set_or_called_until_the_sealed_button_is_pressed() -> None:
    made = Made()
    wan = Vigilance(made.meter, lambda: 100.0)
    optical = Vigilance(made.meter, lambda: 100.0, local=True)
    assert (wan.lets_change(), optical.lets_change()) == (True, False)
    made.meter.device.surroundings = Timeline({whole_second(START) + 5: Surrounded(sealed_button=1)})
    made.actor.jump(Instant(START + 10 * SECOND))
    assert optical.lets_change()
    made.meter.device.behaviours.modem.parameters = FACTORY_PARAMETERS._replace(interfaces=0)
    assert is_reachable(made.meter.device, Interface.OPTICAL)
    made.actor.jump(Instant(START + (PROGRAMMING_S - 60) * SECOND))
    assert optical.lets_change()
    made.actor.jump(Instant(START + (PROGRAMMING_S + 60) * SECOND))
    assert (wan.lets_change(), optical.lets_change()) == (True, False)
    assert not is_reachable(made.meter.device, Interface.OPTICAL)


def test_what_the_optical_port_refuses_and_what_it_goes_on_doing() -> None:
    """SET and ACTION, alone, in lists and by ACCESS: read-write-denied; reading and proving are no changes."""
    street = Street()
    made, zone = street.made, AttributeReference(8, Obis.parse("0-0:1.0.0"), 3)
    adjust = MethodReference(8, Obis.parse("0-0:1.0.0"), 3)
    keys = KEYS[MANAGEMENT]
    credentials = Credentials(
        Mechanism.HLS_GMAC,
        family=Family.SERVICE,
        system_title=CLIENT_TITLE,
        encryption_key=Key(keys.unicast_encryption),
        authentication_key=Key(keys.authentication),
    )
    server = Server(
        made.meter, LinkTime(street.now), Vigilance(made.meter, lambda: street.now, local=True).over("head")
    )
    client = Client(credentials, SeededEntropy(1), counter=1)

    def ask(apdu: bytes) -> bytes:
        return street.asked("head", MANAGEMENT, apdu, server)

    def refused(conversation: Conversation[object]) -> int:
        with pytest.raises(AccessError) as caught:
            drive(conversation, ask)
        return int(caught.value.result)

    drive(client.associate(), ask)
    before = drive(client.get(zone), ask)
    denied = int(DataAccessResult.READ_WRITE_DENIED)
    assert refused(client.set(zone, before)) == denied
    assert refused(client.action(adjust, b"\x0f\x00")) == denied
    assert refused(client.set(AttributeReference(8, zone.name, 99), before)) != denied
    assert drive(client.get(zone), ask) == before
    made.meter.device.behaviours.display.programming_until = Instant(made.meter.device.now + SECOND)
    drive(client.set(zone, before), ask)
    drive(client.action(adjust, b"\x0f\x00"), ask)


def test_messages_to_all_meters_do_not_come_by_the_optical_port_and_are_locked_out_nowhere() -> None:
    meter = Made().meter
    wan = Vigilance(meter, lambda: 100.0)
    assert wan.admits("anywhere", BROADCAST)
    for _ in range(2 * ALLOWED_FAILURES):
        wan.heard("anywhere", DecipherFailed(BROADCAST))
    assert wan.admits("anywhere", BROADCAST)
    assert not Vigilance(meter, lambda: 100.0, local=True).admits("anywhere", BROADCAST)
