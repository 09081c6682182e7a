"""The optical test output: pulses of the active energy, or one at the end of each measuring period (manual 2.4)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from softmeter.device.behaviour import Behaviour
from softmeter.device.pulses import Pulses, Train
from softmeter.instant import SECOND, Instant, at_second
from softmeter.persistent import Scalar

if TYPE_CHECKING:
    from softmeter.device.device import Device


class OpticalOutput(Behaviour):
    """What the output of the active energy gives; after a power cut it is energy. The reactive one stays as it is."""

    __slots__ = ("gives_periods",)
    name = "outputs"

    def __init__(self) -> None:
        super().__init__()
        self.gives_periods = False
        """Whether it gives a pulse at the end of each measuring period (1-0:0.8.0) instead of those of the energy."""

    def power_down(self, device: "Device", at: Instant) -> None:  # noqa: ARG002
        self.gives_periods = False

    def saved(self) -> Mapping[str, Scalar]:
        return {}

    def restore(self, saved: Mapping[str, Scalar]) -> None:  # noqa: ARG002
        """Come back to the energy: the process ended, which is a power cut."""
        self.gives_periods = False

    def given(self, device: "Device", pulses: Pulses, until: int) -> Pulses:
        """What leaves while time goes on to the bench second `until`, if the energy calls for `pulses`.

        A period can end at the last of these seconds only: it is a boundary, and no step goes beyond one.
        """
        if not self.gives_periods:
            return pulses
        at = at_second(until)
        ends = device.clock.time(at) // SECOND >= device.behaviours.demand.due
        return Pulses(Train(np.array([at] if ends else [], dtype=np.int64)), pulses.reactive)
