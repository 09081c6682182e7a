"""What a step does to keys: has them replaced, with or without power, and finds out which of them the meter has."""

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from softmeter.apps.scenario.doing import Outcome, answer
from softmeter.apps.scenario.script import KeyTransfer
from softmeter.apps.scenario.stage import Stage
from softmeter.apps.smartset.key_changes import KEYS, TRANSFER, wrapped
from softmeter.apps.smartset.names import SECURITY_SETUP
from softmeter.dlms.host import Keys
from softmeter.errors import MeterError
from softmeter.meter.clients import SECURITY_SETUPS
from softmeter.runtime import keyfile
from softmeter.security.suites import Key

_NAMES = {"encryption": "unicast_encryption", "authentication": "authentication"}


def transferred(stage: Stage, wanted: KeyTransfer) -> Outcome:
    """Have keys replaced; whatever happens in between, the meter has the new ones or the old ones."""
    sap = keyfile.SAPS[wanted.of]
    old = stage.meter.keys(sap)
    fresh = {kind: stage.chance.octets(keyfile.KEY_SIZE) for kind in wanted.keys}
    changed: dict[str, Any] = {_NAMES[kind]: key for kind, key in fresh.items()}
    new = replace(old, **changed)
    parameter = wrapped(Key(old.master), {KEYS[kind]: key for kind, key in fresh.items()})
    before = stage.stored() if wanted.cut == "before" else None

    told = "no association"
    with suppress(MeterError), stage.associated(wanted.client) as meter:  # one's own old keys are none to leave with
        told = answer(partial(meter.call, SECURITY_SETUP, SECURITY_SETUPS[sap], TRANSFER, parameter))
    if wanted.cut:
        stage.cut(before or stage.stored())
        told = wanted.result
    found = {"new": _opens(stage, wanted.of, new), "old": _opens(stage, wanted.of, old)}
    has = " and ".join(which for which, works in found.items() if works) or "no"
    power = f", power fails {wanted.cut} they are stored" if wanted.cut else ""
    what = f"replace {' and '.join(wanted.keys)} of {wanted.of}{power}"
    return Outcome(what, f"{wanted.result}, {wanted.has} keys", f"{told}, {has} keys")


def _opens(stage: Stage, client: str, keys: Keys) -> bool:
    """Whether the meter lets a client in with these keys."""
    with suppress(MeterError), stage.associated(client, keys=keys):
        return True
    return False
