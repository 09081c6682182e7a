"""Seeds: the corpus kept beside this package, and the vectors of the tests."""

import json
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
CORPUS = HERE / "corpus"
ROOT = HERE.parent
EMPTY = "-"
VECTORS = ROOT / "tests" / "vectors"


def kept(name: str) -> tuple[bytes, ...]:
    """The corpus of a target, `corpus/NAME.hex`."""
    path = CORPUS / f"{name}.hex"
    return read(path) if path.exists() else ()


def read(path: Path) -> tuple[bytes, ...]:
    """The inputs in a file."""
    return inputs_in(path.read_text("ascii"))


def inputs_in(text: str) -> tuple[bytes, ...]:
    """Inputs, one a line in hexadecimal digits; `#` begins a remark, `-` is one without octets."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return tuple(bytes.fromhex("" if line == EMPTY else line) for line in lines if line)


def vectors(*prefixes: str) -> tuple[bytes, ...]:
    """The stored vectors whose names begin so."""
    table = json.loads((VECTORS / "vectors.json").read_text("utf-8"))
    return tuple(bytes.fromhex(entry["hex"]) for name, entry in table.items() if name.startswith(prefixes))


def mbus_answers() -> tuple[bytes, ...]:
    """The stored answers of real M-Bus sub-meters."""
    table = json.loads((VECTORS / "meter_frames" / "mbus_answers.json").read_text("utf-8"))
    return tuple(bytes.fromhex(octets) for octets in table.values())


def telegrams() -> tuple[bytes, ...]:
    """The stored P1 telegrams."""
    written = sorted((ROOT / "tests" / "golden" / "p1").glob("*.txt"))
    return tuple(path.read_bytes() for path in (*sorted(VECTORS.glob("*_single_phase.txt")), *written))
