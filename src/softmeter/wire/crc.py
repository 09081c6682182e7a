"""Checksums of the link layers: CRC-16/X.25 (HDLC, ISO/IEC 13239) and CRC-16/ARC (P1)."""

import binascii
from functools import cache

import numpy as np
from numpy.typing import NDArray

_CHUNK = 2048
_REVERSED = bytes(int(f"{octet:08b}"[::-1], 2) for octet in range(256))


def x25(octets: bytes) -> int:
    """The frame check sequence of HDLC; it is sent low octet first.

    The standard library has the same polynomial for unreflected octets, so they are reflected before and after.
    """
    high, low = binascii.crc_hqx(octets.translate(_REVERSED), 0xFFFF).to_bytes(2, "big")
    return (_REVERSED[low] << 8 | _REVERSED[high]) ^ 0xFFFF


def arc(octets: bytes) -> int:
    """The checksum of a P1 telegram: what each octet makes of the zeros behind it, added without carry."""
    crc, at = 0, len(octets) % _CHUNK or _CHUNK
    chunk = octets[:at]
    while chunk:
        indices = _places()[_CHUNK - len(chunk) :] + np.frombuffer(chunk, np.uint8)
        crc = int(np.bitwise_xor.reduce(_powers().take(indices)))
        chunk = octets[at : at + _CHUNK]  # the first may be short, all others are whole: the checksum so far fits in
        if chunk:
            chunk = bytes((chunk[0] ^ crc & 0xFF, chunk[1] ^ crc >> 8)) + chunk[2:]
        at += _CHUNK
    return crc


@cache
def _places() -> "NDArray[np.int64]":
    """Where the 256 values of an octet begin in `_powers`, by its place in a chunk."""
    return np.arange(_CHUNK) * 256


@cache
def _powers() -> "NDArray[np.uint16]":
    """The checksum of each octet at each place of a chunk, flat: the last place has no zeros behind it."""
    alone = np.arange(256)
    for _ in range(8):
        alone = alone >> 1 ^ (alone & 1) * 0xA001
    rows = [alone]
    for _ in range(_CHUNK - 1):
        rows.append(rows[-1] >> 8 ^ alone[rows[-1] & 0xFF])
    return np.array(rows[::-1], np.uint16).ravel()
