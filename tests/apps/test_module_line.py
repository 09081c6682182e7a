"""The line to the cellular module, over TCP."""

import asyncio
from pathlib import Path

import pytest

from meter.making import Made
from softmeter.apps.modem_table import ModemTable
from softmeter.apps.module_line import check_apart, module_line
from softmeter.apps.options import RunOptions
from softmeter.apps.ports import Ports, listening
from softmeter.errors import ConfigurationError
from softmeter.runtime.address import Address
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.loop import run


def test_a_person_talks_to_the_module() -> None:
    async def story() -> None:
        place = ModemTable(at_port="127.0.0.1:0").at_place
        async with module_line(place, Made().meter, Barrier(lambda: False)) as at:
            assert isinstance(at, Address)
            reader, writer = await asyncio.open_connection(at.host, at.port)
            writer.write(b"ATE0\r")
            assert await reader.readuntil(b"OK\r\n") == b"ATE0\r\r\nOK\r\n"
            writer.write(b"AT+CSQ\r")
            assert await reader.readuntil(b"OK\r\n") == b"\r\n+CSQ: 23,99\r\n\r\nOK\r\n"
            writer.close()

    run(story())


def test_there_is_none_unless_it_is_configured() -> None:
    async def story() -> None:
        async with module_line(ModemTable().at_place, Made().meter, Barrier(lambda: False)) as at:
            assert at is None

    run(story())


def test_it_is_at_no_other_port_of_the_meter() -> None:
    places = listening(RunOptions(Path("state"), wan="127.0.0.1:4090"), Ports(), "file")
    check_apart(None, places)
    check_apart(Address("127.0.0.1", 4059, ""), places)
    with pytest.raises(ConfigurationError, match=r"^modem\.at_port: 127\.0\.0\.1:4090 is the place of wan too"):
        check_apart(Address("127.0.0.1", 4090, ""), places)
