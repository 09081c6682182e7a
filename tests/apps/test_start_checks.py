"""What is wrong with a start is found before anything is made, and told in one line that names the option."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

from softmeter.apps.options import RunOptions
from softmeter.apps.start_checks import check_start
from softmeter.errors import ConfigurationError
from softmeter.runtime.store import FILE_NAME
from softmeter.runtime.trace import TRACE_BEGINS

ANYWHERE = dict.fromkeys(("wan", "p1", "optical", "panel"), "127.0.0.1:0")


def check(state: Path, **given: object) -> None:
    asyncio.run(check_start(RunOptions(**{"state": state, **ANYWHERE, **given})))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"trace": "none/t.pcapng"}, "--trace: .*none/t.pcapng cannot be made: there is no directory"),
        ({"trace": "there"}, "--trace: .*there is a directory"),
        ({"keylog": "there"}, "--keylog: .*there is a directory"),
        ({"keylog": "m/keys.toml"}, "--keylog: .*keys.toml is the meter's own"),
        ({"trace": "m/../m/meter.sqlite"}, "--trace: .*meter.sqlite is the meter's own"),
        ({"trace": "m/keys.toml.new"}, "--trace: .*keys.toml.new is the meter's own"),
        ({"keylog": "m/meter.sqlite.new"}, "--keylog: .*meter.sqlite.new is the meter's own"),
        ({"trace": "same", "keylog": "same"}, "--keylog: .*same is where the trace goes"),
        ({"trace": "same", "keylog": "there/../same"}, "--keylog: .*same is where the trace goes"),
        ({"rate": -1.0}, "--rate: "),
        ({"p1": "/dev/there-is-none"}, "--p1: /dev/there-is-none is not there; plug it in"),
        ({"optical": "/dev/there-is-none"}, "--optical: /dev/there-is-none is not there"),
        ({"mbus": "/dev/there-is-none"}, "--mbus: /dev/there-is-none is not there"),
        ({"optical": "/dev/null"}, "--optical: /dev/null is no serial device"),
        ({"p1_variant": "dutch"}, "--p1-variant: 'dutch' is no variant"),
        ({"config": "factoryy"}, "factoryy: cannot be read .*did you mean factory"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_is_made(tmp_path: Path, given: dict[str, str], message: str) -> None:
    (tmp_path / "there").mkdir()
    placed = {name: tmp_path / one if name in {"trace", "keylog"} else one for name, one in given.items()}
    with pytest.raises(ConfigurationError, match=f"^{message}"):
        check(tmp_path / "m", **placed)
    assert [one.name for one in tmp_path.iterdir()] == ["there"]


def test_what_can_be_makes_nothing_either(tmp_path: Path) -> None:
    check(tmp_path / "m", trace=tmp_path / "m" / "t.pcapng", keylog=Path(os.devnull))
    last = TRACE_BEGINS + b" and the rest of the last run"
    (tmp_path / "t.pcapng").write_bytes(last)
    check(tmp_path / "m", trace=tmp_path / "t.pcapng")
    with pytest.raises(ConfigurationError, match=r"t\.pcapng: is there and is no key log"):
        check(tmp_path / "m", keylog=tmp_path / "t.pcapng")
    assert (tmp_path / "t.pcapng").read_bytes() == last
    assert [one.name for one in tmp_path.iterdir()] == ["t.pcapng"]


@pytest.mark.parametrize("name", ["wan", "p1", "optical", "panel"])
def test_a_port_in_use_is_found_before_the_meter_is_made(tmp_path: Path, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ConfigurationError, match=f"^--{name}: {place} is in use by another process"):
            check(tmp_path / "m", **{name: place})


def test_a_wrong_place_of_a_file_names_the_file(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text('[mbus]\nline = "/dev/there-is-none"\n')
    with pytest.raises(ConfigurationError, match=f"^{config}: mbus.line: /dev/there-is-none is not there"):
        check(tmp_path / "m", config=str(config))
    config.write_text('[ports]\np1 = "/dev/there-is-none"\n')
    with pytest.raises(ConfigurationError, match=f"^{config}: ports.p1: /dev/there-is-none is not there"):
        check(tmp_path / "m", config=str(config), p1=None)


def test_a_meter_that_is_there_is_asked_for_its_own_places(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).touch()
    check(tmp_path, config="there is none")
    with pytest.raises(ConfigurationError, match=r"--trace: .* is a directory"):
        check(tmp_path, trace=tmp_path)
