"""The client of a DLMS meter with logical names, as conversations without input or output (IEC 62056-53)."""

from typing import TypeVar

from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.dlms.acse import ReleaseReason, Rlre, Rlrq, decode_acse, encode_acse
from softmeter.dlms.apdu import encode_apdu
from softmeter.dlms.channel import Channel, Credentials
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.conversation import Conversation, Progress
from softmeter.dlms.long import Asker, get_blocks, long_action, long_set, outcome_blocks
from softmeter.dlms.messages import (
    ActionRequestNormal,
    ActionResponseBlock,
    ActionResponseNormal,
    AttributeReference,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseBlock,
    GetResponseNormal,
    GetResponseWithList,
    InitiateRequest,
    MethodReference,
    Selection,
    SetRequestNormal,
    SetResponseNormal,
    Target,
    data_results,
)
from softmeter.dlms.opening import VERSION, Negotiated, open_association
from softmeter.dlms.refusals import ServiceRefusedError
from softmeter.entropy import Entropy
from softmeter.errors import AccessError, RemoteProtocolError
from softmeter.obis import Obis
from softmeter.wire.types import Codec, u32

T = TypeVar("T")

PROPOSED = (
    Conformance.PRIORITY
    | Conformance.BLOCK_GET
    | Conformance.BLOCK_SET
    | Conformance.BLOCK_ACTION
    | Conformance.MULTIPLE_REFERENCES
    | Conformance.GET
    | Conformance.SET
    | Conformance.SELECTIVE_ACCESS
    | Conformance.ACTION
)
"""What this client can use; general protection is added where it ciphers."""

_CONFIRMED_HIGH = 0xC0  # of the octet invoke-id-and-priority; clients and captures use C1 and up
_EXCEPTION = b"\xd8"
_MOST_AT_ONCE = 32  # longer lists are known to upset meters


class Client:
    """One client's association with one meter.

    `counter` is the first invocation counter it uses: above all it ever used with its keys. `next_counter` is the one
    to start with next time.
    """

    def __init__(
        self,
        credentials: Credentials,
        entropy: Entropy,
        *,
        counter: int = 1,
        conformance: Conformance = PROPOSED,
        max_pdu_size: int = 0xFFFF,
    ) -> None:
        self._credentials = credentials
        self._entropy = entropy
        self._channel = Channel(credentials, counter)
        ciphered = Conformance.GENERAL_PROTECTION if credentials.is_ciphered else Conformance(0)
        self._proposal = InitiateRequest(None, True, None, VERSION, conformance | ciphered, max_pdu_size)
        self._invoked = 0
        self.negotiated = Negotiated(Conformance(0), 0, b"")

    @property
    def next_counter(self) -> int:
        return self._channel.sent.next

    def associate(self) -> Conversation[Negotiated]:
        """Open the association, and prove who we are where the mechanism asks for it.

        Raises:
            RefusalError: the meter refused; its class says why.
            RemoteProtocolError: the meter broke the protocol.
        """
        opening = open_association(self._channel, self._credentials, self._proposal, self._entropy)
        self.negotiated = yield from opening
        return self.negotiated

    def release(self) -> Conversation[None]:
        """Close the association; a ciphered one with proof of who wants it closed, where the meter takes that.

        Raises:
            RemoteProtocolError: the meter does not answer with an RLRE.
        """
        plain = encode_acse(Rlrq(reason=ReleaseReason.NORMAL))
        if self._credentials.is_ciphered:
            proof = self._channel.seal(encode_apdu(self._proposal))
            response = yield encode_acse(Rlrq(reason=ReleaseReason.NORMAL, user_information=proof))
            if response.startswith(_EXCEPTION):
                response = yield plain
        else:
            response = yield plain
        if not isinstance(decode_acse(response), Rlre):
            raise RemoteProtocolError("the meter does not answer an RLRQ with an RLRE")

    def get(
        self, reference: AttributeReference, selection: Selection | None = None, progress: Progress | None = None
    ) -> Conversation[bytes]:
        """The encoded value of an attribute, in blocks where it is long.

        Raises:
            AccessError: the meter gives no value; says of which attribute.
        """
        ask = self._asker()
        request = GetRequestNormal(ask.invoke_id, Target(reference, selection))
        answer = yield from ask(request, GetResponseNormal, GetResponseBlock)
        result = (
            answer.result if isinstance(answer, GetResponseNormal) else (yield from get_blocks(ask, answer, progress))
        )
        if isinstance(result, DataAccessResult):
            raise _denied(result, f"attribute {reference.attribute}", reference)
        data: bytes = result
        return data

    def read(self, reference: AttributeReference, codec: Codec[T]) -> Conversation[T]:
        """The value of an attribute as its type.

        Raises:
            AccessError: as `get`.
            DecodeError: the value is of another type.
        """
        return codec.decode((yield from self.get(reference)))

    def get_many(
        self, references: tuple[AttributeReference, ...]
    ) -> Conversation[tuple[bytes | DataAccessResult, ...]]:
        """The encoded values of several attributes, or why there is none; in one request where the meter allows it."""
        if Conformance.MULTIPLE_REFERENCES not in self.negotiated.conformance or len(references) < 2:
            return (yield from self._one_by_one(references))
        if len(references) > _MOST_AT_ONCE:
            head = yield from self.get_many(references[:_MOST_AT_ONCE])
            return head + (yield from self.get_many(references[_MOST_AT_ONCE:]))
        ask = self._asker()
        request = GetRequestWithList(ask.invoke_id, tuple(Target(reference, None) for reference in references))
        answer = yield from ask(request, GetResponseWithList, GetResponseBlock, GetResponseNormal)
        if isinstance(answer, GetResponseBlock):
            raw = yield from get_blocks(ask, answer, None)
            results = data_results.decode_bare(raw) if isinstance(raw, bytes) else (raw,) * len(references)
        elif isinstance(answer, GetResponseNormal):
            results = (answer.result,) * len(references) if isinstance(answer.result, DataAccessResult) else ()
        else:
            results = answer.results
        if len(results) != len(references):
            raise RemoteProtocolError(f"{len(results)} results for {len(references)} attributes")
        return results

    def set(
        self, reference: AttributeReference, value: bytes, selection: Selection | None = None
    ) -> Conversation[None]:
        """Set an attribute to an encoded value, in blocks where it is long.

        Raises:
            AccessError: the meter does not take it.
        """
        ask = self._asker()
        request = SetRequestNormal(ask.invoke_id, Target(reference, selection), value)
        if self._fits(encode_apdu(request)):
            answer = yield from ask(request, SetResponseNormal)
            result = answer.result
        else:
            self._must_offer(Conformance.BLOCK_SET, "a value this long")
            result = yield from long_set(ask, request.target, value, self._room)
        if result is not DataAccessResult.SUCCESS:
            raise _denied(result, f"attribute {reference.attribute}", reference)

    def action(self, method: MethodReference, parameter: bytes | None = None) -> Conversation[bytes | None]:
        """Call a method with an encoded parameter; returns its encoded result, if it has one.

        Raises:
            AccessError: the meter does not do it.
        """
        ask = self._asker()
        request = ActionRequestNormal(ask.invoke_id, method, parameter)
        if self._fits(encode_apdu(request)):
            answer = yield from ask(request, ActionResponseNormal, ActionResponseBlock)
        else:
            self._must_offer(Conformance.BLOCK_ACTION, "a parameter this long")
            answer = yield from long_action(ask, method, parameter or b"", self._room)
        outcome = answer
        if isinstance(answer, ActionResponseBlock):
            outcome = yield from outcome_blocks(ask, answer)
        if outcome.result is not ActionResult.SUCCESS:
            raise _denied(outcome.result, f"method {method.method}", method)
        if isinstance(outcome.data, DataAccessResult):
            raise _denied(outcome.data, f"the result of method {method.method}", method)
        data: bytes | None = outcome.data
        return data

    def _one_by_one(
        self, references: tuple[AttributeReference, ...]
    ) -> Conversation[tuple[bytes | DataAccessResult, ...]]:
        results: list[bytes | DataAccessResult] = []
        for reference in references:
            try:
                results.append((yield from self.get(reference)))
            except AccessError as error:
                results.append(DataAccessResult(error.result))
        return tuple(results)

    def _asker(self) -> Asker:
        self._invoked = self._invoked % 15 + 1
        return Asker(self._channel, _CONFIRMED_HIGH | self._invoked)

    @property
    def _room(self) -> int:
        """How long a request may be before it is sealed."""
        return (self.negotiated.max_pdu_size or 0xFFFF) - self._channel.overhead

    def _fits(self, request: bytes) -> bool:
        return len(request) <= self._room

    def _must_offer(self, service: Conformance, what: str) -> None:
        if service not in self.negotiated.conformance:
            raise ServiceRefusedError(f"the meter takes at most {self.negotiated.max_pdu_size} octets: not {what}")


def invocation_counter(client: Client, *names: Obis) -> Conversation[int]:
    """The first counter a client may use, read from the first of the objects `names` that the meter shows.

    `client` is a public one: the counters of the others are readable without protection.

    Raises:
        AccessError: the meter shows none of them.
    """
    for name in names[:-1]:
        try:
            return (yield from client.read(AttributeReference(1, name, 2), u32)) + 1
        except AccessError:
            continue
    return (yield from client.read(AttributeReference(1, names[-1], 2), u32)) + 1


def first_counter(entropy: Entropy, client_sap: int) -> Conversation[int]:
    """The first counter the client `client_sap` may use: a whole public association, opened, read and released.

    Raises:
        AccessError: the meter shows no counter of that client.
        RefusalError: it has no public client.
    """
    public = Client(Credentials(), entropy)
    yield from public.associate()
    counter = yield from invocation_counter(public, *counter_names(client_sap))
    yield from public.release()
    return counter


def counter_names(client_sap: int) -> tuple[Obis, ...]:
    """The objects that usually hold the invocation counter of a client, the likeliest first."""
    return tuple(dict.fromkeys((Obis(0, 0, 43, 1, client_sap & 0xFF), Obis(0, 0, 43, 1, 0))))


def _denied(result: int, what: str, reference: AttributeReference | MethodReference) -> AccessError:
    reason = getattr(result, "name", str(result)).replace("_", " ").lower()
    return AccessError(result, f"{what} of {reference.name.short} (class {reference.class_id}): {reason}")
