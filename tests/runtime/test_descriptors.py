"""Descriptors: the limit is raised, shared out, and none of the standard ones is missing."""

import resource
import subprocess
import sys

import pytest

from softmeter.runtime.descriptors import MOST, OWN, Shares, room, shares


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (1_000_000, MOST),
        (resource.RLIM_INFINITY, MOST),
        (sum(MOST) + OWN, MOST),
        (1024, Shares(wan=256, panel=128, p1=476, pulses=100)),
        (256, Shares(wan=96, panel=48, p1=24, pulses=24)),
        (20, Shares(wan=4, panel=2, p1=1, pulses=1)),
    ],
)
def test_dlms_gets_its_share_first(limit: int, expected: Shares) -> None:
    assert shares(limit) == expected


@pytest.mark.parametrize(
    ("limit", "expected"), [(1_000_000, 4096), (resource.RLIM_INFINITY, 4096), (1024, 1024 - OWN), (20, 8)]
)
def test_a_program_of_one_port_has_what_the_limit_leaves(limit: int, expected: int) -> None:
    assert room(4096, limit) == expected


@pytest.mark.slow
def test_as_many_as_are_allowed_are_asked_for() -> None:
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (100, 200));"
        "from softmeter.runtime.descriptors import raised_limit;"
        "print(raised_limit(), *resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "200 200 200\n"


@pytest.mark.slow
@pytest.mark.parametrize(("closed", "heard"), [("<&-", "11 out\n"), ("2>&-", "11 out\n"), (">&- 2>&- <&-", "")])
def test_standard_streams_that_were_closed_are_there_again(closed: str, heard: str) -> None:
    code = (
        "import os, sys; from softmeter.runtime.descriptors import open_standard_streams as ready; ready();"
        "number = os.open(os.devnull, 0); print(int(number > 2), end=''); print('err', file=sys.stderr, flush=True);"
        "print(int(sys.stdin is not None), 'out', flush=True)"
    )
    command = ["sh", "-c", f'"$0" -c "$1" {closed}', sys.executable, code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0
    assert done.stdout == heard
