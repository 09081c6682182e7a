"""How much a meter writes to its disk, and how large its file becomes."""

from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from crashing.disk import Kind
from crashing.life import Plan, Recorded
from softmeter.runtime.store import FILE_NAME

DAY_S, YEAR_DAYS = 86_400, 365
_QUARTER_S = 900.0
_STEP_DAYS = 73
PLANS = {
    "at rest": Plan(_QUARTER_S, busy=False),
    "P1 read": Plan(_QUARTER_S, busy=False, is_read=True),
    "busy": Plan(_QUARTER_S),
}
"""What may be asked of a meter: nothing; a telegram each second; what four clients want who do not sleep for long."""


class Rate(NamedTuple):
    """What a meter does to its disk each second."""

    octets_per_s: float
    writes_per_s: float
    waits_per_s: float
    commits_per_s: float


def written(directory: Path, seed: int, plan: Plan) -> Rate:
    """What is written by a meter that is up already, in a simulated life at rate 1."""
    recorded = Recorded(directory, keeps_states=False)
    recorded.live(Plan(1.0, busy=False), seed)
    begin, commits = len(recorded.recording.ops), len(recorded.ledger.digests)
    recorded.live(plan, seed)
    ops = recorded.recording.ops[begin:]
    kinds = [op.kind for op in ops]
    return Rate(
        sum(len(op.data) for op in ops) / plan.seconds,
        kinds.count(Kind.WRITTEN) / plan.seconds,
        kinds.count(Kind.SYNCHRONISED) / plan.seconds,
        (len(recorded.ledger.digests) - commits) / plan.seconds,
    )


def measured(scratch: Path, seed: int, seconds: float) -> Iterator[str]:
    """Lines that tell it: what is written per day, and the file over a simulated year, as far as time goes."""
    scratch.mkdir(parents=True, exist_ok=True)
    begun = monotonic()
    for title, plan in PLANS.items():
        rate = written(scratch / title, seed, plan)
        yield (
            f"{title}: {rate.octets_per_s / 1000:,.1f} kB/s written, {rate.octets_per_s * DAY_S / 1e6:,.0f} MB and "
            f"{rate.writes_per_s * DAY_S:,.0f} writes a day, {rate.waits_per_s:.2f} waits for the disk and "
            f"{rate.commits_per_s:.2f} commits a second"
        )
    recorded = Recorded(scratch / "year", keeps_states=False)
    recorded.live(Plan(1.0, busy=False), seed)
    yield f"after a second: {_size(recorded)}"
    for days in range(_STEP_DAYS, YEAR_DAYS + 1, _STEP_DAYS):
        if monotonic() - begun > seconds:
            yield f"no time for the days from {days - _STEP_DAYS} on"
            return
        recorded.recording.ops.clear()
        recorded.live(Plan(1.0, jump_s=_STEP_DAYS * DAY_S, busy=False), seed)
        octets = sum(len(op.data) for op in recorded.recording.ops)
        yield f"after {days} days: {_size(recorded)}; {octets / _STEP_DAYS / 1e6:,.2f} MB written per day of a jump"


def _size(recorded: Recorded) -> str:
    return f"file of {(recorded.directory / FILE_NAME).stat().st_size / 1000:,.0f} kB"
