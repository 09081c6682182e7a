"""What the tests of decoding share: trees as text, the frames of real meters, golden files."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from softmeter.apps.decode.exchange import Exchange
from softmeter.apps.decode.keyring import Keyring
from softmeter.apps.decode.stream import decoded
from softmeter.apps.decode.tree import Node, lines

TESTS = Path(__file__).parent.parent.parent
FRAMES = TESTS / "vectors" / "meter_frames"
GOLDEN = TESTS / "golden" / "decode"
ENCRYPTION, AUTHENTICATION = "000102030405060708090A0B0C0D0E0F", "D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF"
"""The keys of the published examples."""


def ring(encryption: str = "", authentication: str = "", *titles: str) -> Keyring:
    made = Keyring(titles=[bytes.fromhex(title) for title in titles])
    if encryption:
        made.add("test", bytes.fromhex(encryption), bytes.fromhex(authentication))
    return made


def trees(octets: bytes | str, keyring: Keyring | None = None, *, secrets: bool = False) -> list[Node]:
    data = bytes.fromhex(octets) if isinstance(octets, str) else octets
    return list(decoded(data, Exchange(keyring or Keyring(), secrets=secrets)))


def shown(octets: bytes | str, keyring: Keyring | None = None, *, secrets: bool = False) -> str:
    return text_of(trees(octets, keyring, secrets=secrets))


def text_of(nodes: list[Node]) -> str:
    return "".join(f"{line}\n" for node in nodes for line in lines(node))


@cache
def pushes() -> dict[str, dict[str, Any]]:
    table: dict[str, dict[str, Any]] = json.loads((FRAMES / "pushes.json").read_text("utf-8"))
    plain: dict[str, str] = json.loads((FRAMES / "han_pushes.json").read_text("utf-8"))
    return table | {name: {"hex": text} for name, text in plain.items()}


@cache
def answers() -> dict[str, str]:
    """What M-Bus sub-meters said."""
    table: dict[str, str] = json.loads((FRAMES / "mbus_answers.json").read_text("utf-8"))
    return table


def push(name: str) -> str:
    row = pushes()[name]
    return shown(row["hex"], ring(row.get("key", ""), row.get("auth_key", "")))


def assert_golden(name: str, text: str) -> None:
    """Compare with the golden file; `GOLDEN=1` writes it instead."""
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("GOLDEN"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")
