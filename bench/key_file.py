"""The first line and the key file of a server of the benchmark, in the meter's own form."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def announced(state: Path, keys: tuple[bytes, bytes], port: int, title: bytes, name: str) -> str:
    """Writes the key file and returns the line that tells where everything is."""
    path = state / "keys.toml"
    both = f'unicast_encryption_key = "{keys[0].hex()}"\nauthentication_key = "{keys[1].hex()}"\n'
    path.write_text(
        f'[meter]\nsystem_title = "{title.hex()}"\nlogical_device_name = "{name}"\n'
        f'master_key = "{os.urandom(16).hex()}"\n'
        f"[clients.management]\nsap = 1\n{both}[clients.readout]\nsap = 2\n[clients.maintenance]\nsap = 6\n{both}"
        f"[clients.public]\nsap = 16\n",
        encoding="utf-8",
    )
    identity = {"serial": "1", "type": name, "logical_device_name": name, "system_title": title.hex()}
    ports = {"wan": {"host": "127.0.0.1", "port": port}}
    return json.dumps({"ports": ports, "identity": identity, "keys": str(path), "state": str(state)})
