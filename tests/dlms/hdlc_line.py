"""A line between an HDLC client and a server in time of its own, which loses, doubles, delays and damages by a seed.

Frames keep their order, as on every wire. Whoever waits is woken at its deadline; nothing else lets time pass.
"""

from collections import deque
from collections.abc import Iterator

from dlms.device import SmallMeter
from softmeter.dlms.conversation import Conversation, T, Unanswered
from softmeter.dlms.hdlc_client import HdlcClient, LineSettings
from softmeter.dlms.hdlc_server import HdlcServer, Station
from softmeter.entropy import SeededEntropy
from softmeter.errors import RemoteProtocolError
from softmeter.instant import LinkTime
from softmeter.wire.hdlc import INTER_OCTET_S, Address
from softmeter.wire.hdlc_parameters import LARGEST, Parameters
from softmeter.wire.hdlc_primary import Patience

TRAVEL_S = 0.01
LATE_S = 2.5
"""How late a delayed frame is: more than the client waits before it asks again."""


def frames_of(octets: bytes) -> Iterator[bytes]:
    """Whole frames as they were written, one behind the other."""
    while octets:
        end = ((octets[1] & 7) << 8 | octets[2]) + 2
        yield octets[:end]
        octets = octets[end:]


class Way:
    """One direction of the line."""

    def __init__(self, seed: str, rate: float) -> None:
        self._entropy = SeededEntropy(seed)
        self._rate = rate
        self.arriving: deque[tuple[LinkTime, bytes]] = deque()
        self.faults = 0

    def _strikes(self) -> bool:
        struck = int.from_bytes(self._entropy.octets(2), "big") < self._rate * 0x10000
        self.faults += struck
        return struck

    def carry(self, octets: bytes, now: LinkTime) -> None:
        for frame in frames_of(octets):
            if self._strikes():
                continue
            copies = 2 if self._strikes() else 1
            for _ in range(copies):
                late = LATE_S if self._strikes() else 0.0
                whole = self._damaged(frame) if self._strikes() else frame
                earliest = self.arriving[-1][0] + TRAVEL_S if self.arriving else 0.0
                # a real line is silent between frames that do not come at once, which ends what is damaged
                self.arriving.append((LinkTime(max(now + TRAVEL_S + late, earliest)), whole))

    def _damaged(self, frame: bytes) -> bytes:
        at = int.from_bytes(self._entropy.octets(2), "big") % len(frame)
        kind = self._entropy.octets(1)[0] % 3
        if kind == 0:
            return frame[:at]
        if kind == 1:
            return frame[:at] + b"\x7e" + frame[at:]
        return frame[:at] + bytes((frame[at] ^ 1 << self._entropy.octets(1)[0] % 8,)) + frame[at + 1 :]


class HdlcLine:
    """Client, line, and server with its meter."""

    def __init__(
        self, seed: int = 0, rate: float = 0.0, proposal: Parameters = LARGEST, meter: SmallMeter | None = None
    ) -> None:
        self.meter = meter or SmallMeter()
        self.server = HdlcServer(self.meter, Station(inter_octet_s=INTER_OCTET_S, inactivity_s=0))
        settings = LineSettings(Address(1, 17, 4), proposal, Patience(1.0, 60, 0.1, 60.0), INTER_OCTET_S)
        self.client = HdlcClient(settings)
        self.there, self.back = Way(f"{seed} there", rate), Way(f"{seed} back", rate)
        self.now = LinkTime(1000.0)
        self.events: list[object] = []

    def run(self, conversation: Conversation[T], sap: int) -> T:
        try:
            request = next(conversation)
            while True:
                request = conversation.send(self._exchange(request, sap))
        except StopIteration as stop:
            value: T = stop.value
            return value

    def _exchange(self, request: bytes, sap: int) -> bytes:
        client = self.client
        if request or not client.arrived:
            client.ask(request, sap, self.now)
        awaited = not isinstance(request, Unanswered)
        while not (client.arrived if awaited else client.settled):
            self._step()
            if client.silent:
                raise RemoteProtocolError("no answer")
        return client.arrived.popleft() if awaited else b""

    def finish(self) -> None:
        self.client.finish(self.now)
        while not self.client.closed:
            self._step()

    def _step(self) -> None:
        """The next thing that happens."""
        self.there.carry(self.client.to_send(), self.now)
        times = [way.arriving[0][0] for way in (self.there, self.back) if way.arriving]
        times += [one for one in (self.client.deadline, self.server.deadline) if one is not None]
        self.now = max(self.now, min(times))
        if self.there.arriving and self.there.arriving[0][0] <= self.now:
            octets = self.there.arriving.popleft()[1]
            self.events += self.server.receive(octets, self.now) if octets else []
            if self.server.waiting:
                self.meter.locked = False
                self.events += self.server.resume(self.now)
            self.back.carry(self.server.to_send(), self.now)
        elif self.back.arriving and self.back.arriving[0][0] <= self.now:
            octets = self.back.arriving.popleft()[1]
            if octets:
                self.client.receive(octets, self.now)
        else:
            self.events += self.server.expire(self.now)
            self.client.expire(self.now)
