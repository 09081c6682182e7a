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


def test_rates_are_those_of_the_manual() -> None:
    assert carrier(CALM)[:2] == (1_119_000, 588_000)
    assert carrier(Surrounded(technology=Technology.NB_IOT))[:2] == (66_000, 34_000)


def test_a_technology_that_is_none_counts_as_cat_m() -> None:
    assert [technology(Surrounded(technology=number)) for number in (0, 3, 7, 99)] == [Technology.LTE_CAT_M] * 4


@pytest.mark.parametrize("around", [Surrounded(network_up=0), Surrounded(module_present=0), Surrounded(rsrp=-126)])
def test_without_network_module_or_signal_nothing_is_heard(around: Surrounded) -> None:
    assert is_heard(CALM)
    assert not is_heard(around)
