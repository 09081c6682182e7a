"""Both roles together: the client's conversations driven straight into the server."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dlms.device import KEYS, MANAGEMENT_SAP, PROFILE, PUBLIC_SAP, READOUT_SAP, SUMMER, SmallMeter
from dlms.link import CLIENT_TITLE, Link
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.channel import Credentials, Family
from softmeter.dlms.client import Client, invocation_counter
from softmeter.dlms.conversation import Conversation, drive
from softmeter.dlms.lists import get_many
from softmeter.dlms.messages import AttributeReference, MethodReference
from softmeter.dlms.profile import by_entry, by_range, read_profile
from softmeter.dlms.refusals import RefusalError
from softmeter.entropy import SeededEntropy
from softmeter.errors import AccessError
from softmeter.obis import Obis
from softmeter.security.suites import Key
from softmeter.wire.types import i16, octets, u16, u32

ENERGY = AttributeReference(3, Obis.parse("1-0:1.8.0"), 2)
LIMIT = AttributeReference(3, Obis.parse("1-0:31.4.0"), 2)
ALIAS = AttributeReference(1, Obis.parse("0-0:96.1.1"), 2)
PUBLIC = Credentials()
READOUT = Credentials(Mechanism.LLS, Key(KEYS.password))


def gmac(family: Family) -> Credentials:
    return Credentials(
        Mechanism.HLS_GMAC,
        family=family,
        system_title=CLIENT_TITLE,
        encryption_key=Key(KEYS.unicast_encryption),
        authentication_key=Key(KEYS.authentication),
    )


WAYS = [
    pytest.param(READOUT_SAP, READOUT, id="password"),
    pytest.param(MANAGEMENT_SAP, gmac(Family.SERVICE), id="glo"),
    pytest.param(MANAGEMENT_SAP, gmac(Family.GENERAL), id="general-glo"),
]


def asking(meter: SmallMeter, sap: int) -> Callable[[bytes], bytes | None]:
    return Link(meter, sap).ask


def open_client(
    meter: SmallMeter, sap: int, credentials: Credentials, **how: Any
) -> tuple[Client, Callable[[bytes], bytes | None]]:
    serve = asking(meter, sap)
    client = Client(credentials, SeededEntropy(1), **how)
    drive(client.associate(), serve)
    return client, serve


@pytest.mark.parametrize(("sap", "credentials"), WAYS)
@pytest.mark.parametrize("max_pdu_size", [100, 500, 0xFFFF])
def test_a_whole_session(sap: int, credentials: Credentials, max_pdu_size: int) -> None:
    meter = SmallMeter()
    meter.profile.fill(300, begin=SUMMER.stop - 100 * 900)
    client, serve = open_client(meter, sap, credentials, max_pdu_size=max_pdu_size)
    assert drive(client.read(ENERGY, u32), serve) == 123_456
    assert drive(client.read(AttributeReference(8, Obis.parse("0-0:1.0.0"), 3), i16), serve) == -60
    rows = drive(read_profile(client, Obis.parse(PROFILE)), serve)
    assert len(rows) == 300
    for captured, field in zip(rows.captured[1:], ("status", "import", "export"), strict=True):
        assert np.array_equal(rows[captured], meter.profile.stored[field])
    part = drive(read_profile(client, Obis.parse(PROFILE), by_entry(11, 20)), serve)
    assert list(part[part.captured[2]]) == list(range(1010, 1020))
    first, last = (meter.profile.stored["stamp"][at] for at in (98, 105))
    moments = [type(meter.clock.time).of(int(one["second"]), int(one["mode"]) >> 5, 0xFF) for one in (first, last)]
    part = drive(read_profile(client, Obis.parse(PROFILE), by_range(*moments)), serve)
    assert list(part[part.captured[2]]) == list(range(1098, 1106))
    drive(client.release(), serve)
    with pytest.raises(RefusalError):
        drive(client.read(ENERGY, u32), serve)


@pytest.mark.parametrize("family", [Family.SERVICE, Family.GENERAL])
def test_changing_the_meter(family: Family) -> None:
    meter = SmallMeter()
    client, serve = open_client(meter, MANAGEMENT_SAP, gmac(family))
    drive(client.set(LIMIT, u16.encode(12)), serve)
    drive(client.set(ALIAS, octets.encode(b"somebody")), serve)
    drive(client.action(MethodReference(8, Obis.parse("0-0:1.0.0"), 6), i16.encode(30)), serve)
    assert (meter.limit, meter.changes) == (12, 3)
    found = drive(get_many(client, (LIMIT, ENERGY, ALIAS, AttributeReference(1, Obis.parse("0-0:9.9.9"), 2))), serve)
    assert found == (u16.encode(12), u32.encode(123_456), octets.encode(b"somebody"), 4)
    with pytest.raises(AccessError) as refused:
        drive(client.set(ENERGY, u32.encode(0)), serve)
    assert refused.value.result == 3


def test_a_long_value_goes_in_blocks() -> None:
    meter = SmallMeter()
    client, serve = open_client(meter, MANAGEMENT_SAP, gmac(Family.SERVICE))
    with pytest.raises(AccessError) as refused:
        drive(client.set(ALIAS, octets.encode(bytes(5000))), serve)
    assert refused.value.result == 12


def test_the_public_client_tells_the_counter_to_use() -> None:
    meter = SmallMeter()
    public, serve = open_client(meter, PUBLIC_SAP, PUBLIC)
    name = Obis.parse("0-0:43.1.0")
    assert drive(invocation_counter(public, name), serve) == 1
    first, managed = open_client(meter, MANAGEMENT_SAP, gmac(Family.SERVICE))
    drive(first.read(ENERGY, u32), managed)
    following = drive(invocation_counter(public, name), serve)
    assert following == first.next_counter
    with pytest.raises(RefusalError):
        open_client(meter, MANAGEMENT_SAP, gmac(Family.SERVICE), counter=following - 1)
    open_client(meter, MANAGEMENT_SAP, gmac(Family.SERVICE), counter=following)


def test_who_does_not_know_the_secret_is_refused() -> None:
    wrong = Credentials(Mechanism.LLS, Key(b"87654321"))
    with pytest.raises(RefusalError):
        open_client(SmallMeter(), READOUT_SAP, wrong)
    keys = Credentials(
        Mechanism.HLS_GMAC,
        family=Family.SERVICE,
        system_title=CLIENT_TITLE,
        encryption_key=Key(bytes(16)),
        authentication_key=Key(KEYS.authentication),
    )
    with pytest.raises(RefusalError):
        open_client(SmallMeter(), MANAGEMENT_SAP, keys)


def test_two_clients_at_once() -> None:
    meter = SmallMeter()
    one, first = open_client(meter, READOUT_SAP, READOUT)
    other, second = open_client(meter, MANAGEMENT_SAP, gmac(Family.GENERAL))
    conversation: Conversation[bytes]
    for _ in range(3):
        for client, serve in ((one, first), (other, second)):
            conversation = client.get(ENERGY)
            assert drive(conversation, serve) == u32.encode(123_456)
