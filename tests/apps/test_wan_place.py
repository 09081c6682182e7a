"""The port number that a client has set for the WAN, at the next start."""

import asyncio
import socket
from collections.abc import Sequence
from pathlib import Path

from held_port import held_port
from softmeter.apps.options import RunOptions
from softmeter.apps.ports import Ports
from softmeter.apps.wan_place import with_set_port
from softmeter.runtime.address import Address
from softmeter.runtime.optical_port import Place

PORTS = Ports(wan="127.0.0.1:0")


def found(
    number: int | None, wan: str | None = None, panel: str | None = None, others: Sequence[Place] = ()
) -> tuple[str, list[str]]:
    said: list[str] = []
    options = RunOptions(Path("state"), wan=wan, panel=panel)
    return asyncio.run(with_set_port(options, PORTS, number, said.append, others)).wan, said


def test_it_is_taken_unless_an_option_says_something_else() -> None:
    with held_port() as number:
        assert found(None) == (PORTS.wan, [])
        assert found(number) == (f"127.0.0.1:{number}", [])
        assert found(number, "127.0.0.1:4059") == (PORTS.wan, [])


def test_one_that_is_not_free_or_another_port_of_the_meter_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        wan, (line,) = found(number)
    assert wan == PORTS.wan
    assert f"the port {number} for the WAN, which is not taken" in line
    assert found(4061)[0] == PORTS.wan


def test_one_that_is_not_free_over_udp_is_passed_over() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        number = taken.getsockname()[1]
        wan, (line,) = found(number)
    assert wan == PORTS.wan
    assert f"the port {number} for the WAN, which is not taken" in line


def test_one_that_an_option_or_the_module_wants_is_passed_over() -> None:
    with held_port() as number:
        assert found(number, panel=f"127.0.0.1:{number}")[0] == PORTS.wan
        wan, (line,) = found(number, others=[Address("127.0.0.1", number, "modem.at_port")])
    assert wan == PORTS.wan
    assert f"is the place of 127.0.0.1:{number} too" in line
