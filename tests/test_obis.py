"""Logical names."""

import pytest

from softmeter.errors import ConfigurationError
from softmeter.obis import Obis


@pytest.mark.parametrize("text", ["1-0:1.8.0", "1-0:1.8.0.255", "1-0:1.8.0*255", "1.0.1.8.0.255", " 1-0:1.8.0 "])
def test_all_forms_people_write(text: str) -> None:
    assert Obis.parse(text) == (1, 0, 1, 8, 0, 255)


@pytest.mark.parametrize("text", ["", "1.8.0", "1-0:1.8", "1-0:256.8.0", "1-0:1.8.0.2.5", "1-0:1.8.0x"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="no OBIS code"):
        Obis.parse(text)


def test_octets_and_text() -> None:
    name = Obis.of(bytes.fromhex("0100630100FF"))
    assert name.octets == bytes.fromhex("0100630100FF")
    assert str(name) == "1-0:99.1.0.255"
    assert name.short == "1-0:99.1.0"
    assert Obis(1, 0, 98, 1, 0, 101).short == "1-0:98.1.0.101"
