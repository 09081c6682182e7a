"""Goal A7: pulses and energy never part by a pulse. Truth: the integral in closed form; front end: 24 bits, ideal."""

import numpy as np
import pytest

from accuracy.terminals import Terminals
from accuracy.truth import Signal, sinusoidal
from softmeter.instant import SECOND
from softmeter.metrology.energy import Quantity, quantities
from softmeter.metrology.engine import integrate
from softmeter.metrology.metering import Metering
from softmeter.metrology.pulses import pulse_instants
from softmeter.signal.samples import Counts

HOURS = 2
PULSE_J = 1800.0
LOADS_A = (0.02, 5.0, 65.0, 0.25, 17.3)
"""For a minute each, in turns; every other turn the current is reversed."""


def signal(second: int) -> Signal:
    turn, place = divmod(second // 60, len(LOADS_A))
    return sinusoidal(50.03, 230.0, LOADS_A[place], np.pi * (turn % 2) + 0.4)


class Switched:
    """The loads one after the other, changed at whole minutes."""

    def counts(self, rate_hz: int, first: int, count: int) -> tuple[Counts, Counts]:
        assert count == rate_hz
        return signal(first // rate_hz).counts(rate_hz, first, count)


@pytest.mark.slow
def test_two_hours_of_pulses() -> None:
    metering = Metering(Terminals(Switched(), 400))
    energy = quantities(integrate(metering.measurements(0, HOURS * 3600)))
    active = energy[Quantity.ACTIVE_IMPORT] + energy[Quantity.ACTIVE_EXPORT]
    pulses = pulse_instants(0, active, 0)
    true_j = np.cumsum([abs(signal(second).energy_j(second, second + 1)) for second in range(HOURS * 3600)])
    given = np.searchsorted(pulses, np.arange(1, HOURS * 3600 + 1) * SECOND, side="right")
    # 0.002 % is what the register may be off.
    apart = true_j - given * PULSE_J
    assert apart.min() > -2e-5 * true_j[-1]
    assert apart.max() < PULSE_J + 2e-5 * true_j[-1]
    assert given[-1] == pytest.approx(true_j[-1] / PULSE_J, abs=1)
    # Within a minute of one load pulses come evenly; at 65 A one every 0.13 s.
    busy = pulses[(pulses > 130 * SECOND) & (pulses < 170 * SECOND)]
    assert np.diff(busy) / SECOND == pytest.approx(PULSE_J / signal(140).active_w, rel=2e-3)
