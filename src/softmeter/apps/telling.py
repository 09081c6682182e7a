"""Standard output as a process that must go on uses it: a full disk or a reader that has gone does not end a meter."""

import logging
import os
import sys

log = logging.getLogger("softmeter")


def tell(text: str) -> None:
    """Print `text`; where that is not possible, say so in the log and print nothing from then on."""
    try:
        print(text, flush=True)
    except OSError as error:
        log.warning("standard output cannot be written: %s", error.strerror)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())  # what is left in the buffer is written when the process ends
        os.close(null)
