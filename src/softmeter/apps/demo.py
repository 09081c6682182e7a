"""What `softmeter demo` adds to a run: the Dutch configuration, the recorded day, a history, and keys that all know."""

import hashlib
import time
from pathlib import Path
from typing import Any

from softmeter.apps import configuration
from softmeter.entropy import SeededEntropy
from softmeter.instant import SECOND, Instant, iso
from softmeter.meter.identity import Identity
from softmeter.runtime import keyfile
from softmeter.runtime.store import FILE_NAME

SERIAL = "12345678"
HISTORY_S = 8 * 86_400
"""How long the meter has lived already when it is shown."""


def demonstration(given: dict[str, Any]) -> dict[str, Any]:
    """The options of a run for those of a demo; eight days of waveforms would take too long to begin with."""
    state: Path = given["state"]
    options = {**given, "config": "nl", "source": given["source"] or "demo", "panel_token": None}
    if (state / FILE_NAME).exists():
        # A demo lives in the present: one that was stopped while its history was made has some of it left to live.
        usual = given["start"] is None and given["jump_to"] is None and given["rate"] == 1
        return {**options, "config": None, "source": given["source"], "catch_up": usual}
    if given["start"] is None and given["jump_to"] is None and not options["source"].startswith("grid"):
        now = time.time_ns() // SECOND * SECOND
        options |= {"start": iso(Instant(now - HISTORY_S * SECOND)), "jump_to": iso(Instant(now))}
        options["catch_up"] = given["rate"] == 1
    return {**options, "known_keys": _known_keys()}


def _known_keys() -> keyfile.Keys:
    """The keys of every demo meter: made from a public seed, so that nobody takes them for secrets."""
    identity = Identity(serial=SERIAL, manufacturer=configuration.read("nl").identity.manufacturer)
    seed = hashlib.sha256(b"softmeter demo: keys that everybody knows").digest()
    return keyfile.generate(SeededEntropy(seed), identity.system_title, identity.logical_device_name)
