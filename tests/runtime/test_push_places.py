"""Where a push goes: names of hosts become addresses."""

import asyncio
import socket
import threading
import time

import pytest

from softmeter.runtime.push_places import Places


@pytest.mark.manual("11.3.names")
def test_a_name_is_resolved_and_an_address_is_itself() -> None:
    async def found(host: str) -> set[str]:
        return {where for _, (where, _) in await Places(["*"]).found(host, 4059)}

    assert asyncio.run(found("localhost")) <= {"127.0.0.1", "::1"}
    assert asyncio.run(found("127.0.0.1")) == {"127.0.0.1"}


def test_a_resolver_that_never_answers_keeps_nothing_from_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def hanging(*_: object, **__: object) -> list[object]:
        answered.wait(20)
        return []

    async def story() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await Places().found("head-end.example", 4059)

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    began = time.monotonic()
    with asyncio.Runner() as runner:
        runner.run(story())
    assert time.monotonic() - began < 5
    answered.set()
