"""Checksums of the link layers: CRC-16/X.25 (HDLC, ISO/IEC 13239) and CRC-16/ARC (P1)."""

import binascii
import struct
from functools import cache

import numpy as np

_REVERSED = bytes(int(f"{octet:08b}"[::-1], 2) for octet in range(256))


def x25(octets: bytes) -> int:
    """The frame check sequence of HDLC; it is sent low octet first.

    The standard library has the same polynomial for unreflected octets, so they are reflected before and after.
    """
    high, low = binascii.crc_hqx(octets.translate(_REVERSED), 0xFFFF).to_bytes(2, "big")
    return (_REVERSED[low] << 8 | _REVERSED[high]) ^ 0xFFFF


def arc(octets: bytes) -> int:
    """The checksum of a P1 telegram, two octets at a time."""
    table = _pairs()
    crc = 0
    for pair in struct.unpack_from(f"<{len(octets) // 2}H", octets):
        crc = table[crc ^ pair]
    if len(octets) % 2:
        crc = _one_octet(crc ^ octets[-1])
    return crc


def _one_octet(crc: int) -> int:
    for _ in range(8):
        crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


@cache
def _pairs() -> list[int]:
    """What sixteen steps make of each value."""
    crc = np.arange(1 << 16)
    for _ in range(16):
        crc = crc >> 1 ^ (crc & 1) * 0xA001
    return [int(value) for value in crc]
