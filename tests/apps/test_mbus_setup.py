"""What a configuration and an option say of M-Bus: one bus, and a line whose speed the meter's object sets."""

from pathlib import Path

import pytest

from meter.making import Made
from meter.test_alarms import put
from softmeter.apps import configuration
from softmeter.apps.mbus_setup import asked, master
from softmeter.apps.options import RunOptions
from softmeter.errors import ConfigurationError
from softmeter.runtime.address import Address
from softmeter.runtime.optical_port import SerialAddress
from softmeter.wire.types import Data, Tag


def settings(text: str) -> configuration.Configuration:
    return configuration.parse(f"[mbus]\n{text}\n", "meter.toml")


def test_a_line_is_the_bus_of_the_meter_and_sub_meters_are_another() -> None:
    real = settings('line = "127.0.0.1:4063"')
    assert real.device.sub_meters.outside
    simulated = settings('sub_meters = "gas:3"')
    assert not simulated.device.sub_meters.outside
    assert [meter.title for meter in simulated.mbus.simulated.meters][:2] == ["gas:3", "water:1"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('line = "nowhere"', "HOST:PORT"),
        ('line = "/dev/ttyUSB0@fast"', "no speed"),
        ('line = "pty"\nsub_meters = "gas"', "one bus"),
        ('sub_meters = "oil"', "no kind"),
    ],
)
def test_what_cannot_be_is_said(text: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        settings(text)


def test_an_option_holds_instead_of_the_configuration() -> None:
    options = RunOptions(Path("meter"), mbus="127.0.0.1:4063")
    found = configuration.parse('[mbus]\nsub_meters = "gas"\n', "meter.toml", asked(options))
    assert (found.mbus.line, found.mbus.sub_meters) == ("127.0.0.1:4063", "")
    assert asked(RunOptions(Path("meter"))) == {}
    with pytest.raises(ConfigurationError, match="--mbus"):
        asked(RunOptions(Path("meter"), mbus="/dev/ttyUSB0@fast"))


def test_a_master_knows_its_place_and_its_speed() -> None:
    meter = (made := Made(outside=True)).meter
    assert isinstance(master("127.0.0.1:4063", meter).place, Address)
    terminal = master("pty", meter).place
    assert isinstance(terminal, SerialAddress)
    assert terminal.path.startswith("/dev/")
    fixed, free = (master(line, meter).runs for line in ("/dev/ttyUSB0@9600", "/dev/ttyUSB0"))
    assert (fixed.baud, free.baud) == (9600, 2400)
    put(made, 74, "0-0:24.6.0", 2, Data(Tag.ENUM, 1))
    assert (fixed.baud, free.baud) == (9600, 600)
