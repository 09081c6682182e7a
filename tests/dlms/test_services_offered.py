"""Services that not every association has: ACTION in blocks, ACCESS, attribute 0, priorities; and every size of all."""

from dataclasses import replace
from typing import Any

import pytest

from dlms.device import MANAGEMENT_SAP, PUBLIC_SAP, READOUT_SAP, SmallMeter
from dlms.link import Link, initiate
from dlms.test_lossy import ECHO, LONG, SERVICES, SHIFT, WAYS, meter_with_offers
from dlms.test_server_and_client import ALIAS, ENERGY, LIMIT, READOUT, gmac
from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.dlms.access import Done, access, calling, reading, tell_access, writing
from softmeter.dlms.association import MAX_PDU
from softmeter.dlms.channel import Credentials, Family
from softmeter.dlms.client import PROPOSED, Client
from softmeter.dlms.conformance import Conformance as Bit
from softmeter.dlms.conversation import drive
from softmeter.dlms.dialect import Dialect
from softmeter.dlms.lists import Call, Write, call_many, get_many, set_many
from softmeter.dlms.messages import AttributeReference, Selection, Target
from softmeter.dlms.refusals import ServiceRefusedError
from softmeter.dlms.unconfirmed import tell_action, tell_set
from softmeter.entropy import SeededEntropy
from softmeter.obis import Obis
from softmeter.wire.types import i16, octets, u16, u32

EVERYTHING = Bit(0xFFFFFF)
WITHOUT_GBT = PROPOSED & ~Bit.GENERAL_BLOCK_TRANSFER
OTHERS = AttributeReference(3, Obis(1, 0, 9, 9, 9), 2)
ENTRIES = Selection(2, bytes.fromhex("0204 0600000002 0600000002 120003 120003"))
PROFILE = AttributeReference(7, Obis(1, 0, 99, 1, 0), 2)
OTHER_REASON = DataAccessResult.OTHER_REASON


def opened(
    way: str, conformance: Bit = PROPOSED, size: int = 0xFFFF, room: int | None = None
) -> tuple[Client, Link, SmallMeter]:
    sap, credentials = WAYS[way]
    meter = meter_with_offers()
    link = Link(meter, sap)
    client = Client(credentials, SeededEntropy(1), conformance=conformance, max_pdu_size=size)
    drive(client.associate(), link.ask)
    client.carrier.room = room or client.carrier.room
    return client, link, meter


@pytest.mark.parametrize("conformance", [WITHOUT_GBT, PROPOSED], ids=["service blocks", "general blocks too"])
@pytest.mark.parametrize("size", [64, 100, 300, 0xFFFF])
@pytest.mark.parametrize("service", [one for one in SERVICES if "access" not in one])
@pytest.mark.parametrize("way", WAYS)
def test_every_service_at_every_size(way: str, service: str, size: int, conformance: Bit) -> None:
    expected = opened(way)
    wanted = drive(SERVICES[service](expected[0]), expected[1].ask)
    client, link, meter = opened(way, conformance, size, min(size, MAX_PDU))
    assert drive(SERVICES[service](client), link.ask) == wanted
    assert meter.state == expected[2].state


@pytest.mark.parametrize("way", WAYS)
def test_lists_of_methods_with_long_parameters_and_results(way: str) -> None:
    client, link, meter = opened(way, WITHOUT_GBT, 200, 200)
    before = meter.clock.second
    told: list[int] = []
    calls = [Call(ECHO, LONG), Call(SHIFT, i16.encode(4)), Call(ECHO, octets.encode(b"x")), Call(SHIFT)]
    outcomes = drive(call_many(client, calls, told.append), link.ask)
    assert [one.result for one in outcomes] == [0, 0, 0, ActionResult.TYPE_UNMATCHED]
    assert [one.data for one in outcomes] == [LONG, None, octets.encode(b"x"), None]
    assert meter.clock.second == before + 4
    assert told == sorted(told)
    assert len(told) > 5


@pytest.mark.parametrize("way", WAYS)
def test_lists_of_long_values(way: str) -> None:
    client, link, meter = opened(way, WITHOUT_GBT, 200, 64)
    writes = [Write(ALIAS, octets.encode(bytes(range(40)))), Write(ENERGY, u32.encode(1)), Write(LIMIT, u16.encode(7))]
    told: list[int] = []
    results = drive(set_many(client, writes, told.append), link.ask)
    assert results == (0, DataAccessResult.READ_WRITE_DENIED, 0)
    assert meter.limit == 7
    assert len(told) > 1


def test_without_lists_one_comes_after_the_other() -> None:
    client, link, _ = opened("plain", PROPOSED & ~Bit.MULTIPLE_REFERENCES)
    writes = [Write(LIMIT, u16.encode(7)), Write(ENERGY, u32.encode(1))]
    assert drive(set_many(client, writes), link.ask) == (0, 3)
    outcomes = drive(call_many(client, [Call(SHIFT, i16.encode(1)), Call(SHIFT, b"\x00")]), link.ask)
    assert [one.result for one in outcomes] == [0, ActionResult.TYPE_UNMATCHED]
    assert drive(get_many(client, [LIMIT, OTHERS]), link.ask) == (u16.encode(7), 4)
    assert drive(get_many(client, [Target(PROFILE, ENTRIES), LIMIT]), link.ask)[0] == bytes.fromhex(
        "0101020106000003E9"
    )


ACTION_ECHO = "2328 0000800000FF 01"


@pytest.mark.parametrize(
    ("requests", "answer"),
    [
        (["C306C1 01 00000001 00"], "C701C11000"),  # no transfer
        (["C302C1 00000001"], "C701C11000"),
        ([f"C304C1 {ACTION_ECHO} 00 00000002 00"], "C701C10F00"),  # begins with 2
        ([f"C304C1 {ACTION_ECHO} 00 00000001 00", "C306C1 01 00000003 00"], "C701C10F00"),
        ([f"C304C1 {ACTION_ECHO} 00 00000001 00", f"C301C1 {ACTION_ECHO} 01 0900", "C306C1 01 00000002 00"],
         "C701C11000"),
        ([f"C304C1 {ACTION_ECHO} 00 00000001 01 09", "C306C1 01 00000002 01 05"], "D80103"),  # cut data
        ([f"C305C1 01 {ACTION_ECHO} 01 00000001 02 0000"], "D80103"),  # not one parameter
        ([f"C304C1 {ACTION_ECHO} 00 00000001 02 0902", "C306C1 01 00000002 02 4142"], "C701C100010009024142"),
        ([f"C305C1 01 {ACTION_ECHO} 01 00000001 05 0109024142"], "C703C101000100 09024142"),
    ],
)  # fmt: skip
def test_blocks_of_action(requests: list[str], answer: str) -> None:
    link = Link(meter_with_offers())
    link.open_readout(initiate("FFFFFF"))
    for request in requests[:-1]:
        link.get(request)
    assert link.get(requests[-1]) == answer.replace(" ", "")


@pytest.mark.parametrize(("with_result", "before"), [(False, ""), (True, "000100")])
def test_blocks_carry_what_a_method_returned_alone_or_with_its_result(*, with_result: bool, before: str) -> None:
    meter = meter_with_offers()
    dialect = Dialect(action_blocks_with_result=with_result)
    meter.clients[READOUT_SAP] = replace(meter.clients[READOUT_SAP], dialect=dialect)
    link = Link(meter)
    link.open_readout(initiate("DFFFFF", "0040"))  # without general blocks
    value = "0981A0" + "AA" * 160
    answer, raw, number = link.get(f"C301C1 {ACTION_ECHO} 01 {value}"), "", 0
    while answer[6:8] == "00":
        number += 1
        assert answer[8:16] == f"{number:08X}"
        raw += answer[18:]
        answer = link.get(f"C302C1 {number:08X}")
    assert raw + answer[18:] == before + value


def test_a_long_result_asked_for_wrongly_is_over() -> None:
    link = Link(meter_with_offers())
    link.open_readout(initiate("DFFFFF", "0040"))  # without general blocks
    long = f"C301C1 {ACTION_ECHO} 01 09 81A0" + "AA" * 160
    first = link.get(long)
    assert first.startswith("C702C10000000001")
    assert link.get("C302C1 00000001").startswith("C702C10000000002")
    assert link.get("C302C1 00000001") == "C701C10F00"
    assert link.get("C302C1 00000002") == "C701C11000"


# -- ACCESS


def test_access_does_all_five() -> None:
    client, link, meter = opened("general-glo")
    before = meter.clock.second
    done = drive(
        access(
            client,
            [
                reading(ENERGY),
                writing(LIMIT, u16.encode(21)),
                reading(LIMIT),
                calling(SHIFT, i16.encode(9)),
                calling(ECHO, octets.encode(b"hi")),
                reading(PROFILE, ENTRIES),
                writing(PROFILE, b"\x00", ENTRIES),
                reading(OTHERS),
            ],
        ),
        link.ask,
    )
    assert [one.result for one in done] == [0, 0, 0, 0, 0, 0, DataAccessResult.READ_WRITE_DENIED, 4]
    assert (done[0].data, done[2].data) == (u32.encode(123_456), u16.encode(21))
    assert (done[4].data, done[5].data) == (octets.encode(b"hi"), bytes.fromhex("0101020106000003E9"))
    assert {done[at].data for at in (1, 3, 6, 7)} == {b"\x00"}
    assert meter.clock.second == before + 9


@pytest.mark.parametrize("way", WAYS)
def test_access_ends_at_the_first_error_where_asked(way: str) -> None:
    client, link, meter = opened(way)
    wanted = [reading(OTHERS), writing(LIMIT, u16.encode(5)), calling(SHIFT, i16.encode(1)), reading(ENERGY)]
    before = meter.state
    done = drive(access(client, wanted, break_on_error=True), link.ask)
    assert done == (
        Done(DataAccessResult.OBJECT_UNDEFINED, b"\x00"),
        Done(OTHER_REASON, b"\x00"),
        Done(ActionResult.OTHER_REASON, b"\x00"),
        Done(OTHER_REASON, b"\x00"),
    )
    assert meter.state == before
    done = drive(access(client, wanted), link.ask)
    assert [one.result for one in done] == [4, 0, 0, 0]


def test_access_that_is_not_offered_or_too_long() -> None:
    client, link, _ = opened("plain", PROPOSED & ~Bit.ACCESS)
    with pytest.raises(ServiceRefusedError, match="service not supported"):
        drive(access(client, [reading(ENERGY)]), link.ask)
    client, link, _ = opened("plain", WITHOUT_GBT, 64)
    with pytest.raises(ServiceRefusedError, match="pdu too long"):
        drive(access(client, [reading(PROFILE)]), link.ask)
    client, link, _ = opened("plain", PROPOSED, 64)
    assert len(drive(access(client, [reading(PROFILE)]), link.ask)[0].data) > 1000


def test_access_of_the_public_client_is_as_the_manual_has_it() -> None:
    link = Link()
    assert link.open_public(initiate("201051")) is not None
    clock = "01 0008 0000010000FF 02"
    answer = link.get(f"D9 40000001 00 03 {clock} 01 0003 0100010800FF 02 02 0008 0000010000FF 03 03 00 00 100000")
    assert answer == "DA40000001000003090C07E50701040A041600FF88800000030100010402 03".replace(" ", "")
    selected = "04 0008 0000010000FF 02 01 00"
    assert link.get(f"D9 40000002 00 01 {selected} 01 00") == "DA4000000200000100010 10D".replace(" ", "")
    assert link.get(f"D9 40000002 00 02 {clock} {clock} 01 00") == "D80103"  # one value too few
    assert link.get(f"D9 40000002 00 01 06{clock[2:]} 01 00") == "D80103"
    assert link.get("D9 40000002 00 00 00") == "DA40000002000000 00".replace(" ", "")


# -- attribute 0


def test_all_attributes_at_once() -> None:
    link = Link(meter_with_offers())
    link.open_readout(initiate("FFFFFF"))
    register = "0003 01001F0400FF"
    assert link.get(f"C001C1 {register} 00 00") == "C401C100 0203 090601001F0400FF 120041 02020F001621".replace(" ", "")
    assert link.get("C001C1 0003 0100090900FF 00 00") == "C401C10104"
    assert link.get("C001C1 0001 01001F0400FF 00 00") == "C401C10109"
    assert link.get(f"C001C1 {register} 00 0101 00") == "C401C1010D"
    assert link.get("C001C1 000F 0000280000FF 00 00").endswith("001602090600002B0002FF")  # no secret
    assert link.get(f"C101C1 {register} 00 00 0203 00 120009 00") == "C501C100"
    assert link.meter.limit == 9
    assert link.get(f"C101C1 {register} 00 00 0203 00 120008 02020F001621") == "C501C103"  # attribute 3 is fixed
    assert link.get(f"C101C1 {register} 00 00 0202 00 120008") == "C501C10C"
    assert link.get(f"C101C1 {register} 00 00 120008") == "C501C10C"
    assert link.get(f"C101C1 {register} 00 00 0203 00 12FFFF 00") == "C501C1FA"
    assert link.get("C101C1 0003 0100090900FF 00 00 0200") == "C501C104"
    assert link.meter.limit == 9


def test_attribute_0_is_not_there_unless_offered() -> None:
    link = Link(meter_with_offers())
    link.open_readout(initiate("005E5F"))
    assert link.get("C001C1 0003 01001F0400FF 00 00") == "C401C10104"
    assert link.get("C101C1 0003 01001F0400FF 00 00 0203 00 120009 00") == "C501C104"


# -- unconfirmed, priorities


@pytest.mark.parametrize("way", WAYS)
def test_what_is_told_is_done_in_silence(way: str) -> None:
    client, link, meter = opened(way)
    before = meter.clock.second
    for conversation in (
        tell_set(client, LIMIT, u16.encode(44)),
        tell_action(client, SHIFT, i16.encode(6)),
        tell_access(client, [calling(SHIFT, i16.encode(2)), reading(ENERGY)]),
        tell_set(client, OTHERS, u16.encode(44)),
        tell_set(client, ALIAS, octets.encode(bytes(2000))),  # in blocks, and refused in silence
    ):
        assert drive(conversation, link.ask) is None
    assert (meter.limit, meter.clock.second) == (44, before + 8)
    assert drive(client.read(LIMIT, u16), link.ask) == 44


@pytest.mark.parametrize("request_", ["C00181 0008 0000010000FF 02 00", "C10181 00", "C10981", "D9 00000001 FF"])
def test_unconfirmed_requests_are_never_answered(request_: str) -> None:
    link = Link(meter_with_offers())
    link.open_readout(initiate("FFFFFF"))
    assert link.get(request_) == ""


def blocks_go_on(conformance: str, urgent: str) -> bool:
    link = Link(meter_with_offers())
    link.open_readout(initiate(conformance, "0040"))
    assert link.get("C00141 000F 0000280000FF 02 00").startswith("C4024100")
    link.get(urgent)
    return link.get("C00241 00000001").startswith("C402410000000002")


def test_an_urgent_read_does_not_end_a_long_one() -> None:
    assert blocks_go_on("FFFFFF", "C001C2 0008 0000010000FF 02 00")
    assert blocks_go_on("FFFFFF", "C003C2 01 0008 0000010000FF 02 00")
    assert not blocks_go_on("FFFFFF", "C00142 0008 0000010000FF 02 00")
    assert not blocks_go_on("FFBFFF", "C001C2 0008 0000010000FF 02 00")


@pytest.mark.parametrize(("sap", "credentials"), [(PUBLIC_SAP, Credentials()), (READOUT_SAP, READOUT),
                                                  (MANAGEMENT_SAP, gmac(Family.GENERAL))])  # fmt: skip
def test_no_more_than_the_manual_offers(sap: int, credentials: Credentials) -> None:
    link: Any = Link(SmallMeter(), sap)
    client = Client(credentials, SeededEntropy(1), conformance=EVERYTHING)
    offered = {PUBLIC_SAP: 0x201051, READOUT_SAP: 0x601ADD, MANAGEMENT_SAP: 0x601A5D}[sap]
    assert drive(client.associate(), link.ask).conformance.value == offered
