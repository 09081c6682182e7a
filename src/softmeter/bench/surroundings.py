"""What surrounds a meter, as the journal has it."""

from softmeter.bench.journal import Circumstance, Journal
from softmeter.device.surroundings import CALM, Surrounded
from softmeter.device.zone import FOREVER


class JournalSurroundings:
    """`Surroundings` by the commands of a journal; with none of them the surroundings are calm.

    `broken`: bits of the error register for what is really broken, whatever the journal says.
    """

    def __init__(self, journal: Journal, broken: int = 0) -> None:
        self._journal = journal
        self._broken = broken
        self._untouched = CALM._replace(faults=broken) if broken else CALM

    def state(self, second: int) -> Surrounded:
        """What there is in a bench second."""
        if not self._journal.circumstances:
            return self._untouched
        given = {
            control.label: int(value)
            for control, value in self._journal.current(second).items()
            if isinstance(control, Circumstance) and value is not None
        }
        given["faults"] = given.get("faults", 0) | self._broken
        return CALM._replace(**given)

    def next_change(self, second: int) -> int:
        """The first second after `second` with another state; FOREVER when none is known."""
        if not self._journal.circumstances:
            return FOREVER
        later = self._journal.later(second)
        return min((at for at, control in later if isinstance(control, Circumstance)), default=FOREVER)
