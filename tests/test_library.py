"""What the pages of the library show is what runs: every block stands in an example, every example is executed."""

import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.smartset.loopback import new_meter, served

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
PAGES = sorted((ROOT / "docs" / "library").glob("*.md"))


def example(name: str, *arguments: str) -> tuple[int, str, str]:
    command = [sys.executable, str(EXAMPLES / name), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return ended.returncode, ended.stdout, ended.stderr


@pytest.fixture
def device() -> Iterator[str]:
    """The address at which the small device of the examples listens."""
    command = [sys.executable, str(EXAMPLES / "library_device.py"), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().removeprefix("listening at ").strip()
        finally:
            process.terminate()


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "reference.md"], ids=lambda page: page.stem)
def test_every_block_of_a_page_stands_in_an_example(page: Path) -> None:
    shown = "\n".join(path.read_text("utf-8") for path in sorted(EXAMPLES.glob("library_*.py")))
    blocks = re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    assert [block for block in blocks if block not in shown] == []


@pytest.mark.slow
def test_ten_lines_read_a_meter(tmp_path: Path) -> None:
    with served(new_meter(tmp_path / "keys.toml")) as where:
        assert example("library_read.py", where) == (0, "KWQ1010412345678 2026-01-02T13:00:00+01:00\n", "")
        status, told, _ = example("library_read_async.py", where, "127.0.0.1:9")
    assert status == 0
    assert told.startswith("KWQ1010412345678 2026-01-02T13:00:00+01:00\n127.0.0.1:9: nothing listens at 127.0.0.1:9")


@pytest.mark.slow
def test_the_small_device_is_read_and_set_with_keys(device: str, tmp_path: Path) -> None:
    kept = tmp_path / "counter.txt"
    for reserved in (1001, 2001):
        assert example("library_secure.py", device, str(kept)) == (0, "123.456 m3, limit 60 l/h\n", "")
        assert kept.read_text("ascii") == str(reserved)
    kept.write_text("3", "ascii")
    status, _, error = example("library_secure.py", device, str(kept))
    assert status == 1
    assert "it has seen a higher invocation counter" in error


def test_the_reference_knows_what_a_user_needs() -> None:
    page = runpy.run_path(str(ROOT / "tools" / "library_reference.py"))["reference_page"]()
    for wanted in (
        "### `Client`",
        "#### `Client.associate`",
        "### `open_session`",
        "### `Standalone`",
        "### `serve_tcp`",
        "    class Register(Interface, class_id=3, version=0)",
        "- AccessError: the meter gives no value.",
        "Passes on `NULL`, ",
    ):
        assert wanted in page
    assert "### `_" not in page
