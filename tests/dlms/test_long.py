from collections.abc import Callable
from typing import Any, Final

import pytest

from dlms.foreign_meter import AUTHENTICATION_KEY, CLIENT_TITLE, KEY, ForeignMeter
from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.dlms import long
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.apdu import decode_apdu, encode_apdu
from softmeter.dlms.channel import Credentials, Family
from softmeter.dlms.client import Client
from softmeter.dlms.conversation import Conversation, drive
from softmeter.dlms.messages import (
    ActionOutcome,
    ActionRequestFirstBlock,
    ActionResponseBlock,
    ActionResponseNext,
    ActionResponseNormal,
    AttributeReference,
    ConfirmedServiceError,
    DataBlock,
    GetResponseBlock,
    GetResponseNormal,
    MethodReference,
    SetResponseBlock,
    SetResponseLastBlock,
)
from softmeter.dlms.refusals import ServiceRefusedError
from softmeter.entropy import SeededEntropy
from softmeter.errors import AccessError, RemoteProtocolError
from softmeter.obis import Obis
from softmeter.wire.types import octets, struct

TEXT = AttributeReference(1, Obis(0, 0, 96, 13, 0), 2)
METHOD = MethodReference(18, Obis(0, 0, 44, 0, 0), 1)
VALUE = octets.encode(bytes(1000))
ID = 0xC1


def _ask(conversation: Callable[[Client], Conversation[Any]], *answers: Any) -> Any:
    """Run a conversation of an associated client against answers written down."""
    meter = ForeignMeter()
    client = Client(Credentials(), SeededEntropy(1))
    drive(client.associate(), meter.serve)
    waiting = [encode_apdu(answer) for answer in answers]
    return drive(conversation(client), lambda _: waiting.pop(0) if waiting else None)


def _block(number: int, *, last: bool = False, raw: bytes = b"\x00") -> GetResponseBlock:
    return GetResponseBlock(ID, last, number, raw)


def test_a_value_in_blocks() -> None:
    assert _ask(lambda client: client.get(TEXT), _block(1), _block(2, last=True, raw=b"")) == b"\x00"


REFUSED_VALUES: list[tuple[tuple[Any, ...], str]] = [
    ((_block(1), _block(1)), "block 1 in place of 2"),
    ((_block(1), _block(3)), "block 3 in place of 2"),
    ((_block(1), GetResponseNormal(ID, b"\x00")), "a whole value in the middle"),
    ((_block(1), SetResponseBlock(ID, 1)), "SetResponseBlock in answer to GetRequestNext"),
    ((_block(1),), "no answer"),
]


@pytest.mark.parametrize(("answers", "said"), REFUSED_VALUES)
def test_blocks_out_of_order(answers: tuple[Any, ...], said: str) -> None:
    with pytest.raises(RemoteProtocolError, match=said):
        _ask(lambda client: client.get(TEXT), *answers)


@pytest.mark.parametrize(
    "ending",
    [
        GetResponseBlock(ID, True, 2, DataAccessResult.LONG_GET_ABORTED),
        GetResponseNormal(ID, DataAccessResult.LONG_GET_ABORTED),
    ],
)
def test_a_value_that_is_broken_off(ending: Any) -> None:
    with pytest.raises(AccessError, match="long get aborted"):
        _ask(lambda client: client.get(TEXT), _block(1), ending)


def test_a_value_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long, "LONGEST", 3)
    with pytest.raises(RemoteProtocolError, match="more than 3 octets"):
        _ask(lambda client: client.get(TEXT), _block(1, raw=b"\x00\x00"), _block(2, raw=b"\x00\x00"))


REFUSED_SETS: list[tuple[tuple[Any, ...], str]] = [
    ((SetResponseBlock(ID, 2),), "block 2 acknowledged, sent was 1"),
    ((SetResponseLastBlock(ID, DataAccessResult.SUCCESS, 1),), "success after block 1 of 3"),
    (tuple(SetResponseBlock(ID, number) for number in (1, 2, 3)), "acknowledged without a result"),
]


@pytest.mark.parametrize(("answers", "said"), REFUSED_SETS)
def test_a_set_that_goes_wrong(answers: tuple[Any, ...], said: str) -> None:
    with pytest.raises(RemoteProtocolError, match=said):
        _ask(lambda client: client.set(TEXT, VALUE), *answers)


def test_a_set_that_is_broken_off() -> None:
    with pytest.raises(AccessError, match="long set aborted"):
        _ask(
            lambda client: client.set(TEXT, VALUE),
            SetResponseBlock(ID, 1),
            SetResponseLastBlock(ID, DataAccessResult.LONG_SET_ABORTED, 2),
        )


REFUSED_ACTIONS: list[tuple[tuple[Any, ...], str]] = [
    ((ActionResponseNext(ID, 2),), "block 2 acknowledged, sent was 1"),
    (tuple(ActionResponseNext(ID, number) for number in (1, 2, 3)), "acknowledged without a result"),
]


@pytest.mark.parametrize(("answers", "said"), REFUSED_ACTIONS)
def test_an_action_that_goes_wrong(answers: tuple[Any, ...], said: str) -> None:
    with pytest.raises(RemoteProtocolError, match=said):
        _ask(lambda client: client.action(METHOD, VALUE), *answers)


def test_an_action_that_is_broken_off() -> None:
    with pytest.raises(AccessError, match="long action aborted"):
        _ask(
            lambda client: client.action(METHOD, VALUE),
            ActionResponseNormal(ID, ActionResult.LONG_ACTION_ABORTED, None),
        )


WITH_RESULT: Final = struct(ActionOutcome).encode_bare(ActionOutcome(ActionResult.SUCCESS, VALUE))


@pytest.mark.parametrize("raw", [VALUE, b"\x00" + VALUE, WITH_RESULT], ids=["data alone", "with choice", "with result"])
def test_a_long_outcome_in_each_form_that_servers_send(raw: bytes) -> None:
    first, second = DataBlock(False, 1, raw[:500]), DataBlock(True, 2, raw[500:])
    answers = (ActionResponseBlock(ID, first), ActionResponseBlock(ID, second))
    assert _ask(lambda client: client.action(METHOD), *answers) == VALUE


def test_blocks_fill_what_the_meter_takes() -> None:
    meter = ForeignMeter(max_pdu_size=200)
    client = Client(Credentials(), SeededEntropy(1))
    drive(client.associate(), meter.serve)
    sizes = []

    def serve(request: bytes) -> bytes:
        sizes.append(len(request))
        if isinstance(decode_apdu(request), ActionRequestFirstBlock):
            assert len(sizes) == 1
        return meter.serve(request)

    meter.methods[18, METHOD.name, 1] = lambda given: ActionOutcome(ActionResult.SUCCESS, given)
    assert drive(client.action(METHOD, VALUE), serve) == VALUE
    assert all(190 <= size <= 200 for size in sizes[:-1])


def test_a_ciphered_service_error() -> None:
    meter = ForeignMeter()
    client = Client(
        Credentials(
            Mechanism.HLS_GMAC,
            family=Family.SERVICE,
            system_title=CLIENT_TITLE,
            encryption_key=KEY,
            authentication_key=AUTHENTICATION_KEY,
        ),
        SeededEntropy(1),
    )
    drive(client.associate(), meter.serve)
    meter.alter = lambda _: ConfirmedServiceError(5, 0, 0)
    with pytest.raises(ServiceRefusedError):
        drive(client.get(TEXT), meter.serve)
