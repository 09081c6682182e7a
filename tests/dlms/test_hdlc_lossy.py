"""Every service over a line that loses, doubles, delays and damages: the same result, nothing executed twice."""

from collections.abc import Iterator

import pytest

from dlms.device import KEYS, MANAGEMENT_SAP, PROFILE, READOUT_SAP, SmallMeter
from dlms.hdlc_line import HdlcLine
from dlms.link import CLIENT_TITLE
from dlms.test_lossy import SERVICES, meter_with_offers
from dlms.test_server_and_client import gmac
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.channel import Credentials, Family
from softmeter.dlms.client import PROPOSED, Client
from softmeter.dlms.messages import AttributeReference, MethodReference
from softmeter.entropy import SeededEntropy
from softmeter.obis import Obis
from softmeter.security.suites import Key
from softmeter.wire.hdlc_parameters import LARGEST, Parameters
from softmeter.wire.types import i16, octets, u16

ENERGY = AttributeReference(3, Obis.parse("1-0:1.8.0"), 2)
LIMIT = AttributeReference(3, Obis.parse("1-0:31.4.0"), 2)
ALIAS = AttributeReference(1, Obis.parse("0-0:96.1.1"), 2)
ROWS = AttributeReference(7, Obis.parse(PROFILE), 2)
OBJECTS = AttributeReference(15, Obis.parse("0-0:40.0.0"), 2)
SHIFT = MethodReference(8, Obis.parse("0-0:1.0.0"), 6)
CAPTURE = MethodReference(7, Obis.parse(PROFILE), 2)
READOUT = Credentials(Mechanism.LLS, Key(KEYS.password))
MANAGEMENT = Credentials(
    Mechanism.HLS_GMAC,
    family=Family.SERVICE,
    system_title=CLIENT_TITLE,
    encryption_key=Key(KEYS.unicast_encryption),
    authentication_key=Key(KEYS.authentication),
)
LINES = [
    pytest.param(Parameters(), id="128 octets, window 1"),
    pytest.param(Parameters(32, 32, 1, 1), id="32 octets, window 1"),
    pytest.param(Parameters(64, 40, 3, 7), id="64 and 40 octets, windows 3 and 7"),
    pytest.param(LARGEST, id="2030 octets, window 7"),
]


def meter() -> SmallMeter:
    device = SmallMeter()
    device.profile.fill(40)
    return device


def everything(line: HdlcLine, sap: int, credentials: Credentials) -> Iterator[object]:
    """What a session tells: reads, writes and actions, short and in blocks."""
    client = Client(credentials, SeededEntropy(1), max_pdu_size=300)
    yield line.run(client.associate(), sap).max_pdu_size
    yield line.run(client.get(ENERGY), sap)
    yield line.run(client.get(OBJECTS), sap)
    yield line.run(client.get(ROWS), sap)
    if sap == MANAGEMENT_SAP:
        for value in (21, 22, 23):
            yield line.run(client.set(LIMIT, u16.encode(value)), sap)
        yield line.run(client.set(ALIAS, octets.encode(b"somebody")), sap)
        for _ in range(3):
            yield line.run(client.action(SHIFT, i16.encode(60)), sap)
            yield line.run(client.action(CAPTURE, b"\x0f\x00"), sap)
    yield line.run(client.get(LIMIT), sap)
    yield line.run(client.get(ROWS), sap)
    yield line.run(client.release(), sap)


def outcome(line: HdlcLine, sap: int, credentials: Credentials) -> tuple[list[object], object, int]:
    told = list(everything(line, sap, credentials))
    line.finish()
    return told, line.meter.state, line.meter.changes


@pytest.mark.slow
@pytest.mark.parametrize("proposal", LINES)
@pytest.mark.parametrize(("sap", "credentials"), [(READOUT_SAP, READOUT), (MANAGEMENT_SAP, MANAGEMENT)])
@pytest.mark.parametrize("percent", [1, 5, 10, 20])
def test_a_lossy_line_changes_nothing_but_the_time(
    proposal: Parameters, sap: int, credentials: Credentials, percent: int
) -> None:
    expected = outcome(HdlcLine(proposal=proposal, meter=meter()), sap, credentials)
    faults = 0
    for seed in range(4):
        line = HdlcLine(seed, percent / 100, proposal, meter())
        assert outcome(line, sap, credentials) == expected, (seed, percent)
        faults += line.there.faults + line.back.faults
    assert faults > 0


def told(line: HdlcLine, service: str, window: int) -> tuple[object, object]:
    """What one service tells, and what it leaves, with APDUs of 128 octets: in its own blocks, or in general ones."""
    client = Client(gmac(Family.GENERAL), SeededEntropy(1), max_pdu_size=128, window=window, conformance=PROPOSED)
    line.run(client.associate(), MANAGEMENT_SAP)
    client.carrier.room = 128
    result = line.run(SERVICES[service](client), MANAGEMENT_SAP)
    return result, line.meter.state


@pytest.mark.slow
@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    ("window", "percent"), [(window, percent) for window in (0, 5) for percent in (1, 5, 10, 20)][:-1]
)
def test_every_service_over_a_lossy_line(service: str, window: int, percent: int) -> None:
    """With a fifth of all lost, and as much late, general blocks may stand still until the meter gives them up."""
    expected = told(HdlcLine(meter=meter_with_offers()), service, window)
    for seed in range(2):
        proposal = Parameters(100, 100, 1, 1 + seed * 6)
        assert told(HdlcLine(seed, percent / 100, proposal, meter_with_offers()), service, window) == expected, seed


@pytest.mark.parametrize("window", [2, 7])
def test_general_blocks_in_bursts_over_a_line_that_brings_frame_by_frame(window: int) -> None:
    """Who asks for what else there is while it is on its way already must not wait for more."""
    line = HdlcLine(proposal=LARGEST, meter=meter_with_offers())
    told(line, "get a long value", window)
    assert line.now < 1005


def test_a_lossy_line_while_the_meter_is_being_stored() -> None:
    expected = outcome(HdlcLine(meter=meter()), MANAGEMENT_SAP, MANAGEMENT)
    device = meter()
    device.locked = True
    assert outcome(HdlcLine(7, 0.05, LARGEST, device), MANAGEMENT_SAP, MANAGEMENT) == expected


def test_a_line_that_carries_nothing_is_given_up() -> None:
    line = HdlcLine(rate=1.0)
    with pytest.raises(Exception, match="no answer"):
        outcome(line, READOUT_SAP, READOUT)
    assert line.client.closed
