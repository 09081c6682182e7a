"""What a module hears, in the codings of GSM and LTE."""

import pytest

from softmeter.device.radio import Signal, Technology, carrier, is_heard, technology
from softmeter.device.surroundings import CALM, Surrounded


@pytest.mark.parametrize(
    ("rsrp", "rsrq", "expected"),
    [(-44, -3, (31, 96, 33)), (-85, -10, (23, 55, 19)), (-140, -20, (0, 0, 0)), (-156, -20, (0, 0, 0))],
)
def test_reports_of_a_signal_stay_in_their_ranges(rsrp: int, rsrq: int, expected: tuple[int, int, int]) -> None:
    heard = Signal.of(Surrounded(rsrp=rsrp, rsrq=rsrq))
    assert (heard.quality, heard.rsrp_report, heard.rsrq_report) == expected


@pytest.mark.manual("11.3.cat-m", "11.3.nb-iot")
def test_rates_are_those_of_the_manual() -> None:
    assert carrier(CALM)[:2] == (1_119_000, 588_000)
    assert carrier(Surrounded(technology=Technology.NB_IOT))[:2] == (66_000, 34_000)


@pytest.mark.manual("11.3.bands")
def test_channels_are_of_the_bands_of_the_manual() -> None:
    """The downlink channels of bands 3, 8 and 20 (3GPP TS 36.101, table 5.7.3-1)."""
    bands = {3: range(1200, 1950), 8: range(3450, 3800), 20: range(6150, 6450)}
    used = {
        band
        for technology in (Technology.LTE, Technology.LTE_CAT_M, Technology.NB_IOT)
        for band, channels in bands.items()
        if carrier(Surrounded(technology=technology)).channel in channels
    }
    assert used == set(bands)


def test_a_technology_that_is_none_counts_as_cat_m() -> None:
    assert [technology(Surrounded(technology=number)) for number in (0, 3, 7, 99)] == [Technology.LTE_CAT_M] * 4


@pytest.mark.parametrize("around", [Surrounded(network_up=0), Surrounded(module_present=0), Surrounded(rsrp=-126)])
def test_without_network_module_or_signal_nothing_is_heard(around: Surrounded) -> None:
    assert is_heard(CALM)
    assert not is_heard(around)
