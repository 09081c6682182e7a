"""What sits on the meter's ports: a head that is taken off and a reader who does not ask are not served."""

import pytest

from meter.making import Made
from meter.test_alarms import live
from meter.test_mbus import at
from softmeter.bench.journal import Circumstance
from softmeter.device.modem import is_reachable
from softmeter.device.modem_parameters import Interface


@pytest.mark.parametrize(
    ("circumstance", "closed"),
    [(Circumstance.OPTICAL_HEAD, Interface.OPTICAL), (Circumstance.P1_REQUEST, Interface.P1)],
)
def test_a_port_that_nothing_is_plugged_into_is_closed_and_only_that(
    circumstance: Circumstance, closed: Interface
) -> None:
    made = Made()
    made.journal.give(circumstance, 0, at(10))
    made.journal.give(circumstance, None, at(20))
    for until, reachable in ((9, True), (11, False), (21, True)):
        live(made, until)
        assert is_reachable(made.meter.device, closed) is reachable
        others = {Interface.OPTICAL, Interface.P1} - {closed}
        assert all(is_reachable(made.meter.device, other) for other in others)
