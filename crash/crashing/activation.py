"""An image put in force, cut at every write: the meter that starts has the old firmware or the new one, never a mix."""

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from crashing.cuts import Leaving, left
from crashing.disk import Disk, Image
from crashing.recording import Recording, lay_out
from dlms.secure_device import authority
from firmware.images import Loader, Recipe
from meter.making import Made
from softmeter.apps.assembly import METER
from softmeter.device.images import RESTART_S, Phase
from softmeter.errors import MeterError
from softmeter.firmware.payload import SECURITY_SUITE, ApplicationPayload, Setting, encode
from softmeter.instant import SECOND, Instant
from softmeter.obis import Obis
from softmeter.persistent import Scalar
from softmeter.runtime.saved import Saved
from softmeter.runtime.store import Store
from softmeter.wire.types import octets, u16

DECLARED = ApplicationPayload(
    {"extra_services": 1, SECURITY_SUITE: 1},
    (
        Setting(3, Obis.parse("0-0:96.7.20"), 2, u16.encode(60)),
        Setting(1, Obis.parse("0-0:96.1.2"), 2, octets.encode(b"a note")),
    ),
    {"automatic": ("3,1-0:1.8.0,2,Import",)},
    {"scroll_s": 9},
    (authority().certificate,),
)
"""Of every kind of thing that an image may change."""
FACTS = (
    ("firmware", "running.A.version"),
    ("firmware", "running.A.counter"),
    ("firmware", "capability.extra_services"),
    ("firmware", "capability.security_suite"),
    ("firmware", "authority.00"),
    ("firmware", "restarts"),
    ("power_failures", "long_s"),
    ("display", "scroll_s"),
    ("display", "automatic"),
    ("attributes", "1,0-0:96.1.2.255,2"),
)
"""Where it is stored."""
_OFF_S = 60
_RESUMED_SHARE = 0.1
"""Of so many images the meter lives on and is told to activate again."""

Facts = tuple[Scalar | None, ...]


@dataclass
class Activated:
    """What was tried."""

    images: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


class _Life:
    """A meter that takes an image and restarts with it, recorded from the order on."""

    def __init__(self, directory: Path) -> None:
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        store = Store.open(directory)
        made = Made()
        loader = Loader(made)
        image = replace(Recipe(), payload=encode(DECLARED, 3000)).made()
        assert loader.load(image) == 0
        store.commit(METER, made.actor.changes(), 0)
        store.close()
        self.recording = Recording(directory)
        self.old: Facts = ()
        self.new: Facts = ()
        self.stored_at = 0
        """How many operations there were when the new firmware was stored."""
        with self.recording.running():
            self._live(Store.open(directory), made, loader)

    def _live(self, store: Store, made: Made, loader: Loader) -> None:
        self.old = facts(store.load(METER))
        assert loader.call(4) == 0
        for second in range(RESTART_S + 2):
            successor = made.actor.advanced(Instant(made.meter.device.now + SECOND))
            self.recording.phase = "restart" if second == RESTART_S - 1 else "measured values"
            store.commit(METER, made.actor.changes(successor), second)
            made.actor.adopt(successor)
            if second == RESTART_S - 1:
                self.stored_at = len(self.recording.ops)
        self.new = facts(store.load(METER))
        self.recording.phase = "clean end"
        store.close()


def activations(directory: Path, seed: int, each: float) -> Activated:
    """Record an activation, and cut it after every operation in every way, a share `each` of all that."""
    report, random = Activated(), Random(seed)
    life = _Life(directory / "life")
    assert all(old != new for old, new in zip(life.old, life.new, strict=True))
    disk = Disk(life.recording.before)
    for moment, op in enumerate(life.recording.ops, 1):
        disk.take(op)
        for leaving in Leaving:
            if random.random() >= each:
                continue
            report.images += 1
            outcome, fault = _outcome(life, disk.image(left(disk.pending, leaving, random)), moment, directory, random)
            report.outcomes[outcome] += 1
            if fault:
                report.faults.append(f"cut after operation {moment} ({op.writer}), {leaving.value}: {fault}")
    return report


def facts(saved: Saved | None) -> Facts:
    """What of a stored state an image changes."""
    values = {} if saved is None else saved.values
    return tuple(values.get(part, {}).get(name) for part, name in FACTS)


def _outcome(life: _Life, image: Image, moment: int, directory: Path, random: Random) -> tuple[str, str]:
    """Which firmware starts after a cut, and what is wrong with that."""
    there = directory / "image"
    lay_out(image, there)
    try:
        store = Store.open(there)
        try:
            saved = store.load(METER)
        finally:
            store.close()
    except MeterError as error:
        return "does not start", str(error)
    found = facts(saved)
    if saved is None or found not in {life.old, life.new}:
        return "a mix", ", ".join(_differing(life.old, found))
    outcome = "new" if found == life.new else "old"
    if outcome == "old" and moment >= life.stored_at:
        return outcome, "the new firmware was stored and is lost"
    return outcome, _cannot_go_on(saved, life.new) if random.random() < _RESUMED_SHARE else ""


def _differing(old: Facts, found: Facts) -> Iterator[str]:
    """The places that are not as they were."""
    for (part, name), before, now in zip(FACTS, old, found, strict=True):
        if before != now:
            yield f"{part} {name} = {now!r}"


def _cannot_go_on(saved: Saved, new: Facts) -> str:
    """Let the meter live on; one with the old firmware is told to activate again."""
    made = Made()
    made.actor.restore(saved.values, saved.rings)
    device = made.meter.device
    device.resume(Instant(device.now + _OFF_S * SECOND))
    loader = Loader(made)
    if device.behaviours.firmware.phase is Phase.VERIFICATION_SUCCESSFUL:
        if result := loader.call(4):
            return f"the image that is there cannot be activated any more ({result})"
        made.actor.jump(Instant(device.now + RESTART_S * SECOND))
    values: dict[str, dict[str, Scalar]] = {name: dict(part.saved()) for name, part in device.parts()}
    return "" if facts(Saved(values, {}, 0)) == new else "it is not the new firmware after another order"
