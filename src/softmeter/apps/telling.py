"""Standard output and error as a process that must go on uses them: a full disk or a reader that has gone is no end."""

import logging
import os
import sys
from typing import TextIO

log = logging.getLogger("softmeter")


def tell(text: str) -> None:
    """Print `text`; where that is not possible, say so in the log and print nothing from then on."""
    error = _print(text, sys.stdout)
    if error is not None:
        log.warning("standard output cannot be written: %s", error.strerror)


def say(text: str) -> None:
    """Tell the person something on standard error, beside what a program reads on standard output."""
    _print(text, sys.stderr)


def _print(text: str, where: TextIO) -> OSError | None:
    try:
        print(text, file=where, flush=True)
    except OSError as error:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, where.fileno())  # what is left in the buffer is written when the process ends
        os.close(null)
        return error
    return None
