"""The legally relevant part of the program: which files it is, what its version is and whether it is unchanged.

Source: manual 10 (the metrological part is separate and has a version of its own), WELMEC 7.2 (identification, and a
checksum over it). `legal_versions.py` is the record; `make legal` keeps it.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from hashlib import sha256

from softmeter.legal_versions import VERSIONS

FILES = ("metrology/*.py", "device/registers*.py", "device/demand*.py", "device/profile*.py")
"""Measurement, registers, demand and load profile, as paths within the package."""

VERSION = list(VERSIONS)[-1]
CHECKSUM = VERSIONS[VERSION]
IDENTIFICATION = f"{VERSION} {CHECKSUM[:8].upper()}"
"""What the meter says of itself: the version, and the first digits of the checksum."""


def is_legal(path: str) -> bool:
    """Whether a file of the package, as `metrology/energy.py`, belongs to the part."""
    return any(fnmatchcase(path, pattern) for pattern in FILES)


def checksum(sources: Mapping[str, bytes]) -> str:
    """SHA-256 over names and contents of the files of the part, in the order of their names.

    Line ends count as line feeds, so that a checkout on another system is the same.
    """
    return _checksum(sources, filter(is_legal, sources))


def application_checksum(sources: Mapping[str, bytes]) -> str:
    """The same over all other files: those of the application part."""
    return _checksum(sources, [path for path in sources if not is_legal(path)])


def _checksum(sources: Mapping[str, bytes], paths: Iterable[str]) -> str:
    digest = sha256()
    for path in sorted(paths):
        content = sources[path].replace(b"\r\n", b"\n")
        digest.update(f"{path}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def is_intact(sources: Mapping[str, bytes]) -> bool:
    """Whether the part is the recorded one."""
    return checksum(sources) == CHECKSUM
