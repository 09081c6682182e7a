"""File descriptors: as many as the system gives, shared out so that no port can take those of another.

Source: POSIX.1-2017, setrlimit (RLIMIT_NOFILE), and 2.5 (standard streams are descriptors 0, 1 and 2).
"""

import os
import resource
import sys
from typing import NamedTuple

OWN = 64
"""Descriptors for everything but connections: store, logs, trace, listening sockets, the panel's files."""


class Shares(NamedTuple):
    """Connections that each port may have."""

    wan: int
    panel: int
    p1: int
    pulses: int


MOST = Shares(wan=256, panel=128, p1=1000, pulses=100)


def raised_limit() -> int:
    """How many descriptors there may be, after asking for as many as are allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (ValueError, OSError):  # some systems allow less than they name
        return soft
    return hard


def shares(limit: int) -> Shares:
    """What of `limit` descriptors each port gets: DLMS first, P1 and the pulses what the others leave."""
    if limit == resource.RLIM_INFINITY:
        return MOST
    left = max(limit - OWN, 8)
    wan = min(MOST.wan, left // 2)
    panel = min(MOST.panel, (left - wan) // 2)
    pulses = min(MOST.pulses, (left - wan - panel) // 2)
    return Shares(wan, panel, min(MOST.p1, left - wan - panel - pulses), pulses)


def room(most: int, limit: int) -> int:
    """How many connections a program may have whose descriptors are for nothing else: `most` where the limit allows."""
    return most if limit == resource.RLIM_INFINITY else min(most, max(limit - OWN, 8))


def open_standard_streams() -> None:
    """Put the null device where standard input, output or error were closed by whoever started the process.

    Else the next file that is opened takes their number, and what is printed goes into it.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115  (lives as long as the process)
