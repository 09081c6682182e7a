"""What the pages of the library show is what runs: every block stands in an example, every example is executed."""

import re
import runpy
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import pytest

from apps.smartset.loopback import new_meter, served
from softmeter.security.ciphering import Cipher, Protection
from softmeter.security.suites import Key
from transport.test_hdlc import pty_meter

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
PAGES = sorted((ROOT / "docs" / "library").glob("*.md"))


def example(name: str, *arguments: str) -> tuple[int, str, str]:
    command = [sys.executable, str(EXAMPLES / name), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return ended.returncode, ended.stdout, ended.stderr


@contextmanager
def running(name: str, *arguments: str) -> Iterator[IO[str]]:
    """An example that goes on, and what it prints."""
    command = [sys.executable, str(EXAMPLES / name), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout
        finally:
            process.terminate()


def address(printed: IO[str]) -> str:
    return printed.readline().rpartition(" ")[2].strip()


@pytest.fixture
def device() -> Iterator[str]:
    """The address at which the small device of the examples listens."""
    with running("library_device.py", "0") as printed:
        yield address(printed)


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


@pytest.mark.slow
def test_a_meter_is_read_over_udp_and_hdlc() -> None:
    read = "blocking: KWQ7010400000001\nasyncio: KWQ7010400000001\n"
    with running("library_device.py", "0") as printed:
        wan, hdlc = address(printed), address(printed)
        assert example("library_links.py", "udp", wan) == (0, read, "")
        assert example("library_links.py", "hdlc", hdlc) == (0, read, "")


@pytest.mark.slow
def test_a_meter_is_read_through_an_optical_head() -> None:
    with pty_meter() as path:
        expected = "blocking: KWQ1010400000001\nasyncio: KWQ1010400000001\n"
        assert example("library_links.py", "optical", path) == (0, expected, "")


@pytest.mark.slow
def test_a_profile_becomes_a_table(tmp_path: Path) -> None:
    with served(new_meter(tmp_path / "keys.toml")) as where:
        status, told, error = example("library_table.py", where, str(tmp_path / "keys.toml"))
    assert (status, error) == (0, "")
    assert told.startswith("time: timestamp[s, tz=UTC]\nstatus: uint8\n1-0:1.8.0: uint32\n")
    assert "'1-0:1.8.0': 33120" in told
    assert told.endswith("10 rows\n")


@contextmanager
def cut_once(where: str, after: int) -> Iterator[str]:
    """A way to a meter whose first connection breaks after so many octets of the meter's."""
    host, _, port = where.rpartition(":")

    def carry() -> None:
        left = after
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            with suppress(OSError), client, socket.create_connection((host, int(port))) as meter:
                while left > 0:
                    ready = select.select([client, meter], [], [])[0][0]
                    octets = ready.recv(4096)
                    if not octets:
                        break
                    (meter if ready is client else client).sendall(octets)
                    left -= len(octets) if ready is meter else 0
            left = sys.maxsize

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=carry, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(60)


@pytest.mark.slow
def test_a_long_read_outlives_its_link(tmp_path: Path) -> None:
    with served(new_meter(tmp_path / "keys.toml")) as where, cut_once(where, 600) as through:
        status, told, error = example("library_long_read.py", through, str(tmp_path / "keys.toml"))
    assert (status, told) == (0, "144 rows\n144 rows\n")
    assert "closed the connection" in error
    assert "rows are kept" in error


PUSHED = "00" + "0202110511AA"
"""No time, and a structure of 5 and 170."""


@pytest.mark.slow
@pytest.mark.parametrize("way", [(), ("--blocking",)])
def test_a_push_is_taken_and_confirmed(way: tuple[str, ...]) -> None:
    with running("library_push.py", "0", *way) as printed:
        host, _, port = address(printed).rpartition(":")
        with socket.create_connection((host, int(port)), timeout=60) as meter:
            meter.sendall(bytes.fromhex("000100010066000C" + "0F40000007" + PUSHED))
            assert printed.readline() == "[5, 170]\n"
            assert meter.recv(100) == bytes.fromhex("0001006600010006" + "104000000700")


@pytest.mark.slow
def test_a_push_under_keys_is_taken_once() -> None:
    title, encryption, authentication = b"KWQ00009", bytes(range(16)), bytes(range(16, 32))
    cipher = Cipher(Key(encryption), Key(authentication))
    sealed = cipher.protect(title, 9, Protection.FULL, bytes.fromhex("0F00000007" + PUSHED))
    apdu = b"\xdb\x08" + title + bytes((len(sealed),)) + sealed
    datagram = bytes.fromhex("000100010066") + len(apdu).to_bytes(2, "big") + apdu
    words = (title.hex(), encryption.hex(), authentication.hex())
    with running("library_push.py", "0", *words) as printed:
        host, _, port = address(printed).rpartition(":")
        with socket.create_connection((host, int(port)), timeout=60) as meter:
            meter.sendall(datagram)
            assert printed.readline() == "[5, 170]\n"
            meter.sendall(datagram)
            assert printed.readline() == "refused: a push that was seen before\n"
            assert meter.recv(100) == b""


@pytest.mark.slow
def test_certificates_lead_to_a_session() -> None:
    status, told, error = example("library_certificates.py")
    assert (status, error) == (0, "")
    assert "mechanism=<Mechanism.HLS_ECDSA: 7>" in told
    assert "blocking: KWQ7010400000002\n" in told
    assert told.endswith("asyncio: KWQ7010400000002\n")


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
