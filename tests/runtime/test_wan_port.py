"""The WAN port with real sockets: silence, slow readers, answers held until stored."""

import asyncio
import logging
import socket
import time

import pytest

from runtime.turns import until
from runtime.wan_lines import Scene, gone, scene
from softmeter.bench.link import Quality
from softmeter.runtime import shaped, wan_peer

SILENCE_S = 0.5


def test_requests_are_answered_whole_in_pieces_and_many_at_once() -> None:
    async def story(on: Scene) -> None:
        assert await on.ask(b"one\n") == b"one\n"
        reader, writer = await on.client()
        for octet in b"pieces\n":
            writer.write(bytes((octet,)))
            await asyncio.sleep(0)
        assert await reader.readline() == b"pieces\n"
        lines = b"".join(b"line %d\n" % number for number in range(5000))
        writer.write(lines)
        assert await reader.readexactly(len(lines)) == lines
        writer.close()

    scene(story)


@pytest.mark.manual("11.2.tcp")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_requests_come_over_ipv4_and_ipv6(host: str) -> None:
    async def story(on: Scene) -> None:
        assert await on.ask(b"one\n") == b"one\n"

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, 0), family=family).close()
    except OSError:
        pytest.skip(f"this machine has no {host}")
    scene(story, host=host)


def test_the_last_requests_before_the_end_are_answered() -> None:
    async def story(on: Scene) -> None:
        lines = b"x" * 60 + b"\n"
        assert await on.ask(lines * 1000) == lines * 1000
        assert on.meter.closed == [b""]
        assert await on.ask(b"a\nquit\nb\n") == b"a\nquit\nb\n"

    scene(story)


def test_octets_are_counted_both_ways() -> None:
    async def story(on: Scene) -> None:
        assert await on.ask(b"one\n") == b"one\n"
        assert await on.ask(b"three\n") == b"three\n"
        assert on.port.volume.taken() == (10, 10)
        assert on.port.volume.taken() == (0, 0)

    scene(story)


def test_bad_requests_end_one_connection_with_one_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def story(on: Scene) -> None:
        assert await on.ask(b"one\n", b"bad\n") == b"one\n"
        assert await on.ask(b"odd\n") == b"odd\n"

    scene(story)
    assert [record.name for record in caplog.records] == ["softmeter.wan"] * 2
    first, second = (record.getMessage() for record in caplog.records)
    assert first.startswith("127.0.0.1:")
    assert first.endswith(" dropped: bad line")
    assert second.endswith(r" line too odd line=6f6464 reason='it is\nodd'")
    assert not any(record.exc_info for record in caplog.records)


@pytest.mark.slow
def test_half_a_request_and_silence_is_closed(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def story(on: Scene) -> None:
        on.meter.silence_s = SILENCE_S
        reader, writer = await on.client()
        writer.write(b"hal")
        began = time.monotonic()
        assert await asyncio.wait_for(reader.read(), 60) == b""
        assert time.monotonic() - began >= SILENCE_S * 0.8
        writer.close()

    scene(story)
    assert [record.getMessage().split(" ", 1)[1] for record in caplog.records] == [
        "line too odd line=68616c reason='silence'"
    ]


@pytest.mark.slow
def test_a_deadline_moves_with_each_request() -> None:
    async def story(on: Scene) -> None:
        on.meter.silence_s = 3
        reader, writer = await on.client()
        for _ in range(3):
            writer.write(b"still here\n")
            assert await reader.readline() == b"still here\n"
            await asyncio.sleep(1.2)
        assert await asyncio.wait_for(reader.read(), 60) == b""
        writer.close()

    scene(story)


@pytest.mark.slow
def test_who_reads_over_a_slow_line_is_not_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wan_peer, "STALL_S", 0.3)
    monkeypatch.setattr(shaped, "MOST_WAITING_S", 0.3)

    async def story(on: Scene) -> None:
        on.port.line.up.quality = Quality(bits_per_s=8_000)
        reader, writer = await on.client()
        writer.write(b"big 1500\n")
        await asyncio.sleep(0)
        assert len(await asyncio.wait_for(reader.readline(), 60)) == 1501
        writer.close()

    scene(story)


@pytest.mark.slow
def test_a_peer_that_does_not_read_is_not_read_either_and_then_dropped(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(wan_peer, "STALL_S", 1.0)

    async def story(on: Scene) -> None:
        link = socket.create_connection((on.address.host, on.address.port))
        link.setblocking(False)
        loop = asyncio.get_running_loop()
        sending = loop.create_task(loop.sock_sendall(link, b"big 20000\n" * 3_000_000))
        await until(lambda: bool(on.port._peers))
        [peer] = on.port._peers
        await until(lambda: peer._paused)
        assert not sending.done()
        assert peer._transport.get_write_buffer_size() < 5_000_000
        assert len(peer._backlog) < 1_000_000
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(sending, 60)
        assert await on.ask(b"next\n") == b"next\n"
        link.close()

    scene(story)
    assert "does not read" in caplog.text


@pytest.mark.slow
def test_a_slow_reader_gets_everything_in_the_end() -> None:
    async def story(on: Scene) -> None:
        link = socket.create_connection((on.address.host, on.address.port))
        link.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(link, b"big 100000\n" * 300 + b"quit\n")
        await until(lambda: bool(on.port._peers))
        [peer] = on.port._peers
        await until(lambda: peer._paused)
        size = 0
        while octets := await loop.sock_recv(link, 1 << 16):
            size += len(octets)
        assert size == 300 * 100_001 + 5
        link.close()

    scene(story)


def test_an_answer_waits_for_the_commit_of_what_it_may_reveal() -> None:
    async def story(on: Scene) -> None:
        first, changing = await on.client()
        second, reading = await on.client()
        changing.write(b"change\n")
        await until(lambda: on.meter.owed)
        reading.write(b"read\n")
        await until(lambda: len(on.port.holding) == 2)
        for reader in (first, second):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.readline(), 0.01)
        on.barrier.begin()
        on.meter.owed = False
        reading.write(b"again\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(second.readline(), 0.01)
        on.barrier.end()
        assert await first.readline() == b"change\n"
        assert await second.readline() == b"read\n"
        assert await second.readline() == b"again\n"
        changing.close()
        reading.close()

    scene(story)


def test_a_change_made_during_a_commit_waits_for_the_next_one() -> None:
    async def story(on: Scene) -> None:
        reader, writer = await on.client()
        on.barrier.begin()
        writer.write(b"read\n")
        assert await reader.readline() == b"read\n"
        writer.write(b"change\nquit\n")
        await until(lambda: on.meter.owed)
        on.barrier.end()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readline(), 0.01)
        on.barrier.begin()
        on.meter.owed = False
        on.barrier.end()
        assert await reader.read() == b"change\nquit\n"
        writer.close()

    scene(story)


def test_after_a_failed_commit_no_answer_leaves() -> None:
    async def story(on: Scene) -> None:
        reader, writer = await on.client()
        writer.write(b"one\n")
        assert await reader.readline() == b"one\n"
        on.barrier.begin()
        on.barrier.fail()
        writer.write(b"two\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readline(), 0.01)
        writer.close()

    scene(story)


def test_a_change_waits_while_the_meter_is_locked_and_others_are_served() -> None:
    async def story(on: Scene) -> None:
        on.meter.locked = True
        changing, writer = await on.client()
        writer.write(b"before\nchange\nafter\n")
        writer.write_eof()
        assert await changing.readline() == b"before\n"
        assert await on.ask(b"read\n") == b"read\n"
        on.port.tick()
        assert not on.meter.owed
        on.meter.locked = False
        on.port.tick()
        assert on.meter.owed
        on.barrier.begin()
        on.meter.owed = False
        on.barrier.end()
        assert await changing.read() == b"change\nafter\n"
        writer.close()

    scene(story)


def test_closing_drops_everyone_and_opening_takes_the_same_port() -> None:
    async def story(on: Scene) -> None:
        reader, writer = await on.client()
        writer.write(b"one\nhalf")
        assert await reader.readline() == b"one\n"
        await on.port.close()
        assert await reader.read() == b""
        assert on.meter.closed == [b"half"]
        with pytest.raises(ConnectionRefusedError):
            await on.client()
        assert await on.port.open() == on.address
        assert await on.ask(b"back\n") == b"back\n"
        writer.close()

    scene(story)


def test_while_calls_are_not_answered_nobody_new_is_taken_and_who_is_there_stays() -> None:
    async def story(on: Scene) -> None:
        reader, writer = await on.said(b"hello\n")
        on.port.accepting = False
        refused = [await on.client()]
        assert await gone(refused) == [True]
        writer.write(b"still\n")
        assert await reader.readline() == b"still\n"
        on.port.accepting = True
        assert await on.ask(b"one\n") == b"one\n"
        assert on.port.taken_calls() == 2
        assert on.port.taken_calls() == 0
        on.port.calls_left = 1
        assert await on.ask(b"one\n") == b"one\n"
        refused.append(await on.client())
        assert await gone(refused) == [True, True]
        for _, one in (*refused, (reader, writer)):
            one.close()

    scene(story)


def test_a_bad_line_is_taken_up_by_who_is_connected_already() -> None:
    async def story(on: Scene) -> None:
        reader, writer = await on.said(b"hello\n")
        on.port.line.up.quality = Quality(latency_s=0.05)
        on.port.tick()
        began = time.monotonic()
        writer.write(b"one\n")
        assert await reader.readline() == b"one\n"
        assert time.monotonic() - began > 0.04
        on.port.line.up.quality = Quality(drop=0.999)
        writer.write(b"two\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readline(), 0.05)
        writer.close()

    scene(story)
