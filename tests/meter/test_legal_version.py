"""The version of the legally relevant part: on the display at power-on, and as 1-0:0.2.0 over every way out."""

import pytest

from meter.making import Made
from softmeter.device.display import POWER_ON_S
from softmeter.instant import LinkTime
from softmeter.legal import CHECKSUM, IDENTIFICATION, VERSION
from softmeter.meter.model.shown import screen
from softmeter.meter.policies import Audience
from softmeter.meter.readout import readout

LEGAL = bytes.fromhex("0001 0100000200FF 02")


def test_it_can_be_read() -> None:
    meter = Made().meter
    octets = meter.view(Audience.MANAGEMENT).readers[LEGAL](meter)
    assert octets == bytes((9, len(IDENTIFICATION))) + IDENTIFICATION.encode()
    assert f"{VERSION} {CHECKSUM[:8].upper()}" == IDENTIFICATION
    assert f"0.2.0({IDENTIFICATION})" in readout(meter)


@pytest.mark.manual("4.4.version-at-power-on")
def test_the_display_shows_it_for_five_seconds_at_power_on() -> None:
    meter = Made().meter
    for after_s in (0.0, 4.9):
        seen = screen(meter, LinkTime(after_s))
        assert (seen.alphanumeric, seen.numeric) == (CHECKSUM[:8].upper(), VERSION)
    assert screen(meter, LinkTime(POWER_ON_S)).numeric != VERSION
