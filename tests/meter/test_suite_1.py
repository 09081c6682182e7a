"""The upgrade to suite 1: who comes in how, what is signed, and that no cut leaves anybody outside."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.appl import MANAGEMENT
from dlms.link import CLIENT_TITLE
from dlms.secure_device import authority
from firmware.images import Loader, Recipe, restarted
from meter.making import KEYS, Made
from meter.upgrading import (
    ACTIVATE,
    AGREE,
    EXPORT,
    GENERATE,
    IMPORT,
    NOW,
    PAIR,
    REMOVE,
    REQUEST,
    ROOT,
    SETUP,
    TRANSFER,
    UPGRADE,
    Manager,
    chosen_by,
    enum,
    live,
    upgraded,
)
from softmeter.cosem.access import ActionResult
from softmeter.cosem.classes.security_setup import KeyTransfer
from softmeter.cosem.classes.security_setup_v1 import KeyAgreement
from softmeter.device.events import Event, Log
from softmeter.device.images import RESTART_S
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.credentials import Family, Signing
from softmeter.dlms.host import AssociationOpened, AttributeSet, DecipherFailed, LoginFailed
from softmeter.dlms.refusals import RefusalError
from softmeter.dlms.server import Server
from softmeter.errors import AccessError, MeterError, RemoteProtocolError
from softmeter.firmware.payload import SECURITY_SUITE, ApplicationPayload, encode
from softmeter.instant import SECOND, Instant
from softmeter.meter.clients import BROADCAST
from softmeter.meter.policies import Audience
from softmeter.meter.upgraded import suite_of
from softmeter.security.agreement import ephemeral_key, signed_point, verified_point
from softmeter.security.certificates import Entity
from softmeter.security.ciphering import Cipher, Protection
from softmeter.security.curves import KeyPair
from softmeter.security.identity import Purpose
from softmeter.security.suites import Key, Suite
from softmeter.security.wrapping import KeyId, wrap_key
from softmeter.wire.types import array_of, decode_data, octets, struct
from softmeter.wire.wrapper import Datagram, encode_datagram

DENIED, OTHER = ActionResult.READ_WRITE_DENIED, ActionResult.OTHER_REASON
SECRET = b"a secret of HLS 6"
OTHER_CLIENT = b"CLI00002"
CURRENT = "0-0:40.0.0"
_transfers, _agreements = array_of(struct(KeyTransfer)), array_of(struct(KeyAgreement))
SIGNED = {"family": Family.GENERAL, "signing": Signing.BEFORE}


def versions(made: Made) -> dict[str, int]:
    return {row.obis: row.interface.version for row in made.meter.dictionary.rows if row.interface.class_id in {15, 64}}


@pytest.mark.manual("12.2.suite-0")
def test_an_image_brings_suite_1_and_the_versions_that_go_with_it() -> None:
    made = Made()
    assert set(versions(made).values()) == {0, 1}
    assert {obis: version for obis, version in versions(made).items() if ":40." in obis}[CURRENT] == 1
    upgraded(made)
    after = versions(made)
    assert {after[obis] for obis in after if ":40." in obis} == {3}
    assert {after[obis] for obis in after if ":43." in obis} == {1}
    manager = Manager(made).enter()
    assert manager.get(64, SETUP, 3) == enum(1)
    assert manager.get(64, SETUP, 2) == enum(0x6C)
    listed = decode_data(manager.get(15, CURRENT, 2)).value
    assert {(row.value[0].value, row.value[1].value) for row in listed} >= {(15, 3), (64, 1), (7, 1)}
    ways = made.meter.clients[MANAGEMENT].ways
    assert [mechanism.name for _, mechanism in ways] == ["HLS_ECDSA", "HLS_SHA256", "HLS_GMAC", "LLS"]
    with pytest.raises(MeterError):
        Manager(made, 500, suite=Suite.SUITE_0).enter()


def test_the_suite_stays_whatever_comes_later() -> None:
    made = upgraded()
    assert made.meter.suite is Suite.SUITE_1
    loader = Loader(made)
    later = Recipe(version="1.05.03", counter=8, payload=encode(ApplicationPayload({"extra_services": 1}), 300))
    assert loader.load(later.made(), "A1.05.03") == loader.call(4) == 0
    live(made, RESTART_S)
    assert made.meter.device.behaviours.firmware.capabilities == {"extra_services": 1, SECURITY_SUITE: 1}
    again = restarted(made)
    assert again.meter.suite is Suite.SUITE_1
    assert Manager(again).enter().result(IMPORT, octets.encode(ROOT.issue(CLIENT_TITLE, PAIR.public, Purpose(0)))) == 0


@pytest.mark.parametrize(
    "payload",
    [
        ApplicationPayload({}, authorities=(ROOT.certificate,)),
        ApplicationPayload({SECURITY_SUITE: 1}, authorities=(b"none",)),
        ApplicationPayload(
            {SECURITY_SUITE: 1}, authorities=(ROOT.issue(CLIENT_TITLE, PAIR.public, Purpose.SIGNATURE),)
        ),
        ApplicationPayload({SECURITY_SUITE: 1}, authorities=(authority(Suite.SUITE_2).certificate,)),
    ],
    ids=["suite 0", "no certificate", "no authority", "another curve"],
)
def test_authorities_that_are_none_are_refused_with_their_image(payload: ApplicationPayload) -> None:
    loader = Loader()
    assert loader.load(Recipe(payload=encode(payload, 1500)).made()) == OTHER
    assert loader.made.meter.trust.saved() == {}


def test_a_cut_at_any_point_of_the_upgrade_leaves_one_suite_or_the_other() -> None:
    loader = Loader()
    assert loader.load(UPGRADE.made()) == loader.call(4) == 0
    before = restarted(loader.made)
    assert (before.meter.suite, before.meter.trust.certificates) == (Suite.SUITE_0, ())
    Manager(before, suite=Suite.SUITE_0).enter()
    live(loader.made, RESTART_S)
    after = restarted(loader.made)
    assert (after.meter.suite, len(after.meter.trust.certificates)) == (Suite.SUITE_1, 1)
    Manager(after).enter().provision()


def test_authorities_of_an_image_are_trusted_once_its_successor_is_seen_and_not_before() -> None:
    loader = Loader()
    made = loader.made
    assert loader.load(UPGRADE.made()) == loader.call(4) == 0
    successor = made.actor.advanced(Instant(made.meter.device.now + RESTART_S * SECOND))
    assert suite_of(successor) is Suite.SUITE_1
    assert (made.meter.suite, made.meter.trust.certificates) == (Suite.SUITE_0, ())  # that one may be thrown away
    made.actor.adopt(successor)
    assert [one.der for one in made.meter.trust.certificates] == [ROOT.certificate]


def test_other_authorities_take_the_place_of_those_before_for_who_is_connected_too() -> None:
    made = upgraded()
    manager = Manager(made).enter().provision()
    other = authority(name="Other")
    loader = Loader(made)
    payload = encode(ApplicationPayload({SECURITY_SUITE: 1}, authorities=(other.certificate,)), 1000)
    assert loader.load(Recipe(version="1.05.03", counter=8, payload=payload).made(), "A1.05.03") == loader.call(4) == 0
    live(made, RESTART_S)
    for meter in (made, restarted(made)):
        kept = [one.der for one in meter.meter.trust.certificates]
        assert kept[0] == other.certificate
        assert len(kept) == 3  # what was imported stays
    assert manager.result(IMPORT, octets.encode(ROOT.issue(OTHER_CLIENT, PAIR.public, Purpose.SIGNATURE))) != 0
    assert manager.result(IMPORT, octets.encode(other.issue(OTHER_CLIENT, PAIR.public, Purpose.SIGNATURE))) == 0


def test_the_counters_go_on_with_the_keys() -> None:
    made = Made()
    Manager(made, 700, suite=Suite.SUITE_0).enter()
    upgraded(made)
    with pytest.raises(MeterError):
        Manager(made, 700).enter()
    Manager(made, 800).enter()


def test_hls_6_takes_a_secret_that_was_given_first() -> None:
    made = upgraded()
    with pytest.raises(RefusalError):
        Manager(made, mechanism=Mechanism.HLS_SHA256, password=Key(b"anything")).enter()
    manager = Manager(made, 10).enter()
    for wrong in (b"", b"short", bytes(65)):
        with pytest.raises(AccessError):
            manager.call(15, CURRENT, 2, octets.encode(wrong))
    manager.call(15, CURRENT, 2, octets.encode(SECRET))
    again = restarted(made)
    proven = Manager(again, 500, mechanism=Mechanism.HLS_SHA256, password=Key(SECRET)).enter()
    assert AssociationOpened(MANAGEMENT, Mechanism.HLS_SHA256) in proven.events
    for wrong in (b"", b"another secret"):
        guessing = Manager(again, 900 + len(wrong), mechanism=Mechanism.HLS_SHA256, password=Key(wrong or b"x"))
        with pytest.raises(MeterError):
            guessing.enter()
        assert LoginFailed(MANAGEMENT, Mechanism.HLS_SHA256) in guessing.events


@pytest.mark.manual("10.hls-6-and-7")
def test_hls_7_takes_certificates_of_both_sides() -> None:
    made = upgraded()
    with pytest.raises(RefusalError):  # the meter has no pair to sign with
        Manager(made, mechanism=Mechanism.HLS_ECDSA).enter()
    manager = Manager(made, 10).enter().provision()
    shown = decode_data(manager.get(64, SETUP, 6)).value
    assert [one.value[0].value for one in shown] == [Entity.AUTHORITY, Entity.SERVER, Entity.CLIENT]
    again = restarted(made)
    proven = Manager(again, 500, mechanism=Mechanism.HLS_ECDSA).enter()
    assert AssociationOpened(MANAGEMENT, Mechanism.HLS_ECDSA) in proven.events
    assert proven.get(15, CURRENT, 6)[-1] == Mechanism.HLS_ECDSA
    assert proven.exported().public == again.meter.trust.public(again.meter.system_title, Purpose.SIGNATURE)


def test_a_new_pair_takes_the_place_of_the_old_one_with_its_certificate() -> None:
    made = upgraded()
    manager = Manager(made).enter().provision()
    old = manager.exported()
    manager.setup(GENERATE, enum(0))
    kept = restarted(made)
    assert Manager(kept, 500, mechanism=Mechanism.HLS_ECDSA).enter().exported() == old
    renewed = Manager(kept, 700).enter()
    request = octets.decode(renewed.setup(REQUEST, enum(0)))
    renewed.setup(IMPORT, octets.encode(ROOT.answer(request, Purpose.SIGNATURE)))
    assert renewed.exported() != old
    again = restarted(kept)
    Manager(again, 1100, mechanism=Mechanism.HLS_ECDSA).enter()


def test_what_binds_everybody_must_be_signed() -> None:
    made = upgraded()
    manager = Manager(made).enter().provision()
    assert manager.result(ACTIVATE, enum(0x7C)) == DENIED
    assert manager.result(REMOVE, chosen_by(Entity.CLIENT, Purpose.SIGNATURE, CLIENT_TITLE)) == DENIED
    signing = Manager(made, 500, **SIGNED).enter()
    for weaker in (0x00, 0x2C, 0x6D):
        assert signing.result(ACTIVATE, enum(weaker)) == OTHER
    assert signing.result(ACTIVATE, enum(0xFC)) == 0
    assert restarted(made).meter.keys(MANAGEMENT).policy == 0xFC
    with pytest.raises(MeterError):
        manager.get(64, SETUP, 2)
    assert signing.get(64, SETUP, 2) == enum(0xFC)
    own = made.meter.system_title
    for title, entity in ((own, Entity.SERVER), (CLIENT_TITLE, Entity.CLIENT)):
        assert signing.result(REMOVE, chosen_by(entity, Purpose.SIGNATURE, title)) == OTHER
    assert signing.result(REMOVE, chosen_by(Entity.SERVER, Purpose.AGREEMENT, own)) == OTHER  # there is none


def test_who_is_known_by_a_certificate_he_shows_binds_nobody_to_sign() -> None:
    made = upgraded()
    Manager(made).enter().provision()
    shows = ROOT.issue(CLIENT_TITLE, PAIR.public, Purpose.SIGNATURE)
    signing = Manager(made, 500, certificate=shows, mechanism=Mechanism.HLS_ECDSA, **SIGNED).enter()
    assert signing.result(REMOVE, chosen_by(Entity.CLIENT, Purpose.SIGNATURE, CLIENT_TITLE)) == 0
    assert signing.get(64, SETUP, 2) == enum(0x6C)  # he still signs
    assert signing.result(ACTIVATE, enum(0x7C)) == OTHER
    assert made.meter.keys(MANAGEMENT).policy == 0x6C
    assert signing.result(IMPORT, octets.encode(shows)) == signing.result(ACTIVATE, enum(0x7C)) == 0
    again = restarted(made)
    again.meter.present = lambda: Instant(0)  # the clock has lost its time, and no certificate is valid
    lost = Manager(again, 900, **SIGNED).enter()
    assert lost.result(ACTIVATE, enum(0x7C)) == 0


def test_certificates_go_while_nobody_must_sign() -> None:
    made = upgraded()
    Manager(made).enter().provision()
    signing = Manager(made, 500, **SIGNED).enter()
    assert signing.result(REMOVE, chosen_by(Entity.AUTHORITY, Purpose.OTHER, b"")) == OTHER
    assert signing.result(REMOVE, chosen_by(Entity.CLIENT, Purpose.SIGNATURE, CLIENT_TITLE)) == 0
    assert restarted(made).meter.trust.public(CLIENT_TITLE, Purpose.SIGNATURE) is None
    assert Manager(made, 900).enter().result(EXPORT, chosen_by(Entity.CLIENT, Purpose.SIGNATURE, CLIENT_TITLE)) == OTHER


def agreed_keys(manager: Manager, *key_ids: KeyId) -> dict[KeyId, bytes]:
    """Keys agreed with the meter, as the client derives them."""
    server, title = manager.exported().public, manager.made.meter.system_title
    mine = {one: KeyPair.of(Suite.SUITE_1, bytes((9 + one,)) * 32) for one in key_ids}
    proposed = tuple(KeyAgreement(one, signed_point(pair, PAIR, bytes((one,)))) for one, pair in mine.items())
    agreed = {}
    for one in _agreements.decode(manager.setup(AGREE, _agreements.encode(proposed))):
        point = verified_point(Suite.SUITE_1, one.key_data, server, bytes((one.key_id,)))
        shared = mine[one.key_id].agree(point)
        agreed[one.key_id] = bytes(ephemeral_key(Suite.SUITE_1, shared, one.key_id, CLIENT_TITLE, title))
    return agreed


def test_agreed_keys_are_in_force_after_the_answer_and_logged() -> None:
    made = upgraded()
    manager = Manager(made, 300).enter().provision()
    agreed = agreed_keys(manager, KeyId.UNICAST_ENCRYPTION, KeyId.AUTHENTICATION, KeyId.MASTER)
    keys = made.meter.keys(MANAGEMENT)
    assert [keys.unicast_encryption, keys.authentication, keys.master] == [agreed[KeyId(one)] for one in (0, 2, 3)]
    assert made.meter.device.events.ring(Log.STANDARD).rows()["code"].tolist()[-1] == Event.KEY_EXCHANGED.code
    assert made.meter.device.behaviours.alarms.words[1].register >> 13 & 1
    with pytest.raises(MeterError):
        manager.get(64, SETUP, 2)
    fresh = {"encryption_key": Key(agreed[KeyId(0)]), "authentication_key": Key(agreed[KeyId(2)])}
    again = restarted(made)
    assert Manager(again, 1, **fresh).enter().get(64, SETUP, 2) == enum(0x6C)  # its counters begin afresh
    with pytest.raises(MeterError):
        Manager(again, 900).enter()


def test_wrapped_keys_go_on_as_in_suite_0() -> None:
    made = upgraded()
    manager = Manager(made, 300).enter()
    new = Key(bytes(range(16)))
    transfer = _transfers.encode((KeyTransfer(KeyId.UNICAST_ENCRYPTION, wrap_key(Key(bytes(16)), new)),))
    assert manager.result(TRANSFER, transfer) == 0
    assert Manager(restarted(made), 1, encryption_key=new).enter().get(64, SETUP, 3) == enum(1)


def test_maintenance_changes_keys_of_its_own_only() -> None:
    made = upgraded()
    view = made.meter.view(Audience.MAINTENANCE)
    setup = {e: (64).to_bytes(2, "big") + bytes((0, 0, 43, 0, e, 255)) for e in (0, 2, 6)}
    may = {
        (e, number) for e, place in setup.items() for number in range(1, 9) if place + bytes((number,)) in view.invokers
    }
    assert may == {(6, TRANSFER), (6, AGREE)}


@pytest.mark.parametrize(
    "change",
    [
        lambda manager: manager.setup(GENERATE, enum(0)),
        lambda manager: manager.provision(),
        lambda manager: manager.call(15, CURRENT, 2, octets.encode(SECRET)),
    ],
    ids=["pair", "certificates", "secret"],
)
def test_whatever_was_acknowledged_is_to_be_stored_first(change: Callable[[Manager], object]) -> None:
    made = upgraded()
    manager = Manager(made).enter()
    made.actor.changes()
    assert not made.meter.must_store
    change(manager)
    assert made.meter.must_store


def test_messages_to_all_meters_are_of_suite_1_too() -> None:
    made = upgraded()
    made.meter.key_ring.change(MANAGEMENT, broadcast_encryption=bytes(range(16)))
    note = bytes.fromhex("C1018100010000600D00FF020009024142")
    seen: list[object] = []
    for counter, suite in ((1, Suite.SUITE_0), (2, Suite.SUITE_1)):
        keys = made.meter.keys(BROADCAST)
        cipher = Cipher(Key(keys.broadcast_encryption), Key(keys.authentication), suite, broadcast=True)
        content = cipher.protect(CLIENT_TITLE, counter, Protection.FULL, note)
        apdu = b"\xdb\x08" + CLIENT_TITLE + bytes((len(content),)) + content
        seen += Server(made.meter, NOW).receive(encode_datagram(Datagram(BROADCAST, 1, apdu)), NOW)
    assert seen == [DecipherFailed(BROADCAST), AttributeSet(BROADCAST, bytes.fromhex("00010000600D00FF02"))]


def test_secrets_do_not_show_themselves() -> None:
    made = upgraded()
    Manager(made).enter().provision()
    private = made.meter.trust.saved()["pair.0"]
    assert isinstance(private, bytes)
    shown = repr(made.meter.keys(MANAGEMENT)) + repr(made.meter.trust.pair(Purpose.SIGNATURE))
    assert private.hex() not in shown
    assert KEYS[MANAGEMENT].authentication.hex() not in shown


def test_the_first_answer_after_the_upgrade_is_of_suite_1_for_every_client() -> None:
    made = upgraded()
    for sap in (1, 2, 6):
        keys = made.meter.keys(sap)
        assert (keys.suite, keys.unicast_encryption) == (Suite.SUITE_1, KEYS[sap].unicast_encryption)
        assert keys.identity is not None
    assert replace(made.meter.keys(16)) == made.meter.keys(16)
    with pytest.raises((RemoteProtocolError, MeterError)):
        Manager(made, encryption_key=Key(bytes(16))).enter()
