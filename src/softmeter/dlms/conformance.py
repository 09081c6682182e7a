"""The conformance block: which services an association offers (IEC 62056-53, Conformance)."""

from enum import KEEP, Flag
from typing import Any

from softmeter.errors import DecodeError
from softmeter.wire.types import Bits, Codec, Cursor, bare_only

_HEADER = bytes.fromhex("5F1F0400")  # [APPLICATION 31], four octets, no unused bits: BER inside A-XDR
_SHORT_HEADER = bytes.fromhex("5F0400")  # the tag in one octet, as old clients write it; to be accepted, not written
_MOST_KEPT = 128


class Conformance(Flag, boundary=KEEP):
    """24 bits, bit 0 of the standard being the most significant."""

    GENERAL_PROTECTION = 1 << 22
    GENERAL_BLOCK_TRANSFER = 1 << 21
    READ = 1 << 20
    WRITE = 1 << 19
    UNCONFIRMED_WRITE = 1 << 18
    ATTRIBUTE0_SET = 1 << 15
    PRIORITY = 1 << 14
    ATTRIBUTE0_GET = 1 << 13
    BLOCK_GET = 1 << 12
    BLOCK_SET = 1 << 11
    BLOCK_ACTION = 1 << 10
    MULTIPLE_REFERENCES = 1 << 9
    INFORMATION_REPORT = 1 << 8
    DATA_NOTIFICATION = 1 << 7
    ACCESS = 1 << 6
    PARAMETERIZED_ACCESS = 1 << 5
    GET = 1 << 4
    SET = 1 << 3
    SELECTIVE_ACCESS = 1 << 2
    EVENT_NOTIFICATION = 1 << 1
    ACTION = 1 << 0

    @classmethod
    def _missing_(cls, value: object) -> Any:
        """A combination of bits. Enumerations keep each for ever, and peers choose among 16 million: here few are kept.

        So two equal combinations may be two objects: they are compared by their values.
        """
        made = super()._missing_(value)
        if len(cls._value2member_map_) > _MOST_KEPT:
            cls._value2member_map_.pop(made.value, None)
            cls._value2member_map_.pop(value, None)
        return made

    def __eq__(self, other: object) -> bool:
        return self.value == other.value if isinstance(other, Conformance) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.value)

    @property
    def bits(self) -> Bits:
        """The same as a bit string of 24, as attributes carry it."""
        return Bits(self.value, 24)

    @property
    def octets(self) -> bytes:
        """The three octets."""
        return self.value.to_bytes(3, "big")


def _read(cursor: Cursor) -> Conformance:
    at = cursor.at
    header = cursor.take(3)
    if header == _HEADER[:3]:
        header += cursor.take(1)
    if header not in {_HEADER, _SHORT_HEADER}:
        raise DecodeError(f"a conformance block starts with {header.hex().upper()}", at)
    return Conformance(int.from_bytes(cursor.take(3), "big"))


conformance_block: Codec[Conformance] = bare_only("conformance", _read, lambda value: _HEADER + value.octets)
