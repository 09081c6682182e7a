"""Client conversations: generators that yield requests, receive responses and return a typed value.

An empty request means: send nothing, give me the next APDU that arrives.
"""

from collections.abc import Callable, Generator
from typing import TypeVar

from softmeter.errors import RemoteProtocolError

T = TypeVar("T")
Conversation = Generator[bytes, bytes, T]
"""Yields the octets of a request APDU, is sent those of its response, returns what was asked for."""

Progress = Callable[[int], None]
"""Told how many octets of a long answer have arrived."""


def drive(conversation: Conversation[T], serve: Callable[[bytes], bytes | None]) -> T:
    """Run a conversation against a function that answers at once, without any transport.

    Raises:
        RemoteProtocolError: there was no answer.
    """
    try:
        request = next(conversation)
        while True:
            response = serve(request)
            if response is None:
                raise RemoteProtocolError(f"no answer to {request[:16].hex().upper()}")
            request = conversation.send(response)
    except StopIteration as stop:
        value: T = stop.value
        return value
    finally:
        conversation.close()
