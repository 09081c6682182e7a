"""What a meter has stored and what anybody was told, each with the moment from which on it may not be lost."""

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, field

from softmeter.cosem.dictionary import View
from softmeter.meter.meter import Meter
from softmeter.meter.policies import Audience
from softmeter.runtime.saved import Saved

NOTHING = "nothing"
"""The digest of a state file without a meter in it."""


def digest(saved: Saved | None) -> str:
    """All of a stored state but the wall clock, as one short text."""
    if saved is None:
        return NOTHING
    return hashlib.sha256("\n".join(saved.canonical()).encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Told:
    """What one answer told its client; each field may be missing."""

    own_counter: tuple[int, int] = (0, 0)
    """Client address, and the counter that the meter sent under."""
    accepted: tuple[int, bytes, int] = (0, b"", 0)
    """Client address, title, and the counter of the request that was answered."""
    stored: tuple[bytes, bytes] = (b"", b"")
    """Key of an attribute, and the value that the meter took."""
    energy: int = 0
    """Reading of the total register."""


@dataclass
class Ledger:
    """Of one meter from one start on. Moments are numbers of recorded operations."""

    digests: list[str] = field(default_factory=lambda: [NOTHING])
    """Of the state after each commit, the first before any."""
    durable: list[int] = field(default_factory=list)
    """Moments at which durable commits were done, and beside them their numbers."""
    numbers: list[int] = field(default_factory=list)
    told: list[tuple[int, Told]] = field(default_factory=list)
    """How many commits were done when something was told, and what."""
    asked: list[tuple[bytes, bytes]] = field(default_factory=list)
    """Keys of attributes and the values they were to take, answered or not: no value comes twice."""

    def committed(self, state: str, moment: int, *, durable: bool) -> None:
        """One more commit has returned."""
        self.digests.append(state)
        if durable:
            self.durable.append(moment)
            self.numbers.append(len(self.digests) - 1)

    def tell(self, told: Told) -> None:
        """A client got an answer."""
        self.told.append((len(self.digests) - 1, told))

    def promised(self, moment: int) -> int:
        """The commit that a cut after so many operations may not lose."""
        at = bisect_right(self.durable, moment)
        return self.numbers[at - 1] if at else 0

    def found(self, state: str, promised: int) -> int | None:
        """The number of the commit, `promised` or a later one, after which the state was this; None if none."""
        try:
            return self.digests.index(state, promised)
        except ValueError:
            return None

    def broken(self, meter: Meter, commits: int) -> str:
        """What was told before the commit after `commits`, and is not so in a meter that was restored from there."""
        view = meter.view(Audience.MANAGEMENT)
        for done, told in self.told:
            if done > commits:
                break
            if fault := _broken(meter, view, told):
                return fault
        stored = {told.stored[0]: told.stored for done, told in self.told if done <= commits and told.stored[0]}
        for key, last in stored.items():
            allowed = [value for name, value in self.asked[self.asked.index(last) :] if name == key]
            if (found := view.readers[key](meter)) not in allowed:
                return f"{key.hex()} was set to {last[1].hex()}, it is {found.hex()}"
        return ""


def _broken(meter: Meter, view: View, told: Told) -> str:
    sap, counter = told.own_counter
    reserved = meter.counters.saved().get(f"own.{sap}")
    if counter and (not isinstance(reserved, int) or reserved < counter):
        return f"own counter {counter} of client {sap} would be used again"
    sap, title, counter = told.accepted
    if counter and meter.counters.last_accepted(sap, title) < counter:
        return f"counter {counter} of {title.hex()} would be accepted again"
    if told.energy > int.from_bytes(view.readers[ENERGY](meter)[1:], "big"):
        return f"a reading of {told.energy} was given, the register is lower"
    return ""


ENERGY = bytes.fromhex("0003 0100010800FF 02")
