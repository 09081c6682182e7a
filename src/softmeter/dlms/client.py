"""The client of a DLMS meter with logical names, as conversations without input or output (IEC 62056-53)."""

from typing import TypeVar

from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.dlms.acse import ReleaseReason, Rlre, Rlrq, decode_acse, encode_acse
from softmeter.dlms.apdu import encode_apdu
from softmeter.dlms.carrying import Carrier
from softmeter.dlms.channel import Channel, Credentials
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.conversation import Conversation, Progress
from softmeter.dlms.long import Asker, Assembly, get_blocks, long_action, long_set, outcome_blocks, whole_outcome
from softmeter.dlms.messages import (
    ActionOutcome,
    ActionRequestFirstBlock,
    ActionRequestNormal,
    ActionResponseBlock,
    ActionResponseNormal,
    AttributeReference,
    GetRequestNormal,
    GetResponseBlock,
    GetResponseNormal,
    InitiateRequest,
    MethodReference,
    Selection,
    SetRequestFirstBlock,
    SetRequestNormal,
    SetResponseLastBlock,
    SetResponseNormal,
    Target,
)
from softmeter.dlms.opening import VERSION, Negotiated, open_association
from softmeter.entropy import Entropy
from softmeter.errors import AccessError, RemoteProtocolError
from softmeter.obis import Obis
from softmeter.wire.types import Codec, u32

T = TypeVar("T")

PROPOSED = (
    Conformance.GENERAL_BLOCK_TRANSFER
    | Conformance.PRIORITY
    | Conformance.BLOCK_GET
    | Conformance.BLOCK_SET
    | Conformance.BLOCK_ACTION
    | Conformance.MULTIPLE_REFERENCES
    | Conformance.DATA_NOTIFICATION
    | Conformance.ACCESS
    | Conformance.GET
    | Conformance.SET
    | Conformance.SELECTIVE_ACCESS
    | Conformance.EVENT_NOTIFICATION
    | Conformance.ACTION
)
"""What this client can use; general protection is added where it ciphers."""

CONFIRMED, HIGH_PRIORITY = 0x40, 0x80
"""Flags of the octet invoke-id-and-priority."""
_EXCEPTION = b"\xd8"


class Client:
    """One client's association with one meter.

    `counter` is the first invocation counter it uses: above all it ever used with its keys. `next_counter` is the one
    to start with next time. With a `window` general blocks carry all services where the meter offers them, and the
    meter may send so many in one burst; without one they carry what has no other way.
    """

    def __init__(
        self,
        credentials: Credentials,
        entropy: Entropy,
        *,
        counter: int = 1,
        conformance: Conformance = PROPOSED,
        max_pdu_size: int = 0xFFFF,
        window: int = 0,
    ) -> None:
        self._credentials = credentials
        self._entropy = entropy
        self._channel = Channel(credentials, counter, entropy)
        self.carrier = Carrier(window)
        ciphered = Conformance.GENERAL_PROTECTION if credentials.is_ciphered else Conformance(0)
        self._proposal = InitiateRequest(None, True, None, VERSION, conformance | ciphered, max_pdu_size)
        self._invoked = 0
        self.high_priority = True
        """Of the requests from now on."""
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
        self.carrier.conformance = Conformance(0)
        opening = open_association(self._channel, self._credentials, self._proposal, self._entropy)
        self.negotiated = yield from opening
        self.carrier.conformance = self.negotiated.conformance
        self.carrier.room = self.negotiated.max_pdu_size or 0xFFFF
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

    def invocation(self, *, confirmed: bool = True) -> Asker:
        """The next invocation of a service, for those that are conversations of their own."""
        self._invoked = self._invoked % 15 + 1
        flags = CONFIRMED * confirmed | HIGH_PRIORITY * self.high_priority
        return Asker(self._channel, flags | self._invoked, self.carrier)

    def get(
        self,
        reference: AttributeReference,
        selection: Selection | None = None,
        progress: Progress | None = None,
        into: Assembly | None = None,
    ) -> Conversation[bytes]:
        """The encoded value of an attribute, in blocks where it is long; `into` keeps what came when it breaks off.

        Raises:
            AccessError: the meter gives no value; says of which attribute.
        """
        ask = self.invocation()
        request = GetRequestNormal(ask.invoke_id, Target(reference, selection))
        answer = yield from ask(request, GetResponseNormal, GetResponseBlock, progress=progress)
        result = (
            answer.result
            if isinstance(answer, GetResponseNormal)
            else (yield from get_blocks(ask, answer, into or Assembly(progress)))
        )
        if isinstance(result, DataAccessResult):
            raise denied(result, f"attribute {reference.attribute}", reference)
        data: bytes = result
        return data

    def read(self, reference: AttributeReference, codec: Codec[T]) -> Conversation[T]:
        """The value of an attribute as its type.

        Raises:
            AccessError: as `get`.
            DecodeError: the value is of another type.
        """
        return codec.decode((yield from self.get(reference)))

    def set(
        self,
        reference: AttributeReference,
        value: bytes,
        selection: Selection | None = None,
        progress: Progress | None = None,
    ) -> Conversation[None]:
        """Set an attribute to an encoded value, in blocks where it is long.

        Raises:
            AccessError: the meter does not take it.
        """
        ask = self.invocation()
        target = Target(reference, selection)
        request = SetRequestNormal(ask.invoke_id, target, value)
        if ask.takes_whole(request, Conformance.BLOCK_SET, "a value this long"):
            answer = yield from ask(request, SetResponseNormal)
        else:
            answer = yield from long_set(
                ask,
                lambda block: SetRequestFirstBlock(ask.invoke_id, target, block),
                value,
                (SetResponseLastBlock, SetResponseNormal),
                progress,
            )
        if answer.result is not DataAccessResult.SUCCESS:
            raise denied(answer.result, f"attribute {reference.attribute}", reference)

    def action(
        self, method: MethodReference, parameter: bytes | None = None, progress: Progress | None = None
    ) -> Conversation[bytes | None]:
        """Call a method with an encoded parameter; returns its encoded result, if it has one.

        Raises:
            AccessError: the meter does not do it.
        """
        ask = self.invocation()
        request = ActionRequestNormal(ask.invoke_id, method, parameter)
        if ask.takes_whole(request, Conformance.BLOCK_ACTION, "a parameter this long"):
            answer = yield from ask(request, ActionResponseNormal, ActionResponseBlock)
        else:
            answer = yield from long_action(
                ask,
                lambda block: ActionRequestFirstBlock(ask.invoke_id, method, block),
                parameter or b"",
                (ActionResponseNormal, ActionResponseBlock),
                progress,
            )
        outcome = answer
        if isinstance(answer, ActionResponseBlock):
            outcome = whole_outcome((yield from outcome_blocks(ask, answer)))
        return returned(outcome, method)


def returned(outcome: ActionOutcome | ActionResponseNormal, method: MethodReference) -> bytes | None:
    """What a method returned.

    Raises:
        AccessError: it failed.
    """
    if outcome.result is not ActionResult.SUCCESS:
        raise denied(outcome.result, f"method {method.method}", method)
    if isinstance(outcome.data, DataAccessResult):
        raise denied(outcome.data, f"the result of method {method.method}", method)
    return outcome.data


def denied(result: int, what: str, reference: AttributeReference | MethodReference) -> AccessError:
    """The error that a result other than success stands for."""
    reason = getattr(result, "name", str(result)).replace("_", " ").lower()
    return AccessError(result, f"{what} of {reference.name.short} (class {reference.class_id}): {reason}")


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
