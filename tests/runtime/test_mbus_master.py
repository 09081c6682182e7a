"""The meter's master on a line: real conversations in simulated time, over wires that answer, echo, garble and end."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.virtual_time import VirtualTime
from softmeter.bench.mbus_line import MBusLine
from softmeter.bench.submeters import parse_sub_meters
from softmeter.device.mbus_channel import Asked, Errand, Identity, Kind, Moment, Order, Outcome, Task
from softmeter.device.surroundings import CALM
from softmeter.meter.mbus_answers import identity
from softmeter.runtime.mbus_master import BAUD, LONGEST_S, MBusMaster
from softmeter.units import Unit
from softmeter.wire.cursor import Cursor
from softmeter.wire.mbus import (
    ACKNOWLEDGE,
    ANYBODY,
    FRAME_COUNT,
    MOST_PRIMARY,
    SELECTED,
    Control,
    Frame,
    Header,
    Information,
    decode,
    encode,
)

SECOND = 1_780_000_000
NOBODY = Asked(0, Identity())
FRAMES = json.loads((Path(__file__).parents[1] / "vectors" / "meter_frames" / "mbus_answers.json").read_text("utf-8"))
Line = Callable[[bytes], bytes]


class Wire:
    """Hands frames to a line and its answer back, in pieces, after some time."""

    def __init__(self, line: Line, *, latency_s: float = 0.0, piece: int = 7, reach: bool = True) -> None:
        self.latency_s = 0.1
        self.sent: list[bytes] = []
        self.closed = 0
        self._line, self._late_s, self._piece, self._reach = line, latency_s, piece, reach
        self._coming: list[bytes] = []

    async def open(self, baud: int) -> None:
        assert baud == BAUD
        if not self._reach:
            raise ConnectionRefusedError("nobody is there")

    def write(self, octets: bytes) -> None:
        self.sent.append(octets)
        answer = self._line(octets)
        self._coming = [answer[at : at + self._piece] for at in range(0, len(answer), self._piece)]

    async def read(self) -> bytes:
        if not self._coming:
            await asyncio.sleep(3600)
        await asyncio.sleep(self._late_s)
        return self._coming.pop(0)

    def forget(self) -> None:
        self._coming = []

    async def close(self) -> None:
        self.closed += 1


def simulated(text: str) -> Line:
    line, memory = MBusLine(parse_sub_meters(text)), [""]

    def exchange(octets: bytes) -> bytes:
        memory[0], answer = line.exchange(memory[0], octets, Moment(SECOND, CALM))
        return answer

    return exchange


def ran(wire: Wire, *errands: Errand, at_once: bool = False) -> tuple[list[Outcome], float]:
    """What became of errands, and how long it took; they are taken one by one from the last, or all `at_once`."""
    time, told = VirtualTime(), {}
    numbered = [errand._replace(number=number) for number, errand in enumerate(errands, 1)]

    async def live() -> None:
        given = [numbered] if at_once else [[one] for one in numbered]
        master = MBusMaster(wire, lambda: given.pop() if given else [], lambda number, one: told.update({number: one}))
        for _ in range(int(LONGEST_S) + 60):
            master.tick()
            if len(told) == len(numbered):
                break
            await asyncio.sleep(1)
        await master.close()

    began = time.monotonic()
    time.run(live())
    return [told[number] for number in sorted(told)], time.monotonic() - began


def install(channel: int = 1) -> Errand:
    return Errand(channel, Task.INSTALL, NOBODY)


def test_whoever_is_on_the_line_is_found_addressed_and_read() -> None:
    (gas,) = parse_sub_meters("gas:3")
    wire = Wire(simulated("gas:3"))
    ((answer, _, primary),), took_s = ran(wire, install(2))
    assert answer is not None
    assert (answer.identity.identification, primary) == (gas.identification, 2)
    assert answer.values[0] == (gas.counted(SECOND), -3, Unit.CUBIC_METRE)
    assert took_s < 10
    assert wire.closed == 1


def test_four_are_told_apart_by_their_secondary_addresses() -> None:
    text = "gas:3,water:4,heat:5,electricity:6"
    wire = Wire(simulated(text))
    known = tuple(
        Identity(one.identification, one.header.manufacturer, 1, one.kind.device_type)
        for one in parse_sub_meters(text)[:3]
    )
    (found,), _ = ran(wire, install(4)._replace(known=known))
    assert found.answer is not None
    assert found.answer.identity.device_type == 2
    reads = [Errand(1, Task.READ, Asked(0, identity)) for identity in known]
    answers, _ = ran(wire, *reads)
    assert [one.answer.identity if one.answer else None for one in answers] == list(known)


def test_orders_are_taken() -> None:
    (gas,) = parse_sub_meters("gas:3")
    wire = Wire(simulated("gas:3"))
    asked = Asked(0, Identity(gas.identification))
    told, _ = ran(
        wire,
        Errand(1, Task.TELL, asked, Order(Kind.VALVE, 0)),
        Errand(1, Task.TELL, asked, Order(Kind.RECORDS, octets=b"\x01\xfd\x60\x00")),
        Errand(1, Task.TELL, Asked(9, Identity()), Order(Kind.TIME, SECOND)),
    )
    assert [one.taken for one in told] == [True, False, False]


@pytest.mark.parametrize("noise", [b"", b"\x00\xff\x81", b"\xe5\x00"])
def test_an_echo_and_octets_before_the_answer_do_no_harm(noise: bytes) -> None:
    line = simulated("water:4")
    (told,), _ = ran(Wire(lambda octets: octets + noise + line(octets)), install())
    assert told.answer is not None


@pytest.mark.parametrize("name", FRAMES)
def test_answers_of_real_meters_are_taken(name: str) -> None:
    frame = bytes.fromhex(FRAMES[name])

    def line(octets: bytes) -> bytes:
        return frame if decode(octets).purpose & 0xF == Control.REQ_UD2 & 0xF else ACKNOWLEDGE

    header = Header.read(Cursor(decode(frame).content))
    primary = decode(frame).address if decode(frame).address <= MOST_PRIMARY else 0
    (told,), took_s = ran(Wire(line, piece=3), Errand(1, Task.READ, Asked(primary, identity(header))))
    assert told.answer is not None
    assert told.answer.readable
    assert told.answer.values or name == "example_binary16_lvar"
    assert took_s < 2


@pytest.mark.parametrize("line", [lambda _: b"", lambda _: bytes(9), lambda octets: octets])
def test_a_line_on_which_nobody_speaks_is_given_up_soon(line: Line) -> None:
    (told,), took_s = ran(Wire(line), Errand(1, Task.READ, Asked(1, Identity())))
    assert told == Outcome()
    assert took_s < 6


def test_a_search_of_a_line_full_of_noise_ends() -> None:
    (told,), took_s = ran(Wire(lambda _: b"\x68\x03\x03\x68" + bytes(5)), install())
    assert told.answer is None
    assert took_s < LONGEST_S + 5


def test_several_that_acknowledge_at_different_times_are_told_apart() -> None:
    line = simulated("gas:3,water:7,heat,electricity")
    everybody = encode(Frame(Control.SND_UD, SELECTED, Information.SELECT, ANYBODY))

    def answer(octets: bytes) -> bytes:
        heard = line(octets)
        return b"\xa5\xe1" if octets == everybody else heard

    (told,), _ = ran(Wire(answer), install())
    assert told.answer is not None


def test_a_line_that_never_falls_silent_and_one_that_is_not_there() -> None:
    (told,), _ = ran(Wire(lambda _: bytes(100_000), piece=100), Errand(1, Task.READ, Asked(1, Identity())))
    assert told == Outcome()
    wire = Wire(simulated("gas"), reach=False)
    assert ran(wire, install())[0] == [Outcome()]
    assert wire.sent == []


def test_what_comes_too_late_is_no_answer_to_the_next_question() -> None:
    wire = Wire(simulated("gas:3"), latency_s=5.0)
    (told,), _ = ran(wire, install())
    assert told.answer is None


def test_whatever_goes_wrong_an_errand_has_an_outcome() -> None:
    impossible = Errand(1, Task.TELL, Asked(1, Identity()), Order(Kind.RECORDS, octets=bytes(300)))
    told, _ = ran(Wire(simulated("gas:3")), impossible)
    assert told == [Outcome()]


class LateWire(Wire):
    """Each answer comes when it comes, whatever was said meanwhile."""

    def __init__(self, line: Line, late_s: Callable[[bytes], float]) -> None:
        super().__init__(line)
        self._later_s = late_s
        self._pending: list[tuple[float, bytes]] = []

    def write(self, octets: bytes) -> None:
        self.sent.append(octets)
        answer = self._line(octets)
        if answer:
            at = asyncio.get_running_loop().time() + self._later_s(octets)
            self._pending = sorted([*self._pending, (at, answer)])

    async def read(self) -> bytes:
        if not self._pending:
            await asyncio.sleep(3600)
        await asyncio.sleep(max(0.0, self._pending[0][0] - asyncio.get_running_loop().time()))
        return self._pending.pop(0)[1]

    def forget(self) -> None:
        now = asyncio.get_running_loop().time()
        self._pending = [one for one in self._pending if one[0] > now]


@pytest.mark.parametrize("late_s", [0.5, 1.0, 1.98])
def test_an_acknowledgement_that_comes_late_is_not_taken_for_that_of_the_next_order(late_s: float) -> None:
    def line(octets: bytes) -> bytes:
        return ACKNOWLEDGE if decode(octets).address == 5 else b""

    wire = LateWire(line, lambda _: late_s)
    close = Order(Kind.VALVE, 0)
    there, nobody = Asked(5, Identity(1)), Asked(6, Identity(2))
    errands = Errand(1, Task.TELL, there, close), Errand(2, Task.TELL, nobody, close)
    told, _ = ran(wire, *errands, at_once=True)
    assert not told[1].taken


def test_a_slow_sub_meter_is_not_mistaken_while_another_one_is_installed() -> None:
    gas, water = parse_sub_meters("gas:3,water:4")
    exchange = simulated("gas:3,water:4")
    for late_s in (0.3, 0.5, 0.7, 0.9, 1.3):
        wire = LateWire(exchange, lambda octets, late=late_s: late if decode(octets).address == 253 else 0.05)  # type: ignore[misc]
        known = (identity(water.header),)
        (told,), took_s = ran(wire, install()._replace(known=known))
        assert told.answer is None or told.answer.identity == identity(gas.header), late_s
        assert took_s < LONGEST_S + 5


@pytest.mark.parametrize("late_s", [0.0, 0.4, 0.7])
def test_a_slow_gateway_is_read_all_the_same_and_to_the_end(late_s: float) -> None:
    (gas,) = parse_sub_meters("gas:3")
    parts = (b"\x0c\x13" + bytes(4) + b"\x1f", b"\x0c\x3b" + bytes(4))

    def line(octets: bytes) -> bytes:
        frame = decode(octets)
        if frame.purpose & 0xF != Control.REQ_UD2 & 0xF:
            return ACKNOWLEDGE
        part = parts[not frame.control & FRAME_COUNT]
        return encode(Frame(Control.RSP_UD, 5, Information.LONG_HEADER, gas.header.octets + part))

    read = Errand(1, Task.READ, Asked(5, identity(gas.header)))
    (told,), _ = ran(LateWire(line, lambda _: late_s), read)
    assert told.answer is not None
    assert [one.unit for one in told.answer.values] == [Unit.CUBIC_METRE, Unit.CUBIC_METRE_PER_HOUR]


def test_an_old_sub_meter_in_the_fixed_structure_is_installed_at_its_address() -> None:
    frame = bytes.fromhex("68131368080573785634120A00E97E01000000350100003C16")

    def line(octets: bytes) -> bytes:
        return frame if decode(octets).purpose & 0xF == Control.REQ_UD2 & 0xF else ACKNOWLEDGE

    (told,), _ = ran(Wire(line), Errand(1, Task.INSTALL, Asked(5, Identity())))
    assert told.answer is not None
    assert told.answer.identity == Identity(0x12345678, 0, 0, 7)
    assert told.answer.values == ((1, -3, Unit.CUBIC_METRE),)
