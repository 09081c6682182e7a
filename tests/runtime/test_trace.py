"""Traces and key logs as files: whole after every packet, bounded, for their owner only."""

import asyncio
import logging
import stat
from pathlib import Path

import pytest

from softmeter.dlms.associations import Standing
from softmeter.errors import ConfigurationError, RemoteProtocolError
from softmeter.instant import LinkTime
from softmeter.runtime.address import Address
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.loop import run
from softmeter.runtime.trace import TRACE_BEGINS, ConnectionTrace, KeyLog, TraceFile
from softmeter.runtime.wan_port import WanPort
from softmeter.transport.tap import Host, Tap, host_of
from softmeter.wire.packets import UDP, segment_of
from softmeter.wire.pcapng import Direction, LinkType, Packet, packets
from vectors.table import vector

NOWHERE = "0.0.0.0", 0  # noqa: S104 - the unspecified address
ENDS = ("127.0.0.1", 4059), ("127.0.0.1", 50_000)
DATAGRAM = vector("wrapper.aarq.public")


def read(path: Path) -> list[Packet]:
    return list(packets(path.read_bytes()))


def traced(path: Path, *, limit: int = 1 << 20) -> tuple[TraceFile, ConnectionTrace]:
    file = TraceFile(path, "test", limit=limit)
    number = file.interface(LinkType.RAW, "wan", "a port")
    return file, ConnectionTrace(file, number, ENDS, lambda unit, sent: f"{len(unit)} {'out' if sent else 'in'}")


def test_every_unit_is_a_packet_and_the_file_is_whole_after_each(tmp_path: Path) -> None:
    path = tmp_path / "a.pcapng"
    _, connection = traced(path)
    connection.received(DATAGRAM[:20])
    assert read(path) == []
    connection.received(DATAGRAM[20:] + DATAGRAM)
    assert len(read(path)) == 2
    connection.sent(DATAGRAM)
    connection.received(b"\x00\x01\x00")
    connection.closed()
    found = read(path)
    assert [(one.direction, one.comment) for one in found] == [
        (Direction.IN, f"{len(DATAGRAM)} in"),
        (Direction.IN, f"{len(DATAGRAM)} in"),
        (Direction.OUT, f"{len(DATAGRAM)} out"),
        (Direction.IN, "3 in"),
    ]
    segments = [segment_of(one.link_type, one.octets) for one in found]
    assert [one.payload for one in segments if one] == [DATAGRAM, DATAGRAM, DATAGRAM, b"\x00\x01\x00"]
    assert [(one.sequence, one.source.port) for one in segments if one] == [
        (1, 50_000), (1 + len(DATAGRAM), 50_000), (1, 4059), (1 + 2 * len(DATAGRAM), 50_000),
    ]  # fmt: skip
    assert [one.time_ns for one in found] == sorted(one.time_ns for one in found)


def test_a_unit_too_long_for_a_packet_takes_several_and_one_comment(tmp_path: Path) -> None:
    path = tmp_path / "a.pcapng"
    _, connection = traced(path)
    unit = b"\x00\x01\x00\x01\x00\x10\xff\xff" + bytes(0xFFFF)
    connection.sent(unit)
    found = read(path)
    assert [one.comment for one in found] == ["", f"{len(unit)} out"]
    segments = [segment_of(one.link_type, one.octets) for one in found]
    assert b"".join(one.payload for one in segments if one) == unit


def test_a_serial_line_has_no_addresses(tmp_path: Path) -> None:
    path = tmp_path / "a.pcapng"
    file = TraceFile(path, "test")
    number = file.interface(LinkType.USER0, "optical", "a line")
    frame = vector("hdlc.disc.client1.server1")
    ConnectionTrace(file, number, None, lambda *_: "").received(frame)
    assert [(one.link_type, one.octets, one.direction) for one in read(path)] == [(147, frame, Direction.IN)]


def test_a_full_file_stays_whole_and_says_so_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "a.pcapng"
    _, connection = traced(path, limit=600)
    with caplog.at_level(logging.WARNING):
        for _ in range(20):
            connection.received(DATAGRAM)
    assert 0 < len(read(path)) < 20
    assert path.stat().st_size <= 600
    assert [record.message for record in caplog.records] == [f"{path} has reached 600 octets: nothing more is traced"]


def test_both_files_are_for_their_owner_only_even_where_they_were_for_all(tmp_path: Path) -> None:
    for name, begins in (("trace", TRACE_BEGINS), ("keys", b"# log")):
        (tmp_path / name).write_bytes(begins + b"old")
        (tmp_path / name).chmod(0o644)
    TraceFile(tmp_path / "trace", "test").close()
    log = KeyLog(tmp_path / "keys", "# log")
    log.note({"kind": "global", "title": "", "encryption": "00"})
    log.note({"kind": "global", "title": "", "encryption": "00"})
    log.close()
    log.note({"kind": "later"})
    for name in ("trace", "keys"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    first, second = (tmp_path / "keys").read_text().splitlines()
    assert first == "# log"
    assert second.endswith(" kind=global encryption=00")


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=str(tmp_path / "no" / "such")):
        TraceFile(tmp_path / "no" / "such", "test")


def test_ends_of_sockets() -> None:
    assert host_of(("127.0.0.1", 5)) == ("127.0.0.1", 5)
    assert host_of(("fe80::1%eth0", 5, 0, 2)) == ("fe80::1", 5)
    assert host_of("/dev/pts/1") == NOWHERE
    assert host_of(None) == NOWHERE


class Echo:
    """A connection that sends back what it is sent."""

    deadline: LinkTime | None = None
    closed = waiting = False
    standing = Standing.NONE

    def __init__(self) -> None:
        self.out = b""

    def receive(self, data: bytes, now: LinkTime) -> list[object]:
        if data == b"bad" and now:
            raise RemoteProtocolError("bad")
        self.out += data
        return []

    def resume(self, now: LinkTime) -> list[object]:
        return [now]

    expire = resume

    def to_send(self) -> bytes:
        out, self.out = self.out, b""
        return out


class Listening:
    """A tap that remembers."""

    def __init__(self, ends: tuple[Host, Host]) -> None:
        self.ends = ends
        self.heard: list[tuple[str, bytes]] = []

    def received(self, octets: bytes) -> None:
        self.heard.append(("received", octets))

    def sent(self, octets: bytes) -> None:
        self.heard.append(("sent", octets))

    def closed(self) -> None:
        self.heard.append(("closed", b""))


@pytest.mark.slow
def test_a_port_tells_its_taps_what_passes() -> None:
    taps: list[Listening] = []

    def make_tap(own: Host, peer: Host) -> Tap:
        taps.append(Listening((own, peer)))
        return taps[-1]

    async def scene() -> None:
        port = WanPort(Address.parse("127.0.0.1:0", "--wan"), lambda _: Echo(), Barrier(lambda: False))
        port.make_tap = make_tap
        address = await port.open()
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        writer.write(b"bad")
        assert await reader.read() == b""
        writer.close()
        await port.close()
        await asyncio.sleep(0)
        assert taps[0].ends[0] == (address.host, address.port)

    run(scene())
    assert taps[0].heard == [("received", b"hello"), ("sent", b"hello"), ("received", b"bad"), ("closed", b"")]


def test_datagrams_are_packets_of_udp(tmp_path: Path) -> None:
    path = tmp_path / "a.pcapng"
    file = TraceFile(path, "test")
    number = file.interface(LinkType.RAW, "wan-udp", "a port")
    connection = ConnectionTrace(file, number, ENDS, lambda unit, _: f"{len(unit)}", datagrams=True)
    connection.received(DATAGRAM)
    connection.sent(DATAGRAM)
    segments = [segment_of(one.link_type, one.octets) for one in read(path)]
    assert [(one.protocol, one.source.port, one.payload) for one in segments if one] == [
        (UDP, 50_000, DATAGRAM),
        (UDP, 4059, DATAGRAM),
    ]


def test_a_file_of_another_kind_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "meter.xml"
    path.write_bytes(b"<?xml version='1.0'?>")
    with pytest.raises(ConfigurationError, match=r"meter\.xml: is there and is no trace; name another file"):
        TraceFile(path, "test")
    with pytest.raises(ConfigurationError, match="is there and is no key log"):
        KeyLog(path, "# test")
    assert path.read_bytes() == b"<?xml version='1.0'?>"
    for _ in range(2):
        traced(tmp_path / "again.pcapng")[0].close()
        KeyLog(tmp_path / "again.keys", "# test").close()
    assert (tmp_path / "again.keys").read_text() == "# test\n"
