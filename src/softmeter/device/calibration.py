"""The calibration constants a meter keeps, under a seal (manual 10: legally relevant parameters; WELMEC 7.2)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from softmeter.device.behaviour import Behaviour
from softmeter.device.saved import saved_int
from softmeter.device.surroundings import Surrounded
from softmeter.errors import ConfigurationError
from softmeter.metrology.calibration import NEUTRAL, ONE, Calibratable, Calibration
from softmeter.persistent import Scalar

if TYPE_CHECKING:
    from softmeter.device.device import Device


class SealedCalibration(Behaviour):
    """The constants in force. They change only while the calibration seal, inside the meter, is broken."""

    __slots__ = ("_factory", "constants", "seal_broken")

    name: ClassVar[str] = "calibration"

    def __init__(self, constants: Calibration = NEUTRAL) -> None:
        super().__init__()
        self.constants = self._factory = constants.checked()
        self.seal_broken = False

    def set(self, device: "Device", constants: Calibration) -> None:
        """Measure with other constants from now on.

        Raises:
            ConfigurationError: the seal is whole, a constant is out of range, or the source has no measurement system.
        """
        if not self.seal_broken:
            raise ConfigurationError("the calibration seal is whole", "calibration")
        if not isinstance(device.source, Calibratable):
            raise ConfigurationError("the source gives measurements, not samples: nothing to calibrate", "calibration")
        self.constants = constants.checked()
        device.source = device.source.calibrated(self.constants)

    def apply(self, device: "Device") -> None:
        """Let a device with a source that is not calibrated yet measure with the constants in force."""
        if self.constants != NEUTRAL and isinstance(device.source, Calibratable):
            device.source = device.source.calibrated(self.constants)

    def felt(self, device: "Device", before: Surrounded, now: Surrounded) -> None:
        """Somebody breaks or renews the seal; as long as it is broken the constants follow what is set there."""
        if now.calibration_seal_broken != before.calibration_seal_broken:
            self.seal_broken = bool(now.calibration_seal_broken)
        wanted = _constants(now)
        if self.seal_broken and wanted != _constants(before) and isinstance(device.source, Calibratable):
            self.set(device, wanted)

    def saved(self) -> Mapping[str, Scalar]:
        saved = dict[str, Scalar]()
        if self.constants != self._factory:
            saved |= self.constants._asdict()
        if self.seal_broken:
            saved["seal_broken"] = 1
        return saved

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        constants = self._factory._asdict()
        self.constants = Calibration(*[saved_int(saved, name, now) for name, now in constants.items()])
        self.seal_broken = bool(saved_int(saved, "seal_broken", 0))


def _constants(surrounded: Surrounded) -> Calibration:
    """The constants that somebody sets at the seal."""
    return Calibration(
        ONE + round(surrounded.voltage_gain_ppm * ONE / 1_000_000),
        ONE + round(surrounded.current_gain_ppm * ONE / 1_000_000),
        surrounded.current_lag_ns,
    )
