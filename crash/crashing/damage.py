"""Random damage to the files of a meter that is off: each way in which a disk, a tool or a person spoils a file."""

from collections.abc import Callable, Mapping
from random import Random

from crashing.disk import Image

_PAGE, _SECTOR = 4096, 512


def _flip(octets: bytearray, random: Random) -> None:
    octets[random.randrange(len(octets))] ^= 1 << random.randrange(8)


def _flips(octets: bytearray, random: Random) -> None:
    for _ in range(random.randrange(2, 40)):
        _flip(octets, random)


def _burst(octets: bytearray, random: Random) -> None:
    at = random.randrange(len(octets))
    size = min(random.randrange(1, 200), len(octets) - at)
    octets[at : at + size] = random.randbytes(size)


def _zero_page(octets: bytearray, random: Random) -> None:
    at = random.randrange(len(octets)) // _PAGE * _PAGE
    octets[at : at + _PAGE] = bytes(len(octets[at : at + _PAGE]))


def _zero_sector(octets: bytearray, random: Random) -> None:
    at = random.randrange(len(octets)) // _SECTOR * _SECTOR
    octets[at : at + _SECTOR] = bytes(len(octets[at : at + _SECTOR]))


def _cut_off(octets: bytearray, random: Random) -> None:
    del octets[random.randrange(len(octets)) :]


def _append(octets: bytearray, random: Random) -> None:
    octets.extend(random.randbytes(random.randrange(1, 10_000)))


def _swap(octets: bytearray, random: Random) -> None:
    pages = len(octets) // _PAGE
    one, other = (random.randrange(max(1, pages)) * _PAGE for _ in range(2))
    octets[one : one + _PAGE], octets[other : other + _PAGE] = octets[other : other + _PAGE], octets[one : one + _PAGE]


def _repeat(octets: bytearray, random: Random) -> None:
    pages = len(octets) // _PAGE
    one, other = (random.randrange(max(1, pages)) * _PAGE for _ in range(2))
    octets[one : one + _PAGE] = octets[other : other + _PAGE]


def _insert(octets: bytearray, random: Random) -> None:
    at = random.randrange(len(octets))
    octets[at:at] = random.randbytes(random.randrange(1, 100))


def _drop(octets: bytearray, random: Random) -> None:
    at = random.randrange(len(octets))
    del octets[at : at + random.randrange(1, 100)]


WAYS: Mapping[str, Callable[[bytearray, Random], None]] = {
    "one bit flipped": _flip,
    "bits flipped": _flips,
    "octets overwritten": _burst,
    "a page zeroed": _zero_page,
    "a sector zeroed": _zero_sector,
    "cut off": _cut_off,
    "garbage appended": _append,
    "pages swapped": _swap,
    "a page twice": _repeat,
    "octets inserted": _insert,
    "octets dropped": _drop,
}


def spoil(image: Image, earlier: Image, random: Random) -> tuple[Image, str, str]:
    """An image with one file damaged; which, and how. `earlier`: what was there before, for pages never written."""
    name = random.choices([*image], [6 if name.endswith(("sqlite", "wal")) else 1 for name in image])[0]
    way = random.choice([*WAYS, "a page of before", "gone"])
    octets = bytearray(image[name])
    if way == "gone":
        return {other: content for other, content in image.items() if other != name}, name, way
    if way == "a page of before":
        at = random.randrange(max(1, len(octets))) // _PAGE * _PAGE
        octets[at : at + _PAGE] = earlier.get(name, b"")[at : at + _PAGE]
    elif octets:
        WAYS[way](octets, random)
    return {**image, name: bytes(octets)}, name, way
