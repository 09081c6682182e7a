"""Standard output and error as a process that must go on uses them: a full disk or a reader that has gone is no end."""

import io
import logging
import os
import sys
from typing import TextIO

log = logging.getLogger("softmeter")


def tell(text: str) -> bool:
    """Print `text`; where that is not possible, say so in the log and print nothing from then on: False, once.

    A reader who has left knows that, and is not told.
    """
    error = _print(text, sys.stdout)
    if error is not None and not isinstance(error, BrokenPipeError):
        log.warning("standard output cannot be written: %s", error.strerror)
    return error is None


def say(text: str) -> None:
    """Tell the person something on standard error, beside what a program reads on standard output."""
    _print(text, sys.stderr)


def write_any_letter() -> None:
    """Have standard output write letters that its encoding lacks as escapes, as standard error does."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def all_written() -> bool:
    """Write what is left to be written. False, and a line that says why, where that cannot be.

    A reader who has gone wants no more of it: that is no failure.
    """
    try:
        sys.stdout.flush()
    except OSError as error:
        _to_nowhere(sys.stdout)
        if isinstance(error, BrokenPipeError):
            return True
        say(f"standard output cannot be written: {error.strerror}")
        return False
    return True


def _print(text: str, where: TextIO) -> OSError | None:
    try:
        print(text, file=where, flush=True)
    except OSError as error:
        _to_nowhere(where)
        return error
    return None


def _to_nowhere(where: TextIO) -> None:
    """What is left in the buffer is written when the process ends."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, where.fileno())
    os.close(null)
