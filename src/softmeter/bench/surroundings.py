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
        given: dict[str, int] = {}
        for circumstance in Circumstance:
            begun = [value for at, value in self._journal.of(circumstance) if at <= second]
            if begun and begun[-1] is not None:
                given[circumstance.label] = int(begun[-1])
        given["faults"] = given.get("faults", 0) | self._broken
        return CALM._replace(**given)

    def next_change(self, second: int) -> int:
        """The first second after `second` with another state; FOREVER when none is known."""
        if not self._journal.circumstances:
            return FOREVER
        changes = [at for circumstance in Circumstance for at, _ in self._journal.of(circumstance) if at > second]
        return min(changes, default=FOREVER)
