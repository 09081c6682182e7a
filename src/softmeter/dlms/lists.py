"""Several attributes or methods in one request of a client (IEC 62056-53, services with a list)."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.dlms.client import Client
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.conversation import Conversation, Progress
from softmeter.dlms.long import Assembly, get_blocks, long_action, long_set, outcome_blocks
from softmeter.dlms.messages import (
    ActionOutcome,
    ActionRequestWithList,
    ActionRequestWithListFirstBlock,
    ActionResponseBlock,
    ActionResponseNormal,
    ActionResponseWithList,
    AttributeReference,
    GetRequestWithList,
    GetResponseBlock,
    GetResponseNormal,
    GetResponseWithList,
    MethodReference,
    Selection,
    SetRequestWithList,
    SetRequestWithListFirstBlock,
    SetResponseLastBlock,
    SetResponseLastBlockWithList,
    SetResponseWithList,
    Target,
    data_list,
    data_results,
)
from softmeter.errors import AccessError, RemoteProtocolError
from softmeter.wire.types import Codec, array_of, struct

T = TypeVar("T")
MOST_AT_ONCE = 32
"""Longer lists are known to upset meters."""
_NULL = b"\x00"
_outcomes: Codec[tuple[ActionOutcome, ...]] = array_of(struct(ActionOutcome))
_LISTS = Conformance.MULTIPLE_REFERENCES


class Write(NamedTuple):
    """A value for an attribute, encoded."""

    reference: AttributeReference
    value: bytes
    selection: Selection | None = None


class Call(NamedTuple):
    """A method with its parameter, encoded."""

    method: MethodReference
    parameter: bytes | None = None


def get_many(
    client: Client, references: Sequence[AttributeReference | Target], progress: Progress | None = None
) -> Conversation[tuple[bytes | DataAccessResult, ...]]:
    """The encoded values of several attributes, or why there is none; in one request where the meter allows it."""
    targets = [one if isinstance(one, Target) else Target(one, None) for one in references]
    results: list[bytes | DataAccessResult] = []
    if _LISTS not in client.negotiated.conformance or len(targets) < 2:
        for target in targets:
            try:
                results.append((yield from client.get(target.attribute, target.selection)))
            except AccessError as error:
                results.append(DataAccessResult(error.result))
        return tuple(results)
    for at in range(0, len(targets), MOST_AT_ONCE):
        results += yield from _get_list(client, tuple(targets[at : at + MOST_AT_ONCE]), progress)
    return tuple(results)


def _get_list(
    client: Client, targets: tuple[Target, ...], progress: Progress | None
) -> Conversation[tuple[bytes | DataAccessResult, ...]]:
    ask = client.invocation()
    request = GetRequestWithList(ask.invoke_id, targets)
    if len(targets) > 1 and not ask.fits(request):
        half = len(targets) // 2
        head = yield from _get_list(client, targets[:half], progress)
        return head + (yield from _get_list(client, targets[half:], progress))
    expected = GetResponseWithList, GetResponseBlock, GetResponseNormal
    answer = yield from ask(request, *expected, progress=progress)
    if isinstance(answer, GetResponseBlock):
        raw = yield from get_blocks(ask, answer, Assembly(progress))
        results: tuple[bytes | DataAccessResult, ...]
        results = data_results.decode_bare(raw) if isinstance(raw, bytes) else (raw,) * len(targets)
    elif isinstance(answer, GetResponseNormal):
        results = (answer.result,) * len(targets) if isinstance(answer.result, DataAccessResult) else ()
    else:
        results = answer.results
    return _as_many(results, targets, "attributes")


def set_many(
    client: Client, writes: Sequence[Write], progress: Progress | None = None
) -> Conversation[tuple[DataAccessResult, ...]]:
    """Set several attributes; how each ended. In one request where the meter allows it, in blocks where it is long."""
    results: list[DataAccessResult] = []
    if _LISTS not in client.negotiated.conformance or len(writes) < 2:
        for one in writes:
            try:
                yield from client.set(*one, progress)
                results.append(DataAccessResult.SUCCESS)
            except AccessError as error:
                results.append(DataAccessResult(error.result))
        return tuple(results)
    for at in range(0, len(writes), MOST_AT_ONCE):
        results += yield from _set_list(client, writes[at : at + MOST_AT_ONCE], progress)
    return tuple(results)


def _set_list(
    client: Client, writes: Sequence[Write], progress: Progress | None
) -> Conversation[tuple[DataAccessResult, ...]]:
    ask = client.invocation()
    targets = tuple(Target(one.reference, one.selection) for one in writes)
    values = tuple(one.value for one in writes)
    request = SetRequestWithList(ask.invoke_id, targets, values)
    if ask.takes_whole(request, Conformance.BLOCK_SET, "values this long"):
        answer = yield from ask(request, SetResponseWithList)
    else:
        answer = yield from long_set(
            ask,
            lambda block: SetRequestWithListFirstBlock(ask.invoke_id, targets, block),
            data_list.encode_bare(values),
            (SetResponseLastBlockWithList, SetResponseLastBlock),
            progress,
        )
    if isinstance(answer, SetResponseLastBlock):
        return (answer.result,) * len(targets)
    results: tuple[DataAccessResult, ...] = answer.results
    return _as_many(results, targets, "attributes")


def call_many(
    client: Client, calls: Sequence[Call], progress: Progress | None = None
) -> Conversation[tuple[ActionOutcome, ...]]:
    """Call several methods; how each ended. In one request where the meter allows it, in blocks where it is long."""
    outcomes: list[ActionOutcome] = []
    if _LISTS not in client.negotiated.conformance or len(calls) < 2:
        for one in calls:
            try:
                data = yield from client.action(*one, progress)
                outcomes.append(ActionOutcome(ActionResult.SUCCESS, data))
            except AccessError as error:
                outcomes.append(ActionOutcome(ActionResult(error.result), None))
        return tuple(outcomes)
    for at in range(0, len(calls), MOST_AT_ONCE):
        outcomes += yield from _call_list(client, calls[at : at + MOST_AT_ONCE], progress)
    return tuple(outcomes)


def _call_list(
    client: Client, calls: Sequence[Call], progress: Progress | None
) -> Conversation[tuple[ActionOutcome, ...]]:
    ask = client.invocation()
    methods = tuple(one.method for one in calls)
    parameters = tuple(one.parameter or _NULL for one in calls)
    request = ActionRequestWithList(ask.invoke_id, methods, parameters)
    expected: tuple[type[Any], ...] = (ActionResponseWithList, ActionResponseBlock, ActionResponseNormal)
    if ask.takes_whole(request, Conformance.BLOCK_ACTION, "parameters this long"):
        answer = yield from ask(request, *expected)
    else:
        answer = yield from long_action(
            ask,
            lambda block: ActionRequestWithListFirstBlock(ask.invoke_id, methods, block),
            data_list.encode_bare(parameters),
            expected,
            progress,
        )
    if isinstance(answer, ActionResponseNormal):
        return (ActionOutcome(answer.result, answer.data),) * len(methods)
    if isinstance(answer, ActionResponseBlock):
        return _as_many(_outcomes.decode_bare((yield from outcome_blocks(ask, answer))), methods, "methods")
    outcomes: tuple[ActionOutcome, ...] = answer.outcomes
    return _as_many(outcomes, methods, "methods")


def _as_many(found: tuple[T, ...], wanted: tuple[Any, ...], what: str) -> tuple[T, ...]:
    if len(found) != len(wanted):
        raise RemoteProtocolError(f"{len(found)} results for {len(wanted)} {what}")
    return found
