"""The pulses of the last tick, for LEDs that blink at the true times."""

from softmeter.device.device import Device
from softmeter.device.pulses import Train
from softmeter.instant import Instant
from softmeter.signal.samples import Integers

MOST_PER_SECOND = 50
"""An eye tells no more apart."""
MILLISECOND = 1_000_000


class PulseWatch:
    """Hears the pulses of each advance (`Outputs` of the device)."""

    wants_seconds = False

    def __init__(self) -> None:
        self._active: list[Integers] = []
        self._reactive: list[Integers] = []

    def pulses(self, active: Train, reactive: Train) -> None:
        """More pulses of the advance going on; no more of them are kept than can be shown."""
        for heard, train in ((self._active, active), (self._reactive, reactive)):
            if len(train.instants) and len(heard) < MOST_PER_SECOND:
                heard.append(train.instants[:MOST_PER_SECOND].copy())

    def second(self, device: Device) -> None:
        """Whole seconds are of no interest here."""

    def taken(self, begin: Instant, rate: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Real milliseconds after `begin` of the active and reactive pulses heard since the last call."""
        heard = (self._active, self._reactive)
        self._active, self._reactive = [], []
        active, reactive = (_offsets_ms(parts, begin, rate) for parts in heard)
        return active, reactive


def _offsets_ms(parts: list[Integers], begin: Instant, rate: float) -> tuple[float, ...]:
    if not parts or rate <= 0:
        return ()
    instants = [instant for part in parts for instant in part[:MOST_PER_SECOND].tolist()][:MOST_PER_SECOND]
    return tuple(max(0.0, round((instant - begin) / MILLISECOND / rate, 1)) for instant in instants)
