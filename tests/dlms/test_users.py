"""Several users of one client address (Association LN version 3)."""

from enum import Enum, auto

import pytest

from dlms.test_standalone import NOW, run
from softmeter.cosem.access import ALL, ActionResult, Policy, Rights
from softmeter.cosem.classes.association_ln_v3 import AssociationLNV3, User
from softmeter.cosem.dictionary import Dictionary, Row
from softmeter.dlms.acse import Aarq, Context, Diagnostic, Mechanism, encode_acse
from softmeter.dlms.apdu import encode_apdu
from softmeter.dlms.client import Client as Reader
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.credentials import Credentials
from softmeter.dlms.host import AssociationRefused, Client
from softmeter.dlms.messages import AttributeReference, InitiateRequest
from softmeter.dlms.refusals import AssociationRefusedError
from softmeter.dlms.server import Server
from softmeter.dlms.standalone import Standalone
from softmeter.entropy import SeededEntropy
from softmeter.errors import AccessError
from softmeter.obis import Obis
from softmeter.wire.types import array_of, struct
from softmeter.wire.wrapper import Datagram, encode_datagram


class Audience(Enum):
    ANYBODY = auto()


CURRENT = Obis.parse("0-0:40.0.0")
OBJECTS = Dictionary((Row(str(CURRENT), "Current", AssociationLNV3(), Policy("ALL", {Audience.ANYBODY: Rights(ALL)})),))
USERS = {7: "Anna", 200: "Bert"}
LIST, NOW_HERE = (AttributeReference(15, CURRENT, number) for number in (10, 11))


def server(users: dict[int, str]) -> Server:
    ways = {(Context.LOGICAL_NAMES, Mechanism.LOWEST): Audience.ANYBODY}
    client = Client(16, "any", ways, Conformance.GET, users=users)
    return Server(Standalone(OBJECTS, (client,), system_title=b"KWQ00001", entropy=SeededEntropy(1)), NOW)


def seen(user_id: int | None, users: dict[int, str]) -> tuple[tuple[User, ...], User]:
    on, reader = server(users), Reader(Credentials(user_id=user_id), SeededEntropy(2))
    run(reader.associate(), on)
    return run(reader.read(LIST, array_of(struct(User))), on), run(reader.read(NOW_HERE, struct(User)), on)


def test_a_user_sees_himself_among_the_others() -> None:
    everybody = (User(7, "Anna"), User(200, "Bert"))
    assert seen(7, USERS) == (everybody, User(7, "Anna"))
    assert seen(200, USERS) == (everybody, User(200, "Bert"))


@pytest.mark.parametrize("user_id", [None, 7])
def test_without_a_list_everybody_is_welcome_and_nobody_is_told_apart(user_id: int | None) -> None:
    assert seen(user_id, {}) == ((), User(0, ""))


@pytest.mark.parametrize("user_id", [None, 0, 8])
def test_who_is_not_on_the_list_is_refused(user_id: int | None) -> None:
    reader, on = Reader(Credentials(user_id=user_id), SeededEntropy(2)), server(USERS)
    with pytest.raises(AssociationRefusedError) as refused:
        run(reader.associate(), on)
    assert refused.value.diagnostic is Diagnostic.CALLING_QUALIFIER_INVOCATION_ID_NOT_RECOGNIZED


def test_a_number_above_127_may_come_in_one_octet() -> None:
    initiate = encode_apdu(InitiateRequest(None, True, None, 6, Conformance.GET, 0))
    whole = encode_acse(Aarq(context=1, user_id=-56, user_information=initiate))
    assert b"\xa9\x03\x02\x01\xc8" in whole
    events = server(USERS).receive(encode_datagram(Datagram(16, 1, whole)), NOW)
    assert not any(isinstance(event, AssociationRefused) for event in events)
    assert events


def test_the_object_list_has_the_form_of_version_3() -> None:
    listed = OBJECTS.object_list(Audience.ANYBODY, version=3)
    on, reader = server({}), Reader(Credentials(), SeededEntropy(2))
    run(reader.associate(), on)
    assert run(reader.get(AttributeReference(15, CURRENT, 2)), on) == listed
    assert bytes.fromhex("12000F1103") in listed


@pytest.mark.parametrize("number", [5, 6])
def test_no_client_changes_the_users(number: int) -> None:
    interface = AssociationLNV3()
    with pytest.raises(AccessError) as refused:
        interface.method_specs[number].invoke(interface, None, b"")
    assert refused.value.result == ActionResult.READ_WRITE_DENIED
