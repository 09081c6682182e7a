from enum import Enum

import pytest

from softmeter.cosem.access import ALL, ActionResult, AttributeAccess, DataAccessResult, Policy, Rights


class Who(Enum):
    ANYBODY = 1
    NOBODY = 2


@pytest.mark.parametrize(
    ("rights", "reads", "writes", "calls"),
    [
        (Rights(), False, False, False),
        (Rights("value"), True, False, False),
        (Rights("other value"), True, False, False),
        (Rights("values"), False, False, False),
        (Rights(ALL), True, False, False),
        (Rights("", "value"), False, True, False),
        (Rights("", "", "value"), False, False, True),
        (Rights(ALL, ALL, ALL), True, True, True),
    ],
)
def test_rights_are_by_name(rights: Rights, *, reads: bool, writes: bool, calls: bool) -> None:
    assert (rights.may_read("value"), rights.may_write("value"), rights.may_call("value")) == (reads, writes, calls)


def test_a_logical_name_is_read_with_any_right_and_never_written() -> None:
    assert Rights("", "", "reset").may_read("logical_name")
    assert not Rights().may_read("logical_name")
    assert not Rights(ALL, ALL).may_write("logical_name")


def test_names_a_class_does_not_have_are_found() -> None:
    stated = Rights("value colour", "scaler", ALL)
    assert stated.unknown(frozenset({"value"}), frozenset()) == {"colour", "scaler"}
    assert Rights("", "", "reset go").unknown(frozenset(), frozenset({"reset"})) == {"go"}


def test_who_a_policy_does_not_name_may_nothing() -> None:
    policy = Policy("SOME", {Who.ANYBODY: Rights(ALL)})
    assert policy.of(Who.ANYBODY).may_read("value")
    assert not policy.of(Who.NOBODY)


@pytest.mark.parametrize(
    ("readable", "writable", "mode"), [(False, False, 0), (True, False, 1), (False, True, 2), (True, True, 3)]
)
def test_access_modes(*, readable: bool, writable: bool, mode: int) -> None:
    assert AttributeAccess.of(readable=readable, writable=writable) == mode


def test_results_of_actions_and_accesses_agree_up_to_14() -> None:
    shared = {int(result) for result in DataAccessResult if result <= 14}
    assert shared == {int(result) for result in ActionResult if result <= 14}
    assert int(DataAccessResult.OTHER_REASON) == int(ActionResult.OTHER_REASON)
