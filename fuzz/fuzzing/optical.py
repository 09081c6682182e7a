"""The optical port as a target: mode E and HDLC, with a client who has come in and then says anything."""

from collections.abc import Callable
from random import Random

from fuzzing import grammar
from fuzzing.links import frame, stream_of_frames
from fuzzing.live import Session, packed
from fuzzing.mutation import Mutator
from fuzzing.seeds import kept, vectors
from fuzzing.target import FaultError, Target, spent_s
from softmeter.dlms.acse import decode_acse
from softmeter.dlms.apdu import decode_apdu
from softmeter.dlms.hdlc_server import HdlcServer, Station
from softmeter.dlms.host import AttributeSet, MethodInvoked
from softmeter.dlms.optical import OpticalServer
from softmeter.errors import MeterError
from softmeter.instant import LinkTime
from softmeter.meter.meter import Meter
from softmeter.wire.hdlc import LLC_COMMAND, LLC_RESPONSE, Address, Frame, FrameReader, Kind, control_of, encode_frame
from softmeter.wire.mode_e import Identification
from softmeter.wire.mode_e_link import ModeEServer

NAME = "optical"
_PUBLIC, _METER = Address(16), Address(1)
_AARQ = bytes.fromhex("601da109060760857405080101be10040e01000000065f1f0400007e1fffff")
_TALK = (
    b"/?!\r\n",
    b"/?12345678!\r\n",
    b"\x06250\r\n",
    b"\x06252\r\n",
    b"\x06050\r\n",
    b"\x01B0\x03q",
    b"/?12345678!\r\n" * 9,
)


class Line:
    """One reader at the optical port, as the public client; the same members as a `Peer`."""

    def __init__(self, meter: Meter, counter: int) -> None:
        identity = meter.identity
        opening = ModeEServer(Identification(identity.manufacturer, "5", identity.model), lambda: ["0.0.0(1)"], "1")
        self._server = OpticalServer(opening, HdlcServer(meter, Station()))
        self._meter = meter
        self._frames = FrameReader()
        self._events: list[object] = []
        self._now = 100.0
        self._sent = self._received = 0
        self._segments = b""
        self._broken = False
        self.counter = counter
        self.spent_s = 0.0
        self.say(encode_frame(Frame(_METER, _PUBLIC, control_of(Kind.SNRM), b"", segmented=False)))
        self.take()
        self.inform(_AARQ)
        self.take()

    @property
    def usable(self) -> bool:
        """Whether the link is in step and the client associated."""
        return not self._broken and not self._server.closed and self._server.associated

    def close(self) -> None:
        """The reader is taken off."""
        self._server.receive(b"", LinkTime(self._now))

    def say(self, octets: bytes) -> None:
        """Octets, a moment after the last."""
        self._now += 0.01
        began = spent_s()
        self._events += self._server.receive(octets or b"\x7e", LinkTime(self._now))
        self.spent_s = spent_s() - began

    def disturb(self, octets: bytes) -> None:
        """The same, after which the link may be out of step."""
        self.say(octets)
        self._broken = True

    def inform(self, apdu: bytes) -> None:
        """An APDU in an I frame with the right numbers; segmented where it is long."""
        whole = LLC_COMMAND + apdu[:1500]
        for at in range(0, len(whole), 128):
            more = at + 128 < len(whole)
            control = control_of(Kind.I, sent=self._sent, received=self._received, poll=not more)
            self.say(encode_frame(Frame(_METER, _PUBLIC, control, whole[at : at + 128], segmented=more)))
            self._sent = (self._sent + 1) % 8

    def locked(self, apdu: bytes) -> None:
        """An APDU that comes while the meter is being stored."""
        self._meter.locked = True
        self.inform(apdu)
        self._meter.locked = False
        self._events += self._server.resume(LinkTime(self._now))

    def wait(self, octets: bytes) -> None:
        """A pause: what is due happens."""
        self._now += 1.0 + 60.0 * (octets[:1] > b"\x7f")
        self._events += self._server.expire(LinkTime(self._now))

    def take(self) -> int:
        """Check what came back; returns how many changes the server has reported.

        Raises:
            FaultError: an APDU in the answer is damaged.
        """
        for _ in range(200):
            self._frames.receive(self._server.to_send(), LinkTime(self._now))
            asked = False
            while (found := self._frames.take()) is not None:
                asked |= self._hear(found)
            if not asked:
                break
            control = control_of(Kind.RR, received=self._received)
            self.say(encode_frame(Frame(_METER, _PUBLIC, control, b"", segmented=False)))
        changes = sum(isinstance(event, AttributeSet | MethodInvoked) for event in self._events)
        self._events.clear()
        return changes

    def _hear(self, found: Frame) -> bool:
        """Whether more is to be asked for."""
        if found.destination != _PUBLIC or found.kind is not Kind.I:
            self._broken |= found.kind in {Kind.DM, Kind.FRMR}
            return False
        if found.sent != self._received:
            return False
        self._received = (self._received + 1) % 8
        self._segments += found.information
        if found.segmented:
            return found.poll
        unit, self._segments = self._segments, b""
        apdu = unit.removeprefix(LLC_RESPONSE)
        try:
            decode_acse(apdu) if apdu[:1] in {b"\x61", b"\x63"} else decode_apdu(apdu)
        except MeterError as error:
            raise FaultError("answer", f"{error}: {unit[:60].hex()}") from error
        return False


_DOINGS: tuple[Callable[[Line, bytes], None], ...] = (
    Line.disturb,
    Line.inform,
    Line.disturb,
    Line.disturb,
    Line.locked,
    Line.wait,
)
_KINDS = (*(1,) * 12, 0, 2, 2, 3, 4, 5)


def target() -> Target:
    """A meter whose optical port is talked to."""
    session = Session(Line, _DOINGS, may_change=False)
    requests = grammar.Requests(session.subject.attribute_keys, session.subject.method_keys)
    mutate = Mutator(vectors("xdlms.", "acse."), requests)

    def step(random: Random) -> tuple[int, bytes]:
        kind = random.choice(_KINDS)
        match kind:
            case 1 | 4:
                return kind, requests(random) if random.random() < 0.5 else mutate(random)
            case 0:
                return kind, random.randbytes(random.randrange(60))
            case 2:
                return kind, stream_of_frames(random) if random.random() < 0.5 else frame(random, LLC_COMMAND + _AARQ)
            case 3:
                return kind, random.choice(_TALK)
        return kind, random.randbytes(1)

    def draw(random: Random) -> bytes:
        return packed([step(random) for _ in range(random.choice((1, 1, 2, 3, 6)))])

    return Target(NAME, session.run, (), kept(NAME), draw, session.settle, target, whole=True)
