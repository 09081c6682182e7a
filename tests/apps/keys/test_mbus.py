"""`softmeter keys wrap-mbus`: what it prints opens a sub-meter; what is no address or key is refused with its name."""

from pathlib import Path

import pytest

from apps.keys.test_command import softmeter
from softmeter.apps.keys.mbus import COUNTERS
from softmeter.bench.submeters import parse_sub_meters
from softmeter.errors import ConfigurationError
from softmeter.security.mbus import key_counter, unwrap

(GAS,) = parse_sub_meters("gas:3")
NEW = bytes(range(16))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "gas.toml"
    made.write_text(f'default_key = "{GAS.default_key.hex()}"\nuser_key = "{NEW.hex()}"\n', "utf-8")
    return made


@pytest.mark.parametrize(("options", "counter"), [((), ...), (("--counter", "7"), 7), (("--form", "dsmr4"), None)])
def test_a_wrapped_key_opens_a_sub_meter(path: Path, options: tuple[str, ...], counter: object) -> None:
    wrapped = bytes.fromhex(softmeter("wrap-mbus", GAS.secondary_address, str(path), *options))
    assert unwrap(GAS.default_key, wrapped, GAS.header.address) == NEW
    assert key_counter(wrapped) == counter or counter is ...


@pytest.mark.parametrize("address", ["", "70577503", "7057750", "70577503E91E01zz", "70577503E91E010300"])
def test_an_address_that_is_none(path: Path, address: str) -> None:
    with pytest.raises(ConfigurationError, match="no secondary address"):
        softmeter("wrap-mbus", address, str(path))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "default_key must be"),
        (f'default_key = "{NEW.hex()}"\nuser_key = 5', "user_key must be"),
        (f'default_key = "{NEW.hex()}"\nuser_key = "00"', "user_key must be"),
        ('default_key = "zz"', "default_key must be"),
        ("default_key", "is no TOML"),
    ],
)
def test_a_file_without_keys(path: Path, text: str, complaint: str) -> None:
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError, match=complaint):
        softmeter("wrap-mbus", GAS.secondary_address, str(path))
    path.unlink()
    with pytest.raises(ConfigurationError, match="cannot be read"):
        softmeter("wrap-mbus", GAS.secondary_address, str(path))


def test_no_two_keys_travel_under_one_counter(path: Path) -> None:
    def wrapped(*options: str) -> int | None:
        return key_counter(bytes.fromhex(softmeter("wrap-mbus", GAS.secondary_address, str(path), *options)))

    assert len({wrapped() for _ in range(5)}) == 5
    far = "4000000000"
    assert [wrapped("--counter", far), wrapped()] == [4_000_000_000, 4_000_000_001]
    for used in (far, "4000000001", "0"):
        with pytest.raises(ConfigurationError, match="give --counter above"):
            wrapped("--counter", used)
    other = path.with_name("other.toml")
    other.write_text(path.read_text("utf-8").replace(GAS.default_key.hex(), NEW.hex()), "utf-8")
    assert softmeter("wrap-mbus", GAS.secondary_address, str(other), "--counter", "0")
    assert GAS.default_key.hex() not in path.with_name(f"{path.name}{COUNTERS.suffix}").read_text("utf-8").lower()


def test_a_link_to_the_file_is_no_other_file(path: Path) -> None:
    link = path.with_name("link.toml")
    link.symlink_to(path)
    softmeter("wrap-mbus", GAS.secondary_address, str(path), "--counter", "4000000000")
    with pytest.raises(ConfigurationError, match="give --counter above 4000000001"):
        softmeter("wrap-mbus", GAS.secondary_address, str(link), "--counter", "4000000000")


def test_a_factory_key_whose_counters_are_used_up(path: Path) -> None:
    softmeter("wrap-mbus", GAS.secondary_address, str(path), "--counter", "4294967295")
    with pytest.raises(ConfigurationError, match="used up"):
        softmeter("wrap-mbus", GAS.secondary_address, str(path))
