"""Requests that nobody answers: the meter does what they ask and says nothing (IEC 62056-53, service class)."""

from softmeter.dlms.client import Client
from softmeter.dlms.conversation import Conversation
from softmeter.dlms.messages import (
    ActionRequestNormal,
    AttributeReference,
    MethodReference,
    Selection,
    SetRequestNormal,
    Target,
)


def tell_set(
    client: Client, reference: AttributeReference, value: bytes, selection: Selection | None = None
) -> Conversation[None]:
    """Have an attribute set to an encoded value."""
    ask = client.invocation(confirmed=False)
    yield from ask.tell(SetRequestNormal(ask.invoke_id, Target(reference, selection), value))


def tell_action(client: Client, method: MethodReference, parameter: bytes | None = None) -> Conversation[None]:
    """Have a method called."""
    ask = client.invocation(confirmed=False)
    yield from ask.tell(ActionRequestNormal(ask.invoke_id, method, parameter))
