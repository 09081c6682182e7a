"""The readers of files, as targets."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fuzzing.seeds import ROOT, kept
from fuzzing.target import FaultError, Target
from softmeter.apps import configuration
from softmeter.apps.decode.keyring import KEYLOG, read_keyring
from softmeter.entropy import SeededEntropy
from softmeter.errors import ConfigurationError
from softmeter.runtime import keyfile
from softmeter.signal.csv_recording import read_csv
from softmeter.signal.npz_recording import read_npz
from softmeter.signal.sidecar import Layout, read_layout

_START_SECOND = 1_767_225_600
_FILE_S = 1.0
"""For files of TOML, the user's own: the reader of the standard library is slow where tables nest thousandfold."""


def targets() -> Iterator[Target]:
    """All of them."""
    wrong = (ConfigurationError,)
    words = tuple(f'{word} = "x"\n'.encode() for word in ("sap", "lls_password", "[clients.public]", "master_key"))
    deep = (b"a=" + b"[" * 3000, b"[" + b"a." * 3000 + b"a]", b"a" + b".a" * 3000 + b"=1")
    keys = keyfile.generate(SeededEntropy(1), b"KWQ12345", "KWQ1010400000001")
    written = keyfile.key_text(keys).encode()
    yield Target("keys", _keys, wrong, (written, *deep, *kept("keys")), tokens=words, slowest_s=_FILE_S)
    log = f"{KEYLOG} 1\ntitle=4B57513132333435 encryption={'00' * 16} authentication={'11' * 16}\n".encode()
    yield Target(
        "keyring",
        _keyring,
        wrong,
        (written, log, *deep, *kept("keyring")),
        tokens=(*words, b"encryption="),
        slowest_s=_FILE_S,
    )
    settings = tuple(configuration.text(name).encode() for name in configuration.PACKAGED)
    yield Target(
        "configuration",
        _configuration,
        wrong,
        (*settings, *deep, *kept("configuration")),
        tokens=(b"[", b"]", b"= -1"),
        slowest_s=_FILE_S,
    )
    examples = ROOT / "examples"
    table, sidecar = (examples / "kitchen.csv").read_bytes()[:1500], (examples / "kitchen.csv.toml").read_bytes()
    yield Target("csv", _csv, wrong, (table, *kept("csv")), tokens=(b",", b'"', b"nan", b"1e999", b"\n", b"-", b"\0"))
    yield Target(
        "sidecar",
        _sidecar,
        wrong,
        (sidecar, *deep, *kept("sidecar")),
        tokens=(b"[columns.voltage_v]\n", b"inf"),
        slowest_s=_FILE_S,
    )
    yield Target("npz", _npz, wrong, (*_archives(), *kept("npz")), tokens=(b"PK", b"<f8", b"|O", b"\x93NUMPY"))


class _Text(type(Path())):  # type: ignore[misc]  # the class of paths of this system
    """A file that is only in memory."""

    content = b""

    def read_text(self, *_: object, **__: object) -> str:
        return self.content.decode("utf-8")


def _keys(octets: bytes) -> None:
    path = _Text("keys.toml")
    path.content = octets
    keyfile.key_text(keyfile.read_keys(path))


def _keyring(octets: bytes) -> None:
    path = _Text("keys.toml")
    path.content = octets
    read_keyring(path)


def _configuration(octets: bytes) -> None:
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        text = octets.decode("latin-1")
    configuration.parse(text, "meter.toml")


def _csv(octets: bytes) -> None:
    table = read_csv(io.BytesIO(octets), "recording.csv", Layout(), _START_SECOND)
    if any(len(values) != len(table.times_ns) for values in table.columns.values()):
        raise FaultError("answer", "columns of different lengths")


def _sidecar(octets: bytes) -> None:
    read_layout(io.BytesIO(octets), "recording.csv.toml")


def _npz(octets: bytes) -> None:
    read_npz(io.BytesIO(octets), "recording.npz", Layout(), _START_SECOND)


def _archives() -> Iterator[bytes]:
    count = 3
    columns: dict[str, Any] = {"voltage_v": np.full(count, 230.0), "active_power_w": np.arange(count, dtype=np.float32)}
    times: tuple[dict[str, Any], ...] = (
        {"step_s": np.array(1.0)},
        {"time": np.arange(count)},
        {"time": np.array(["2026-01-01T00:00:00", "2026-01-01T00:00:01", "2026-01-01T00:00:02"])},
        {"time": np.array(["2026-01-01", "2026-01-02", "2026-01-03"], "datetime64[s]")},
    )
    for one in times:
        for save in (np.savez, np.savez_compressed):
            stream = io.BytesIO()
            save(stream, **(columns | one))
            yield stream.getvalue()
