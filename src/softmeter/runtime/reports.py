"""Log lines about connections, several in one record: one by one they take a quarter of a short association."""

import asyncio
import logging
from collections.abc import Iterable

from softmeter.runtime.event_text import event_text

LATE_S = 0.05
"""How late a line about an event may be written."""


class Reports:
    """What the connections of one port did, in the order in which it was told."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._noted: list[tuple[str, Iterable[object]]] = []

    def note(self, name: str, events: Iterable[object]) -> None:
        """Write a line for each thing that happened to who is called `name`, soon."""
        if not self._noted:
            asyncio.get_running_loop().call_later(LATE_S, self.write)
        self._noted.append((name, events))

    def say(self, level: int, message: str, *arguments: object) -> None:
        """Write a line now, after those that were noted before."""
        self.write()
        self._log.log(level, message, *arguments)

    def write(self) -> None:
        """Write what was noted."""
        noted, self._noted = self._noted, []
        if noted and self._log.isEnabledFor(logging.INFO):
            lines = [f"{name} {event_text(event)}" for name, events in noted for event in events]
            self._log.info("%s", "\n".join(lines))
