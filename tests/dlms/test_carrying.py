"""Block transfers of a client with meters that fall silent, abort, or break the rules."""

from collections.abc import Callable

import pytest

from softmeter.dlms.apdu import decode_apdu, encode_apdu
from softmeter.dlms.carrying import MOST_REPEATS, Carrier
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.conversation import Conversation, Patient, Unanswered, drive
from softmeter.dlms.gbt import ABORT, TransferAbortedError, block_data_octets, unanswered_blocks
from softmeter.dlms.messages import GeneralBlock
from softmeter.dlms.refusals import ServiceRefusedError
from softmeter.errors import RemoteProtocolError

GBT, BLOCKS = Conformance.GENERAL_BLOCK_TRANSFER, Conformance.BLOCK_SET
REQUEST, ANSWER = bytes(range(50)), bytes(range(100, 150))


def block(control: int, number: int, acknowledged: int, data: bytes = b"") -> bytes:
    return encode_apdu(GeneralBlock(control, number, acknowledged, data))


def told(conversation: Conversation[bytes], answer: Callable[[bytes], bytes | None]) -> tuple[list[bytes], object]:
    """What a conversation sends until it ends, and how it ended."""
    sent: list[bytes] = []

    def serve(apdu: bytes) -> bytes | None:
        sent.append(apdu)
        return answer(apdu)

    try:
        return sent, drive(conversation, serve)
    except RemoteProtocolError as error:
        return sent, error


def test_what_fits_goes_as_it_is() -> None:
    assert told(Carrier(0, GBT, 64).carry(REQUEST), lambda _: ANSWER) == ([REQUEST], ANSWER)
    assert told(Carrier(5, Conformance(0), 20).carry(REQUEST), lambda _: ANSWER) == ([REQUEST], ANSWER)


def test_what_does_not_fit_goes_in_blocks() -> None:
    answers = iter([block(63, 1, 1), block(0x80 | 63, 2, 4, ANSWER)])
    sent, found = told(
        Carrier(0, GBT, 20).carry(REQUEST), lambda apdu: None if isinstance(apdu, Unanswered) else next(answers)
    )
    assert found == ANSWER
    blocks = [decode_apdu(one) for one in sent]
    assert b"".join(one.data for one in blocks) == REQUEST
    assert [one.number for one in blocks] == [1, 2, 3, 4]
    assert all(len(one) <= 20 for one in sent)


def test_a_silent_meter_is_given_up() -> None:
    sent, error = told(Carrier(3, GBT).carry(REQUEST), lambda _: None)
    assert isinstance(error, RemoteProtocolError)
    assert "fell silent" in str(error)
    assert sent == [sent[0]] * MOST_REPEATS + [ABORT]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (ABORT, TransferAbortedError),
        (block(63, 1, 2), RemoteProtocolError),  # acknowledges what was not sent
        (block(63, 99, 1), RemoteProtocolError),  # beyond every window
        (b"\xe0\x00", RemoteProtocolError),
    ],
)
def test_a_meter_that_breaks_the_transfer_is_told(answer: bytes, kind: type[Exception]) -> None:
    sent, error = told(Carrier(3, GBT).carry(REQUEST), lambda _: answer)
    assert isinstance(error, kind)
    assert sent[-1] == ABORT


def test_an_answer_without_blocks_ends_the_transfer() -> None:
    assert told(Carrier(3, GBT).carry(REQUEST), lambda _: b"\xd8\x01\x01")[1] == b"\xd8\x01\x01"


def test_progress_is_told_block_by_block() -> None:
    seen: list[int] = []
    answers = iter([block(0, 1, 1, bytes(10)), block(0, 1, 1, bytes(10)), b"", block(0x80, 2, 2, bytes(7))])
    found = drive(Carrier(1, GBT).carry(REQUEST, seen.append), lambda _: next(answers))
    assert found == bytes(17)
    assert seen == [10, 17]


def test_what_a_meter_takes() -> None:
    assert Carrier(0, BLOCKS, 64).takes_whole(64, BLOCKS, "this")
    assert not Carrier(0, BLOCKS | GBT, 64).takes_whole(65, BLOCKS, "this")
    assert Carrier(1, BLOCKS | GBT, 64).takes_whole(65, BLOCKS, "this")
    assert Carrier(0, GBT, 64).takes_whole(65, BLOCKS, "this")
    with pytest.raises(ServiceRefusedError, match="at most 64 octets: not this"):
        Carrier(0, Conformance(0), 64).takes_whole(65, BLOCKS, "this")


def test_what_is_told_in_blocks_waits_only_for_its_acknowledgements() -> None:
    answers = iter([b"", block(2, 1, 1)])
    sent: list[bytes] = []

    def serve(apdu: bytes) -> bytes | None:
        sent.append(apdu)
        return next(answers) if isinstance(apdu, Patient) else None

    drive(Carrier(0, GBT, 25).tell(REQUEST), serve)
    assert [decode_apdu(one).number for one in sent] == [1, 1, 2, 3]


@pytest.mark.parametrize("room", [8, 9, 20, 135, 136, 137, 300])
def test_blocks_fit_where_they_go(room: int) -> None:
    size = block_data_octets(room)
    assert len(block(0, 1, 0, bytes(size))) <= room
    assert [decode_apdu(one).data for one in unanswered_blocks(bytes(2 * size), room)] == [bytes(size)] * 2
