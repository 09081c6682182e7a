"""ACCESS by a client: reads, writes and calls in one request, in their order (IEC 62056-53, ACCESS service)."""

from collections.abc import Sequence
from typing import NamedTuple

from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.dlms.access_messages import (
    BREAK_ON_ERROR,
    AccessAction,
    AccessGet,
    AccessGetSelected,
    AccessRequest,
    AccessResponse,
    AccessSet,
    AccessSetSelected,
    AccessSpecification,
)
from softmeter.dlms.client import CONFIRMED, Client
from softmeter.dlms.conversation import Conversation, Progress
from softmeter.dlms.messages import AttributeReference, MethodReference, Selection
from softmeter.errors import RemoteProtocolError

_NULL = b"\x00"
_FLAGS = 0xC0


class Wanted(NamedTuple):
    """One thing to do, and the encoded data it needs."""

    specification: AccessSpecification
    data: bytes = _NULL


class Done(NamedTuple):
    """How one thing ended, and the encoded data it gave: null-data where there is none."""

    result: DataAccessResult | ActionResult
    data: bytes


def reading(attribute: AttributeReference, selection: Selection | None = None) -> Wanted:
    """Read an attribute, or a part of it."""
    return Wanted(AccessGet(attribute) if selection is None else AccessGetSelected(attribute, selection))


def writing(attribute: AttributeReference, value: bytes, selection: Selection | None = None) -> Wanted:
    """Set an attribute, or a part of it."""
    return Wanted(AccessSet(attribute) if selection is None else AccessSetSelected(attribute, selection), value)


def calling(method: MethodReference, parameter: bytes = _NULL) -> Wanted:
    """Call a method."""
    return Wanted(AccessAction(method), parameter)


def access(
    client: Client, wanted: Sequence[Wanted], *, break_on_error: bool = False, progress: Progress | None = None
) -> Conversation[tuple[Done, ...]]:
    """Do several things in one request; with `break_on_error` nothing after the first that fails.

    Raises:
        RefusalError: the meter does not offer the service.
    """
    ask = client.invocation()
    ask.invoke_id = (ask.invoke_id & _FLAGS) << 24 | BREAK_ON_ERROR * break_on_error | ask.invoke_id & ~_FLAGS
    request = _request(ask.invoke_id, wanted)
    answer: AccessResponse = yield from ask(request, AccessResponse, progress=progress)
    if not len(answer.data) == len(answer.results) == len(wanted):
        raise RemoteProtocolError(f"{len(answer.results)} results and {len(answer.data)} data for {len(wanted)}")
    return tuple(Done(one.result, data) for one, data in zip(answer.results, answer.data, strict=True))


def tell_access(client: Client, wanted: Sequence[Wanted]) -> Conversation[None]:
    """Have several things done without an answer."""
    ask = client.invocation(confirmed=False)
    yield from ask.tell(_request((ask.invoke_id & _FLAGS & ~CONFIRMED) << 24 | ask.invoke_id & ~_FLAGS, wanted))


def _request(long_invoke_id: int, wanted: Sequence[Wanted]) -> AccessRequest:
    return AccessRequest(
        long_invoke_id, b"", tuple(one.specification for one in wanted), tuple(one.data for one in wanted)
    )
