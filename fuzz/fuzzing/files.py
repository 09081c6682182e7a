"""The readers of files, as targets."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from fuzzing.seeds import ROOT, VECTORS, kept
from fuzzing.target import Target
from softmeter.apps import configuration
from softmeter.apps.decode.keyring import KEYLOG, read_keyring
from softmeter.entropy import SeededEntropy
from softmeter.errors import ConfigurationError
from softmeter.runtime import keyfile
from softmeter.signal.files import open_recording
from softmeter.signal.recording import Recording
from softmeter.signal.sidecar import read_layout

_START_SECOND = 1_767_225_600
_SOUND_OCTETS = 800
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
    yield Target(
        "csv",
        _recording(".csv"),
        wrong,
        (table, *kept("csv")),
        tokens=(b",", b'"', b"nan", b"1e999", b"\n", b"-", b"\0"),
    )
    yield Target(
        "sidecar",
        _sidecar,
        wrong,
        (sidecar, *deep, *kept("sidecar")),
        tokens=(b"[columns.voltage_v]\n", b"inf"),
        slowest_s=_FILE_S,
    )
    npz = _recording(".npz")
    yield Target("npz", npz, wrong, (*_archives(), *kept("npz")), tokens=(b"PK", b"<f8", b"|O", b"\x93NUMPY"))
    waveforms = VECTORS / "waveforms"
    sound = _shortened((waveforms / "mains_wuhan_400hz.wav").read_bytes())
    yield Target("wav", _recording(".wav"), wrong, (sound, *kept("wav")), tokens=(b"fmt ", b"data", b"LIST", b"RIFF"))
    faults = tuple((waveforms / name).read_bytes() for name in ("comtrade/sample_ascii.cff", "steps_float32.cff"))
    yield Target(
        "comtrade", _recording(".cff"), wrong, (*faults, *kept("comtrade")), tokens=(b"--- file type: ", b",", b"\r\n")
    )


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


def _recording(ending: str) -> Callable[[bytes], None]:
    """A recording that is this one file, opened as a meter opens it; its first seconds are asked for."""
    name = f"recording{ending}"

    def run(octets: bytes) -> None:
        def open_file(path: str) -> BinaryIO:
            if path != name:
                raise FileNotFoundError(2, "No such file or directory", path)
            return io.BytesIO(octets)

        found = open_recording(f"{name}?shift=start", _START_SECOND, open_file)
        if isinstance(found, Recording):
            found.measurements(_START_SECOND, 2)

    return run


def _sidecar(octets: bytes) -> None:
    read_layout(io.BytesIO(octets), "recording.csv.toml")


def _shortened(sound: bytes) -> bytes:
    """A recorded sound with its first samples only: the rest is all alike."""
    at = sound.index(b"data") + 4
    return sound[:at] + _SOUND_OCTETS.to_bytes(4, "little") + sound[at + 4 : at + 4 + _SOUND_OCTETS]


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
