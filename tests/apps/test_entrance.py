"""Both programs from the very first moment: interrupted while they are loaded, and with nowhere to complain."""

import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from softmeter import __version__
from softmeter.apps import entrance
from softmeter.legal import IDENTIFICATION

PYPROJECT = Path(__file__).parent.parent.parent / "pyproject.toml"
LOADING = """
import os, signal, sys
class Interrupted:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupted())
from softmeter.apps.entrance import {0}
{0}()
"""


WAITING = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # tests in the background inherit that it is ignored
from softmeter.apps.entrance import softmeter
print("entering", flush=True)
softmeter()
"""


def test_the_scripts_of_the_package_enter_here() -> None:
    scripts = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]["scripts"]
    for name, target in scripts.items():
        assert target == f"softmeter.apps.entrance:{name}"
        assert callable(getattr(entrance, name))


@pytest.mark.slow
@pytest.mark.parametrize("program", ["softmeter", "smartset"])
def test_an_interrupt_while_it_is_loaded_is_no_traceback(program: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LOADING.format(program)], capture_output=True, text=True, timeout=120, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


@pytest.mark.slow
def test_an_interrupt_while_it_waits_for_input_is_no_traceback() -> None:
    command = [sys.executable, "-c", WAITING, "decode", "-"]
    reading, writing = os.pipe()
    with subprocess.Popen(command, stdin=reading, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        os.close(reading)
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "entering\n"
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(1.5)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
        finally:
            os.close(writing)
    assert process.returncode == 130
    assert "Traceback" not in said


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_failure_that_nobody_can_be_told_of_has_its_status() -> None:
    program = "from softmeter.apps.entrance import softmeter; softmeter()"
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-c", program, "decode", "no such file"]
        ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=full, timeout=120, check=False)
    assert (ended.returncode, ended.stdout) == (2, b"")


@pytest.mark.parametrize("program", ["softmeter", "smartset"])
def test_the_version_is_told(program: str) -> None:
    code = f"from softmeter.apps.entrance import {program}; {program}()"
    told = subprocess.run(
        [sys.executable, "-c", code, "--version"], capture_output=True, text=True, check=True, timeout=120
    )
    assert told.stdout == f"softmeter {__version__}, legally relevant part {IDENTIFICATION}\n"


@pytest.mark.slow
def test_a_shell_completes_commands_and_names_of_objects() -> None:
    code = "from softmeter.apps.entrance import smartset; smartset()"
    for words, expected in (("smartset pr", ["profile"]), ("smartset get activ", ["active_import"])):
        asked = {"_SMARTSET_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        ended = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **asked},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert set(expected) <= set(ended.stdout.split()), ended.stderr
