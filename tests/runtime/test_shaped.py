"""Connections over a link that is not perfect, in simulated time: what either end notes, and when."""

import asyncio
from typing import Any

import pytest

from runtime.virtual_time import VirtualTime
from softmeter.bench.link import PERFECT, Line, Quality
from softmeter.runtime.shaped import LossyQueue, over


class Edge(asyncio.Transport):
    """Notes what is done to it, and when."""

    def __init__(self, virtual: VirtualTime) -> None:
        super().__init__()
        self.written: list[tuple[float, bytes]] = []
        self.done: list[tuple[str, float]] = []
        self.protocol: asyncio.Protocol
        self._virtual = virtual

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        assert isinstance(protocol, asyncio.Protocol)
        self.protocol = protocol

    def write(self, data: "bytes | bytearray | memoryview[Any]") -> None:
        self.written.append((self._virtual.monotonic() - 1000, bytes(data)))

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self._note("pause")

    def resume_reading(self) -> None:
        self._note("resume")

    def close(self) -> None:
        self._note("close")
        asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    def abort(self) -> None:
        self._note("abort")

    def _note(self, what: str) -> None:
        self.done.append((what, round(self._virtual.monotonic() - 1000, 2)))


class Ends:
    """A protocol behind a line, and the transport before it."""

    def __init__(self, virtual: VirtualTime, line: Line) -> None:
        ends = self

        class Near(asyncio.Protocol):
            def data_received(self, data: bytes) -> None:
                ends.came.append((virtual.monotonic() - 1000, data))

            def eof_received(self) -> bool:
                ends.noted.append("end")
                return True

            def pause_writing(self) -> None:
                ends.noted.append("pause")

            def resume_writing(self) -> None:
                ends.noted.append("resume")

        self.came: list[tuple[float, bytes]] = []
        self.noted: list[str] = []
        self.edge = Edge(virtual)
        self.near = over(line, self.edge, Near(), virtual.monotonic)


def line(up: Quality = PERFECT, down: Quality = PERFECT, close_s: float = 0.0) -> Line:
    made = Line("test", b"seed")
    made.up.quality, made.down.quality, made.close_s = up, down, close_s
    return made


def test_a_perfect_line_is_not_in_the_way(virtual: VirtualTime) -> None:
    ends = Ends(virtual, line())
    assert ends.near is ends.edge


def test_octets_come_late_and_at_the_rate_of_the_line_both_ways(virtual: VirtualTime) -> None:
    async def story() -> None:
        ends = Ends(virtual, line(Quality(0.5, 80_000), Quality(0.5, 8_000)))
        ends.edge.protocol.data_received(bytes(1024))
        ends.near.write(bytes(10_240))
        assert ends.near.get_write_buffer_size() == 10_240
        await asyncio.sleep(5)
        assert b"".join(octets for _, octets in ends.came) == bytes(1024)
        assert ends.came[0][0] == pytest.approx(0.55, abs=0.01)
        assert ends.came[-1][0] == pytest.approx(1.524, abs=0.01)
        assert sum(len(octets) for _, octets in ends.edge.written) == 10_240
        assert ends.edge.written[-1][0] == pytest.approx(1.524, abs=0.01)

    virtual.run(story())


def test_all_who_share_a_line_have_their_turn(virtual: VirtualTime) -> None:
    async def story() -> None:
        shared = line(Quality(bits_per_s=80_000))
        busy, others = Ends(virtual, shared), [Ends(virtual, shared) for _ in range(3)]
        busy.near.write(bytes(20_000))
        await asyncio.sleep(0.5)
        for one in others:
            one.near.write(bytes(1000))
        await asyncio.sleep(5)
        assert sum(len(octets) for _, octets in busy.edge.written) == 20_000
        assert busy.edge.written[-1][0] == pytest.approx(2.3, abs=0.05)
        for one in others:
            assert sum(len(octets) for _, octets in one.edge.written) == 1000
            assert one.edge.written[-1][0] < 1.1

    virtual.run(story())


def test_nobody_is_read_while_the_line_before_the_meter_is_full(virtual: VirtualTime) -> None:
    async def story() -> None:
        ends = Ends(virtual, line(down=Quality(0.0, 8_000)))
        ends.edge.protocol.data_received(bytes(4096))
        await asyncio.sleep(10)
        assert ends.edge.done == [("pause", 0.0), ("resume", 1.1)]

    virtual.run(story())


def test_who_writes_too_much_is_asked_to_pause_and_the_last_octets_leave_before_the_end(virtual: VirtualTime) -> None:
    async def story() -> None:
        ends = Ends(virtual, line(Quality(0.0, 8_000), close_s=4.0))
        ends.near.write(bytes(5000))
        assert ends.noted == ["pause"]
        ends.near.close()
        assert ends.near.is_closing()
        ends.near.write(b"too late")
        await asyncio.sleep(20)
        assert b"".join(octets for _, octets in ends.edge.written) == bytes(5000)
        assert ends.edge.done == [("close", 9.0)]

    virtual.run(story())


def test_who_does_not_read_the_last_octets_is_given_up_and_who_does_is_not(virtual: VirtualTime) -> None:
    async def story() -> None:
        for reads, done in ((False, [("abort", 5.0)]), (True, [("close", 5.0)])):
            begun = virtual.monotonic()
            ends = Ends(virtual, line(Quality(latency_s=5.0)))
            ends.near.write(b"last")
            if not reads:
                ends.edge.protocol.pause_writing()
            ends.near.close()
            assert ends.near.get_write_buffer_size() == 0
            await asyncio.sleep(30)
            assert [(what, round(at + 1000 - begun, 1)) for what, at in ends.edge.done] == done

    virtual.run(story())


def test_the_end_of_the_peer_is_noticed_after_its_last_octets(virtual: VirtualTime) -> None:
    async def story() -> None:
        ends = Ends(virtual, line(down=Quality(1.0), close_s=4.0))
        ends.edge.protocol.data_received(b"last")
        ends.edge.protocol.eof_received()
        await asyncio.sleep(4.9)
        assert (ends.came, ends.noted) == ([(1.0, b"last")], [])
        await asyncio.sleep(0.2)
        assert ends.noted == ["end"]

    virtual.run(story())


def test_octets_get_lost_and_damaged_between_the_ends(virtual: VirtualTime) -> None:
    async def story() -> None:
        ends = Ends(virtual, line(Quality(drop=0.3, damage=0.3)))
        ends.near.write(bytes(256 * 40))
        await asyncio.sleep(1)
        came = b"".join(octets for _, octets in ends.edge.written)
        assert 256 * 15 < len(came) < 256 * 40
        assert 0 < sum(octet != 0 for octet in came) < 30

    virtual.run(story())


def test_datagrams_for_which_there_is_no_room_are_lost(virtual: VirtualTime) -> None:
    async def story() -> None:
        queue = LossyQueue(line(Quality(0.0, 8_000)).up, virtual.monotonic)
        came: list[bytes] = []
        for number in range(100):
            queue.put(bytes((number,)) * 100, came.append)
        await asyncio.sleep(20)
        assert [one[0] for one in came] == list(range(30))
        queue.put(b"again", came.append)
        queue.clear()
        await asyncio.sleep(20)
        assert len(came) == 30

    virtual.run(story())


def test_datagrams_of_nothing_take_up_room_as_well(virtual: VirtualTime) -> None:
    async def story() -> None:
        shared = line(Quality(latency_s=60.0)).up
        queue, came = LossyQueue(shared, virtual.monotonic), list[bytes]()
        for _ in range(5000):
            queue.put(b"", came.append)
        assert len(queue._timers) == 1024
        queue.clear()

    virtual.run(story())
