"""Reads the P1 port with a plain socket: every telegram is checked by its CRC, then its lines are printed.

python examples/p1_reader.py 127.0.0.1:4061 [--once]
"""

import argparse
import re
import socket
from collections.abc import Iterator

TELEGRAM = re.compile(rb"/[^/!]*!([0-9A-F]{4})\r\n")


def crc16(octets: bytes) -> int:
    """CRC-16/ARC: polynomial A001, from 0."""
    crc = 0
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def telegrams(port: socket.socket) -> Iterator[str]:
    """Whole telegrams with a correct CRC."""
    received = b""
    while chunk := port.recv(4096):
        received += chunk
        while match := TELEGRAM.search(received):
            body = match[0][: -len(match[1]) - 2]
            if crc16(body) != int(match[1], 16):
                raise SystemExit(f"a telegram with CRC {match[1].decode()} instead of {crc16(body):04X}")
            yield body.decode("ascii")
            received = received[match.end() :]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", nargs="?", default="127.0.0.1:4061")
    parser.add_argument("--once", action="store_true", help="leave after the first telegram")
    options = parser.parse_args()
    host, _, number = options.address.rpartition(":")
    with socket.create_connection((host, int(number)), timeout=30) as port:
        for telegram in telegrams(port):
            print(telegram)
            if options.once:
                return
    raise SystemExit("the port was closed")


if __name__ == "__main__":
    main()
