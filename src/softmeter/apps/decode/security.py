"""Protected APDUs: what their header says, and what is inside if a key fits (IEC 62056-53, security header)."""

from softmeter.apps.decode.keyring import Outcome
from softmeter.apps.decode.tree import Node, hexed
from softmeter.security.ciphering import HEADER_OCTETS
from softmeter.wire.types import Cursor

AUTHENTICATED, ENCRYPTED, BROADCAST, COMPRESSED = 0x10, 0x20, 0x40, 0x80
"""Bits of the security control octet."""


def add_header(node: Node, content: bytes, at: int) -> None:
    """Append security control and invocation counter."""
    if len(content) < HEADER_OCTETS:
        return
    control = content[0]
    words = [
        f"suite {control & 0x0F}",
        *(text for bit, text in (
            (AUTHENTICATED, "authenticated"),
            (ENCRYPTED, "encrypted"),
            (BROADCAST, "broadcast key"),
            (COMPRESSED, "compressed"),
        ) if control & bit),
    ]  # fmt: skip
    node.add("security control", f"{control:02X}, {', '.join(words)}", at, 1, control)
    counter = int.from_bytes(content[1:HEADER_OCTETS], "big")
    node.add("invocation counter", str(counter), at + 1, 4, counter)


def take_content(node: Node, cursor: Cursor) -> bytes:
    """The protected content at `cursor`; where it is cut, what is there of it.

    Raises:
        DecodeError: there is no length.
    """
    at = cursor.at
    length = cursor.length()
    if length > cursor.left:
        node.blame(f"{length} octets of protected content announced, {cursor.left} are there", at)
        return cursor.rest()
    return cursor.take(length)


def add_verdict(node: Node, outcome: Outcome, content: bytes, at: int) -> None:
    """Append what became of it; what could not be opened as it is."""
    verdict = node.add("protection", outcome.text, value=outcome.verified)
    verdict.fault = outcome.fault
    if outcome.plain is None:
        node.add("content", hexed(content[HEADER_OCTETS:]), at + HEADER_OCTETS, max(0, len(content) - HEADER_OCTETS))
