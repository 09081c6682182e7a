"""The master on real lines: a served sub-meter over TCP and on a pseudo-terminal, lines that end or are not there."""

import asyncio

import pytest

from runtime.turns import PATIENCE_S
from softmeter.bench.mbus_line import MBusLine
from softmeter.bench.submeters import parse_sub_meters
from softmeter.device.mbus_channel import Asked, Errand, Identity, Moment, Outcome, Task
from softmeter.device.surroundings import CALM
from softmeter.runtime.address import Address
from softmeter.runtime.mbus_line import MBusPort
from softmeter.runtime.mbus_master import BAUD, MBusMaster
from softmeter.runtime.mbus_wire import Wire, device_wire, tcp_wire, terminal_wire
from softmeter.wire.mbus import Frame, encode

(GAS,) = parse_sub_meters("gas:3")
ERRAND = Errand(1, Task.READ, Asked(0, Identity(GAS.identification)), number=1)
MOMENT = Moment(1_780_000_000, CALM)


def port() -> MBusPort:
    line, memory = MBusLine((GAS,)), [""]

    def answer(frame: Frame) -> bytes:
        memory[0], octets = line.exchange(memory[0], encode(frame), MOMENT)
        return octets

    return MBusPort(answer)


async def read(wire: Wire, errand: Errand = ERRAND) -> Outcome:
    given, told = [errand], []
    master = MBusMaster(wire, lambda: [given.pop()] if given else [], lambda _, outcome: told.append(outcome))
    async with asyncio.timeout(PATIENCE_S):
        while not told:
            master.tick()
            await asyncio.sleep(0.01)
    await master.close()
    return told[0]


def counted(outcome: Outcome) -> int | None:
    return outcome.answer.values[0].number if outcome.answer is not None else None


def test_a_gateway_over_tcp_that_closes_and_is_there_again() -> None:
    async def live() -> None:
        served = port()
        where = await served.listen(Address("127.0.0.1", 0, ""))
        wire = tcp_wire(where)
        assert counted(await read(wire)) == GAS.counted(MOMENT.second)
        for master in tuple(served.masters):
            master.close()
        await asyncio.sleep(0)
        assert counted(await read(wire)) == GAS.counted(MOMENT.second)
        await served.close()
        assert await read(wire) == Outcome()

    asyncio.run(live())


@pytest.mark.parametrize("ours", [True, False])
def test_a_pseudo_terminal_at_either_end(ours: bool) -> None:  # noqa: FBT001 - a parameter
    async def live() -> None:
        served = port()
        if ours:
            wire, path = terminal_wire()
            served.open_device(path, BAUD, "")
        else:
            wire = device_wire(served.open_terminal())
        assert counted(await read(wire)) == GAS.counted(MOMENT.second)
        await served.close()

    asyncio.run(live())


def test_a_device_that_is_none_and_a_terminal_that_nobody_reads() -> None:
    async def live() -> None:
        assert await read(device_wire("/dev/null")) == Outcome()
        wire, _ = terminal_wire()
        assert await read(wire, ERRAND._replace(asked=Asked(1, Identity()))) == Outcome()

    asyncio.run(live())
