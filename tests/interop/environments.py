"""Virtual environments of the foreign clients, one each: their dependencies do not fit in one.

Run as a script it makes those named, or all. What is there and unchanged is used as it is.
"""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
CACHE: Final = HERE.parents[1] / ".cache" / "interop"
PACKAGES: Final = {
    "gurux": "gurux-dlms",
    "gurux-example": "gurux-dlms-agent gurux-dlms gurux-net gurux-serial",
    "dlms-cosem": "dlms-cosem",
    "dsmr-parser": "dsmr-parser",
    "iec62056-21": "iec62056-21",
    "pqopen": "pqopen-lib",
    "pymbusparser": "pymbusparser",
    "pydlms": "pydlms-client[all]",
    "pymeterbus": "pyMeterBus",
}


def interpreter(name: str) -> Path:
    """The Python of a foreign client's environment, which is made when it is missing or its constraints changed."""
    constraints = HERE / "constraints" / f"{name}.txt"
    wanted = hashlib.sha256(constraints.read_bytes() + sys.version.encode()).hexdigest()
    directory = CACHE / f".venv-interop-{name}"
    python, stamp = directory / "bin" / "python", directory / "made-from"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:  # tests run in several processes
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
            return python
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(directory)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "--constraint", str(constraints), *PACKAGES[name].split()], check=True)
        stamp.write_text(wanted, encoding="ascii")
    return python


def main() -> None:
    for name in sys.argv[1:] or PACKAGES:
        sys.stdout.write(f"{name}: {interpreter(name)}\n")


if __name__ == "__main__":
    main()
