"""The WAN port when there are too many peers: who gives way to whom."""

import asyncio
import socket

import pytest

from runtime.turns import until
from runtime.wan_lines import Scene, gone, scene
from softmeter.runtime import wan_port
from softmeter.runtime.descriptors import MOST


@pytest.mark.slow
def test_three_hundred_idle_sockets_do_not_lock_the_honest_out(caplog: pytest.LogCaptureFixture) -> None:
    async def story(on: Scene) -> None:
        honest, hello = await on.client()
        hello.write(b"log in\n")
        assert await honest.readline() == b"log in\n"
        crowd = []
        for _ in range(300):
            link = socket.create_connection((on.address.host, on.address.port))
            link.sendall(b"\x00\x01")
            crowd.append(link)
        for _ in range(5):
            assert await on.ask(b"late\n") == b"late\n"
        hello.write(b"still\n")
        assert await honest.readline() == b"still\n"
        assert len(on.port._peers) <= MOST.wan
        for link in crowd:
            link.close()
        hello.close()
        await until(lambda: not on.port._peers)

    scene(story)
    assert any("gives way" in record.getMessage() for record in caplog.records)


def test_a_crowd_of_public_clients_does_not_lock_the_others_out(caplog: pytest.LogCaptureFixture) -> None:
    async def story(on: Scene) -> None:
        secured = await on.said(b"log in\n")
        crowd = []
        for _ in range(5):
            crowd.append(await on.said(b"hello\n"))
            on.meter.ahead_s += 10
        late = await on.said(b"log in\n")
        assert await gone(crowd) == [True, True, True, False, False]
        assert await gone([secured, late]) == [False, False]
        for _, writer in (secured, late, *crowd):
            writer.close()

    scene(story, most_peers=4)
    assert "an association without a secret" in caplog.text


def test_whoever_has_no_association_gives_way_before_public_clients() -> None:
    async def story(on: Scene) -> None:
        public, idle = await on.said(b"hello\n"), await on.said(b"nothing\n")
        on.meter.ahead_s += 10
        last = await on.said(b"hello\n")
        assert await gone([public, idle, last]) == [False, True, False]
        for _, writer in (public, idle, last):
            writer.close()

    scene(story, most_peers=2)


def test_whoever_just_came_has_time_to_log_in_among_public_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wan_port, "LOGGING_IN_S", 600.0)

    async def story(on: Scene) -> None:
        crowd = [await on.said(b"hello\n"), await on.said(b"hello\n")]
        on.meter.ahead_s += 1000
        honest = await on.said(b"nearly\n")
        on.meter.ahead_s += 300
        pushing = await on.said(b"push\n")
        assert await gone([*crowd, honest]) == [True, True, False]
        for _, writer in (*crowd, honest, pushing):
            writer.close()

    scene(story, most_peers=2)


def test_secured_clients_never_give_way_to_a_stranger(caplog: pytest.LogCaptureFixture) -> None:
    async def story(on: Scene) -> None:
        secured = [await on.said(b"log in\n") for _ in range(2)]
        on.meter.ahead_s += 1000
        reader, writer = await on.client()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        assert await gone(secured) == [False, False]
        for _, one in (*secured, (reader, writer)):
            one.close()

    scene(story, most_peers=2)
    assert "refused: 2 clients" in caplog.records[0].getMessage()
