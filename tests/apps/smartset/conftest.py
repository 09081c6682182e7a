from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.smartset.loopback import Smartset, new_meter, served
from softmeter.apps.smartset.main import run
from softmeter.meter.meter import Meter


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("meter") / "keys.toml"


@pytest.fixture(scope="session")
def meter(key_file: Path) -> Meter:
    """One meter for all tests that only read."""
    return new_meter(key_file)


@pytest.fixture(scope="session")
def address(meter: Meter) -> Iterator[str]:
    with served(meter) as where:
        yield where


@pytest.fixture
def smartset(address: str, key_file: Path, capsys: pytest.CaptureFixture[str]) -> Smartset:
    """Runs smartset against the meter; gives exit status, output and error line."""

    def call(*arguments: str, client: str = "management", meter: str = address) -> tuple[int, str, str]:
        capsys.readouterr()
        has_keys = client == "public" or "--keys" in arguments
        keys = [] if has_keys else ["--keys", str(key_file)]
        status = run(["--meter", meter, "--client", client, *keys, *arguments])
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return call


@pytest.fixture
def own(tmp_path: Path, smartset: Smartset) -> Iterator[tuple[Smartset, Meter]]:
    """smartset with a meter of this test alone, which it may change."""
    path = tmp_path / "keys.toml"
    meter = new_meter(path)
    with served(meter) as where:

        def call(*arguments: str, client: str = "management") -> tuple[int, str, str]:
            return smartset("--keys", str(path), *arguments, client=client, meter=where)

        yield call, meter
