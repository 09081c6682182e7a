"""The barrier: who waits for which commit."""

import asyncio

from softmeter.runtime.barrier import Barrier


def test_answers_leave_at_once_unless_a_change_is_owed() -> None:
    owed = [False]
    barrier, wanted, passed = Barrier(lambda: owed[0]), [], []
    barrier.wanted.connect(lambda: wanted.append(1))
    barrier.passed.connect(lambda: passed.append(barrier.done))
    assert barrier.ticket() is None
    barrier.begin()
    assert barrier.ticket() is None, "a tick that stores no durable change holds nothing back"
    owed[0] = True
    assert (barrier.ticket(), wanted) == (2, [1]), "made during commit 1, stored by commit 2"
    barrier.end()
    assert (barrier.ticket(), passed) == (2, [1])
    barrier.begin()
    owed[0] = False
    assert barrier.ticket() == 2, "taken up but not yet on the disk"
    barrier.end()
    assert (barrier.ticket(), barrier.done) == (None, 2)


def test_whoever_waits_goes_on_when_what_is_known_now_is_stored() -> None:
    async def story() -> None:
        owed = [False]
        barrier = Barrier(lambda: owed[0])
        await barrier.stored()
        barrier.begin()
        owed[0] = True
        waiting = asyncio.ensure_future(barrier.stored())
        await asyncio.sleep(0)
        barrier.end()
        await asyncio.sleep(0)
        assert not waiting.done(), "made during commit 1, stored by commit 2"
        barrier.begin()
        owed[0] = False
        barrier.end()
        await waiting

    asyncio.run(story())


def test_after_a_failure_nothing_leaves() -> None:
    barrier = Barrier(lambda: False)
    barrier.begin()
    barrier.fail()
    ticket = barrier.ticket()
    assert ticket is not None
    assert ticket > barrier.done
