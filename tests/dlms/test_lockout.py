"""Lock-out after failed log-ins: it grows, ends, forgets, and strikes nobody else."""

from softmeter.dlms.lockout import ALLOWED_FAILURES, FORGET_S, LONGEST_DELAY_S, MOST_PEERS, Lockouts
from softmeter.instant import LinkTime


def fail(lockouts: Lockouts, times: int, now: float, peer: str = "mallory", sap: int = 1) -> list[bool]:
    return [lockouts.failed(peer, sap, LinkTime(now)) for _ in range(times)]


def test_the_fifth_failure_locks_for_a_minute() -> None:
    lockouts = Lockouts()
    assert fail(lockouts, ALLOWED_FAILURES, 100.0) == [False] * (ALLOWED_FAILURES - 1) + [True]
    assert not lockouts.admits("mallory", 1, LinkTime(159.9))
    assert lockouts.admits("mallory", 1, LinkTime(160.0))


def test_others_are_served_meanwhile() -> None:
    lockouts = Lockouts()
    fail(lockouts, ALLOWED_FAILURES, 100.0)
    assert lockouts.admits("alice", 1, LinkTime(101.0))
    assert lockouts.admits("mallory", 2, LinkTime(101.0))


def test_each_further_failure_waits_twice_as_long_up_to_an_hour() -> None:
    lockouts, now, waits = Lockouts(), 100.0, list[float]()
    fail(lockouts, ALLOWED_FAILURES, now)
    for _ in range(9):
        waited = 0.0
        while not lockouts.admits("mallory", 1, LinkTime(now + waited)):
            waited += 60.0
        waits.append(waited)
        now += waited
        assert fail(lockouts, 1, now) == [True]
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert waits[-1] == LONGEST_DELAY_S


def test_success_and_a_quiet_hour_forgive() -> None:
    lockouts = Lockouts()
    fail(lockouts, ALLOWED_FAILURES - 1, 100.0)
    lockouts.succeeded("mallory", 1)
    assert fail(lockouts, ALLOWED_FAILURES - 1, 101.0) == [False] * (ALLOWED_FAILURES - 1)
    assert fail(lockouts, 1, 101.0 + FORGET_S + 1) == [False]


def test_memory_is_bounded_and_the_newest_are_kept() -> None:
    lockouts = Lockouts()
    for number in range(MOST_PEERS + 100):
        fail(lockouts, ALLOWED_FAILURES, 100.0, peer=f"peer {number}")
    assert len(lockouts._records) == MOST_PEERS
    assert not lockouts.admits(f"peer {MOST_PEERS + 99}", 1, LinkTime(101.0))
