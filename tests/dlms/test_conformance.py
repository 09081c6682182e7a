import pytest

from softmeter.dlms.conformance import Conformance, conformance_block
from softmeter.wire.types import Bits
from vectors.table import refuses_damage

MANAGEMENT = (
    Conformance.GENERAL_PROTECTION
    | Conformance.GENERAL_BLOCK_TRANSFER
    | Conformance.BLOCK_GET
    | Conformance.BLOCK_SET
    | Conformance.MULTIPLE_REFERENCES
    | Conformance.ACCESS
    | Conformance.GET
    | Conformance.SET
    | Conformance.SELECTIVE_ACCESS
    | Conformance.ACTION
)
PUBLIC = (
    Conformance.GENERAL_BLOCK_TRANSFER
    | Conformance.BLOCK_GET
    | Conformance.ACCESS
    | Conformance.GET
    | Conformance.ACTION
)

ROWS = [
    (PUBLIC, "201051"),
    (MANAGEMENT, "601A5D"),
    (MANAGEMENT | Conformance.DATA_NOTIFICATION, "601ADD"),
    (MANAGEMENT | Conformance.PRIORITY | Conformance.BLOCK_ACTION, "605E5D"),
    (Conformance(0), "000000"),
]


@pytest.mark.parametrize(("value", "octets"), ROWS)
def test_the_manuals_clients_both_ways(value: Conformance, octets: str) -> None:
    block = bytes.fromhex("5F1F0400" + octets)
    assert value.octets.hex().upper() == octets
    assert value.bits == Bits(int(octets, 16), 24)
    assert conformance_block.encode_bare(value) == block
    assert conformance_block.decode_bare(block) == value
    refuses_damage(conformance_block.decode_bare, block)
    refuses_damage(conformance_block.decode_bare, b"\x5e" + block[1:] + b"\x00")


def test_the_tag_may_be_one_octet() -> None:
    block = bytes.fromhex("5F0400007E1F")
    assert conformance_block.decode_bare(block) == Conformance(0x007E1F)
    refuses_damage(conformance_block.decode_bare, block)


def test_what_both_sides_offer() -> None:
    assert (Conformance(0x007E1F) & PUBLIC).octets.hex() == "001011"


def test_reserved_bits_are_kept() -> None:
    assert Conformance(0x800001).octets.hex() == "800001"


def test_what_peers_propose_is_not_kept_for_ever() -> None:
    for value in range(0x1000, 0x3000):
        conformance_block.decode_bare(bytes.fromhex("5F1F0400") + value.to_bytes(3, "big"))
    assert len(Conformance._value2member_map_) < 200
    rare = Conformance(0x7FABCD)
    assert rare == Conformance(0x7FABCD)
    assert hash(rare) == hash(Conformance(0x7FABCD))
    assert rare != Conformance(0x7FABCC)
    assert rare != 0x7FABCD
    assert (rare & ~Conformance.ACTION, rare | Conformance.SET) == (Conformance(0x7FABCC), rare)
    assert Conformance.GET not in Conformance(0x7FABCD)
