"""The values of the last second: RAM, gone with the power."""

from typing import NamedTuple

from softmeter.metrology.engine import Seconds


class Instantaneous(NamedTuple):
    """Means over the last whole second, in thousandths; export and capacitive power are negative."""

    voltage_mv: int = 0
    current_ma: int = 0
    active_power_mw: int = 0
    reactive_power_mvar: int = 0
    apparent_power_mva: int = 0
    frequency_mhz: int = 0

    @property
    def power_factor_permille(self) -> int:
        """|P| / S, 0..1000."""
        return (
            min(abs(self.active_power_mw) * 1000 // self.apparent_power_mva, 1000) if self.apparent_power_mva else 1000
        )

    @classmethod
    def of(cls, seconds: Seconds, index: int) -> "Instantaneous":
        """The values of one of many seconds."""
        return cls(
            seconds.voltage_mv.item(index),
            seconds.current_ma.item(index),
            seconds.active_power_mw.item(index),
            seconds.reactive_mvars.item(index),
            seconds.apparent_mvas.item(index),
            seconds.frequency_mhz.item(index),
        )


NOTHING = Instantaneous()
