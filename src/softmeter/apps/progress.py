"""Progress of what takes longer than a second, on standard error, for people only."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from softmeter.instant import Instant, iso

PATIENCE_S = 1.0
"""How long nothing is shown."""
_STEP_S = 0.1


@contextmanager
def jump_progress(begin: Instant, end: Instant) -> Iterator[Callable[[Instant], None]]:
    """Shows how far a jump has come, from the second second on and on a terminal only."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    if not sys.stderr.isatty():
        yield lambda _: None
        return
    columns = (TextColumn("jumping"), BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=False) as bars:
        task = bars.add_task(iso(begin), total=end - begin, visible=False)
        started = shown = time.monotonic()

        def show(now: Instant) -> None:
            nonlocal shown
            moment = time.monotonic()
            if moment - shown >= _STEP_S:
                shown = moment
                visible = moment - started > PATIENCE_S
                bars.update(task, completed=now - begin, description=iso(now)[:10], visible=visible)

        yield show
