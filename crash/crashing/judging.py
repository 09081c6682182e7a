"""Opens what a cut left and says what is wrong with it, if anything."""

from contextlib import suppress
from pathlib import Path

from crashing.disk import Image
from crashing.ledger import Ledger, digest
from crashing.life import OFF_NS, simulated
from crashing.recording import lay_out
from runtime.virtual_time import VirtualTime
from softmeter.apps.assembly import METER, assemble
from softmeter.apps.options import RunOptions
from softmeter.apps.panel.pulse_watch import PulseWatch
from softmeter.errors import MeterError
from softmeter.runtime.store import Store


class Judge:
    """Looks at images in a directory of its own, which it may do with as it likes."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.found: int | None = None
        """The commit from which the last image goes on."""

    def fault(self, image: Image, ledger: Ledger, promised: int) -> str:
        """What is wrong with the meter in an image that may not have lost the commit `promised`; empty if nothing."""
        lay_out(image, self.directory)
        self.found = None
        try:
            store = Store.open(self.directory)
        except MeterError as error:
            return f"does not start: {error}"
        try:
            state = digest(store.load(METER))
        except MeterError as error:
            return f"does not load: {error}"
        finally:
            store.close()
        self.found = ledger.found(state, promised)
        if self.found is not None:
            return ""
        before = ledger.found(state, 0)
        return "is in a state that never was" if before is None else f"has lost commits {before + 1} to {promised}"

    def broken_promise(self, ledger: Ledger) -> str:
        """What the meter in the last image has told somebody and does not hold to; empty if nothing."""
        if not self.found or self.found >= len(ledger.digests):
            return ""
        with simulated(VirtualTime(), 1), suppress(FileNotFoundError):
            store = Store.open(self.directory)
            try:
                options = RunOptions(self.directory, off_for_ns=OFF_NS)
                meter = assemble(options, store, PulseWatch(), lambda _: None).actor.meter
            finally:
                store.close()
        return ledger.broken(meter, self.found)
