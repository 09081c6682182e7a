"""No counter is used twice under one broadcast key, whatever meters have heard of it."""

import errno
import fcntl
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from apps.smartset.loopback import written_keys
from softmeter.apps.smartset.broadcast_counter import BROADCAST
from softmeter.apps.smartset.credentials import announcer
from softmeter.apps.smartset.settings import Settings
from softmeter.apps.used_counters import HIGHEST
from softmeter.dlms.messages import MethodReference
from softmeter.errors import ConfigurationError
from softmeter.obis import Obis

KEY, OTHER = bytes(16), bytes(range(16))


def test_what_no_meter_heard_is_used_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    assert BROADCAST.reserve(path, KEY, 0, 100) == 1
    assert BROADCAST.reserve(path, KEY, 50, 10) == 101
    assert BROADCAST.reserve(path, OTHER, 0, 5) == 1
    assert BROADCAST.reserve(path, KEY, 300, 1) == 301
    assert BROADCAST.reserve(path, OTHER, 0, 5) == 6  # a key that was there before goes on
    told = tmp_path / f"keys.toml{BROADCAST.suffix}"
    assert stat.S_IMODE(told.stat().st_mode) == 0o600
    assert KEY.hex() not in told.read_text()


def test_two_speakers_after_each_other_say_nothing_under_one_counter(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    written_keys(path)
    settings, method = replace(Settings(), keys=path), MethodReference(18, Obis(0, 0, 44, 0, 0), 2)
    said = [announcer(settings, 7, 2).action(method, bytes((0x11, number))) for number in (1, 2)]
    counters = [message[message.index(b"\x70") + 1 :][:4] for message in said]
    assert [int.from_bytes(one, "big") for one in counters] == [8, 10]


def test_a_key_that_is_used_up_says_nothing_more(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    assert BROADCAST.reserve(path, KEY, HIGHEST - 1, 1) == HIGHEST
    with pytest.raises(ConfigurationError, match="used up"):
        BROADCAST.reserve(path, KEY, 0, 1)
    with pytest.raises(ConfigurationError, match="used up"):
        BROADCAST.reserve(path, OTHER, HIGHEST, 1)
    assert BROADCAST.reserve(path, OTHER, 0, 1) == 1


@pytest.mark.parametrize("content", [b"\xff", b"none\n", b"00000000000000000000000000000000 -1\n"])
def test_a_damaged_file_is_not_taken_for_an_empty_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / f"keys.toml{BROADCAST.suffix}").write_bytes(content)
    with pytest.raises(ConfigurationError, match="damaged"):
        BROADCAST.reserve(tmp_path / "keys.toml", KEY, 0, 1)


def test_beside_what_is_no_file_nothing_is_kept(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "keys")
    with pytest.raises(ConfigurationError, match="is no file, and the counters used are kept beside it; name a file"):
        BROADCAST.reserve(tmp_path / "keys", KEY, 0, 1)


def test_where_nothing_can_be_locked_nothing_is_reserved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(ConfigurationError, match=r"file system gives no locks \(.*\); move it to a local directory"):
        BROADCAST.reserve(tmp_path / "keys.toml", KEY, 0, 1)
    assert not list(tmp_path.iterdir())


def test_two_speakers_at_once_reserve_different_counters(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    with ThreadPoolExecutor(4) as pool:
        firsts = list(pool.map(lambda _: BROADCAST.reserve(path, KEY, 0, 10), range(12)))
    assert sorted(firsts) == list(range(1, 121, 10))
