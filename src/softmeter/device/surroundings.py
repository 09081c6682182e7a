"""What surrounds a meter, as far as it feels it: covers, magnets, the module, buttons, warmth (manual 3.2, 12.1)."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from softmeter.device.saved import saved_int
from softmeter.device.zone import FOREVER
from softmeter.persistent import Scalar

SUB_METERS = 8
"""Places on the M-Bus line of the bench."""
OWN_FLOW = -1
"""The flow of a sub-meter that counts by its own habit."""
REFERENCE_TEMPERATURE = 23
"""Degrees Celsius at which the clock is as accurate as the manual says."""


class Surrounded(NamedTuple):
    """The state of the surroundings in one second."""

    terminal_cover_open: int = 0
    meter_cover_open: int = 0
    module_cover_open: int = 0
    strong_field: int = 0
    module_present: int = 1
    temperature: int = REFERENCE_TEMPERATURE
    """Degrees Celsius."""
    sealed_button: int = 0
    """How often the button under the seal was pressed."""
    display_button: int = 0
    """How often the display button was pressed."""
    long_presses: int = 0
    """How often the display button was held for five seconds."""
    faults: int = 0
    """Bits of what is broken: the bits of the error register that self-diagnosis finds."""
    network_up: int = 1
    rsrp: int = -85
    """dBm."""
    rsrq: int = -10
    """dB."""
    technology: int = 7
    """Of the cell, as ps_status of the GSM diagnostic numbers it."""
    cell: int = 1
    roaming: int = 0
    access_refused: int = 0
    """Whether the data network lets nobody in."""
    sub_meters_cut: int = 0
    """Bits, one for each place on the M-Bus line: who cannot be reached there."""
    sub_meters_joined: int = 0
    """Who is there though the configuration does not name him."""
    sub_meters_opened: int = 0
    """Who was tampered with."""
    sub_meters_weak: int = 0
    """Whose battery is low."""
    sub_meters_broken: int = 0
    """Who has a permanent error."""
    modem_hangs: int = 0
    """How often the communication module stopped to work."""
    calibration_seal_broken: int = 0
    voltage_gain_ppm: int = 0
    """What somebody at the broken calibration seal corrects: millionths of the gain, of the voltage channel here."""
    current_gain_ppm: int = 0
    current_lag_ns: int = 0
    """How late the current channel is taken to be."""
    optical_head: int = 1
    """Whether a reader's head sits on the optical port."""
    p1_request: int = 1
    """Whether whoever reads the P1 port asks for telegrams."""
    sub_meter_flow_1: int = OWN_FLOW
    """What flows through the sub-meter at the first place, in litres or watt-hours an hour."""
    sub_meter_flow_2: int = OWN_FLOW
    sub_meter_flow_3: int = OWN_FLOW
    sub_meter_flow_4: int = OWN_FLOW
    sub_meter_flow_5: int = OWN_FLOW
    sub_meter_flow_6: int = OWN_FLOW
    sub_meter_flow_7: int = OWN_FLOW
    sub_meter_flow_8: int = OWN_FLOW

    @property
    def sub_meter_flows(self) -> tuple[int, ...]:
        """What flows through the sub-meters, by their places."""
        return self[-SUB_METERS:]


CALM = Surrounded()


class Surroundings(Protocol):
    """A pure function of the bench second."""

    def state(self, second: int) -> Surrounded:
        """What there is in a bench second."""
        ...

    def next_change(self, second: int) -> int:
        """The first second after `second` with another state; FOREVER when none is known."""
        ...


class Calm:
    """Surroundings in which nothing ever happens."""

    def state(self, _: int) -> Surrounded:
        return CALM

    def next_change(self, _: int) -> int:
        return FOREVER


class Feeling:
    """What the meter felt last: compared with what it feels after a power cut, too."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        self.state = CALM

    def saved(self) -> Mapping[str, Scalar]:
        return self.state._asdict() if self.state is not CALM else {}

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        if saved:
            self.state = Surrounded(*[saved_int(saved, name, default) for name, default in CALM._asdict().items()])
