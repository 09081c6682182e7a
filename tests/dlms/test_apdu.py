from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.dlms.access_messages import (
    AccessAction,
    AccessGet,
    AccessGetSelected,
    AccessRequest,
    AccessResponse,
    AccessSet,
    AccessSetSelected,
    ActionAccessed,
    GetAccessed,
    SetAccessed,
)
from softmeter.dlms.apdu import (
    DEDICATED,
    FORMS,
    GLOBAL,
    PLAIN,
    Ciphered,
    UnknownServiceError,
    decode_apdu,
    encode_apdu,
)
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.messages import (
    ActionOutcome,
    ActionRequestBlock,
    ActionRequestFirstBlock,
    ActionRequestNext,
    ActionRequestNormal,
    ActionRequestWithList,
    ActionRequestWithListFirstBlock,
    ActionResponseBlock,
    ActionResponseNext,
    ActionResponseNormal,
    ActionResponseWithList,
    AttributeReference,
    ConfirmedServiceError,
    DataBlock,
    DataNotification,
    ExceptionResponse,
    GeneralBlock,
    GeneralDedicated,
    GeneralGlobal,
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseBlock,
    GetResponseNormal,
    GetResponseWithList,
    InitiateRequest,
    InitiateResponse,
    MethodReference,
    Selection,
    ServiceError,
    SetRequestFirstBlock,
    SetRequestNextBlock,
    SetRequestNormal,
    SetRequestWithList,
    SetRequestWithListFirstBlock,
    SetResponseBlock,
    SetResponseLastBlock,
    SetResponseLastBlockWithList,
    SetResponseNormal,
    SetResponseWithList,
    StateError,
    Target,
)
from softmeter.dlms.unsolicited import DataNotificationConfirm, EventNotification
from softmeter.errors import DecodeError, LocalProtocolError
from softmeter.obis import Obis
from vectors.table import harmless, refuses_damage, vector

CLOCK = AttributeReference(8, Obis(0, 0, 1, 0, 0), 2)
PROFILE = AttributeReference(7, Obis(1, 0, 99, 1, 0), 2)
TRANSFER = MethodReference(18, Obis(0, 0, 44, 0, 0), 3)
TITLE = bytes.fromhex("4D4D4D0000BC614E")
ENTRIES = Selection(2, bytes.fromhex("02040600000001060000000A120001120000"))
BLOCK = DataBlock(True, 2, b"\x11\x05")
TIME = bytes.fromhex("07E50701040A0416FFFF8880")

VECTORS: list[tuple[Any, str]] = [
    (GetRequestNormal(0xC1, Target(CLOCK, None)), "xdlms.get-normal clock time"),
    (GetResponseNormal(0xC1, bytes.fromhex("090C07E50701040A0416FFFF8880")), "xdlms.get-resp clock"),
    (GetRequestNormal(0xC1, Target(PROFILE, ENTRIES)), "xdlms.get profile buffer by entry (1..10, all columns)"),
    (
        ExceptionResponse(StateError.SERVICE_NOT_ALLOWED, ServiceError.DECIPHERING_ERROR, None),
        "xdlms.exception-response deciphering",
    ),
    (
        ExceptionResponse(StateError.SERVICE_NOT_ALLOWED, ServiceError.INVOCATION_COUNTER_ERROR, 0x1234),
        "xdlms.exception-response IC error (expected 0x1234)",
    ),
    (ConfirmedServiceError(1, 6, 2), "xdlms.confirmedServiceError initiate/incompatible-conformance"),
    (
        InitiateRequest(
            bytes.fromhex("00112233445566778899AABBCCDDEEFF"), True, None, 6, Conformance(0x007E1F), 0x04B0
        ),
        "acse.initiateRequest.plain.with_dedicated_key",
    ),
    (
        GeneralGlobal(TITLE, bytes.fromhex("3001234567411312FF935A47566827C467BC7D825C3BE4A77C3FCC056B6B")),
        "sec.general-glo-ciphering(GET clock)",
    ),
    (
        GeneralDedicated(TITLE, bytes.fromhex("3001234567411312FF935A47566827C467BC7D825C3BE4A77C3FCC056B6B")),
        "sec.general-ded-ciphering(GET clock) form",
    ),
    (
        Ciphered(0xC8, bytes.fromhex("2001234567411312FF935A47566827C467BC")),
        "sec.glo-get.enc_only",
    ),
    (
        ActionRequestNormal(
            0xC1,
            MethodReference(15, Obis(0, 0, 40, 0, 0), 1),
            bytes.fromhex("091110000000011A52FE7DD3E72748973C1E28"),
        ),
        "hls5.pass3.action-request",
    ),
    (
        ActionResponseNormal(0xC1, ActionResult.SUCCESS, bytes.fromhex("09111001234567FE1466AFB3DBCD4F9389E2B7")),
        "hls5.pass4.action-response",
    ),
    (ActionRequestNormal(0xC1, TRANSFER, b"\x0f\x00"), "image.verify ACTION"),
    (GeneralBlock(0x43, 1, 0, bytes.fromhex("AABBCC")), "xdlms.gbt.first (streaming, win 3, block 1)"),
    (GeneralBlock(0x83, 1, 3, b""), "xdlms.gbt.ack (no data, confirms block 3)"),
    (AccessRequest(0xC0000001, b"", (AccessGet(CLOCK),), (b"\x00",)), "xdlms.access-request get clock"),
    (
        AccessResponse(
            0xC0000001,
            b"",
            None,
            (bytes.fromhex("090C07E50701040A0416FFFF8880"),),
            (GetAccessed(DataAccessResult.SUCCESS),),
        ),
        "xdlms.access-response get clock",
    ),
]

_TARGET, _METHOD = "00080000010000FF02", "001200002C0000FF03"
ROWS: list[tuple[Any, str]] = [
    (GetRequestNext(0xC1, 1), "C002C100000001"),
    (GetRequestWithList(0xC1, (Target(CLOCK, None), Target(CLOCK, None))), f"C003C102{_TARGET}00{_TARGET}00"),
    (GetResponseNormal(0xC1, DataAccessResult.READ_WRITE_DENIED), "C401C10103"),
    (GetResponseBlock(0xC1, False, 1, b"\x01\x02"), "C402C10000000001000201 02"),
    (GetResponseBlock(0xC1, True, 2, DataAccessResult.DATA_BLOCK_NUMBER_INVALID), "C402C101000000020113"),
    (GetResponseWithList(0xC1, (b"\x11\x05", DataAccessResult.OBJECT_UNDEFINED)), "C403C10200110501 04"),
    (SetRequestNormal(0xC1, Target(CLOCK, None), b"\x11\x05"), f"C101C1{_TARGET}001105"),
    (SetRequestFirstBlock(0xC1, Target(CLOCK, None), BLOCK), f"C102C1{_TARGET}000100000002021105"),
    (SetRequestNextBlock(0xC1, BLOCK), "C103C10100000002021105"),
    (SetRequestWithList(0xC1, (Target(CLOCK, None),), (b"\x11\x05",)), f"C104C101{_TARGET}00011105"),
    (SetRequestWithListFirstBlock(0xC1, (Target(CLOCK, None),), BLOCK), f"C105C101{_TARGET}000100000002021105"),
    (SetResponseNormal(0xC1, DataAccessResult.SUCCESS), "C501C100"),
    (SetResponseBlock(0xC1, 1), "C502C100000001"),
    (SetResponseLastBlock(0xC1, DataAccessResult.TYPE_UNMATCHED, 2), "C503C10C00000002"),
    (SetResponseLastBlockWithList(0xC1, (DataAccessResult.SUCCESS,), 2), "C504C1010000000002"),
    (SetResponseWithList(0xC1, (DataAccessResult.SUCCESS, DataAccessResult.OTHER_REASON)), "C505C10200FA"),
    (ActionRequestNormal(0xC1, TRANSFER, None), f"C301C1{_METHOD}00"),
    (ActionRequestNext(0xC1, 1), "C302C100000001"),
    (ActionRequestWithList(0xC1, (TRANSFER,), (b"\x00",)), f"C303C101{_METHOD}0100"),
    (ActionRequestFirstBlock(0xC1, TRANSFER, BLOCK), f"C304C1{_METHOD}0100000002021105"),
    (ActionRequestWithListFirstBlock(0xC1, (TRANSFER,), BLOCK), f"C305C101{_METHOD}0100000002021105"),
    (ActionRequestBlock(0xC1, BLOCK), "C306C10100000002021105"),
    (ActionResponseNormal(0xC1, ActionResult.OTHER_REASON, None), "C701C1FA00"),
    (ActionResponseNormal(0xC1, ActionResult.SUCCESS, DataAccessResult.OTHER_REASON), "C701C1000101FA"),
    (ActionResponseBlock(0xC1, BLOCK), "C702C10100000002021105"),
    (
        ActionResponseWithList(
            0xC1, (ActionOutcome(ActionResult.SUCCESS, b"\x11\x05"), ActionOutcome(ActionResult.OTHER_REASON, None))
        ),
        "C703C102000100 1105FA00",
    ),
    (ActionResponseNext(0xC1, 1), "C704C100000001"),
    (InitiateRequest(None, False, 5, 6, Conformance(0), 0), "010001000105065F1F04000000000000"),
    (InitiateResponse(None, 6, Conformance(0x501F), 500, 7), "0800065F1F040000501F01F40007"),
    (DataNotification(1, b"", b"\x11\x05"), "0F00000001001105"),
    (DataNotification(0x40000001, TIME, b"\x11\x05"), f"0F400000010C{TIME.hex()}1105"),
    (DataNotificationConfirm(0x40000001, b""), "104000000100"),
    (EventNotification(None, CLOCK, b"\x11\x05"), f"C200{_TARGET}1105"),
    (EventNotification(TIME, CLOCK, b"\x11\x05"), f"C2010C{TIME.hex()}{_TARGET}1105"),
    (
        AccessRequest(
            0x20000002,
            TIME,
            (
                AccessSet(CLOCK),
                AccessAction(TRANSFER),
                AccessGetSelected(CLOCK, Selection(1, b"\x00")),
                AccessSetSelected(CLOCK, Selection(2, b"\x00")),
            ),
            (b"\x11\x05", b"\x0f\x00", b"\x00", b"\x00"),
        ),
        f"D9200000020C{TIME.hex()}04 02{_TARGET} 03{_METHOD} 04{_TARGET}0100 05{_TARGET}0200 04 1105 0F00 00 00",
    ),
    (
        AccessResponse(
            2,
            TIME,
            (AccessSet(CLOCK), AccessAction(TRANSFER)),
            (b"\x00", b"\x11\x05"),
            (SetAccessed(DataAccessResult.OTHER_REASON), ActionAccessed(ActionResult.SUCCESS)),
        ),
        f"DA000000020C{TIME.hex()}01 02 02{_TARGET} 03{_METHOD} 02 00 1105 02 02FA 0300",
    ),
]


@pytest.mark.parametrize(("apdu", "name"), VECTORS)
def test_stored_vectors_both_ways(apdu: Any, name: str) -> None:
    assert encode_apdu(apdu) == vector(name)
    assert decode_apdu(vector(name)) == apdu


@pytest.mark.parametrize(("apdu", "octets"), ROWS)
def test_every_form_both_ways(apdu: Any, octets: str) -> None:
    raw = bytes.fromhex(octets)
    assert encode_apdu(apdu) == raw
    assert decode_apdu(raw) == apdu


KEPT = (
    GetResponseNormal,
    SetRequestNormal,
    ActionRequestNormal,
    ActionResponseNormal,
    DataNotification,
    EventNotification,
    ExceptionResponse,
)
ALL = [*VECTORS, *ROWS]


@pytest.mark.parametrize("apdu", [row[0] for row in ALL])
def test_damage_is_refused(apdu: Any) -> None:
    refuses_damage(decode_apdu, encode_apdu(apdu), open_end=isinstance(apdu, KEPT))


def test_every_declared_apdu_is_in_the_rows() -> None:
    assert {type(apdu) for apdu, _ in ALL} == {*FORMS, Ciphered}


def test_what_ends_an_apdu_is_kept_and_damage_before_it_refused() -> None:
    octets = vector("xdlms.get-resp clock")
    assert decode_apdu(octets + b"\x00").result == octets[4:] + b"\x00"
    for cut in range(4):
        with pytest.raises(DecodeError):
            decode_apdu(octets[:cut])


@pytest.mark.parametrize("octets", ["", "C6", "DE01", "60", "FF"])
def test_unknown_services(octets: str) -> None:
    with pytest.raises(UnknownServiceError):
        decode_apdu(bytes.fromhex(octets))


@pytest.mark.parametrize(
    "octets", ["C0", "C004C1", "C4FF", "C700", "C401C10105", "C801", "D80300", "0101", "D9C0000001", "E0"]
)
def test_known_services_with_damage(octets: str) -> None:
    with pytest.raises(DecodeError) as refused:
        decode_apdu(bytes.fromhex(octets))
    assert not isinstance(refused.value, UnknownServiceError)


def test_tags_of_ciphered_services() -> None:
    assert GLOBAL == {
        0x01: 0x21, 0x08: 0x28, 0x0E: 0x2E,
        0xC0: 0xC8, 0xC1: 0xC9, 0xC2: 0xCA, 0xC3: 0xCB, 0xC4: 0xCC, 0xC5: 0xCD, 0xC7: 0xCF,
    }  # fmt: skip
    assert DEDICATED == {
        0x01: 0x41, 0x08: 0x48, 0x0E: 0x4E,
        0xC0: 0xD0, 0xC1: 0xD1, 0xC2: 0xD2, 0xC3: 0xD3, 0xC4: 0xD4, 0xC5: 0xD5, 0xC7: 0xD7,
    }  # fmt: skip
    assert all(PLAIN[ciphered] == plain for plain, ciphered in GLOBAL.items())


def test_what_is_no_apdu() -> None:
    with pytest.raises(LocalProtocolError, match="Target is no APDU"):
        encode_apdu(Target(CLOCK, None))
    with pytest.raises(LocalProtocolError):
        encode_apdu(GetRequestNext(0xC1, -1))


def test_keys_do_not_show() -> None:
    request = decode_apdu(vector("acse.initiateRequest.plain.with_dedicated_key"))
    assert "dedicated_key" not in repr(request)


@given(st.binary(max_size=60), st.sampled_from(sorted({*FORMS.values(), b"\xc8", b"\xdb"})))
@settings(max_examples=100)
def test_any_octets_are_harmless(octets: bytes, form: bytes) -> None:
    harmless(decode_apdu, octets)
    harmless(decode_apdu, form + octets)
