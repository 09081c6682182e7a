"""Where a meter listens: what a file may say, what an option says instead, and two ports at one place."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from softmeter.apps.options import RunOptions
from softmeter.apps.ports import LISTENING, Ports, listening
from softmeter.errors import ConfigurationError
from softmeter.runtime.address import Address
from softmeter.runtime.optical_port import SerialAddress

WRONG = [
    ({"wan": "here"}, "no HOST:PORT"),
    ({"wan": "127.0.0.999:4059"}, "no address and no host name"),
    ({"wan": "my meter:4059"}, "no HOST:PORT"),
    ({"wan": "-x:4059"}, "no address and no host name"),
    ({"p1": "127.0.0.1:65536"}, "no port"),
    ({"optical": "/dev/ttyUSB0@fast"}, "no speed"),
    ({"panel": "pty"}, "no HOST:PORT"),
    ({"panel": "127.0.0.1:4059"}, "the place of wan too"),
    ({"wan": "localhost:8080"}, "the place of wan too"),
    ({"wan": "0.0.0.0:4061"}, "the place of wan too"),
    ({"p1": "/dev/ttyUSB0", "optical": "/dev/ttyUSB0@300"}, "the place of p1 too"),
    ({"pulses": "pty"}, "no HOST:PORT"),
    ({"pulses": "127.0.0.1:4061"}, "the place of p1 too"),
    ({"push_to": ["a/b"]}, "no network, address or host name"),
]


@pytest.mark.parametrize(("given", "message"), WRONG)
def test_what_cannot_be_listened_on_is_refused(given: dict[str, str], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Ports.model_validate(given)


def test_any_free_port_and_pseudo_terminals_may_be_had_more_than_once() -> None:
    assert Ports(wan="127.0.0.1:0", panel="127.0.0.1:0", p1="pty", optical="pty").p1 == "pty"
    assert Ports(wan="127.0.0.1:4059", panel="127.0.0.2:4059").panel == "127.0.0.2:4059"


def options(**given: str) -> RunOptions:
    return RunOptions(Path("m"), **given)  # type: ignore[arg-type]


@pytest.mark.manual("11.p1-115200")
def test_an_option_goes_before_the_file_and_each_is_known_by_its_name() -> None:
    found = listening(options(wan="localhost:1", p1="/dev/ttyUSB0"), Ports(wan="[::1]:2", panel="[::1]:3"), "m.toml")
    assert found.wan == Address("localhost", 1, "--wan")
    assert found.panel == Address("::1", 3, "m.toml: ports.panel")
    assert found.p1 == SerialAddress("/dev/ttyUSB0", 115_200)
    assert found.optical == Address("127.0.0.1", 4062, "--optical")
    assert found.given == {"wan", "p1", "panel"}
    assert found.pulses is None


@pytest.mark.parametrize("name", LISTENING)
def test_an_empty_option_is_no_place(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^--{name}: '' is no HOST:PORT"):
        listening(options(**{name: ""}), Ports(), "")


def test_pulses_are_where_somebody_wants_them() -> None:
    by_file = Ports(pulses="127.0.0.1:4064")
    assert listening(options(), by_file, "m.toml").pulses == Address("127.0.0.1", 4064, "m.toml: ports.pulses")
    assert listening(options(pulses="127.0.0.1:1"), by_file, "").pulses == Address("127.0.0.1", 1, "--pulses")
    with pytest.raises(ConfigurationError, match=r"^--pulses-paced: there are no pulses"):
        listening(RunOptions(Path("m"), pulses_paced=True), Ports(), "")
    with pytest.raises(ConfigurationError, match=r"^--pulses: 127.0.0.1:4061 is the place of p1 too"):
        listening(options(pulses="127.0.0.1:4061"), Ports(), "")


@pytest.mark.parametrize(
    ("given", "ports", "message"),
    [
        ({"wan": "127.0.0.1:8080"}, Ports(), "^--wan: 127.0.0.1:8080 is the place of panel too"),
        ({"p1": "127.0.0.1:7"}, Ports(optical="127.0.0.1:7"), "^--p1: 127.0.0.1:7 is the place of optical too"),
        ({}, Ports(panel="0.0.0.0:8080"), "^m.toml: ports.panel: 0.0.0.0:8080 is no loopback address"),
        ({"panel": "0.0.0.0:8080"}, Ports(), "^--panel: 0.0.0.0:8080 is no loopback address"),
        ({"optical": "x"}, Ports(), "^--optical: 'x' is no HOST:PORT"),
    ],
)
def test_what_is_wrong_names_the_file_and_the_key_or_the_option(
    given: dict[str, str], ports: Ports, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        listening(options(**given), ports, "m.toml")
