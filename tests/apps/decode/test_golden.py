"""Decoding of all stored vectors, whole, as people see it."""

import pytest

from apps.decode.showing import AUTHENTICATION, ENCRYPTION, assert_golden, push, pushes, ring, shown
from vectors.table import HERE, names, vector

KINDS = ("hdlc", "wrapper", "acse", "sec", "xdlms", "hls5", "image", "mbus")


@pytest.mark.parametrize("name", pushes())
def test_what_real_meters_push(name: str) -> None:
    assert_golden(f"push.{name}", push(name))


@pytest.mark.parametrize("kind", KINDS)
def test_the_stored_vectors(kind: str) -> None:
    keys = ring(ENCRYPTION, AUTHENTICATION)
    text = "".join(f"== {name}\n{shown(vector(name), keys)}" for name in names(f"{kind}."))
    assert_golden(f"vectors.{kind}", text)


@pytest.mark.parametrize("name", ["nl_dsmr502_single_phase", "be_emucs_single_phase"])
def test_p1_telegrams(name: str) -> None:
    assert_golden(f"p1.{name}", shown((HERE / f"{name}.txt").read_bytes()))


def test_ciphered_p1_telegrams_one_after_the_other() -> None:
    octets = bytes.fromhex((HERE / "p1_general_glo.hex").read_text("ascii"))
    keys = ring(bytes(range(16)).hex(), "00112233445566778899AABBCCDDEEFF")
    assert_golden("p1.general_glo", shown(octets * 2, keys))
