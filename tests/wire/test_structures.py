from typing import Any

import pytest

from softmeter.errors import DecodeError, LocalProtocolError
from softmeter.obis import Obis
from softmeter.units import Unit
from softmeter.wire.types import (
    Alternative,
    Codec,
    EnumOf,
    array_of,
    boolean,
    choice,
    defaulted,
    fixed,
    i8,
    logical_name,
    octets,
    of,
    optional,
    rest,
    secret,
    struct,
    structure,
    trailing,
    u8,
    u16,
    u32,
)
from vectors.table import refuses_damage


@structure
class ScalerUnit:
    """`value * 10**scaler` in `unit`."""

    scaler: int = of(i8)
    unit: Unit = of(EnumOf(Unit))


@structure
class Mixed:
    """Runs of fixed fields around fields of any length."""

    number: int = of(u16)
    name: Obis = of(logical_name)
    text: bytes = of(octets)
    unit: Unit = of(EnumOf(Unit))
    inner: ScalerUnit = of(struct(ScalerUnit))
    maybe: int | None = of(optional(u8))
    list: tuple[ScalerUnit, ...] = of(array_of(struct(ScalerUnit)))


@structure
class One:
    only: int = of(u8)


@structure
class Secretive:
    key: bytes = secret(octets)


MIXED = Mixed(7, Obis(0, 0, 1, 0, 0), b"ab", Unit.VOLT, ScalerUnit(-1, Unit.WATT), None, (ScalerUnit(0, Unit.VOLT),))

ROWS: list[tuple[Codec[Any], Any, str, str]] = [
    (struct(ScalerUnit), ScalerUnit(-1, Unit.WATT), "02020FFF161B", "FF1B"),
    (struct(One), One(5), "02011105", "05"),
    (
        struct(Mixed),
        MIXED,
        "0207 120007 09060000010000FF 09026162 1623 02020FFF161B 00 0101 02020F001623",
        "0007 0000010000FF 026162 23 FF1B 00 01 0023",
    ),
]


@pytest.mark.parametrize(("codec", "value", "tagged", "bare"), ROWS)
def test_both_forms_both_ways(codec: Codec[Any], value: Any, tagged: str, bare: str) -> None:
    assert codec.encode(value) == bytes.fromhex(tagged)
    assert codec.encode_bare(value) == bytes.fromhex(bare)
    assert codec.decode(bytes.fromhex(tagged)) == value
    assert codec.decode_bare(bytes.fromhex(bare)) == value
    refuses_damage(codec.decode, bytes.fromhex(tagged))
    refuses_damage(codec.decode_bare, bytes.fromhex(bare))


def test_a_structure_is_frozen_and_knows_its_number_of_fields() -> None:
    with pytest.raises(AttributeError):
        One(1).only = 2  # type: ignore[misc]
    with pytest.raises(DecodeError, match="One has 1 fields, not 2"):
        struct(One).decode(bytes.fromhex("020211051105"))
    with pytest.raises(DecodeError, match="is no Unit"):
        struct(ScalerUnit).decode_bare(b"\x00\x00")


def test_a_field_without_a_wire_type_is_a_mistake() -> None:
    with pytest.raises(LocalProtocolError, match="no wire type for plain"):

        @structure
        class Undeclared:
            plain: int

    with pytest.raises(LocalProtocolError, match="no declared structure"):
        struct(int)


def test_secrets_do_not_show() -> None:
    assert "hush" not in repr(Secretive(b"hush"))
    assert struct(Secretive).decode(struct(Secretive).encode(Secretive(b"hush"))) == Secretive(b"hush")


either = choice("either", Alternative(0, bytes, octets), Alternative(1, int, u8))

FORMS: list[tuple[Codec[Any], Any, str]] = [
    (optional(u16), None, "00"),
    (optional(u16), 5, "010005"),
    (defaulted(boolean, default=True), True, "00"),
    (defaulted(boolean, default=True), False, "0100"),
    (either, b"ab", "00026162"),
    (either, 7, "0107"),
    (fixed(3), b"abc", "616263"),
]


@pytest.mark.parametrize(("codec", "value", "bare"), FORMS)
def test_forms_of_apdus(codec: Codec[Any], value: Any, bare: str) -> None:
    assert codec.encode_bare(value) == bytes.fromhex(bare)
    assert codec.decode_bare(bytes.fromhex(bare)) == value
    refuses_damage(codec.decode_bare, bytes.fromhex(bare))


def test_what_ends_an_apdu() -> None:
    assert rest.decode_bare(b"xyz") == b"xyz"
    assert trailing(u32).decode_bare(b"") is None
    assert trailing(u32).decode_bare(bytes(4)) == 0
    assert trailing(u32).encode_bare(None) == b""
    assert trailing(u32).encode_bare(1) == bytes.fromhex("00000001")
    with pytest.raises(DecodeError):
        trailing(u32).decode_bare(bytes(3))


def test_optional_data_is_null_or_there() -> None:
    assert optional(u16).encode(None) == b"\x00"
    assert optional(u16).decode(b"\x00") is None
    assert optional(u16).decode(optional(u16).encode(9)) == 9


def test_forms_of_apdus_have_no_tagged_form() -> None:
    with pytest.raises(LocalProtocolError):
        either.encode(b"")
    with pytest.raises(LocalProtocolError):
        either.decode(b"\x00\x00")
    with pytest.raises(LocalProtocolError):
        either.encode_bare("text")
    with pytest.raises(LocalProtocolError):
        fixed(3).encode_bare(b"ab")
    with pytest.raises(DecodeError, match="no choice of either"):
        either.decode_bare(b"\x02")
    with pytest.raises(DecodeError, match="no usage flag"):
        optional(u8).decode_bare(b"\x02\x00")
