"""Damages the files of meters and looks at what comes of it: refused in one line, or right in every value."""

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from crashing.campaign import MOST_FAULTS, Task
from crashing.damage import spoil
from crashing.disk import Disk, Image
from crashing.ledger import digest
from crashing.life import OFF_NS, Plan, Recorded, simulated
from crashing.recording import files_of, lay_out
from runtime.virtual_time import VirtualTime
from softmeter.apps.assembly import KEY_FILE, METER, assemble, exported
from softmeter.apps.options import RunOptions
from softmeter.apps.panel.pulse_watch import PulseWatch
from softmeter.errors import ConfigurationError, MeterError
from softmeter.instant import SECOND, Instant
from softmeter.runtime import keyfile
from softmeter.runtime.store import Store

_JUMP_S = 2 * 86_400
"""So that there are logs and profiles to damage."""


@dataclass
class Damaged:
    """What was damaged, and what became of it."""

    tried: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, other: "Damaged") -> None:
        """Take in what was tried elsewhere."""
        self.tried += other.tried
        self.outcomes += other.outcomes
        self.ways += other.ways
        self.files += other.files
        self.faults += other.faults


class Patient:
    """A meter that is off, sound, and what becomes of it when it is started and lives on for a minute."""

    def __init__(self, image: Image, earlier: Image, directory: Path) -> None:
        self.earlier = earlier
        self._directory = directory
        lay_out(image, directory)
        self._expected, _ = self._live()
        # Keys of the meter may have been replaced since it wrote the file: a person has it written anew.
        self.image = {**image, KEY_FILE: keyfile.key_text(self._keys).encode()}

    def outcome(self, image: Image, name: str) -> str:
        """What came of damage to the file `name`; begins with FAULT where that may not be."""
        lay_out(image, self._directory)
        try:
            states, said = self._live()
        except MeterError as error:
            if not str(error).isprintable():
                return f"FAULT: told in more than a line: {error}"
            return "refused" if files_of(self._directory) == image else "FAULT: refused, but not left as it was"
        except Exception as error:  # noqa: BLE001  whatever it is, a person should not see it
            return f"FAULT: {type(error).__name__}: {error}"
        if states != self._expected:
            return "FAULT: a wrong value, and not a word"
        if name == KEY_FILE and not self._keys_are_right():
            return (
                "goes on, and tells of the key file" if any(KEY_FILE in line for line in said) else "FAULT: other keys"
            )
        return "goes on, every value right"

    def _live(self) -> tuple[list[str], list[str]]:
        """Digests of what is stored at the start, after a minute of life, and when opened again; what was said."""
        states: list[str] = []
        said: list[str] = []
        virtual = VirtualTime()
        with simulated(virtual, 1):
            store = Store.open(self._directory)
            try:
                states.append(digest(store.load(METER)))
                actor = assemble(RunOptions(self._directory, off_for_ns=OFF_NS), store, PulseWatch(), said.append).actor
                self._keys = exported(actor.meter)
                for _ in range(2):
                    actor.jump(Instant(actor.now + 60 * SECOND))
                    store.commit(METER, actor.changes(), virtual.wall())
            finally:
                store.close()
            store = Store.open(self._directory)
            states.append(digest(store.load(METER)))
            store.close()
        return states, said

    def _keys_are_right(self) -> bool:
        try:
            return keyfile.read_keys(self._directory / KEY_FILE) == self._keys
        except ConfigurationError:
            return False


def corruption(task: Task) -> Damaged:
    """Damage as many images as the task says."""
    random, report = Random(task.seed), Damaged()
    patients = [killed(task, random.getrandbits(32)), ended(task, random.getrandbits(32))]
    while report.tried < task.images and len(report.faults) < MOST_FAULTS:
        if task.until is not None and time.monotonic() >= task.until:
            break
        patient = random.choice(patients)
        image, name, way = spoil(patient.image, patient.earlier, random)
        if image == patient.image:
            continue
        report.tried += 1
        report.files[name] += 1
        report.ways[way] += 1
        outcome = patient.outcome(image, name)
        report.outcomes[outcome.partition(":")[0]] += 1
        if outcome.startswith("FAULT"):
            report.faults.append(f"{name}, {way}: {outcome}")
    return report


def ended(task: Task, seed: int) -> Patient:
    """A meter that ended cleanly, twice."""
    recorded = Recorded(task.directory / "ended")
    recorded.live(Plan(task.seconds), seed)
    earlier = files_of(recorded.directory)
    recorded.live(Plan(task.seconds, jump_s=_JUMP_S), seed + 1)
    return Patient(files_of(recorded.directory), earlier, task.directory / "patient")


def killed(task: Task, seed: int) -> Patient:
    """A meter that was killed, its last commits in the journal only."""
    recorded = Recorded(task.directory / "killed")
    recorded.live(Plan(task.seconds, jump_s=_JUMP_S), seed)
    ops, disk, earlier = recorded.recording.ops, Disk(recorded.recording.before), Image()
    for moment, op in enumerate(ops[:-40], 1):  # the last ones are of its clean end
        disk.take(op)
        if moment == len(ops) // 2:
            earlier = disk.image(disk.pending)
    return Patient(disk.image(disk.pending), earlier, task.directory / "patient")
