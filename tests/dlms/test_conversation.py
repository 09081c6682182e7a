import inspect

import pytest

from softmeter.dlms.conversation import Conversation, drive
from softmeter.errors import RemoteProtocolError


def _sum(*requests: bytes) -> Conversation[int]:
    total = 0
    for request in requests:
        total += len((yield request))
    return total


def test_a_conversation_ends_with_its_value() -> None:
    assert drive(_sum(b"ab", b"c"), lambda request: request * 2) == 6
    assert drive(_sum(), lambda request: request) == 0


def test_a_conversation_that_fails_is_closed() -> None:
    conversation = _sum(b"ab", b"c")
    with pytest.raises(RemoteProtocolError, match="no answer to 6162"):
        drive(conversation, lambda _: None)
    assert inspect.getgeneratorstate(conversation) == inspect.GEN_CLOSED
