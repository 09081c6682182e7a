"""Waiting for what happens in this process, however slow the machine is."""

import asyncio
from collections.abc import Callable

PATIENCE_S = 60


async def turns(count: int = 20) -> None:
    """So many turns of the loop: what was under way between sockets of this process has arrived then.

    A sleep of some milliseconds is no such thing: on a busy machine it may be over at the next turn.
    """
    for _ in range(count):
        await asyncio.sleep(0.001)


async def until(true: Callable[[], bool]) -> None:
    """Until something is true.

    Raises:
        TimeoutError: it never is.
    """
    async with asyncio.timeout(PATIENCE_S):
        while not true():  # noqa: ASYNC110 - what is waited for happens in the operating system
            await asyncio.sleep(0.001)
