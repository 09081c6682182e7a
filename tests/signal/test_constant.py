import math

import pytest

from softmeter.errors import ConfigurationError
from softmeter.signal.constant import Constant, constant
from softmeter.signal.samples import Column


def parsed(text: str) -> Constant:
    return constant(dict(part.split("=") for part in text.split(",") if part), f"constant:{text}")


LOADS = [
    # written                     P       Q      I
    ("u=230,i=5,pf=0.8,f=50", 920.0, 690.0, 5.0),
    ("u=230,i=5,pf=0.8L,f=50", 920.0, 690.0, 5.0),
    ("u=230,i=5,pf=0.8c,f=50", 920.0, -690.0, 5.0),
    ("u=230,i=5,pf=-0.8,f=50", 920.0, -690.0, 5.0),
    ("u=230,i=-5,pf=0.8,f=50", -920.0, 690.0, 5.0),
    ("u=230,i=-5,pf=0.8c,f=50", -920.0, -690.0, 5.0),
    ("i=5", 1150.0, 0.0, 5.0),
    ("i=2,pf=0", 0.0, 460.0, 2.0),
    ("", 0.0, 0.0, 0.0),
]


@pytest.mark.parametrize(("text", "active", "reactive", "current"), LOADS)
def test_loads(text: str, active: float, reactive: float, current: float) -> None:
    second = parsed(text).measurements(7, 3)
    assert second.first_second == 7
    assert second.active_power_w.tolist() == pytest.approx([active] * 3, abs=1e-9)
    assert second.reactive_power_var.tolist() == pytest.approx([reactive] * 3, abs=1e-9)
    assert second.current_a.tolist() == [current] * 3
    assert {len(getattr(second, name)) for name in Column} == {3}


def test_defaults_are_said() -> None:
    assert parsed("i=5").findings == ("not given, assumed: u=230, pf=1, f=50",)
    assert parsed("u=230,i=5,pf=1,f=50").findings == ()
    assert math.isclose(parsed("u=231,f=49.9").frequency_hz, 49.9)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("p=5", "'p' is not known; give some of u, i, pf, f"),
        ("u=x", "u='x' is not a number"),
        ("u=-1", "u=-1 lies outside 0..1000"),
        ("i=nan", "i=nan lies outside"),
        ("pf=1.1", "pf=1.1 lies outside -1..1"),
        ("pf=-0.8c", "has a sign and a letter"),
        ("u=1000,i=2000", "2e+06 VA is more than the meter counts"),
        ("f=inf", "f=inf lies outside"),
    ],
)
def test_what_is_wrong_is_named(text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parsed(text)
    assert caught.value.where == f"constant:{text}"
    assert reason in str(caught.value)
