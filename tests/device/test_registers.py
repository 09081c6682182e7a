"""Energy registers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softmeter.device.registers import (
    ACTIVE_SUM,
    MJ_PER_WH,
    RATED,
    RATES,
    REACTIVE_EXPORT,
    REACTIVE_IMPORT,
    REACTIVE_SUM,
    Registers,
)
from softmeter.errors import StorageError
from softmeter.metrology.energy import Quantity

ENERGIES = st.tuples(*[st.integers(0, 10**12)] * len(Quantity))


def places(rate: int) -> range:
    """Where the registers of a rate are."""
    return range((rate - 1) * len(RATED), rate * len(RATED))


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(1, RATES), ENERGIES), max_size=20))
@pytest.mark.manual("2.2.rates-each-way")
def test_rates_sum_to_the_total(counted: list[tuple[int, tuple[int, ...]]]) -> None:
    registers = Registers()
    for rate, energies in counted:
        registers.add(places(rate), energies)
    for quantity in Quantity:
        assert registers.mj(quantity) == sum(energies[quantity] for _, energies in counted)
    for summed in RATED:
        of_rates = [registers.mj(*summed, rate=rate) for rate in range(1, RATES + 1)]
        assert registers.mj(*summed) == sum(of_rates)
        if len(summed) == 1:
            assert registers.rates_wh(*summed) == [registers.wh(*summed, rate=rate) for rate in range(1, RATES + 1)]
    twin = Registers()
    twin.restore(dict(registers.saved()))
    assert twin.saved() == registers.saved()


def test_each_register_of_a_rate_counts_by_itself() -> None:
    registers = Registers()
    registers.add((0, 2), [1, 2, 3, 4, 5, 6, 7, 8])  # 1.8.1 and 3.8.1
    registers.add((), [1, 2, 3, 4, 5, 6, 7, 8])
    rated = [registers.mj(*summed, rate=1) for summed in RATED]
    assert rated == [1, 0, 3 + 4, 0, 0, 0, 0, 0]
    assert [registers.mj(quantity) for quantity in Quantity] == [2, 4, 6, 8, 10, 12, 14, 16]


def test_derived_energies_are_rounded_after_adding() -> None:
    registers = Registers()
    half = MJ_PER_WH // 2
    registers.add(places(2), [3 * half, 4 * half, half, half, 5 * half, half, 0, 0])
    assert registers.wh(Quantity.REACTIVE_Q1) == 0
    assert registers.wh(*REACTIVE_IMPORT) == 1
    assert registers.wh(*REACTIVE_EXPORT) == 3
    assert registers.wh(*REACTIVE_SUM, rate=2) == 4
    assert registers.wh(*ACTIVE_SUM) == 3
    assert registers.wh(*ACTIVE_SUM, rate=1) == 0
    assert registers.net_wh() == 0  # -0.5 Wh


def test_the_net_is_signed() -> None:
    registers = Registers()
    registers.add(places(1), [MJ_PER_WH, 3 * MJ_PER_WH + 1, 0, 0, 0, 0, 0, 0])
    registers.add(places(3), [9 * MJ_PER_WH, 0, 0, 0, 0, 0, 0, 0])
    assert registers.net_wh(rate=1) == -2
    assert registers.net_wh() == 6


def test_names_of_an_older_version_may_be_missing_but_not_wrong() -> None:
    registers = Registers()
    registers.restore({"active_import_rate_2": 7})
    assert registers.mj(Quantity.ACTIVE_IMPORT, rate=2) == 7
    with pytest.raises(StorageError, match="active_import_rate_2"):
        registers.restore({"active_import_rate_2": b"7"})
