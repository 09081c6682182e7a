"""What a configuration says of the module and of the network, and what a meter made of it does."""

from pathlib import Path

import pytest

from softmeter.apps import configuration
from softmeter.apps.configuration import Configuration
from softmeter.apps.scenario.reading import parse
from softmeter.apps.scenario.running import run
from softmeter.errors import ConfigurationError
from softmeter.runtime.optical_port import SerialAddress

NETWORK = '[network]\napn = "grid"\nuser = "meter"\npassword = "secret"\n'
STORY = """
title = "The first minutes"
[meter]
start = "2026-01-01T00:00:00Z"
settings = {{ network = {{ apn = "grid", password = "secret" }}, modem = {{ {modem} }} }}
[[step]]
after = "2m"
expect = [{{ log = "communication", codes = [{codes}] }}, {{ object = "0-0:25.4.0:2", value = "{apn}" }}]
over_link = [{{ object = "clock", answered = {answered} }}]
"""


def read(text: str) -> Configuration:
    return configuration.parse(text, "test")


def test_the_factory_knows_what_opens_its_network() -> None:
    made = read("")
    assert made.device.modem.access == made.device.network.access
    assert made.modem.link_limits is False
    assert made.modem.at_place is None


def test_both_ends_are_what_the_file_says() -> None:
    made = read(
        f'[modem]\napn = "other"\npin = 1234\nregistration_window_s = 300\nat_port = "pty"\n{NETWORK}operator = "KPN"'
    )
    assert made.device.modem.access == (b"other", b"", b"", 1234)
    assert made.device.modem.randomisation == (300, 2, 3)
    assert made.device.network.access == (b"grid", b"meter", b"secret", 0)
    assert made.device.network.operator == "KPN"
    assert made.modem.at_place == SerialAddress("pty", 115_200)


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        ("pin = 10000", "modem.pin"),
        ('apn = "Ü"', "modem.apn"),
        ("registration_factor = 0", "modem.registration_factor"),
        ('at_port = "nowhere"', "modem.at_port"),
        ("apns = 1", "modem.apns"),
    ],
)
def test_what_cannot_be_is_named(entry: str, place: str) -> None:
    with pytest.raises(ConfigurationError, match=place):
        read(f"[modem]\n{entry}")


@pytest.mark.parametrize(
    ("modem", "apn", "codes", "answered"),
    [
        ('apn = "grid", password = "secret"', "grid", "", "true"),
        ('apn = "meters", password = "secret"', "meters", "148", "false"),
        ('apn = "grid", password = "wrong"', "grid", "148", "false"),
    ],
)
def test_who_comes_with_something_else_is_refused_from_the_first(
    modem: str, apn: str, codes: str, answered: str, tmp_path: Path
) -> None:
    text = STORY.format(modem=modem, apn=apn, codes=codes, answered=answered)
    report = run(parse(text, "story"), tmp_path)
    assert [one.what for step in report.steps for one in step.outcomes if not one.met] == []
