"""The program's own sources, as the self-diagnosis reads them (manual 2.3; WELMEC 7.2)."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from softmeter.legal import FILES, application_checksum, is_intact, is_legal


def legal_sources() -> dict[str, bytes]:
    """The files of the legally relevant part, by their paths within the package."""
    folders = {pattern.rpartition("/")[0] for pattern in FILES}
    root = files("softmeter")
    found = (file for folder in folders for file in _files(root.joinpath(folder), folder))
    return {path: file.read_bytes() for path, file in found if is_legal(path)}


@cache
def application_signature() -> bytes:
    """The checksum of the application part on this machine; empty where it cannot be read."""
    try:
        found = dict(_files(files("softmeter"), ""))
        sources = {path[1:]: file.read_bytes() for path, file in found.items() if path.endswith(".py")}
    except OSError:
        return b""
    return bytes.fromhex(application_checksum(sources))


def is_program_intact() -> bool:
    """Whether the legally relevant part on this machine is the recorded one; what cannot be read is not."""
    try:
        return is_intact(legal_sources())
    except OSError:
        return False


def _files(place: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    """Everything in a folder and those in it."""
    for each in place.iterdir():
        inner = f"{path}/{each.name}"
        if each.is_dir():
            yield from _files(each, inner)
        else:
            yield inner, each
