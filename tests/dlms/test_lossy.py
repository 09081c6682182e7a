"""General block transfer over links that lose: every service ends as without loss, and nothing is done twice."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dlms.device import LN, MANAGEMENT_SAP, PROFILE, READOUT_SAP, Audience, SmallMeter
from dlms.link import Link
from dlms.lossy import LossyLink
from dlms.test_server_and_client import ALIAS, ENERGY, LIMIT, READOUT, gmac
from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.dlms.access import access, calling, reading, writing
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.channel import Credentials, Family
from softmeter.dlms.client import PROPOSED, Client
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.conversation import Conversation, drive
from softmeter.dlms.lists import Call, Write, call_many, get_many, set_many
from softmeter.dlms.messages import AttributeReference, MethodReference
from softmeter.entropy import SeededEntropy
from softmeter.obis import Obis
from softmeter.wire.types import i16, octets, u16, u32

BUFFER = AttributeReference(7, Obis.parse(PROFILE), 2)
SHIFT = MethodReference(8, Obis.parse("0-0:1.0.0"), 6)
ECHO = MethodReference(9000, Obis.parse("0-0:128.0.0"), 1)
LONG = octets.encode(bytes(range(256)) * 6)
CAPTURE = MethodReference(7, Obis.parse(PROFILE), 2)

SERVICES: dict[str, Callable[[Client], Conversation[Any]]] = {
    "get": lambda client: client.get(ENERGY),
    "get a long value": lambda client: client.get(BUFFER),
    "get a list": lambda client: get_many(client, (ENERGY, BUFFER, LIMIT, BUFFER)),
    "set": lambda client: client.set(LIMIT, u16.encode(12)),
    "set a list": lambda client: set_many(
        client, [Write(LIMIT, u16.encode(9)), Write(ALIAS, octets.encode(bytes(40)))]
    ),
    "action": lambda client: client.action(SHIFT, i16.encode(7)),
    "action with much to tell": lambda client: client.action(ECHO, LONG),
    "actions in a list": lambda client: call_many(client, [Call(SHIFT, i16.encode(3)), Call(ECHO, LONG)]),
    "capture": lambda client: client.action(CAPTURE, b"\x0f\x00"),
    "access": lambda client: access(
        client, [reading(BUFFER), writing(LIMIT, u16.encode(33)), calling(SHIFT, i16.encode(5)), calling(ECHO, LONG)]
    ),
}
EXPECTED = {
    "get": u32.encode(123_456),
    "set a list": (DataAccessResult.SUCCESS, DataAccessResult.SUCCESS),
    "action with much to tell": LONG,
}


def meter_with_offers() -> SmallMeter:
    meter = SmallMeter()
    everything = Conformance(0x7FFFFF)
    meter.clients = {sap: replace(client, conformance=everything) for sap, client in meter.clients.items()}
    meter.clients[READOUT_SAP] = replace(meter.clients[READOUT_SAP], ways={(LN, Mechanism.LLS): Audience.MANAGEMENT})
    meter.profile.fill(60)
    return meter


def opened(
    sap: int, credentials: Credentials, size: int = 128, window: int = 5, meter: SmallMeter | None = None
) -> tuple[Client, Link]:
    link = Link(meter or meter_with_offers(), sap)
    client = Client(credentials, SeededEntropy(1), max_pdu_size=size, window=window, conformance=PROPOSED)
    drive(client.associate(), link.ask)
    client.carrier.room = size  # the client's blocks as small as the meter's
    return client, link


WAYS = {"plain": (READOUT_SAP, READOUT), "general-glo": (MANAGEMENT_SAP, gmac(Family.GENERAL))}


def outcome(way: str, service: str, seed: int, rate: float, window: int) -> tuple[Any, object, LossyLink]:
    client, link = opened(*WAYS[way], window=window)
    lossy = LossyLink(link, seed, rate)
    result = lossy.run(SERVICES[service](client))
    return result, link.meter.state, lossy


@pytest.mark.parametrize("window", [1, 5, 63])
@pytest.mark.parametrize("service", SERVICES)
def test_every_service_in_blocks(service: str, window: int) -> None:
    result, state, lossy = outcome("general-glo", service, 1, 0.0, window)
    assert lossy.faults == lossy.silences == 0
    assert EXPECTED.get(service, result) == result
    if service.startswith(("action", "set", "capture")):
        assert state != outcome("general-glo", "get", 1, 0.0, window)[1]


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.1, 0.2])
@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("way", WAYS)
def test_every_service_over_a_lossy_link(way: str, service: str, rate: float) -> None:
    for seed in range(4):
        expected = outcome(way, service, seed, 0.0, 5)
        found = outcome(way, service, seed, rate, 5)
        assert found[:2] == expected[:2], seed


@pytest.mark.slow
@pytest.mark.parametrize("window", [1, 2, 7, 63])
@pytest.mark.parametrize("service", SERVICES)
def test_many_seeds(service: str, window: int) -> None:
    faults = 0
    expected = outcome("general-glo", service, 0, 0.0, window)
    for seed in range(40):
        found = outcome("general-glo", service, seed, 0.01 + seed % 20 / 100, window)
        assert found[:2] == expected[:2], seed
        faults += found[2].faults
    assert faults > 40


def test_what_was_called_once_is_done_once() -> None:
    client, link = opened(*WAYS["general-glo"])
    before = link.meter.clock.second
    lossy = LossyLink(link, 3, 0.2)
    for _ in range(50):
        lossy.run(client.action(SHIFT, i16.encode(1)))
    assert link.meter.clock.second == before + 50
    assert lossy.faults > 50


def test_action_results_are_told() -> None:
    client, link = opened(*WAYS["general-glo"])
    lossy = LossyLink(link, 4, 0.1)
    outcomes = lossy.run(call_many(client, [Call(ECHO, LONG), Call(SHIFT, b"\x00")]))
    assert (outcomes[0].result, outcomes[0].data) == (ActionResult.SUCCESS, LONG)
    assert outcomes[1].result is ActionResult.TYPE_UNMATCHED
