"""What a meter has stored and what anybody was told, each with the moment from which on it may not be lost."""

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, field

from softmeter.cosem.dictionary import View
from softmeter.device.images import Phase
from softmeter.device.pulses import active_pulse_count
from softmeter.meter.meter import Meter
from softmeter.meter.policies import Audience
from softmeter.runtime.saved import Saved

KEYS_OF = b"keys of "
"""With a client address behind it stands for that client's two keys, one behind the other."""
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
    key: bytes = b""
    """The key under which these counters count; empty for one that never changes."""
    stored: tuple[bytes, bytes] = (b"", b"")
    """Key of an attribute (or `KEYS_OF` and a client address), and the value that the meter took."""
    image: bytes = b""
    """Identifier of an image that the meter found good."""
    energy: int = 0
    """Reading of the total register."""
    pulses: int = 0
    """Number of a pulse of the active output."""


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
            if (found := _read(meter, view, key)) not in allowed:
                return f"{key.hex()} was set to {last[1].hex()}, it is {found.hex()}"
        return ""


def _broken(meter: Meter, view: View, told: Told) -> str:
    if fault := _counted_anew(meter, told):
        return fault
    images = meter.device.behaviours.firmware
    is_there = told.image and images.announced is not None and images.announced.identifier == told.image
    if is_there and (images.phase is not Phase.VERIFICATION_SUCCESSFUL or not images.complete):
        return f"the image {told.image.decode()} was found good, it is not whole: {images.phase.name}"
    if told.energy > int.from_bytes(view.readers[ENERGY](meter)[1:], "big"):
        return f"a reading of {told.energy} was given, the register is lower"
    if told.pulses > active_pulse_count(meter.device.registers):
        return f"pulse {told.pulses} was given, and would be given again"
    return ""


def _counted_anew(meter: Meter, told: Told) -> str:
    """Which counter told would come again under its key, if that key is still in force."""
    sap, counter = told.own_counter
    if told.key and meter.keys(sap).unicast_encryption != told.key:
        return ""
    reserved = meter.counters.saved().get(f"own.{sap}")
    if counter and (not isinstance(reserved, int) or reserved < counter):
        return f"own counter {counter} of client {sap} would be used again"
    sap, title, counter = told.accepted
    if counter and meter.counters.last_accepted(sap, title) < counter:
        return f"counter {counter} of {title.hex()} would be accepted again"
    return ""


def _read(meter: Meter, view: View, key: bytes) -> bytes:
    if key.startswith(KEYS_OF):
        keys = meter.keys(key[-1])
        return keys.unicast_encryption + keys.authentication
    return view.readers[key](meter)


ENERGY = bytes.fromhex("0003 0100010800FF 02")
