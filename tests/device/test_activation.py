"""Register activation."""

from dataclasses import replace

import pytest

from softmeter.device.activation import FACTORY_MASKS, Activation, Assigned, Family, Mask, Masks, rate_name
from softmeter.errors import ConfigurationError, StorageError
from softmeter.obis import Obis

ENERGY = FACTORY_MASKS[Family.ENERGY]
IMPORT = [Assigned(3, Obis(1, 0, 1, 8, rate)) for rate in (1, 2)]
TWO = replace(ENERGY, registers=tuple(IMPORT), masks=(Mask(b"day", (1,)), Mask(b"night", (2,)), Mask(b"both", (1, 2))))
FREE = tuple(range(1, 8)) + tuple(range(9, 32))
"""Everything but 1.8.1 and 1.8.2."""


@pytest.mark.parametrize(("family", "width"), [(Family.ENERGY, 8), (Family.MAXIMUM, 4)])
def test_a_mask_of_the_factory_is_one_rate(family: Family, width: int) -> None:
    masks = FACTORY_MASKS[family]
    for rate in (1, 2, 3, 4):
        assert masks.counting(rate_name(rate)) == tuple(range((rate - 1) * width, rate * width))
        assert masks.rate(rate_name(rate)) == rate
    assert masks.counting(b"") == ()
    assert masks.rate(b"") == 0


@pytest.mark.parametrize(("name", "counting"), [(b"day", (0,)), (b"night", (8,)), (b"both", (0, 8)), (b"", ())])
def test_registers_that_nobody_assigned_always_count(name: bytes, counting: tuple[int, ...]) -> None:
    assert TWO.counting(name) == tuple(sorted(FREE + counting))


def test_activating_a_mask_that_does_not_exist_changes_nothing() -> None:
    active = Activation(TWO, b"day")
    assert active.activated(b"0001", b"night").active == b"night"
    assert active.activated(b"0001") == active
    assert active.activated(b"").active == b""


def test_other_masks_leave_the_active_one_if_it_is_still_there() -> None:
    assert Activation(ENERGY, b"0002").changed(TWO).active == b""
    assert Activation(TWO, b"night").changed(replace(TWO, masks=TWO.masks[1:])).active == b"night"


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"registers": (Assigned(3, Obis(1, 0, 1, 8, 0)),)}, r"1-0:1\.8\.0\.255 is not switched"),
        ({"registers": (Assigned(4, Obis(1, 0, 1, 8, 1)),)}, "not switched"),
        ({"registers": (IMPORT[0], IMPORT[0])}, "twice"),
        ({"registers": ()}, "beyond the 0 registers"),
        ({"masks": (Mask(b"day", (1,)), Mask(b"day", (2,)))}, "twice"),
        ({"masks": (Mask(b"", (1,)),)}, "1 to 16 octets"),
        ({"masks": (Mask(b"x" * 17, (1,)),)}, "1 to 16 octets"),
        ({"masks": (Mask(b"day", (0,)),)}, "places"),
        ({"masks": (Mask(b"day", (3,)),)}, "places"),
        ({"masks": (Mask(b"day", (1, 1)),)}, "places"),
        ({"masks": tuple(Mask(b"%d" % number, ()) for number in range(17))}, "16 masks"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, object], match: str) -> None:
    with pytest.raises(ConfigurationError, match=match):
        replace(TWO, **change)  # type: ignore[arg-type]


def test_what_is_stored_is_read_back_or_said_to_be_damaged() -> None:
    read = ENERGY.parse(TWO.text)
    assert isinstance(read, Masks)
    assert (read.registers, read.masks) == (TWO.registers, TWO.masks)
    with pytest.raises(StorageError, match="damaged"):
        ENERGY.parse(TWO.text.replace("1.8.1", "1.9.1"))
