"""Client conversations: generators that yield requests, receive responses and return a typed value.

What is yielded says how it is answered. Plain octets: send them and give me the next APDU that arrives; where they are
empty, send nothing. `Unanswered`: send them and go on at once; `Ahead`: likewise, but I shall ask for the answer later,
by an empty request. `Patient`: send them, and if nothing arrives in time, tell me so by an empty response: I shall say
it again.
"""

from collections import deque
from collections.abc import Callable, Generator
from typing import TypeVar

from softmeter.errors import RemoteProtocolError

T = TypeVar("T")
Conversation = Generator[bytes, bytes, T]
"""Yields the octets of a request APDU, is sent those of its response, returns what was asked for."""

Progress = Callable[[int], None]
"""Told how many octets of a long answer have arrived, or of a long parameter have been taken."""


class Unanswered(bytes):
    """An APDU that nobody answers; the conversation goes on at once, with an empty response."""

    __slots__ = ()


class Ahead(Unanswered):
    """An APDU whose answer is not waited for: it comes in answer to an empty request, in the order of the requests."""

    __slots__ = ()


class Patient(bytes):
    """An APDU whose sender bears that nothing arrives in time: the response is empty then."""

    __slots__ = ()


def drive(conversation: Conversation[T], serve: Callable[[bytes], bytes | None]) -> T:
    """Run a conversation to its end against a function that gives the answers: a transport, or a server in tests.

    Raises:
        RemoteProtocolError: there was no answer.
    """
    later: deque[bytes] = deque()
    try:
        request = next(conversation)
        while True:
            response = later.popleft() if later and not request else serve(request)
            if isinstance(request, Ahead) and response:
                later.append(response)
            if response is None and isinstance(request, Unanswered | Patient):
                response = b""
            if response is None:
                raise RemoteProtocolError(f"no answer to {request[:16].hex().upper()}")
            request = conversation.send(b"" if isinstance(request, Unanswered) else response)
    except StopIteration as stop:
        value: T = stop.value
        return value
    finally:
        conversation.close()
