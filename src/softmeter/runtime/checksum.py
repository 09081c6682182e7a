"""The check sum that every row of the state file has."""

import zlib


def checksum(*fields: int | str | bytes | None) -> int:
    """CRC-32 over fields with their types, as in the `crc` columns."""
    crc = 0
    for field in fields:
        match field:
            case int():
                octets = b"i%d\x1f" % field
            case str():
                octets = b"t%b\x1f" % field.encode()
            case None:
                octets = b"n\x1f"
            case _:
                octets = b"b%b\x1f" % field
        crc = zlib.crc32(octets, crc)
    return crc
