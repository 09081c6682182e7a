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
from softmeter.runtime.mbus_master import BAUD, LONGEST_S, MBusMaster
from softmeter.units import Unit
from softmeter.wire.mbus import ACKNOWLEDGE, Control, decode

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


def ran(wire: Wire, *errands: Errand) -> tuple[list[Outcome], float]:
    """What became of errands, and how long it took."""
    time, told = VirtualTime(), {}
    numbered = [errand._replace(number=number) for number, errand in enumerate(errands, 1)]

    async def live() -> None:
        given = list(numbered)
        master = MBusMaster(
            wire, lambda: [given.pop()] if given else [], lambda number, one: told.update({number: one})
        )
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

    (told,), took_s = ran(Wire(line, piece=3), Errand(1, Task.READ, Asked(1, Identity())))
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
