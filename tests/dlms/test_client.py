import contextlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlms.foreign_client import (
    ENERGY,
    HLS,
    LLS,
    LONG,
    METHOD,
    TEXT,
    associated,
    meter_with_values,
    new_client,
)
from dlms.foreign_meter import AUTHENTICATION_KEY, CLIENT_TITLE, KEY, METER_TITLE
from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.dlms.acse import Rlrq
from softmeter.dlms.apdu import encode_apdu
from softmeter.dlms.channel import Credentials, Family
from softmeter.dlms.client import counter_names, first_counter, invocation_counter
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.conversation import drive
from softmeter.dlms.lists import get_many
from softmeter.dlms.messages import (
    ActionOutcome,
    ConfirmedServiceError,
    DataNotification,
    ExceptionResponse,
    GetResponseBlock,
    GetResponseNormal,
    ServiceError,
    SetRequestFirstBlock,
    SetRequestNextBlock,
    SetResponseBlock,
    StateError,
)
from softmeter.dlms.refusals import (
    RefusalError,
    ServiceRefusedError,
)
from softmeter.entropy import SeededEntropy
from softmeter.errors import (
    AccessError,
    DecodeError,
    ProtocolError,
    RemoteProtocolError,
)
from softmeter.obis import Obis
from softmeter.security.ciphering import Protection
from softmeter.wire.types import octets, u8, u32

WAYS = {
    "lowest": Credentials(),
    "LLS": LLS,
    "LLS ciphered": replace(
        LLS, family=Family.SERVICE, system_title=CLIENT_TITLE, encryption_key=KEY, authentication_key=AUTHENTICATION_KEY
    ),
    "HLS plain": replace(HLS, family=Family.PLAIN),
    "HLS glo": HLS,
    "HLS general-glo": replace(HLS, family=Family.GENERAL),
    "HLS authenticated only": replace(HLS, protection=Protection.AUTHENTICATED),
}


@pytest.mark.parametrize("credentials", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("block", [0, 100])
def test_every_way_of_talking(credentials: Credentials, block: int) -> None:
    meter = meter_with_values(block=block)
    if credentials.is_ciphered:
        meter.protection = credentials.protection
    client = associated(meter, credentials)
    assert client.negotiated.conformance == meter.conformance
    assert client.negotiated.max_pdu_size == 500
    assert client.negotiated.server_title == (METER_TITLE if credentials.needs_keys else b"")
    assert drive(client.read(ENERGY, u32), meter.serve) == 1234
    sizes: list[int] = []
    assert drive(client.get(TEXT, progress=sizes.append), meter.serve) == LONG
    assert sizes == ([min(size, len(LONG)) for size in range(100, len(LONG) + 100, 100)] if block else [])
    drive(client.release(), meter.serve)


def test_a_ciphered_association_is_released_with_proof() -> None:
    meter = meter_with_values()
    client = associated(meter)
    drive(client.release(), meter.serve)
    assert isinstance(meter.seen[-1], Rlrq)
    assert (meter.seen[-1].user_information or b"").startswith(b"\x21")
    refused = bytes.fromhex("D80101")
    drive(client.release(), lambda request: refused if len(request) > 5 else meter.serve(request))
    with pytest.raises(RemoteProtocolError):
        drive(client.release(), lambda _: refused)


def test_access_denied_names_the_attribute() -> None:
    meter = meter_with_values()
    client = associated(meter)
    scaler = replace(ENERGY, attribute=3)
    with pytest.raises(AccessError, match=r"attribute 3 of 1-0:1\.8\.0 \(class 3\): read write denied") as refused:
        drive(client.get(scaler), meter.serve)
    assert refused.value.result == DataAccessResult.READ_WRITE_DENIED
    with pytest.raises(AccessError):
        drive(client.set(scaler, b"\x00"), meter.serve)
    with pytest.raises(AccessError, match=r"method 1 of 0-0:44\.0\.0 \(class 18\): object undefined"):
        drive(client.action(METHOD), meter.serve)


@pytest.mark.parametrize("family", [Family.PLAIN, Family.SERVICE, Family.GENERAL])
@pytest.mark.parametrize("size", [10, 470, 500, 2000])
def test_a_long_value_is_set_in_blocks(family: Family, size: int) -> None:
    meter = meter_with_values()
    client = associated(meter, replace(HLS, family=family))
    value = octets.encode(bytes(size))
    longest = 0

    def serve(request: bytes) -> bytes:
        nonlocal longest
        longest = max(longest, len(request))
        return meter.serve(request)

    drive(client.set(TEXT, value), serve)
    assert meter.attributes[1, TEXT.name, 2] == value
    assert longest <= 500
    blocks = [apdu for apdu in meter.seen if isinstance(apdu, SetRequestFirstBlock | SetRequestNextBlock)]
    assert bool(blocks) == (size >= 500 or (size == 470 and family is not Family.PLAIN))


def test_a_long_value_where_blocks_are_not_offered() -> None:
    meter = meter_with_values(conformance=Conformance.GET | Conformance.SET | Conformance.ACTION)
    client = associated(meter)
    with pytest.raises(ServiceRefusedError, match="at most 500 octets"):
        drive(client.set(TEXT, LONG), meter.serve)
    with pytest.raises(ServiceRefusedError, match="a parameter this long"):
        drive(client.action(METHOD, LONG), meter.serve)


@pytest.mark.parametrize("parameter", [None, b"\x0f\x00", LONG])
@pytest.mark.parametrize("block", [0, 100])
def test_methods_with_parameters_and_results_of_any_length(parameter: bytes | None, block: int) -> None:
    meter = meter_with_values(block=block)
    meter.methods[18, METHOD.name, 1] = lambda given: ActionOutcome(ActionResult.SUCCESS, given)
    client = associated(meter)
    assert drive(client.action(METHOD, parameter), meter.serve) == parameter


def test_a_method_that_gives_no_result() -> None:
    meter = meter_with_values()
    meter.methods[18, METHOD.name, 1] = lambda _: ActionOutcome(ActionResult.SUCCESS, DataAccessResult.OTHER_REASON)
    client = associated(meter)
    with pytest.raises(AccessError, match="the result of method 1"):
        drive(client.action(METHOD), meter.serve)


@pytest.mark.parametrize("conformance", [Conformance(0x501E1D), Conformance(0x50101D)])
@pytest.mark.parametrize("block", [0, 100])
def test_many_attributes_at_once(conformance: Conformance, block: int) -> None:
    meter = meter_with_values(conformance=conformance, block=block)
    client = associated(meter)
    references = (ENERGY, replace(ENERGY, attribute=3), TEXT) * 12
    results = drive(get_many(client, references), meter.serve)
    assert results == (u32.encode(1234), DataAccessResult.READ_WRITE_DENIED, LONG) * 12


def test_the_invocation_counter_is_read_first() -> None:
    meter = meter_with_values()
    public = associated(meter, Credentials())
    with pytest.raises(AccessError):
        drive(invocation_counter(public, *counter_names(2)), meter.serve)
    meter.attributes[1, Obis(0, 0, 43, 1, 0), 2] = u32.encode(700)
    assert drive(invocation_counter(public, *counter_names(2)), meter.serve) == 701
    meter.attributes[1, Obis(0, 0, 43, 1, 2), 2] = u32.encode(800)
    assert drive(invocation_counter(public, *counter_names(2)), meter.serve) == 801
    assert counter_names(1) == (Obis(0, 0, 43, 1, 1), Obis(0, 0, 43, 1, 0))


def test_the_first_counter_in_one_conversation() -> None:
    meter = meter_with_values()
    meter.attributes[1, Obis(0, 0, 43, 1, 1), 2] = u32.encode(41)
    assert drive(first_counter(SeededEntropy(1), 1), meter.serve) == 42
    assert isinstance(meter.seen[-1], Rlrq)


def test_a_list_that_is_refused_or_of_another_length() -> None:
    meter = meter_with_values()
    client = associated(meter)
    denied = DataAccessResult.TEMPORARY_FAILURE
    meter.alter = lambda apdu: GetResponseNormal(apdu.invoke_id, denied)
    assert drive(get_many(client, (ENERGY, TEXT)), meter.serve) == (denied, denied)
    meter.alter = lambda apdu: GetResponseNormal(apdu.invoke_id, b"\x00")
    with pytest.raises(RemoteProtocolError, match="0 results for 2"):
        drive(get_many(client, (ENERGY, TEXT)), meter.serve)
    meter.alter = lambda apdu: replace(apdu, results=apdu.results[:1])
    with pytest.raises(RemoteProtocolError, match="1 results for 2"):
        drive(get_many(client, (ENERGY, TEXT)), meter.serve)


def test_notifications_in_between_are_passed_over() -> None:
    meter = meter_with_values()
    client = associated(meter, Credentials())
    waiting: list[bytes] = []

    def serve(request: bytes) -> bytes:
        if request:
            waiting.append(meter.serve(request))
            return encode_apdu(DataNotification(1, b"", b"\x00"))
        return waiting.pop()

    assert drive(client.read(ENERGY, u32), serve) == 1234
    with pytest.raises(RemoteProtocolError):
        drive(client.read(ENERGY, u32), lambda _: encode_apdu(DataNotification(1, b"", b"\x00")))


ODD: list[tuple[Any, str]] = [
    (GetResponseNormal(0xC5, u32.encode(1)), "answer to invocation 5"),
    (SetResponseBlock(0xC1, 1), "SetResponseBlock in answer"),
    (GetResponseBlock(0xC1, False, 2, b"\x00"), "block 2 in place of 1"),
    (GetResponseBlock(0xC1, False, 1, b""), "empty and not the last"),
    (ConfirmedServiceError(5, 0, 0), "service error"),
    (ExceptionResponse(StateError.SERVICE_NOT_ALLOWED, ServiceError.OPERATION_NOT_POSSIBLE, None), "refuses"),
]


@pytest.mark.parametrize(("answer", "said"), ODD)
def test_odd_answers(answer: Any, said: str) -> None:
    meter = meter_with_values()
    client = associated(meter, Credentials())
    meter.alter = lambda _: answer
    with pytest.raises((RemoteProtocolError, RefusalError), match=said):
        drive(client.get(ENERGY), meter.serve)


def test_a_value_of_another_type() -> None:
    meter = meter_with_values()
    client = associated(meter)
    with pytest.raises(DecodeError):
        drive(client.read(ENERGY, u8), meter.serve)


@given(
    st.binary(max_size=40),
    st.sampled_from([b"", b"\xc4\x01\xc3\x00", b"\xc4\x02\xc3", b"\xc4\x03", b"\xcc", b"\xdb", b"\xd8"]),
)
@settings(max_examples=60)
def test_any_answer_is_harmless(tail: bytes, head: bytes) -> None:
    for credentials in (Credentials(), HLS):
        meter = meter_with_values()
        client = associated(meter, credentials)
        for conversation in (client.get(ENERGY), client.set(ENERGY, b"\x00"), client.action(METHOD), client.release()):
            with contextlib.suppress(ProtocolError, AccessError):
                drive(conversation, lambda _: head + tail)
    with contextlib.suppress(ProtocolError):
        drive(new_client().associate(), lambda _: b"\x61" + bytes((len(tail),)) + tail)
