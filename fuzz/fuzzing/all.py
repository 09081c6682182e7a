"""All targets by name."""

from collections.abc import Iterator

from fuzzing import clients, files, images, links, live, mbus, optical, pushes, readers
from fuzzing.peer import WAYS
from fuzzing.target import Target


def _stateless() -> Iterator[Target]:
    yield from readers.targets()
    yield from files.targets()
    yield from links.targets()
    yield from clients.targets()
    yield from mbus.targets()
    yield from images.targets()
    yield from pushes.targets()


LIVE = (*(way.name for way in WAYS), optical.NAME)
NAMES = (*(target.name for target in _stateless()), *LIVE)


def make(name: str) -> Target:
    """The target of that name, made anew."""
    for way in WAYS:
        if way.name == name:
            return live.live(way)
    if name == optical.NAME:
        return optical.target()
    return next(target for target in _stateless() if target.name == name)
