"""The stored vectors, and what every decoder is tried with."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from softmeter.errors import RemoteProtocolError

HERE = Path(__file__).parent


@cache
def _all() -> dict[str, dict[str, str]]:
    table: dict[str, dict[str, str]] = json.loads((HERE / "vectors.json").read_text())
    return table


def vector(name: str) -> bytes:
    return bytes.fromhex(_all()[name]["hex"])


def names(*prefixes: str) -> list[str]:
    return [name for name in _all() if name.startswith(prefixes)]


def cuts(octets: bytes) -> Iterator[bytes]:
    """`octets` cut at every length."""
    return (octets[:length] for length in range(len(octets)))


def refuses_damage(decode: Callable[[bytes], Any], octets: bytes, *, open_end: bool = False) -> None:
    """Assert that `decode` refuses `octets` cut at every length and with a tail.

    With `open_end` the message ends in octets that are kept as they are, so that a cut or a tail may be legal.
    """
    if open_end:
        for cut in cuts(octets):
            harmless(decode, cut)
        return
    for damaged in (*cuts(octets), octets + b"\x00"):
        with pytest.raises(RemoteProtocolError):
            decode(damaged)


def harmless(decode: Callable[[bytes], Any], octets: bytes) -> None:
    """Assert that `decode` gives a value or a `RemoteProtocolError`, whatever the octets."""
    try:
        decode(octets)
    except RemoteProtocolError as error:
        assert str(error)  # noqa: PT017 - what matters is that nothing else is raised
