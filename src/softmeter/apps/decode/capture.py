"""Captures as trees: packets in their order, the conversations in them put together."""

from collections.abc import Iterator
from datetime import UTC, datetime

from softmeter.apps.decode.exchange import Exchange
from softmeter.apps.decode.keyring import Keyring
from softmeter.apps.decode.stream import decoded
from softmeter.apps.decode.tree import Node
from softmeter.errors import DecodeError
from softmeter.wire.packets import FIN, RESET, SYN, TCP, Segment, segment_of
from softmeter.wire.pcapng import Direction, LinkType, Packet, packets
from softmeter.wire.units import Cutter

_MOST_FLOWS = 4096
_MOST_EARLY = 64
"""Segments kept that came before their turn."""
_USER_TYPES = range(LinkType.USER0, LinkType.USER0 + 16)
_WINDOW = 1 << 31


class _Flow:
    """One direction of a TCP connection: its octets in order."""

    __slots__ = ("cutter", "early", "expected")

    def __init__(self) -> None:
        self.cutter = Cutter()
        self.expected: int | None = None
        self.early: dict[int, bytes] = {}

    def take(self, segment: Segment) -> tuple[bytes, int]:
        """The octets that are now in order, and how many were lost before them."""
        if segment.flags & SYN:
            self.expected = segment.sequence + 1 & 0xFFFFFFFF
            return b"", 0
        if not segment.payload:
            return b"", 0
        if self.expected is None:
            self.expected = segment.sequence
        self.early[segment.sequence] = segment.payload
        lost = 0
        if len(self.early) > _MOST_EARLY:  # what is missing will not come any more
            nearest = min(self.early, key=self._ahead)
            lost, self.expected = self._ahead(nearest), nearest
            self.cutter.rest()
        return self._ordered(), lost

    def _ahead(self, sequence: int) -> int:
        return sequence - (self.expected or 0) & 0xFFFFFFFF

    def _ordered(self) -> bytes:
        parts = []
        for sequence in sorted(self.early, key=lambda one: (self._ahead(one) + _WINDOW) & 0xFFFFFFFF):
            ahead = self._ahead(sequence)
            payload = self.early[sequence]
            if ahead >= _WINDOW:  # sent again
                payload = payload[0x1_0000_0000 - ahead :]
            elif ahead:
                break
            del self.early[sequence]
            parts.append(payload)
            self.expected = (self.expected or 0) + len(payload) & 0xFFFFFFFF
        return b"".join(parts)


class Conversations:
    """All that is going on in a capture."""

    def __init__(self, keyring: Keyring, *, secrets: bool = False) -> None:
        self._keyring = keyring
        self._secrets = secrets
        self._flows: dict[tuple[object, object], _Flow] = {}
        self._exchanges: dict[frozenset[object], Exchange] = {}

    def packet(self, number: int, packet: Packet) -> Node | None:
        """One packet; None if it holds nothing of ours."""
        node = Node(f"packet {number}", _time(packet.time_ns))
        try:
            segment = segment_of(packet.link_type, packet.octets)
        except DecodeError as error:
            node.blame_error(error)
            return node
        if segment is not None:
            return self._segment(node, segment)
        if packet.link_type not in _USER_TYPES:
            return None
        names = {Direction.IN: "received", Direction.OUT: "sent"}
        node.text += f" {packet.interface} {names.get(packet.direction, '')}".rstrip()
        ends: tuple[object, object] = (packet.interface, packet.direction)
        exchange = self._exchange(packet.interface, "")
        node.children += self._units(packet.octets, ends, exchange)
        return node

    def rest(self) -> Iterator[Node]:
        """What was never completed."""
        for (source, destination), flow in self._flows.items():
            left = flow.cutter.rest()
            if left or flow.early:
                node = Node("at the end", f"{source} → {destination}")
                if flow.early:
                    node.blame(f"{sum(map(len, flow.early.values()))} octets wait for some that were not captured")
                if left:
                    node.children += decoded(left, self._exchange(source, destination), source, destination)
                yield node

    def _segment(self, node: Node, segment: Segment) -> Node | None:
        source, destination = segment.source, segment.destination
        exchange = self._exchange(source, destination)
        node.text += f" {source} → {destination} {'TCP' if segment.protocol == TCP else 'UDP'}"
        if segment.protocol != TCP:
            node.children += decoded(segment.payload, exchange, source, destination)
            return node if segment.payload else None
        flow = self._flow(source, destination)
        if segment.flags & (SYN | FIN | RESET):
            words = {SYN: "opens", FIN: "ends", RESET: "breaks off"}
            node.add("connection", next(word for flag, word in words.items() if segment.flags & flag))
        ready, lost = flow.take(segment)
        if lost:
            node.blame(f"{lost} octets before this were not captured")
        for unit in flow.cutter.receive(ready) if ready else ():
            node.children += decoded(unit, exchange, source, destination)
        if segment.payload and not node.children:
            node.add("octets", f"{len(segment.payload)}, a part of a unit")
        return node if node.children else None

    def _units(self, octets: bytes, ends: tuple[object, object], exchange: Exchange) -> Iterator[Node]:
        flow = self._flow(*ends)
        for unit in flow.cutter.receive(octets):
            yield from decoded(unit, exchange, *ends)

    def _flow(self, source: object, destination: object) -> _Flow:
        if len(self._flows) >= _MOST_FLOWS:
            self._flows.clear()
        return self._flows.setdefault((source, destination), _Flow())

    def _exchange(self, one: object, other: object) -> Exchange:
        pair = frozenset((one, other))
        if pair not in self._exchanges:
            if len(self._exchanges) >= _MOST_FLOWS:
                self._exchanges.clear()
            self._exchanges[pair] = Exchange(self._keyring, secrets=self._secrets)
        return self._exchanges[pair]


def decoded_capture(octets: bytes, keyring: Keyring, *, secrets: bool = False) -> Iterator[Node]:
    """The packets of a pcapng or pcap file that hold something of ours; nothing is raised."""
    conversations = Conversations(keyring, secrets=secrets)
    try:
        for number, packet in enumerate(packets(octets), 1):
            node = conversations.packet(number, packet)
            if node is not None:
                yield node
    except DecodeError as error:
        broken = Node("capture")
        broken.blame_error(error)
        yield broken
    yield from conversations.rest()


def _time(time_ns: int) -> str:
    seconds, rest = divmod(time_ns, 1_000_000_000)
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"
    except (ValueError, OverflowError, OSError):
        return f"{time_ns} ns"
