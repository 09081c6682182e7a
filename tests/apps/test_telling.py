"""A meter whose standard streams are missing or full: it goes on, or says in one line why not."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from apps.test_run import PATIENCE_S, listens_to_signals, run

pytestmark = pytest.mark.slow


def lived(state: Path, streams: str, *options: str) -> str:
    """Start a meter with `streams` changed by a shell, end it when it lives; what it said on standard error."""
    log = state.with_suffix(".log")
    with log.open("w") as errors:
        command = ["sh", "-c", f'exec "$@" {streams}', "sh", *run(state, "--rate", "0", "--source", "constant:i=5")]
        process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=errors)
        try:
            listens_to_signals(process, state / "keys.toml")
            time.sleep(1)  # it lives and tells, or dies of it
            assert process.poll() is None, log.read_text()
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 0
        finally:
            process.kill()
            process.communicate()
    return log.read_text()


@pytest.mark.parametrize("streams", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_it_lives_without_standard_streams(tmp_path: Path, streams: str) -> None:
    assert "Traceback" not in lived(tmp_path / "state", streams)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_full_disk_behind_standard_output_is_one_line(tmp_path: Path, options: tuple[str, ...]) -> None:
    said = lived(tmp_path / "state", "> /dev/full", *options)
    assert "Traceback" not in said
    assert "Exception ignored" not in said
    assert said.count("standard output cannot be written: No space left on device") == 1


@pytest.mark.parametrize(
    "program",
    [
        "from softmeter.apps.entrance import softmeter as enter; arguments = ['scenario', 'list']",
        "from softmeter.apps.entrance import softmeter as enter; arguments = ['decode', 'c001c1000100000100000200']",
        "from softmeter.apps.entrance import smartset as enter; arguments = ['--help']",
    ],
)
def test_a_reader_who_leaves_is_no_failure(program: str) -> None:
    code = f"import sys; {program}; sys.argv = ['x', *arguments]; enter()"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_what_cannot_be_written_is_told_and_is_a_failure() -> None:
    code = "import sys; from softmeter.apps.entrance import softmeter; sys.argv = ['x', 'decode', 'C0']; softmeter()"
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ended.returncode == 2
    assert ended.stderr.endswith("No space left on device\n")
    assert len(ended.stderr.splitlines()) == 1
